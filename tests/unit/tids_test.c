// SPDX-License-Identifier: GPL-2.0
/* TIDs by seq: found until as many came after them as there is room for, gaps and all. */
#include <check.h>
#include <stdlib.h>

#include "../suite.h"
#include "table.h"
#include "tids.h"

static struct tids t;

static void setup(void)
{
	ck_assert_int_eq(tids_open(&t), 0);
}

static void teardown(void)
{
	tids_close(&t);
}

static uint64_t tid_of(uint64_t seq)
{
	return seq * 0x9e3779b97f4a7c15u;	/* odd: no two alike, none is zero */
}

static void add(uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++)
		tids_add(&t, seq, tid_of(seq));
}

START_TEST(nothing_is_found_in_none)
{
	ck_assert_uint_eq(tids_find(&t, tid_of(1)), 0);
	ck_assert_uint_eq(tids_find(&t, 0), 0);
}
END_TEST

START_TEST(the_oldest_give_way)
{
	const uint64_t room = TABLE_HISTORY;

	add(1, room);
	ck_assert_uint_eq(tids_find(&t, tid_of(1)), 1);
	ck_assert_uint_eq(tids_find(&t, tid_of(room)), room);
	add(room + 1, room + 2);
	ck_assert_uint_eq(tids_find(&t, tid_of(2)), 0);
	ck_assert_uint_eq(tids_find(&t, tid_of(3)), 3);
	ck_assert_uint_eq(tids_find(&t, tid_of(room + 2)), room + 2);
}
END_TEST

/* What lies in a gap, or was there a round before, is not taken for anything. */
START_TEST(gaps_hold_nothing)
{
	add(1, 10);
	add(15, 16);
	ck_assert_uint_eq(tids_find(&t, tid_of(10)), 10);
	ck_assert_uint_eq(tids_find(&t, tid_of(12)), 0);
	ck_assert_uint_eq(tids_find(&t, tid_of(16)), 16);
	add(16 + 5 * (uint64_t)TABLE_HISTORY, 17 + 5 * (uint64_t)TABLE_HISTORY);
	ck_assert_uint_eq(tids_find(&t, tid_of(16)), 0);
	ck_assert_uint_eq(tids_find(&t, tid_of(15)), 0);
	ck_assert_uint_eq(tids_find(&t, tid_of(17 + 5 * (uint64_t)TABLE_HISTORY)),
			  17 + 5 * (uint64_t)TABLE_HISTORY);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("tids");
	Suite *s = suite_create("tids");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_found_in_none);
	tcase_add_test(tc, the_oldest_give_way);
	tcase_add_test(tc, gaps_hold_nothing);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
