// SPDX-License-Identifier: GPL-2.0
/* A writer that goes on at once: its next PREPARE says what COMMIT would. */
#include "../suite.h"
#include "cluster.h"

#define TID 0x77

static unsigned int commits;	/* sent */

static bool count_commits(const struct letter *l)
{
	commits += l->bytes[4] == MSG_COMMIT;
	return false;
}

static uint64_t seq_of(struct cluster *c, uint16_t id)
{
	return cluster_look(c, id).position.seq;
}

/* n1 has committed two in a row; n2 and n3 have not heard of the second one. */
static void owe(struct cluster *c)
{
	cluster_init(c, 3);
	cluster_pass(c, 500);
	ck_assert(cluster_write(c, 1, TID));
	cluster_deliver(c);
	c->lose = count_commits;
	commits = 0;
	ck_assert(cluster_write(c, 1, TID << 1));
	cluster_deliver(c);
	ck_assert_uint_eq(commits, 0);
	ck_assert_uint_eq(seq_of(c, 1), 5);
	for (uint16_t id = 2; id <= 3; id++) {
		ck_assert_uint_eq(seq_of(c, id), 4);
		ck_assert_int_eq(cluster_look(c, id).slot, SLOT_HELD);
	}
}

START_TEST(who_pauses_tells_at_once)
{
	struct cluster c;

	cluster_init(&c, 3);
	c.lose = count_commits;
	for (unsigned int i = 1; i <= 3; i++) {
		cluster_pass(&c, 500);
		commits = 0;
		ck_assert(cluster_write(&c, 1, TID << i));
		cluster_deliver(&c);
		ck_assert_uint_eq(commits, 2);
		ck_assert_uint_eq(seq_of(&c, 3), 3 + i);
	}
	cluster_free(&c);
}
END_TEST

START_TEST(the_next_prepare_tells)
{
	struct cluster c;

	owe(&c);
	ck_assert(cluster_write(&c, 1, TID << 2));
	cluster_deliver(&c);
	ck_assert_uint_eq(commits, 0);
	ck_assert_uint_eq(seq_of(&c, 1), 6);
	ck_assert_uint_eq(seq_of(&c, 2), 5);
	ck_assert_uint_eq(seq_of(&c, 3), 5);
	cluster_run(&c);
	ck_assert_uint_eq(commits, 2);
	cluster_at(&c, 6, 0x33 ^ TID ^ TID << 1 ^ TID << 2, 3);
	cluster_free(&c);
}
END_TEST

START_TEST(it_is_told_soon)
{
	struct cluster c;

	owe(&c);
	ck_assert(c.seat[1].soon);
	cluster_run(&c);
	ck_assert_uint_eq(commits, 2);
	cluster_at(&c, 5, 0x33 ^ TID ^ TID << 1, 3);
	cluster_pass(&c, 1000);
	ck_assert_uint_eq(commits, 2);
	cluster_free(&c);
}
END_TEST

/* n3 wants the turn: it learns of the commit before it has it. */
START_TEST(it_is_told_before_anything_else)
{
	struct cluster c;

	owe(&c);
	cluster_step(&c, 3, (struct event){ .type = EV_QUEUED });
	cluster_deliver(&c);
	ck_assert_uint_eq(commits, 2);
	cluster_at(&c, 5, 0x33 ^ TID ^ TID << 1, 3);
	ck_assert(cluster_write(&c, 3, TID << 2));
	cluster_run(&c);
	cluster_at(&c, 6, 0x33 ^ TID ^ TID << 1 ^ TID << 2, 3);
	cluster_free(&c);
}
END_TEST

START_TEST(a_lost_peer_keeps_it_from_nobody)
{
	struct cluster c;

	owe(&c);
	cluster_link(&c, 1, 2, false);
	cluster_deliver(&c);
	ck_assert_uint_eq(seq_of(&c, 3), 5);
	ck_assert_uint_eq(seq_of(&c, 2), 4);
	cluster_link(&c, 1, 2, true);
	cluster_run(&c);
	cluster_at(&c, 5, 0x33 ^ TID ^ TID << 1, 3);
	cluster_free(&c);
}
END_TEST

/* Its caller was told, and nobody else: what was told stays. */
START_TEST(who_dies_owing_has_said_the_truth)
{
	struct cluster c;

	owe(&c);
	cluster_crash(&c, 1);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	cluster_pass(&c, 1000);
	ck_assert_uint_eq(c.seat[2].plan.n_commit, 1);
	ck_assert_uint_eq(c.seat[2].plan.commit[0], TID << 1);
	for (uint16_t id = 2; id <= 3; id++)
		ck_assert_uint_eq(seq_of(&c, id), 6);
	cluster_free(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("brisk");
	TCase *t = tcase_create("brisk");

	tcase_add_test(t, who_pauses_tells_at_once);
	tcase_add_test(t, the_next_prepare_tells);
	tcase_add_test(t, it_is_told_soon);
	tcase_add_test(t, it_is_told_before_anything_else);
	tcase_add_test(t, a_lost_peer_keeps_it_from_nobody);
	tcase_add_test(t, who_dies_owing_has_said_the_truth);
	suite_add_tcase(s, t);
	return suite_run(s);
}
