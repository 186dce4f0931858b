/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash table that grows and shrinks by one bucket at a time (linear hashing): 8 bytes for an item,
 * however many there are, and no moment at which all of them move. rhashtable doubles, and takes
 * its buckets, a power of two and a head, from an allocator that rounds up: 13 to 43 bytes.
 */
#ifndef HSM_TABLE_H
#define HSM_TABLE_H

#include <linux/rcupdate.h>
#include <linux/seqlock.h>
#include <linux/types.h>

struct hsm_directory;

/**
 * struct hsm_link - embedded in an item
 * @next: of the same bucket
 */
struct hsm_link {
	struct hsm_link __rcu *next;
};

/**
 * struct hsm_table - the table
 * @directory: where the buckets are
 * @moves: odd while items move between buckets: whoever finds nothing meanwhile looks again
 * @buckets: in use; an item is in the bucket that its hash has among the next power of two, or,
 *	when that is not in use yet, in the one without the topmost bit
 * @items: in the table
 * @seed: of the hash
 * @hash: of an item
 *
 * Locking: the owner serializes all calls; only hsm_table_first(), hsm_table_next() and the two
 * that go around them (hsm_table_read_begin()) need rcu_read_lock() instead.
 */
struct hsm_table {
	struct hsm_directory __rcu *directory;
	seqcount_t moves;
	u32 buckets;
	u32 items;
	u32 seed;
	u32 (*hash)(const struct hsm_link *link, u32 seed);
};

int hsm_table_init(struct hsm_table *table,
		   u32 (*hash)(const struct hsm_link *link, u32 seed));
void hsm_table_destroy(struct hsm_table *table);
void hsm_table_add(struct hsm_table *table, struct hsm_link *link);
void hsm_table_remove(struct hsm_table *table, struct hsm_link *link);
void hsm_table_replace(struct hsm_table *table, struct hsm_link *old, struct hsm_link *link);

struct hsm_link *hsm_table_first(struct hsm_table *table, u32 hash);

static inline struct hsm_link *hsm_table_next(const struct hsm_link *link)
{
	return rcu_dereference_raw(link->next);
}

/* Without the lock: what was found is there; nothing found counts only if not to be retried. */
static inline unsigned int hsm_table_read_begin(struct hsm_table *table)
{
	return raw_seqcount_begin(&table->moves);
}

static inline bool hsm_table_read_retry(struct hsm_table *table, unsigned int seen)
{
	return read_seqcount_retry(&table->moves, seen);
}

/* Links of the bucket of a hash: other items may be among them. */
#define hsm_table_for_each(link, table, hash)				\
	for (link = hsm_table_first(table, hash); link; link = hsm_table_next(link))

#endif
