// SPDX-License-Identifier: GPL-2.0
/* Who flushes the log: the caller while the disk is quick, else the store's thread. */
#include <check.h>

#include "../suite.h"
#include "disk_bed.h"

#define QUICK_NS 2000000	/* as in writer.c */

static struct bed *b;

static void setup(void)
{
	b = bed_new();
	ck_assert_msg(bed_open(b), "%s", b->error);
	bed_rest(b);
}

static void teardown(void)
{
	bed_free(b);
}

static void refuse(uint64_t number)
{
	const struct batch_id batch = { BED_NODE, number };

	store_append(b->store, RECORD_REFUSED, batch, (struct bytes){ NULL, 0 }, 0, NULL);
}

static bool next_done(void)
{
	struct store_done done;

	return store_next_done(b->store, &done.record, &done.batch, &done.error) && !done.error;
}

static bool told(int ms)
{
	struct pollfd fd = { .fd = store_fd(b->store), .events = POLLIN };

	return poll(&fd, 1, ms) == 1;
}

static void seem(int64_t usual_ns)
{
	pthread_mutex_lock(&b->store->lock);
	b->store->usual_ns = usual_ns;
	pthread_mutex_unlock(&b->store->lock);
}

static int64_t usual(void)
{
	int64_t usual_ns;

	pthread_mutex_lock(&b->store->lock);
	usual_ns = b->store->usual_ns;
	pthread_mutex_unlock(&b->store->lock);
	return usual_ns;
}

START_TEST(the_caller_flushes_and_is_not_told)
{
	for (uint64_t i = 1; i <= 100; i++) {
		seem(0);
		refuse(i);
		ck_assert(!next_done());
		store_flush(b->store);
		ck_assert(next_done());
		ck_assert(!told(0));
	}
}
END_TEST

START_TEST(a_slow_disk_is_left_to_the_thread)
{
	seem(INT64_MAX / 2);
	refuse(1);
	store_flush(b->store);
	ck_assert(told(BED_DONE_MS));
	store_heed(b->store);
	ck_assert(!told(0));
	ck_assert(next_done());
	ck_assert(!next_done());
}
END_TEST

/* It is judged by the latest: the caller takes over again. */
START_TEST(a_disk_may_become_quick)
{
	uint64_t flushes = 0;

	seem(10 * 1000000000ll);
	while (usual() > QUICK_NS) {
		refuse(++flushes);
		store_flush(b->store);
		ck_assert(told(BED_DONE_MS));
		store_heed(b->store);
		ck_assert(next_done());
	}
	ck_assert_uint_gt(flushes, 8);
	bed_rest(b);
	refuse(++flushes);
	store_flush(b->store);
	ck_assert(next_done());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-flush");
	TCase *t = tcase_create("disk-flush");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_caller_flushes_and_is_not_told);
	tcase_add_test(t, a_slow_disk_is_left_to_the_thread);
	tcase_add_test(t, a_disk_may_become_quick);
	suite_add_tcase(s, t);
	return suite_run(s);
}
