// SPDX-License-Identifier: GPL-2.0
/* Open addressing with linear probing, in shards. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"

#define ROOM_FIRST	16

/**
 * struct place - one slot
 * @bits: as given
 * @n: 0 where the slot is free
 */
struct place {
	uint64_t bits;
	uint64_t n;
};

void places_free(struct places *p)
{
	for (unsigned int i = 0; i < PLACES_SHARDS; i++)
		free(p->shard[i].slot);
	memset(p, 0, sizeof(*p));
}

/* Random bits need no more; what a test or a peer counts up does. */
static uint64_t mix(uint64_t bits)
{
	bits *= 0x9e3779b97f4a7c15u;
	return bits ^ bits >> 32;
}

static struct place_shard *shard_of(const struct places *p, uint64_t bits)
{
	return (struct place_shard *)&p->shard[mix(bits) % PLACES_SHARDS];
}

/* Where a search for these bits begins. */
static uint32_t home_of(const struct place_shard *s, uint64_t bits)
{
	return (uint32_t)((mix(bits) >> 32) * s->room >> 32);
}

static uint32_t after(const struct place_shard *s, uint32_t i)
{
	return i + 1 < s->room ? i + 1 : 0;
}

static void put(struct place_shard *s, struct place p)
{
	uint32_t i = home_of(s, p.bits);

	while (s->slot[i].n)
		i = after(s, i);
	s->slot[i] = p;
}

static int grow(struct place_shard *s)
{
	struct place_shard more = { .room = s->room + s->room / 2 + ROOM_FIRST, .used = s->used };

	more.slot = calloc(more.room, sizeof(*more.slot));
	if (!more.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->room; i++)
		if (s->slot[i].n)
			put(&more, s->slot[i]);
	free(s->slot);
	*s = more;
	return 0;
}

int places_add(struct places *p, uint64_t bits, uint64_t n)
{
	struct place_shard *s = shard_of(p, bits);

	if (s->used >= s->room - s->room / 8 && grow(s))
		return -ENOMEM;
	put(s, (struct place){ bits, n });
	s->used++;
	return 0;
}

/* Entries behind a gap that a search would not find any more move up. */
static void close_gap(struct place_shard *s, uint32_t gap)
{
	for (uint32_t i = after(s, gap); s->slot[i].n; i = after(s, i)) {
		uint32_t home = home_of(s, s->slot[i].bits);
		uint32_t from_home = i >= home ? i - home : i + s->room - home;
		uint32_t from_gap = i >= gap ? i - gap : i + s->room - gap;

		if (from_home < from_gap)
			continue;
		s->slot[gap] = s->slot[i];
		gap = i;
	}
	s->slot[gap].n = 0;
}

void places_remove(struct places *p, uint64_t bits, uint64_t n)
{
	struct place_shard *s = shard_of(p, bits);

	if (!s->room)
		return;
	for (uint32_t i = home_of(s, bits); s->slot[i].n; i = after(s, i)) {
		if (s->slot[i].bits != bits || s->slot[i].n != n)
			continue;
		close_gap(s, i);
		s->used--;
		return;
	}
}

uint64_t places_find(const struct places *p, uint64_t bits, unsigned int i)
{
	const struct place_shard *s = shard_of(p, bits);

	if (!s->room)
		return 0;
	for (uint32_t at = home_of(s, bits); s->slot[at].n; at = after(s, at))
		if (s->slot[at].bits == bits && !i--)
			return s->slot[at].n;
	return 0;
}
