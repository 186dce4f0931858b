/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A backup being read: into this node, which must be blank and begins a new pool with it
 * (founding.h), or only looked at. Whatever ends it early leaves the node as it was.
 */
#ifndef HSM_BACKUP_RESTORE_H
#define HSM_BACKUP_RESTORE_H

#include "archive.h"
#include "founding.h"
#include "host.h"

struct restore;

/**
 * struct restore_view - how far it has come
 * @begun: the file's head was there, and is good
 * @head: it
 * @whole: the file was read to its end, and is good
 * @end: what it said there
 * @founding: where this node stands when it is done; not of a rehearsal
 * @percent: of all, an estimate
 */
struct restore_view {
	bool begun;
	struct archive_head head;
	bool whole;
	struct archive_end end;
	const struct founding *founding;
	unsigned int percent;
};

/* Why this node cannot take a backup now: "what: what to do"; false if it can. */
bool restore_obstacle(const struct sync_host *host, char why[SYNC_ERROR_MAX]);

/**
 * restore_begin() - begin
 * @host: the agent
 * @rehearsal: only look whether all is well
 * @self: this node, as it will stand in the list
 * @error: what is wrong and what to do
 * Returns NULL with @error set.
 */
struct restore *restore_begin(const struct sync_host *host, bool rehearsal,
			      const struct member *self, char error[SYNC_ERROR_MAX]);

/* What was not finished leaves no trace. NULL is allowed. */
void restore_free(struct restore *r);

/* The same at the end of the agent: the node takes part in nothing any more. */
void restore_abandon(struct restore *r);

/* The next bytes of the file, in any portions. Returns 0, or -1 with @error set. */
int restore_data(struct restore *r, struct bytes data, char error[SYNC_ERROR_MAX]);

/**
 * restore_step() - all bytes were given: one bounded step of what is left
 * @r: restore under way
 * @error: what is wrong and what to do
 *
 * Only the last one, which fills the device, takes longer. Returns 1: call again; 0: done; -1 with
 * @error set.
 */
int restore_step(struct restore *r, char error[SYNC_ERROR_MAX]);

void restore_look(const struct restore *r, struct restore_view *view);

/* What a restore that was cut off by the end of the agent left in the state directory goes. */
void restore_sweep(const struct sync_host *host);

#endif /* HSM_BACKUP_RESTORE_H */
