/* SPDX-License-Identifier: GPL-2.0 */
/* What is to be said of two nodes that stand where they stand. Pure. */
#ifndef HSM_MESH_VERDICT_H
#define HSM_MESH_VERDICT_H

#include "probe.h"

/* @condition holds; details. */
void verdict_ok(struct probe_report *r, enum probe_condition condition, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* It does not: why, and what to do. */
void verdict_bad(struct probe_report *r, enum probe_condition condition, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The other clock is @skew_ms ahead of ours. */
void verdict_clock(struct probe_report *r, int64_t skew_ms);

/**
 * verdict_places() - pool, epoch and history
 * @r: filled in
 * @own: where this node stands
 * @theirs: where the other one stands
 * @here: is @theirs in our history?
 * @there: is @own in theirs?
 */
void verdict_places(struct probe_report *r, const struct probe_place *own,
		    const struct probe_place *theirs, enum probe_known here,
		    enum probe_known there);

#endif /* HSM_MESH_VERDICT_H */
