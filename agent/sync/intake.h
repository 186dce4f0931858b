/* SPDX-License-Identifier: GPL-2.0 */
/* A newcomer's import: what a donor sends, brought to disk step by step. */
#ifndef HSM_SYNC_INTAKE_H
#define HSM_SYNC_INTAKE_H

#include "host.h"
#include "import.h"
#include "message.h"

struct intake;

/**
 * intake_open() - begin an import, or go on with one. The node must be parked
 * @host: the agent
 * @plan: of the donor; NULL: nothing is missing any more, only intake_step() is to be done
 * @donor: who sends
 * @resume: go on with what is there
 * @aside: put the objects aside that the new content lacks
 * @error: filled in on failure: what is wrong and what to do
 * Returns NULL with @error set.
 */
struct intake *intake_open(const struct sync_host *host, const struct sync_message *plan,
			   const struct member *donor, bool resume, bool aside,
			   char error[SYNC_ERROR_MAX]);

/* Whatever has come is kept. NULL is allowed. */
void intake_close(struct intake *in);

/* A frame of items. Returns 0, or -1 with @error set. */
int intake_items(struct intake *in, const struct sync_message *m, char error[SYNC_ERROR_MAX]);

/**
 * intake_step() - all is there: make it the store, one bounded step
 * @in: import under way
 * @error: filled in on failure: what is wrong and what to do
 *
 * Returns 1: call again; 0: done, the state directory holds the new store; -1 with @error set.
 */
int intake_step(struct intake *in, char error[SYNC_ERROR_MAX]);

/* TLs and their bytes, of all transfers of this import. */
void intake_count(const struct intake *in, uint64_t *tls, uint64_t *bytes);

/* File with the objects put aside, empty for none, and how many they are. */
const char *intake_quarantine(const struct intake *in, uint64_t *n);

/* What an import that was cut has; false if there is none. */
bool intake_found(const struct sync_host *host, struct import_state *state);

#endif /* HSM_SYNC_INTAKE_H */
