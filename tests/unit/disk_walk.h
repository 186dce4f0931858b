/* SPDX-License-Identifier: GPL-2.0 */
/* Is a store's content that of a world? For store_each(). */
#ifndef TESTS_UNIT_DISK_WALK_H
#define TESTS_UNIT_DISK_WALK_H

#include "disk_world.h"

/**
 * struct world_walk - a walk over a store beside the world
 */
struct world_walk {
	const struct world *w;
	unsigned int n;
};

static inline int world_see(void *arg, const struct store_object *o)
{
	struct world_walk *walk = arg;
	const struct world_object *want;
	char label[16] = "";
	unsigned int i;

	ck_assert_uint_lt(o->label_len, sizeof(label));
	memcpy(label, o->label, o->label_len);
	ck_assert_int_eq(sscanf(label, "object-%u", &i), 1);
	want = &walk->w->object[i];
	ck_assert(want->exists);
	ck_assert_uint_eq(o->version, want->version);
	ck_assert_uint_eq(o->seq, want->seq);
	ck_assert_uint_eq(o->attrs, want->attrs);
	ck_assert_uint_eq(o->payload_len, want->payload_len);
	ck_assert_mem_eq(o->payload, want->payload, want->payload_len);
	ck_assert_uint_eq(content_digest(walk->w->key, o), want->digest);
	walk->n++;
	return 0;
}

static inline unsigned int world_count(const struct world *w)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORLD_LABELS; i++)
		n += w->object[i].exists;
	return n;
}

#endif /* TESTS_UNIT_DISK_WALK_H */
