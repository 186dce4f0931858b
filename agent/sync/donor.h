/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The donor's side of Live-Sync: gives one newcomer a snapshot, then the TLs since, then what is
 * committed as it is committed, and at last asks for its admission.
 */
#ifndef HSM_SYNC_DONOR_H
#define HSM_SYNC_DONOR_H

#include "feed.h"
#include "host.h"
#include "message.h"

struct donor;
struct service;

/**
 * struct donor_view - what it is at
 * @serves: a newcomer is served
 * @name: of it
 * @phase: what is done for it
 * @percent: of the snapshot
 * @bytes: sent
 */
struct donor_view {
	bool serves;
	char name[HSMREPL_NAME_MAX];
	const char *phase;
	unsigned int percent;
	uint64_t bytes;
};

/* Returns NULL without memory. */
struct donor *donor_new(const struct sync_host *host);
void donor_free(struct donor *d);

/* A frame of a newcomer; the first of a service is its JOIN. */
void donor_frame(struct donor *d, struct service *s, const struct sync_message *m);
void donor_drained(struct donor *d, struct service *s);
void donor_closed(struct donor *d, struct service *s, const char *why);

/* This node is to hold something else: nobody is served, the store may be closed. */
void donor_stop(struct donor *d, const char *why);

void donor_tick(struct donor *d);

/* What the log is told. Called from within the pump. */
void donor_append(struct donor *d, const struct action *act, const struct position *after);

/* The core's answer to the NODE_ADD. */
void donor_answer(struct donor *d, const struct action *act);

void donor_look(const struct donor *d, struct donor_view *view);

#endif /* HSM_SYNC_DONOR_H */
