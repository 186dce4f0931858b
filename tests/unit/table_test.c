// SPDX-License-Identifier: GPL-2.0
/* The hash table: growing and shrinking loses nothing, with memory or without. */
#include <check.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include "../../kmod/table.h"
#include "../suite.h"

#define ITEMS	5000	/* more than ten segments */

struct item {
	struct hsm_link link;
	u32 key;
	u8 more[HSM_ITEM_MIN];
};

static struct hsm_table table;
static struct item items[ITEMS];

static u32 key_of(const struct hsm_link *link)
{
	return container_of(link, struct item, link)->key;
}

/* Hashes that differ in few bits, high ones and low ones. */
static u32 hash_key(u32 key)
{
	return key * 0x10001;
}

static u32 hash(const struct hsm_link *link, const struct hsm_hash_key *key)
{
	return hash_key(key_of(link));
}

static void setup(void)
{
	u32 i;

	ck_assert_int_eq(hsm_table_init(&table, hash), 0);
	for (i = 0; i < ITEMS; i++)
		items[i].key = i;
}

static void teardown(void)
{
	shim_fail_nth = 0;
	hsm_table_destroy(&table);
}

static struct hsm_link *find(u32 key)
{
	struct hsm_link *link;

	hsm_table_for_each(link, &table, hash_key(key)) {
		if (key_of(link) == key)
			return link;
	}
	return NULL;
}

static void expect_range(u32 from, u32 to)
{
	u32 i;

	ck_assert_uint_eq(table.items, to - from);
	for (i = 0; i < ITEMS; i++)
		ck_assert_ptr_eq(find(i), i >= from && i < to ? &items[i].link : NULL);
}

/* As many buckets as items, and few more. */
static void expect_room(void)
{
	ck_assert_uint_ge(table.buckets, table.items);
	ck_assert_uint_lt(table.buckets, table.items < 64 ? 65 : table.items + 16);
}

static void add_all(void)
{
	u32 i;

	for (i = 0; i < ITEMS; i++)
		hsm_table_add(&table, &items[i].link);
}

static void remove_all(void)
{
	u32 i;

	for (i = 0; i < ITEMS; i++)
		hsm_table_remove(&table, &items[i].link);
}

START_TEST(each_is_found_at_every_size)
{
	u32 i, step = 97;

	for (i = 0; i < ITEMS; i++) {
		hsm_table_add(&table, &items[i].link);
		if (!(i % step))
			expect_range(0, i + 1);
	}
	expect_room();
	for (i = 0; i < ITEMS; i++) {
		hsm_table_remove(&table, &items[i].link);
		if (!(i % step))
			expect_range(i + 1, ITEMS);
	}
	/* As small as it was: what a full table took is given back. */
	ck_assert_uint_eq(table.buckets, 64);
}
END_TEST

/* Also from a number of buckets that no growth leaves: it shrinks by one. */
START_TEST(room_is_made_for_a_few_items)
{
	u32 i, left = ITEMS / 2 - 5;

	for (i = 0; i < ITEMS; i++) {
		hsm_table_add(&table, &items[i].link);
		hsm_table_fetch(&table, hash_key(i), i % 2);
		expect_room();
	}
	for (i = left; i < ITEMS; i++)
		hsm_table_remove(&table, &items[i].link);
	ck_assert_uint_eq(table.buckets, 2 * left + 1);
	expect_range(0, left);
	for (i = left; i < ITEMS; i++)
		hsm_table_add(&table, &items[i].link);
	expect_room();
	expect_range(0, ITEMS);
	remove_all();
}
END_TEST

START_TEST(another_takes_the_place)
{
	struct item other = { .key = 7 };

	add_all();
	hsm_table_replace(&table, &items[7].link, &other.link);
	ck_assert_ptr_eq(find(7), &other.link);
	ck_assert_uint_eq(table.items, ITEMS);
	hsm_table_replace(&table, &other.link, &items[7].link);
	expect_range(0, ITEMS);
	remove_all();
}
END_TEST

START_TEST(without_memory_it_is_slower)
{
	u32 i;

	for (i = 0; i < ITEMS; i++) {
		shim_fail_nth = i < ITEMS / 2;	/* the next one */
		hsm_table_add(&table, &items[i].link);
	}
	shim_fail_nth = 0;
	expect_range(0, ITEMS);
	/* It has caught up. */
	expect_room();
	remove_all();
}
END_TEST

START_TEST(no_table_without_memory)
{
	struct hsm_table none;
	unsigned long nth;
	int err = -ENOMEM;

	for (nth = 1; err; nth++) {
		shim_fail_nth = nth;
		err = hsm_table_init(&none, hash);
		ck_assert(!err || err == -ENOMEM);
	}
	shim_fail_nth = 0;
	ck_assert_uint_gt(nth, 2);
	hsm_table_destroy(&none);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, each_is_found_at_every_size);
	tcase_add_test(tcase, room_is_made_for_a_few_items);
	tcase_add_test(tcase, another_takes_the_place);
	tcase_add_test(tcase, without_memory_it_is_slower);
	tcase_add_test(tcase, no_table_without_memory);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
