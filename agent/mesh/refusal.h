/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps refusals and failures from flooding the log: the same once a minute, and few in all. */
#ifndef HSM_MESH_REFUSAL_H
#define HSM_MESH_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#define REFUSAL_QUIET_MS 60000
#define REFUSAL_KINDS 16	/* different lines within that time */
#define REFUSAL_WHO_MAX 64
#define REFUSAL_WHY_MAX 256

/**
 * struct refusals - what was logged lately; zeroed at start
 * @hidden: lines that were not written since the last one that was
 * @seen: table; an entry is free if its @who is empty
 */
struct refusals {
	unsigned int hidden;
	struct {
		uint64_t since_ms;
		char who[REFUSAL_WHO_MAX];
		char why[REFUSAL_WHY_MAX];
	} seen[REFUSAL_KINDS];
};

/**
 * refusal_due() - should this line be written?
 * @r: what was refused before
 * @who: whom it is about, without what changes every time (such as a port)
 * @why: reason
 * @now_ms: monotonic time
 * @hidden: if so: how many lines were not written before it
 */
bool refusal_due(struct refusals *r, const char *who, const char *why, uint64_t now_ms,
		 unsigned int *hidden);

/* All is well with @who: what comes next about it is news. */
void refusal_forget(struct refusals *r, const char *who);

#endif /* HSM_MESH_REFUSAL_H */
