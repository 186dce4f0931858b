/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A map in memory from 64 random bits to a number, 16 bytes an entry: a label's hash to the place
 * of its object. Bits may meet by chance: whoever asks looks at what the number leads to, and goes
 * on to the next.
 */
#ifndef HSM_STORE_PLACES_H
#define HSM_STORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_SHARDS 256	/* each grows by itself: never all at once */

struct place;

/**
 * struct places - the map; all zero is an empty one
 * @shard: each a table of its own, by the first bits
 */
struct places {
	struct place_shard {
		struct place *slot;
		uint32_t room;
		uint32_t used;
	} shard[PLACES_SHARDS];
};

void places_free(struct places *p);

/* @n is not zero. Returns 0 or -ENOMEM. */
int places_add(struct places *p, uint64_t bits, uint64_t n);

/* Nothing happens if the pair is not there. */
void places_remove(struct places *p, uint64_t bits, uint64_t n);

/* The @i-th number of these bits, from 0 on; 0 when there are no more. */
uint64_t places_find(const struct places *p, uint64_t bits, unsigned int i);

#endif /* HSM_STORE_PLACES_H */
