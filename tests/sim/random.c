// SPDX-License-Identifier: GPL-2.0
#define SHIM_RANDOM

#include "random.h"

#include <string.h>
#include <linux/random.h>

/* The shim's one source has no argument to tell worlds apart by. */
static struct rng *random_rng;

void random_source(struct rng *source)
{
	random_rng = source;
}

void shim_random(void *data, size_t len)
{
	uint8_t *to = data;

	while (len) {
		uint64_t r = rng_next(random_rng);
		size_t part = len < sizeof(r) ? len : sizeof(r);

		memcpy(to, &r, part);
		to += part;
		len -= part;
	}
}
