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
	outcomes->newest = size;
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
	outcomes->newest = outcomes->size;
}

/* TIDs are random: their low bits are a hash. */
static u32 *bucket(const struct hsm_outcomes *outcomes, u64 tid)
{
	return &outcomes->buckets[tid & (outcomes->size - 1)];
}

static struct hsm_outcome *place(const struct hsm_outcomes *outcomes, u32 number)
{
	return &outcomes->ring[number & (outcomes->size - 1)];
}

void hsm_outcomes_add(struct hsm_outcomes *outcomes, u64 tid, int error, u64 seq, u64 sync_point)
{
	u32 *head = bucket(outcomes, tid);
	u32 number = outcomes->newest + 1;

	*place(outcomes, number) = (struct hsm_outcome){
		.tid = tid,
		.error = error,
		.seq = seq,
		.sync_point = sync_point,
		.next = *head,
	};
	*head = number;
	outcomes->newest = number;
}

/* A bucket ends where the ring holds the next one no more, whose number may have come again. */
const struct hsm_outcome *hsm_outcomes_find(const struct hsm_outcomes *outcomes, u64 tid)
{
	u32 newest = outcomes->newest, least = 0, age;
	const struct hsm_outcome *outcome;

	for (age = newest - *bucket(outcomes, tid); age >= least && age < outcomes->size;
	     age = newest - outcome->next) {
		outcome = place(outcomes, newest - age);
		if (outcome->tid == tid)
			return outcome;
		least = age + 1;
	}
	return NULL;
}
