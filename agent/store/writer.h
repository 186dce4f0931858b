/* SPDX-License-Identifier: GPL-2.0 */
/* Who writes the log: a thread, or the caller's meanwhile; and what belongs to that one alone. */
#ifndef HSM_STORE_WRITER_H
#define HSM_STORE_WRITER_H

#include "entry.h"
#include "strip.h"

struct store;

/**
 * struct writer - what only that one touches while it is at a group (and the start)
 * @hasher: for the headers' checksums
 * @active: segment being written
 * @strip: its end
 * @next_lsn: of the next record
 * @durable: lsn below which all is on the disk
 * @last_decision: as in struct segment, not made known to others yet
 * @open: YES that is written and undecided, NULL for none
 */
struct writer {
	struct hasher *hasher;
	struct segment *active;
	struct strip strip;
	uint64_t next_lsn;
	uint64_t durable;
	uint64_t last_decision;
	struct entry *open;
};

/* The thread, with the store. Ends when the store stops it and all is written. */
void *writer_main(void *store);

/**
 * writer_start() - begin a new run of the log, in a segment of its own, with the recovered slot
 * @s: store
 * @follows: lsn at which the log ended so far
 * Returns 0 or -errno.
 */
int writer_start(struct store *s, uint64_t follows);

#endif /* HSM_STORE_WRITER_H */
