// SPDX-License-Identifier: GPL-2.0
/* The counter outside the store tells an old copy, and nothing else. */
#include <check.h>

#include "../suite.h"
#include "counter.h"
#include "disk_bed.h"

static struct bed *b;
static char path[BED_PATH], copy[BED_PATH];
static struct store_options options;

static void setup(void)
{
	b = bed_new();
	snprintf(path, sizeof(path), "%.200s-counter", b->dir);
	snprintf(copy, sizeof(copy), "%.200s-copy", b->dir);
	options = bed_small;
	options.counter = path;
	ck_assert_msg(bed_open_sized(b, &options), "%s", b->error);
}

static void teardown(void)
{
	bed_remove(copy);
	unlink(path);
	bed_free(b);
}

static unsigned long outside(void)
{
	unsigned long value = 0;
	FILE *f = fopen(path, "r");

	ck_assert(f && fscanf(f, "hsmrepl node 1 counter %lu", &value) == 1);
	fclose(f);
	return value;
}

static void set_outside(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void take_copy(void)
{
	bed_close(b);
	bed_remove(copy);
	bed_copy(b->dir, copy);
}

static void put_back(void)
{
	char kept[BED_PATH];

	bed_close(b);
	bed_remove(b->dir);
	snprintf(kept, sizeof(kept), "%s", b->dir);
	bed_copy(copy, kept);
}

START_TEST(it_rises_with_every_start)
{
	ck_assert_uint_eq(outside(), 1);
	bed_reopen_sized(b, &options);
	bed_reopen_sized(b, &options);
	ck_assert_uint_eq(outside(), 3);
	ck_assert(!b->image.rolled_back);
}
END_TEST

START_TEST(an_old_copy_is_told)
{
	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	take_copy();
	ck_assert(bed_open_sized(b, &options));
	ck_assert_int_eq(bed_create(b, "b", "x", 1), 0);
	put_back();
	for (unsigned int i = 0; i < 3; i++) {
		bed_reopen_sized(b, &options);
		ck_assert(b->image.rolled_back);
		ck_assert_uint_eq(b->image.objects, 1);
		ck_assert_uint_eq(outside(), 2);
	}
	/* Wiped, it has nothing to forget. */
	ck_assert_int_eq(store_zeroize(b->store), 0);
	bed_reopen_sized(b, &options);
	ck_assert(!b->image.rolled_back);
	ck_assert_uint_eq(outside(), 3);
}
END_TEST

/* A copy put back at once, before anything was said since, is as good as the store. */
START_TEST(the_same_again_is_no_old_copy)
{
	take_copy();
	put_back();
	bed_reopen_sized(b, &options);
	ck_assert(!b->image.rolled_back);
}
END_TEST

static void commit_tls(unsigned int n)
{
	bed_begin(b);
	while (n--) {
		char label[32];

		snprintf(label, sizeof(label), "o%u", (unsigned int)b->after.seq);
		bed_op(b, bed_tl(b, HSMREPL_TL_DATA, b->after.seq + 1), HSMREPL_OP_CREATE, label,
		       "x", 1, 0, "");
	}
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

START_TEST(it_rises_as_the_store_grows)
{
	char now[BED_PATH];

	options.settle_ms = 0;
	options.segment_bytes = 1 << 20;
	bed_reopen_sized(b, &options);
	ck_assert_uint_eq(outside(), 2);
	for (unsigned int i = 0; i < 4; i++)
		commit_tls(COUNTER_STEP / 8);
	bed_settle(b);
	ck_assert_uint_eq(outside(), 2);
	/* As the disk is at that moment. */
	snprintf(now, sizeof(now), "%s", b->dir);
	bed_copy(now, copy);
	for (unsigned int i = 0; i < 12; i++)
		commit_tls(COUNTER_STEP / 8);
	bed_settle(b);
	ck_assert_uint_eq(outside(), 3);
	put_back();
	bed_reopen_sized(b, &options);
	ck_assert(b->image.rolled_back);
}
END_TEST

/* The store is written first: the power may go before the counter follows. */
START_TEST(one_behind_is_well)
{
	bed_reopen_sized(b, &options);
	ck_assert_uint_eq(outside(), 2);
	set_outside("hsmrepl node 1 counter 1\n");
	bed_reopen_sized(b, &options);
	ck_assert(!b->image.rolled_back);
	ck_assert_uint_eq(outside(), 3);
	set_outside("hsmrepl node 1 counter 1\n");
	bed_reopen_sized(b, &options);
	ck_assert(!b->image.rolled_back);
	ck_assert_uint_eq(outside(), 4);
}
END_TEST

START_TEST(a_wrong_or_missing_file_stops_the_start)
{
	static const char *const wrong[] = {
		"", "hsmrepl node 2 counter 9\n", "hsmrepl node 1 counter 9", "9\n",
		"hsmrepl node 1 counter 9\nmore",
	};

	bed_close(b);
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		set_outside(wrong[i]);
		ck_assert(!bed_open_sized(b, &options));
		ck_assert_msg(strstr(b->error, "not this node's"), "%s", b->error);
	}
	unlink(path);
	ck_assert(!bed_open_sized(b, &options));
	ck_assert_msg(strstr(b->error, "is missing") &&
		      strstr(b->error, "\"hsmrepl node 1 counter 1\""), "%s", b->error);
	/* As it says. */
	set_outside("hsmrepl node 1 counter 1\n");
	bed_reopen_sized(b, &options);
	ck_assert(!b->image.rolled_back);
	/* Not asked for any more: nothing is looked at. */
	options.counter = "";
	unlink(path);
	bed_reopen_sized(b, &options);
}
END_TEST

/* Named for a store that has lived without. */
START_TEST(it_can_be_named_later)
{
	options.counter = NULL;
	bed_close(b);
	bed_remove(b->dir);
	unlink(path);
	ck_assert(bed_open_sized(b, &options));
	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	options.counter = path;
	bed_reopen_sized(b, &options);
	ck_assert_uint_eq(outside(), 1);
	ck_assert(!b->image.rolled_back);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("counter");
	TCase *t = tcase_create("counter");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, it_rises_with_every_start);
	tcase_add_test(t, an_old_copy_is_told);
	tcase_add_test(t, the_same_again_is_no_old_copy);
	tcase_add_test(t, it_rises_as_the_store_grows);
	tcase_add_test(t, one_behind_is_well);
	tcase_add_test(t, a_wrong_or_missing_file_stops_the_start);
	tcase_add_test(t, it_can_be_named_later);
	suite_add_tcase(s, t);
	return suite_run(s);
}
