// SPDX-License-Identifier: GPL-2.0
#include "tids.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "table.h"

#define ROOM TABLE_HISTORY

int tids_open(struct tids *t)
{
	t->last = 0;
	t->tid = calloc(ROOM, sizeof(*t->tid));
	return t->tid ? 0 : -ENOMEM;
}

void tids_close(struct tids *t)
{
	free(t->tid);
	t->tid = NULL;
}

static void put(struct tids *t, uint64_t seq, uint64_t tid)
{
	atomic_store_explicit(&t->tid[seq % ROOM], tid, memory_order_relaxed);
}

void tids_add(struct tids *t, uint64_t seq, uint64_t tid)
{
	uint64_t gap = t->last + 1;

	assert(seq > t->last);
	if (seq - gap > ROOM)
		gap = seq - ROOM;
	for (; gap < seq; gap++)
		put(t, gap, 0);
	put(t, seq, tid);
	atomic_store_explicit(&t->last, seq, memory_order_release);
}

uint64_t tids_find(const struct tids *t, uint64_t tid)
{
	uint64_t last = atomic_load_explicit(&t->last, memory_order_acquire);

	for (uint64_t i = 0; i < ROOM && i < last; i++)
		if (atomic_load_explicit(&t->tid[(last - i) % ROOM], memory_order_relaxed) == tid)
			return last - i;
	return 0;
}
