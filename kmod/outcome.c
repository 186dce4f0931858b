// SPDX-License-Identifier: GPL-2.0
/* Outcomes by TID; see outcome.h. */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "outcome.h"

int hsm_outcomes_init(struct hsm_outcomes *outcomes, u32 size)
{
	size = roundup_pow_of_two(size);
	outcomes->size = size;
	outcomes->ring = kvcalloc(size, sizeof(*outcomes->ring), GFP_KERNEL);
	outcomes->buckets = kvcalloc(size, sizeof(*outcomes->buckets), GFP_KERNEL);
	if (!outcomes->ring || !outcomes->buckets) {
		hsm_outcomes_destroy(outcomes);
		return -ENOMEM;
	}
	outcomes->newest = 0;
	return 0;
}

void hsm_outcomes_destroy(struct hsm_outcomes *outcomes)
{
	kvfree(outcomes->ring);
	kvfree(outcomes->buckets);
	*outcomes = (struct hsm_outcomes){ };
}

void hsm_outcomes_clear(struct hsm_outcomes *outcomes)
{
	memset(outcomes->ring, 0, outcomes->size * sizeof(*outcomes->ring));
	memset(outcomes->buckets, 0, outcomes->size * sizeof(*outcomes->buckets));
	outcomes->newest = 0;
}

/* TIDs are random: their low bits are a hash. */
static u32 *bucket(const struct hsm_outcomes *outcomes, u64 tid)
{
	return &outcomes->buckets[tid & (outcomes->size - 1)];
}

/* Takes the oldest outcome out of its bucket. */
static void unlink_place(struct hsm_outcomes *outcomes, u32 place)
{
	u32 *link = bucket(outcomes, outcomes->ring[place].tid);

	while (*link != place + 1)
		link = &outcomes->ring[*link - 1].next;
	*link = outcomes->ring[place].next;
}

void hsm_outcomes_add(struct hsm_outcomes *outcomes, u64 tid, int error, u64 seq, u64 sync_point)
{
	u32 place = outcomes->newest;
	u32 *head;

	if (outcomes->ring[place].tid)
		unlink_place(outcomes, place);
	head = bucket(outcomes, tid);
	outcomes->ring[place] = (struct hsm_outcome){
		.tid = tid,
		.error = error,
		.seq = seq,
		.sync_point = sync_point,
		.next = *head,
	};
	*head = place + 1;
	outcomes->newest = (place + 1) & (outcomes->size - 1);
}

const struct hsm_outcome *hsm_outcomes_find(const struct hsm_outcomes *outcomes, u64 tid)
{
	u32 link = *bucket(outcomes, tid);

	while (link && outcomes->ring[link - 1].tid != tid)
		link = outcomes->ring[link - 1].next;
	return link ? &outcomes->ring[link - 1] : NULL;
}
