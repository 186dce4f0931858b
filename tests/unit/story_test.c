// SPDX-License-Identifier: GPL-2.0
/* Stories of a pool: commit, recovery, node-down; told step by step on a perfect network. */
#include <errno.h>

#include "../suite.h"
#include "cluster.h"

#define TID 0x77

static bool lose_votes(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE;
}

static bool lose_prepare_to_3(const struct letter *l)
{
	return l->bytes[4] == MSG_PREPARE && l->to == 3;
}

START_TEST(test_commit_from_every_node)
{
	struct cluster c;

	cluster_init(&c, 3);
	for (uint16_t id = 1; id <= 3; id++) {
		ck_assert(cluster_write(&c, id, TID << id));
		cluster_run(&c);
	}
	cluster_at(&c, 6, 0x33 ^ TID << 1 ^ TID << 2 ^ TID << 3, 3);
	cluster_free(&c);
}
END_TEST

/* n2 and n3 hold yes votes that n1 never heard of: a new connection brings them. */
START_TEST(test_votes_lost)
{
	struct cluster c;

	cluster_init(&c, 3);
	c.lose = lose_votes;
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	c.lose = NULL;
	for (uint16_t id = 2; id <= 3; id++) {
		cluster_link(&c, 1, id, false);
		cluster_link(&c, 1, id, true);
	}
	cluster_run(&c);
	cluster_pass(&c, 500);
	cluster_at(&c, 4, 0x33 ^ TID, 3);
	cluster_free(&c);
}
END_TEST

/* n3 never saw the PREPARE: asked after a reconnect it refuses, and the batch is tried again. */
START_TEST(test_prepare_lost)
{
	struct cluster c;

	cluster_init(&c, 3);
	c.lose = lose_prepare_to_3;
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	c.lose = NULL;
	cluster_link(&c, 1, 3, false);
	cluster_link(&c, 1, 3, true);
	cluster_run(&c);
	cluster_pass(&c, 500);
	ck_assert(c.seat[1].requeued && !c.seat[1].aborted);
	cluster_at(&c, 3, 0x33, 3);
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	cluster_at(&c, 4, 0x33 ^ TID, 3);
	cluster_free(&c);
}
END_TEST

/* The coordinator dies between its peers' yes and its own answer; both survivors hold the batch. */
static void die_undecided(struct cluster *c)
{
	cluster_init(c, 3);
	c->lose = lose_votes;
	ck_assert(cluster_write(c, 1, TID));
	cluster_run(c);
	cluster_crash(c, 1);
	c->lose = NULL;
}

START_TEST(test_coordinator_restarts)
{
	struct cluster c;

	die_undecided(&c);
	cluster_start(&c, 1);
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, 0x33 ^ TID, 3);
	cluster_free(&c);
}
END_TEST

START_TEST(test_node_down_commits_what_all_survivors_hold)
{
	struct cluster c;

	die_undecided(&c);
	cluster_down(&c, 2, 1, true, false);
	cluster_run(&c);
	ck_assert(c.seat[2].answered && c.seat[2].answer_error == 0);
	ck_assert_uint_eq(c.seat[2].plan.n_commit, 1);
	ck_assert_uint_eq(c.seat[2].plan.commit[0], TID);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 3);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert(c.seat[2].answered && c.seat[2].answer_error == 0);
	cluster_pass(&c, 1000);
	for (uint16_t id = 2; id <= 3; id++) {
		struct node_view v = cluster_look(&c, id);

		ck_assert_uint_eq(v.position.seq, 5);
		ck_assert_uint_eq(v.position.epoch, 2);
		ck_assert_uint_eq(v.nl->n, 2);
		ck_assert_int_eq(v.state, HSMREPL_MEMBER);
	}
	ck_assert_uint_eq(cluster_look(&c, 2).position.sp, cluster_look(&c, 3).position.sp);
	ck_assert(cluster_write(&c, 3, TID << 8));
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 6);
	cluster_free(&c);
}
END_TEST

START_TEST(test_node_down_aborts_what_one_survivor_lacks)
{
	struct cluster c;

	cluster_init(&c, 3);
	c.lose = lose_prepare_to_3;
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	cluster_crash(&c, 1);
	c.lose = NULL;
	cluster_down(&c, 3, 1, true, false);
	cluster_run(&c);
	ck_assert_uint_eq(c.seat[3].plan.n_abort, 1);
	ck_assert_uint_eq(c.seat[3].plan.abort[0], TID);
	cluster_down(&c, 3, 1, false, false);
	cluster_run(&c);
	ck_assert(c.seat[3].answered && c.seat[3].answer_error == 0);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 4);
	ck_assert_uint_eq(cluster_look(&c, 3).position.seq, 4);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_FREE);
	cluster_free(&c);
}
END_TEST

START_TEST(test_node_down_refused)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_down(&c, 1, 1, false, false);
	ck_assert_int_eq(c.seat[1].answer_error, EINVAL);
	cluster_down(&c, 1, 9, false, false);
	ck_assert_int_eq(c.seat[1].answer_error, EINVAL);
	cluster_down(&c, 1, 2, false, false);
	ck_assert_int_eq(c.seat[1].answer_error, EBUSY);
	ck_assert(strstr(c.seat[1].why, "n2 is alive"));
	cluster_free(&c);
	cluster_init(&c, 2);
	cluster_crash(&c, 2);
	cluster_down(&c, 1, 2, false, false);
	ck_assert_int_eq(c.seat[1].answer_error, EPERM);
	cluster_down(&c, 1, 2, false, true);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	ck_assert_uint_eq(cluster_look(&c, 1).nl->n, 1);
	ck_assert(cluster_write(&c, 1, TID));
	ck_assert_uint_eq(cluster_look(&c, 1).position.seq, 5);
	cluster_free(&c);
}
END_TEST

/* What was said of three nodes does not hold of two, not even by force. */
START_TEST(test_node_down_of_a_past_list)
{
	struct event ev = { .type = EV_NODE_DOWN, .request = 1,
			    .down = { .n = 1, .id = { 2 }, .force = true } };
	struct cluster c;

	cluster_init(&c, 3);
	ev.down.epoch = cluster_look(&c, 1).nl->epoch;
	cluster_crash(&c, 3);
	cluster_down(&c, 1, 3, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	cluster_step(&c, 1, ev);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, ESTALE);
	ck_assert(strstr(c.seat[1].why, "has changed since"));
	ck_assert_uint_eq(cluster_look(&c, 1).nl->n, 2);
	ev.down.epoch = cluster_look(&c, 1).nl->epoch;
	cluster_step(&c, 1, ev);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 1).nl->n, 1);
	cluster_free(&c);
}
END_TEST

/* n1 declares n2 and n2 declares n1, cut off from each other: never two pools. */
START_TEST(test_node_downs_cross)
{
	struct cluster c;
	struct node_view v[4];

	cluster_init(&c, 3);
	cluster_link(&c, 1, 2, false);
	cluster_down(&c, 1, 2, false, false);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	cluster_link(&c, 1, 2, true);
	cluster_run(&c);
	cluster_pass(&c, 1000);
	for (uint16_t id = 1; id <= 3; id++)
		v[id] = cluster_look(&c, id);
	ck_assert_uint_eq(v[3].position.epoch, 2);
	ck_assert_uint_eq(v[3].nl->n, 2);
	ck_assert((v[1].position.sp == v[3].position.sp) +
		  (v[2].position.sp == v[3].position.sp) == 1);
	ck_assert((v[1].state == HSMREPL_REMOVED) + (v[2].state == HSMREPL_REMOVED) == 1);
	cluster_free(&c);
}
END_TEST

/* The initiator dies after its value was accepted by one: whoever goes on carries it on. */
START_TEST(test_initiator_dies)
{
	struct cluster c;

	cluster_init(&c, 5);
	cluster_crash(&c, 5);
	cluster_down(&c, 1, 5, false, false);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 4).position.epoch, 2);
	cluster_crash(&c, 1);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	for (uint16_t id = 2; id <= 4; id++) {
		ck_assert_uint_eq(cluster_look(&c, id).position.epoch, 3);
		ck_assert_uint_eq(cluster_look(&c, id).nl->n, 3);
	}
	cluster_free(&c);
}
END_TEST

static bool lose_chosen(const struct letter *l)
{
	return l->bytes[4] == MSG_DOWN_CHOSEN;
}

static bool lose_accept(const struct letter *l)
{
	return l->bytes[4] == MSG_DOWN_ACCEPT;
}

/* n2 alone knows what was chosen, and dies: started again it tells n3, which is frozen. */
START_TEST(test_chosen_is_told_after_a_restart)
{
	struct cluster c;

	die_undecided(&c);
	c.lose = lose_chosen;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 2).position.epoch, 2);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 1);
	cluster_crash(&c, 2);
	cluster_crash(&c, 3);
	c.lose = NULL;
	cluster_start(&c, 2);
	cluster_start(&c, 3);
	cluster_pass(&c, 1000);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 2);
	ck_assert_uint_eq(cluster_look(&c, 3).position.sp, cluster_look(&c, 2).position.sp);
	ck_assert_int_eq(cluster_look(&c, 3).state, HSMREPL_MEMBER);
	cluster_free(&c);
}
END_TEST

/* All die with promises made: they stay frozen, and a repetition ends it. */
START_TEST(test_promises_outlive_a_restart)
{
	struct cluster c;

	die_undecided(&c);
	c.lose = lose_accept;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	cluster_crash(&c, 2);
	cluster_crash(&c, 3);
	c.lose = NULL;
	cluster_start(&c, 2);
	cluster_start(&c, 3);
	cluster_pass(&c, 1000);
	ck_assert_int_ne(cluster_look(&c, 3).state, HSMREPL_MEMBER);
	cluster_down(&c, 3, 1, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[3].answer_error, 0);
	for (uint16_t id = 2; id <= 3; id++) {
		ck_assert_uint_eq(cluster_look(&c, id).position.epoch, 2);
		ck_assert_uint_eq(cluster_look(&c, id).position.seq, 5);
	}
	cluster_free(&c);
}
END_TEST

/* Coordinator and a voter that never saw the batch survive: it is tried again in the new epoch. */
START_TEST(test_a_survivors_batch_is_tried_again)
{
	struct cluster c;

	cluster_init(&c, 4);
	c.lose = lose_prepare_to_3;
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	cluster_crash(&c, 4);
	c.lose = NULL;
	cluster_down(&c, 2, 4, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	ck_assert(c.seat[1].requeued && !c.seat[1].aborted);
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, cluster_look(&c, 1).position.sp, 3);
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	cluster_at(&c, 5, cluster_look(&c, 1).position.sp, 3);
	cluster_free(&c);
}
END_TEST

static void refused(struct cluster *c, uint16_t id, struct batch_id batch)
{
	cluster_step(c, id, (struct event){ .type = EV_DURABLE, .record = RECORD_REFUSED,
					    .batch = batch });
}

/* A pool of three in which n2 holds a yes for a batch of n1, and n1 does not hear of it. */
static struct batch_id votes_are_lost(struct cluster *c)
{
	cluster_init(c, 3);
	c->lose = lose_votes;
	ck_assert(cluster_write(c, 1, TID));
	cluster_run(c);
	ck_assert_int_eq(cluster_look(c, 2).slot, SLOT_HELD);
	return cluster_look(c, 2).slot_id;
}

/*
 * n2 still holds a yes for a first try of n1, and hears of the abort of the second one, which is of
 * the same transaction: it confirms that only when the first yes is gone from its disk. Of the
 * first one's abort it may hear once more meanwhile.
 */
START_TEST(test_no_confirmation_while_an_older_yes_is_held)
{
	struct message abort = { .type = MSG_ABORT, .epoch = 1 }, again = abort;
	struct batch_id first;
	struct cluster c;

	first = votes_are_lost(&c);
	abort.batch = (struct batch_id){ 1, first.number + 1 };
	c.seat[2].disk_held = true;
	cluster_hear(&c, 1, 2, abort);
	again.batch = first;
	if (_i)
		cluster_hear(&c, 1, 2, again);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_DROPPING);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_END);
	refused(&c, 2, first);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_FREE);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_END);
	refused(&c, 2, abort.batch);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_ABORTED);
	cluster_free(&c);
}
END_TEST

/* n2 died between the yes on its disk and its device refusing: it never said it. */
START_TEST(test_a_yes_never_said_is_taken_back)
{
	struct batch_id first;
	struct cluster c;

	first = votes_are_lost(&c);
	cluster_crash(&c, 2);
	c.seat[2].slot_refused = true;
	c.seat[2].disk_held = true;
	cluster_start(&c, 2);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_DROPPING);
	c.seat[2].disk_held = false;
	c.lose = NULL;
	refused(&c, 2, first);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_FREE);
	cluster_run(&c);
	cluster_pass(&c, 2000);
	cluster_run(&c);
	ck_assert(c.seat[1].aborted || c.seat[1].requeued);
	ck_assert_int_eq(cluster_look(&c, 1).slot, SLOT_FREE);
	ck_assert_int_eq(cluster_look(&c, 3).slot, SLOT_FREE);
	cluster_free(&c);
}
END_TEST

/* What a node aborts or asks in an epoch that is over here is not answered. */
START_TEST(test_nothing_is_confirmed_of_an_epoch_left)
{
	struct message m = { .type = MSG_ABORT, .epoch = 1, .batch = { 3, 99 } };
	struct cluster c;

	cluster_init(&c, 3);
	cluster_crash(&c, 1);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 2).position.epoch, 2);
	cluster_hear(&c, 3, 2, m);
	m.type = MSG_INQUIRE;
	cluster_hear(&c, 3, 2, m);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_END);
	m.epoch = 2;
	cluster_hear(&c, 3, 2, m);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_VOTE);
	cluster_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("story");
	TCase *commit = tcase_create("commit and recovery");
	TCase *down = tcase_create("node-down");

	tcase_add_test(commit, test_commit_from_every_node);
	tcase_add_test(commit, test_votes_lost);
	tcase_add_test(commit, test_prepare_lost);
	tcase_add_test(commit, test_coordinator_restarts);
	tcase_add_test(commit, test_a_yes_never_said_is_taken_back);
	tcase_add_loop_test(commit, test_no_confirmation_while_an_older_yes_is_held, 0, 2);
	tcase_add_test(down, test_nothing_is_confirmed_of_an_epoch_left);
	tcase_add_test(down, test_node_down_commits_what_all_survivors_hold);
	tcase_add_test(down, test_node_down_aborts_what_one_survivor_lacks);
	tcase_add_test(down, test_node_down_refused);
	tcase_add_test(down, test_node_down_of_a_past_list);
	tcase_add_test(down, test_node_downs_cross);
	tcase_add_test(down, test_initiator_dies);
	tcase_add_test(down, test_chosen_is_told_after_a_restart);
	tcase_add_test(down, test_promises_outlive_a_restart);
	tcase_add_test(down, test_a_survivors_batch_is_tried_again);
	suite_add_tcase(suite, commit);
	suite_add_tcase(suite, down);
	return suite_run(suite);
}
