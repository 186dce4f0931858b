/* SPDX-License-Identifier: GPL-2.0 */
/* One record in memory, from its append until SQLite holds what it says. */
#ifndef HSM_STORE_ENTRY_H
#define HSM_STORE_ENTRY_H

#include <sys/queue.h>

#include "record.h"

#define ENTRY_KEEP_MAX	(16u << 20)	/* bytes of unused buffers that a pool holds on to */

/**
 * struct entry - one record
 * @link: in the one list that it is in
 * @rec: what it says; @rec.body lies in @buf behind room for the header
 * @awaited: it is flushed at once, and store_next_done() tells when it is on the disk
 * @decides: COMMIT, REFUSED, ABORTED: lsn of the YES that it ends, 0 if none was open
 * @after: COMMIT: position after the batch
 * @with: COMMIT, ABORTED: entry of the YES; YES: a refused one that is let go now; owned
 * @buf: bytes of the record
 * @room: bytes at @buf
 */
struct entry {
	TAILQ_ENTRY(entry) link;
	struct record rec;
	bool awaited;
	uint64_t decides;
	struct position after;
	struct entry *with;
	uint8_t *buf;
	size_t room;
};

TAILQ_HEAD(entries, entry);

/**
 * struct entry_pool - unused entries, so that none is allocated in the long run
 * @small: without a body to speak of
 * @large: those of YES
 * @kept: bytes of buffers in both
 */
struct entry_pool {
	struct entries small;
	struct entries large;
	size_t kept;
};

void entry_pool_init(struct entry_pool *p);
void entry_pool_free(struct entry_pool *p);

/*
 * An entry with room for a body of @body_len bytes, else empty. Exhausted memory is an assertion: a
 * record that must be written cannot be put off.
 */
struct entry *entry_get(struct entry_pool *p, unsigned int type, struct batch_id batch,
			size_t body_len);

/* Give back an entry and the one @with it; NULL does nothing. */
void entry_put(struct entry_pool *p, struct entry *e);

/* Moves entries of @from to @p, until that one is full. */
void entry_pool_take(struct entry_pool *p, struct entry_pool *from);

/* Where the body goes. */
uint8_t *entry_body(struct entry *e);

/* Bytes of memory that wait for SQLite while this entry does. */
size_t entry_weight(const struct entry *e);

#endif /* HSM_STORE_ENTRY_H */
