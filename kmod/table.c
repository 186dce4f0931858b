// SPDX-License-Identifier: GPL-2.0
/* Hash table; see table.h. */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/prefetch.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "table.h"

#define SEGMENT_BYTES	4096	/* what the allocator gives without loss */
#define SEGMENT_HEADS	((SEGMENT_BYTES - sizeof(struct rcu_head)) / sizeof(struct hsm_link))
#define BUCKETS_MIN	64	/* all in the first segment */
#define SEGMENTS_MIN	8

/**
 * struct segment - some buckets
 * @rcu: once no longer in use
 * @heads: first link of each
 */
struct segment {
	struct rcu_head rcu;
	struct hsm_link heads[SEGMENT_HEADS];
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
	struct segment __rcu *segment[];
};

static_assert(sizeof(struct segment) <= SEGMENT_BYTES);
static_assert(BUCKETS_MIN <= SEGMENT_HEADS);

static u32 bucket_index(u32 hash, u32 buckets)
{
	u32 mask = roundup_pow_of_two(buckets) - 1;
	u32 index = hash & mask;

	return index < buckets ? index : index & (mask >> 1);
}

/* NULL, without the lock only: just gone. */
static struct hsm_link *bucket(struct hsm_table *table, u32 index)
{
	struct hsm_directory *directory = rcu_dereference_raw(table->directory);
	u32 at = index / SEGMENT_HEADS;
	struct segment *segment;

	if (at >= directory->room)
		return NULL;
	segment = rcu_dereference_raw(directory->segment[at]);
	return segment ? &segment->heads[index % SEGMENT_HEADS] : NULL;
}

static struct hsm_link *locked_next(const struct hsm_link *link)
{
	return rcu_dereference_protected(link->next, true);
}

static struct hsm_directory *locked_directory(const struct hsm_table *table)
{
	return rcu_dereference_protected(table->directory, true);
}

/* A directory for twice as many segments, the first one for SEGMENTS_MIN. */
static int enlarge(struct hsm_table *table)
{
	struct hsm_directory *old = locked_directory(table), *directory;
	u32 room = old ? 2 * old->room : SEGMENTS_MIN;

	directory = kvzalloc(struct_size(directory, segment, room), GFP_KERNEL | __GFP_NOWARN);
	if (!directory)
		return -ENOMEM;
	directory->room = room;
	if (old)
		memcpy(directory->segment, old->segment, old->room * sizeof(old->segment[0]));
	rcu_assign_pointer(table->directory, directory);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

static int add_segment(struct hsm_table *table, u32 at)
{
	struct segment *segment;

	if (at == locked_directory(table)->room && enlarge(table))
		return -ENOMEM;
	segment = kzalloc(sizeof(*segment), GFP_KERNEL | __GFP_NOWARN);
	if (!segment)
		return -ENOMEM;
	rcu_assign_pointer(locked_directory(table)->segment[at], segment);
	return 0;
}

/**
 * hsm_table_init() - an empty table
 * @table: to be set up
 * @hash: of an item
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_table_init(struct hsm_table *table, u32 (*hash)(const struct hsm_link *link, u32 seed))
{
	*table = (struct hsm_table){ .buckets = BUCKETS_MIN, .hash = hash };
	get_random_bytes(&table->seed, sizeof(table->seed));
	seqcount_init(&table->moves);
	if (enlarge(table))
		return -ENOMEM;
	if (!add_segment(table, 0))
		return 0;
	kvfree(locked_directory(table));
	return -ENOMEM;
}

/**
 * hsm_table_destroy() - end of a table
 * @table: empty, and nobody looks any more
 */
void hsm_table_destroy(struct hsm_table *table)
{
	WARN_ON(table->items || table->buckets != BUCKETS_MIN);
	kfree(rcu_dereference_protected(locked_directory(table)->segment[0], true));
	kvfree(locked_directory(table));
}

/*
 * While items move, nobody may be kept from going on with it: who finds nothing asks again until
 * they have.
 */
static void moves_begin(struct hsm_table *table)
{
	preempt_disable();
	write_seqcount_begin(&table->moves);
}

static void moves_end(struct hsm_table *table)
{
	write_seqcount_end(&table->moves);
	preempt_enable();
}

/* The bucket whose items are, or were, also those of the last one. */
static u32 elder(u32 last)
{
	return last - rounddown_pow_of_two(last);
}

/* One bucket more: it takes its items out of an elder one. False: no memory. */
static bool grow(struct hsm_table *table)
{
	u32 last = table->buckets;
	struct hsm_link *place, *to, *link;

	if (!bucket(table, last) && add_segment(table, last / SEGMENT_HEADS))
		return false;
	to = bucket(table, last);
	place = bucket(table, elder(last));
	moves_begin(table);
	RCU_INIT_POINTER(to->next, NULL);
	/* Pairs with hsm_table_first(): its segment is seen. */
	smp_store_release(&table->buckets, last + 1);
	while ((link = locked_next(place))) {
		if (bucket_index(table->hash(link, table->seed), last + 1) != last) {
			place = link;
			continue;
		}
		rcu_assign_pointer(place->next, locked_next(link));
		rcu_assign_pointer(link->next, locked_next(to));
		rcu_assign_pointer(to->next, link);
	}
	moves_end(table);
	/* What the next one will look at. */
	prefetch(hsm_table_next(bucket(table, elder(last + 1))));
	return true;
}

/* One bucket less: its items go behind those of the elder one. */
static void shrink(struct hsm_table *table)
{
	u32 last = table->buckets - 1;
	struct hsm_link *from = bucket(table, last), *place = bucket(table, elder(last));
	struct segment __rcu **at;
	struct segment *segment;

	while (locked_next(place))
		place = locked_next(place);
	moves_begin(table);
	rcu_assign_pointer(place->next, locked_next(from));
	WRITE_ONCE(table->buckets, last);
	moves_end(table);
	if (last % SEGMENT_HEADS)
		return;
	at = &locked_directory(table)->segment[last / SEGMENT_HEADS];
	segment = rcu_dereference_protected(*at, true);
	RCU_INIT_POINTER(*at, NULL);
	kfree_rcu(segment, rcu);
}

static struct hsm_link *bucket_of(struct hsm_table *table, const struct hsm_link *link)
{
	return bucket(table, bucket_index(table->hash(link, table->seed), table->buckets));
}

/**
 * hsm_table_add() - add an item
 * @table: the table; without memory it is only slower
 * @link: of the item, in no table
 */
void hsm_table_add(struct hsm_table *table, struct hsm_link *link)
{
	struct hsm_link *head = bucket_of(table, link);

	RCU_INIT_POINTER(link->next, locked_next(head));
	rcu_assign_pointer(head->next, link);
	table->items++;
	while (table->items > table->buckets && grow(table))
		;
}

/* The link before an item's. */
static struct hsm_link *before(struct hsm_table *table, const struct hsm_link *link)
{
	struct hsm_link *place = bucket_of(table, link);

	while (place && locked_next(place) != link)
		place = locked_next(place);
	return place;
}

/**
 * hsm_table_remove() - take an item out
 * @table: the table
 * @link: of an item that is in it; stays as it is until no reader can be at it
 */
void hsm_table_remove(struct hsm_table *table, struct hsm_link *link)
{
	struct hsm_link *place = before(table, link);

	if (WARN_ON(!place))
		return;
	rcu_assign_pointer(place->next, locked_next(link));
	table->items--;
	while (table->buckets > BUCKETS_MIN && table->items < table->buckets / 2)
		shrink(table);
}

/**
 * hsm_table_replace() - put an item in the place of another one
 * @table: the table
 * @old: of an item that is in it
 * @link: of one with the same hash, in no table
 */
void hsm_table_replace(struct hsm_table *table, struct hsm_link *old, struct hsm_link *link)
{
	struct hsm_link *place = before(table, old);

	if (WARN_ON(!place))
		return;
	RCU_INIT_POINTER(link->next, locked_next(old));
	rcu_assign_pointer(place->next, link);
}

/**
 * hsm_table_first() - where to look for an item
 * @table: the table
 * @hash: of the item
 *
 * Return: the first link of its bucket, NULL for none.
 */
struct hsm_link *hsm_table_first(struct hsm_table *table, u32 hash)
{
	/* Pairs with grow(). */
	u32 buckets = smp_load_acquire(&table->buckets);
	struct hsm_link *head = bucket(table, bucket_index(hash, buckets));

	return head ? hsm_table_next(head) : NULL;
}
