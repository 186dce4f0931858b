/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash table that grows by a few buckets and shrinks by one at a time (linear hashing): 8 bytes for
 * an item, however many there are, and no moment at which all of them move. rhashtable doubles, and
 * takes its buckets, a power of two and a head, from an allocator that rounds up: 13 to 43 bytes.
 */
#ifndef HSM_TABLE_H
#define HSM_TABLE_H

#include <linux/rcupdate.h>
#include <linux/seqlock.h>
#include <linux/types.h>
#include "hash.h"

/**
 * struct hsm_link - embedded in an item
 * @next: of the same bucket
 */
struct hsm_link {
	struct hsm_link __rcu *next;
};

/* The hash of an item. */
typedef u32 hsm_table_hash(const struct hsm_link *link, const struct hsm_hash_key *key);

#define HSM_SEGMENT_HEADS	510	/* with what is before them, a page of 4 KiB */

/**
 * struct hsm_segment - some buckets
 * @rcu: once no longer in use
 * @heads: first link of each
 */
struct hsm_segment {
	struct rcu_head rcu;
	struct hsm_link heads[HSM_SEGMENT_HEADS];
};

/**
 * struct hsm_directory - all segments of a table; replaced by a larger one
 * @rcu: once replaced
 * @room: for so many
 * @segment: NULL behind those in use
 */
struct hsm_directory {
	struct rcu_head rcu;
	u32 room;
	struct hsm_segment __rcu *segment[];
};

/**
 * struct hsm_table - the table
 * @directory: where the buckets are
 * @moves: odd while items move between buckets: whoever finds nothing meanwhile looks again
 * @buckets: in use; an item is in the bucket that its hash has among the next power of two, or,
 *	when that is not in use yet, in the one without the topmost bit
 * @mask: that next power of two, minus one
 * @items: in the table
 * @key: of the hash
 * @hash: of an item
 *
 * Locking: the owner serializes all calls; only hsm_table_first(), hsm_table_next() and the two
 * that go around them (hsm_table_read_begin()) need rcu_read_lock() instead.
 */
struct hsm_table {
	struct hsm_directory __rcu *directory;
	seqcount_t moves;
	u32 buckets;
	u32 mask;
	u32 items;
	struct hsm_hash_key key;
	hsm_table_hash *hash;
};

int hsm_table_init(struct hsm_table *table, hsm_table_hash *hash);
void hsm_table_destroy(struct hsm_table *table);
void hsm_table_add(struct hsm_table *table, struct hsm_link *link);
void hsm_table_remove(struct hsm_table *table, struct hsm_link *link);
void hsm_table_replace(struct hsm_table *table, struct hsm_link *old, struct hsm_link *link);

static inline u32 hsm_bucket_index(u32 hash, u32 buckets, u32 mask)
{
	u32 index = hash & mask;

	return index < buckets ? index : index & (mask >> 1);
}

/* NULL, without the lock only: just gone. */
static inline struct hsm_link *hsm_table_bucket(struct hsm_table *table, u32 index)
{
	struct hsm_directory *directory = rcu_dereference_raw(table->directory);
	u32 at = index / HSM_SEGMENT_HEADS;
	struct hsm_segment *segment;

	if (at >= directory->room)
		return NULL;
	segment = rcu_dereference_raw(directory->segment[at]);
	return segment ? &segment->heads[index % HSM_SEGMENT_HEADS] : NULL;
}

static inline struct hsm_link *hsm_table_next(const struct hsm_link *link)
{
	return rcu_dereference_raw(link->next);
}

/* The first link of the bucket of a hash, NULL for none. */
static inline struct hsm_link *hsm_table_first(struct hsm_table *table, u32 hash)
{
	/* Pairs with set_buckets(). */
	u32 buckets = smp_load_acquire(&table->buckets);
	u32 mask = READ_ONCE(table->mask);
	struct hsm_link *head = hsm_table_bucket(table, hsm_bucket_index(hash, buckets, mask));

	return head ? hsm_table_next(head) : NULL;
}

#define HSM_ITEM_MIN	33	/* bytes of an item from its link on, at the least */

/* No branch hangs on what is read: a wrong guess would have to wait for it. */
static inline void hsm_table_fetch_item(const struct hsm_link *link)
{
	if (!link)
		return;
	(void)READ_ONCE(*(const u8 *)link);
	(void)READ_ONCE(*((const u8 *)link + HSM_ITEM_MIN - 1));
}

/*
 * For many lookups to come, so that they wait for memory together: fetches the bucket, or, in a
 * second round, its first item. Reads it, since processors drop a prefetch when the translation of
 * the page is not at hand either.
 */
static inline void hsm_table_fetch(struct hsm_table *table, u32 hash, bool item)
{
	struct hsm_link *bucket = hsm_table_bucket(table, hsm_bucket_index(hash, table->buckets,
									   table->mask));
	const struct hsm_link *first = hsm_table_next(bucket);

	if (item)
		hsm_table_fetch_item(first);
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
