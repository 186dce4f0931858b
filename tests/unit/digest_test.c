// SPDX-License-Identifier: GPL-2.0
/* The walk over digests: what nodes compare to find out in which objects they differ. */
#include "../suite.h"
#include "digest.h"
#include "disk_walk.h"

static const struct store_options at_once = {
	.segment_bytes = 65536,
	.unsettled_max = 1 << 20,
	.settle_ms = 0,
};

static struct world *w;
static struct digest_walk *walk;
static char error[STORE_ERROR_MAX];

static void setup(void)
{
	w = world_new(5, &at_once);
	world_grow(w, 80);
	walk = digest_open(w->b->store, error);
	ck_assert_msg(walk != NULL, "%s", error);
}

static void teardown(void)
{
	digest_close(walk);
	world_free(w);
}

/* Twice over, with commits between, which are not seen. */
START_TEST(digests_add_up_to_the_stores)
{
	struct position place = w->b->position;
	unsigned int count = world_count(w);
	struct digest_entry e;

	ck_assert_mem_eq(digest_place(walk), &place, sizeof(place));
	for (unsigned int round = 0; round < 2; round++) {
		uint64_t digest = 0, last = 0;
		unsigned int n = 0;

		while (digest_next(walk, &e) > 0) {
			ck_assert_uint_ge(e.seq, last);
			last = e.seq;
			digest ^= e.digest;
			n++;
		}
		ck_assert_uint_eq(n, count);
		ck_assert_uint_eq(digest, place.digest);
		digest_rewind(walk);
		world_grow(w, 5);
	}
}
END_TEST

START_TEST(objects_are_found_by_hash)
{
	struct digest_entry e[WORLD_LABELS];
	struct world_walk seen = { .w = w };
	struct store_object o;
	unsigned int n = 0;

	while (digest_next(walk, &e[n]) > 0)
		n++;
	for (unsigned int i = 0; i < n; i++) {
		ck_assert_int_eq(digest_object(walk, e[i].hash, e[i].seq, &o), 1);
		ck_assert_int_eq(world_see(&seen, &o), 0);
		ck_assert_uint_eq(content_digest(w->key, &o), e[i].digest);
	}
	ck_assert_uint_eq(seen.n, world_count(w));
	e[0].hash[3] ^= 1;
	ck_assert_int_eq(digest_object(walk, e[0].hash, e[0].seq, &o), 0);
	ck_assert_int_eq(digest_object(walk, e[0].hash, 1 << 30, &o), 0);
}
END_TEST

/* Another node's keys hash the same labels to the same hashes. */
START_TEST(hashes_are_the_same_on_all_nodes)
{
	struct world *other = world_new(5, &at_once);
	struct digest_walk *theirs;
	struct digest_entry a, b;
	int ret;

	/* Of another node id: what is sealed under its own keys differs. */
	bed_close(other->b);
	bed_remove(other->b->dir);
	memset(other->object, 0, sizeof(other->object));
	memset(&other->b->position, 0, sizeof(other->b->position));
	other->rng = 5;
	other->b->store = store_open_sized(other->b->dir, bed_secret, WORLD_NEWCOMER, w->b->log,
					   &at_once, &other->b->image, error);
	ck_assert_msg(other->b->store != NULL, "%s", error);
	world_epoch(other, HSMREPL_TL_FORM);
	world_grow(other, 80);
	theirs = digest_open(other->b->store, error);
	do {
		ret = digest_next(walk, &a);
		ck_assert_int_eq(digest_next(theirs, &b), ret);
		ck_assert(ret <= 0 || !memcmp(a.hash, b.hash, sizeof(a.hash)));
	} while (ret > 0);
	ck_assert_int_eq(ret, 0);
	digest_close(theirs);
	world_free(other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("digest");
	TCase *t = tcase_create("digest");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, digests_add_up_to_the_stores);
	tcase_add_test(t, objects_are_found_by_hash);
	tcase_add_test(t, hashes_are_the_same_on_all_nodes);
	suite_add_tcase(s, t);
	return suite_run(s);
}
