// SPDX-License-Identifier: GPL-2.0
/* Entries and their pool: what is given back is used again, unless it is much too large. */
#include <check.h>
#include <stdlib.h>

#include "../suite.h"
#include "entry.h"
#include "../core/step.h"

#define LARGE	100000
#define SMALLER	60000
#define LITTLE	1400

static struct entry_pool pool;

static void setup(void)
{
	entry_pool_init(&pool);
}

static void teardown(void)
{
	entry_pool_free(&pool);
}

static struct entry *get(size_t body_len)
{
	struct entry *e = entry_get(&pool, RECORD_YES, (struct batch_id){ 1, 1 }, body_len);

	ck_assert_uint_eq(e->rec.body.n, body_len);
	ck_assert_uint_ge(e->room, sizeof(struct record_header) + body_len);
	return e;
}

START_TEST(a_buffer_is_used_again)
{
	struct entry *e = get(LARGE), *again;
	const uint8_t *buf = e->buf;

	entry_put(&pool, e);
	ck_assert_uint_ge(pool.kept, LARGE);
	again = get(SMALLER);
	ck_assert_ptr_eq(again, e);
	ck_assert_ptr_eq(again->buf, buf);
	ck_assert_uint_eq(pool.kept, 0);
	entry_put(&pool, again);
}
END_TEST

/* What waits for SQLite is counted by its buffers: large ones would make little look like much. */
START_TEST(little_does_not_weigh_much)
{
	struct entry *e;

	entry_put(&pool, get(LARGE));
	e = get(LITTLE);
	ck_assert_uint_lt(entry_weight(e), LARGE / 10);
	entry_put(&pool, e);
	ck_assert_uint_lt(pool.kept, LARGE / 10);
}
END_TEST

START_TEST(the_one_with_it_goes_along)
{
	struct entry *e = get(LITTLE);
	size_t weight;

	e->with = get(LARGE);
	weight = entry_weight(e);
	ck_assert_uint_ge(weight, LARGE + LITTLE);
	entry_put(&pool, e);
	ck_assert_uint_eq(pool.kept, weight);
}
END_TEST

START_TEST(a_pool_takes_what_it_has_room_for)
{
	struct entry_pool other;
	size_t large;

	entry_pool_init(&other);
	entry_put(&other, get(ENTRY_KEEP_MAX / 4 * 3));
	large = other.kept;
	entry_put(&other, get(0));
	entry_put(&pool, get(LARGE));
	entry_pool_take(&pool, &other);
	ck_assert_uint_eq(other.kept, 0);
	ck_assert_uint_ge(pool.kept, large + LARGE);
	entry_put(&other, get(ENTRY_KEEP_MAX / 4 * 3));
	entry_put(&pool, get(ENTRY_KEEP_MAX / 2));
	entry_pool_take(&pool, &other);
	ck_assert_uint_eq(other.kept, large);
	entry_pool_free(&other);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("entry");
	Suite *s = suite_create("entry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_buffer_is_used_again);
	tcase_add_test(tc, little_does_not_weigh_much);
	tcase_add_test(tc, the_one_with_it_goes_along);
	tcase_add_test(tc, a_pool_takes_what_it_has_room_for);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
