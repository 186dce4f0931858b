// SPDX-License-Identifier: GPL-2.0
/* Hash table; see table.h. */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "table.h"

#define SEGMENT_BYTES	4096	/* what the allocator gives without loss */
#define BUCKETS_MIN	64	/* all in the first segment */
#define SEGMENTS_MIN	8
#define GROW_BUCKETS	16	/* at a time, at most BUCKETS_MIN */

static_assert(sizeof(struct hsm_segment) <= SEGMENT_BYTES);
static_assert(BUCKETS_MIN <= HSM_SEGMENT_HEADS);

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
	struct hsm_segment *segment;

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
int hsm_table_init(struct hsm_table *table, hsm_table_hash *hash)
{
	*table = (struct hsm_table){
		.buckets = BUCKETS_MIN,
		.mask = BUCKETS_MIN - 1,
		.hash = hash,
	};
	get_random_bytes(&table->key, sizeof(table->key));
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

/* While items move: whoever has one of the two from before and one from after looks again. */
static void set_buckets(struct hsm_table *table, u32 buckets)
{
	WRITE_ONCE(table->mask, roundup_pow_of_two(buckets) - 1);
	/* Pairs with hsm_table_first(): the segment of the last one is seen. */
	smp_store_release(&table->buckets, buckets);
}

static u32 index_of(struct hsm_table *table, const struct hsm_link *link)
{
	return hsm_bucket_index(table->hash(link, &table->key), table->buckets, table->mask);
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

	if (!hsm_table_bucket(table, last) && add_segment(table, last / HSM_SEGMENT_HEADS))
		return false;
	to = hsm_table_bucket(table, last);
	place = hsm_table_bucket(table, elder(last));
	moves_begin(table);
	RCU_INIT_POINTER(to->next, NULL);
	set_buckets(table, last + 1);
	while ((link = locked_next(place))) {
		if (index_of(table, link) != last) {
			place = link;
			continue;
		}
		rcu_assign_pointer(place->next, locked_next(link));
		rcu_assign_pointer(link->next, locked_next(to));
		rcu_assign_pointer(to->next, link);
	}
	moves_end(table);
	return true;
}

/* One bucket less: its items go behind those of the elder one. */
static void shrink(struct hsm_table *table)
{
	u32 last = table->buckets - 1;
	struct hsm_link *from = hsm_table_bucket(table, last);
	struct hsm_link *place = hsm_table_bucket(table, elder(last));
	struct hsm_segment __rcu **at;
	struct hsm_segment *segment;

	while (locked_next(place))
		place = locked_next(place);
	moves_begin(table);
	rcu_assign_pointer(place->next, locked_next(from));
	set_buckets(table, last);
	moves_end(table);
	if (last % HSM_SEGMENT_HEADS)
		return;
	at = &locked_directory(table)->segment[last / HSM_SEGMENT_HEADS];
	segment = rcu_dereference_protected(*at, true);
	RCU_INIT_POINTER(*at, NULL);
	kfree_rcu(segment, rcu);
}

static struct hsm_link *bucket_of(struct hsm_table *table, const struct hsm_link *link)
{
	return hsm_table_bucket(table, index_of(table, link));
}

/* Reads what the next buckets take their items from, so as to wait for memory once. */
static void fetch_elders(struct hsm_table *table)
{
	struct hsm_link *link;
	int behind;
	u32 i;

	for (behind = 0; behind < 2; behind++) {
		for (i = 0; i < GROW_BUCKETS; i++) {
			link = locked_next(hsm_table_bucket(table, elder(table->buckets + i)));
			if (link && behind)
				link = locked_next(link);
			hsm_table_fetch_item(link);
		}
	}
}

/* Some buckets more, at less cost than one by one. */
static void grow_some(struct hsm_table *table)
{
	u32 i;

	fetch_elders(table);
	for (i = 0; i < GROW_BUCKETS && grow(table); i++)
		;
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
	if (table->items > table->buckets)
		grow_some(table);
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
