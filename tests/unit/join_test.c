// SPDX-License-Identifier: GPL-2.0
/* Stories of nodes that join and leave a pool. */
#include <errno.h>

#include "../suite.h"
#include "cluster.h"

#define TID 0x77
#define ADD 0x700

static bool lose_commits(const struct letter *l)
{
	return l->bytes[4] == MSG_COMMIT || l->bytes[4] == MSG_HELLO;
}

static bool lose_prepare_to_4(const struct letter *l)
{
	return l->bytes[4] == MSG_PREPARE && l->to == 4;
}

/* Three members, and n4 that stands where they do. */
static void pool_and_learner(struct cluster *c)
{
	cluster_init(c, 3);
	ck_assert_uint_eq(cluster_learner(c), 4);
	ck_assert_int_eq(cluster_look(c, 4).state, HSMREPL_JOINING);
	ck_assert(cluster_look(c, 4).learner);
	for (uint16_t id = 1; id <= 3; id++)
		ck_assert_int_eq(cluster_look(c, id).state, HSMREPL_MEMBER);
}

/* n1 has cut the NODE_ADD of n4; nothing of it is delivered yet. */
static void cut_add(struct cluster *c)
{
	pool_and_learner(c);
	cluster_admit(c, 1, 4);
	ck_assert_int_eq(c->seat[1].change, HSMREPL_TL_NODE_ADD);
	ck_assert(cluster_change(c, 1, ADD));
}

START_TEST(test_a_learner_joins)
{
	struct cluster c;

	pool_and_learner(&c);
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 1).position.seq, 4);
	ck_assert_uint_eq(cluster_look(&c, 4).position.seq, 3);
	cluster_feed(&c, 4);
	ck_assert_uint_eq(cluster_look(&c, 4).position.seq, 4);
	cluster_admit(&c, 1, 4);
	ck_assert(!c.seat[1].answered);
	/* all members were told whom to connect to */
	ck_assert_uint_eq(c.seat[3].candidate, 4);
	ck_assert(cluster_change(&c, 1, ADD));
	cluster_run(&c);
	ck_assert(c.seat[1].answered);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	cluster_at(&c, 5, 0x33 ^ TID ^ ADD, 4);
	ck_assert_uint_eq(c.seat[3].candidate, 0);
	ck_assert(cluster_write(&c, 4, TID << 8));
	cluster_run(&c);
	cluster_at(&c, 6, 0x33 ^ TID ^ ADD ^ TID << 8, 4);
	cluster_free(&c);
}
END_TEST

/* It stands one TL behind: its no makes the NODE_ADD fail, and the pool goes on. */
START_TEST(test_a_learner_that_lags_is_not_admitted)
{
	struct cluster c;

	pool_and_learner(&c);
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	cluster_admit(&c, 1, 4);
	ck_assert(cluster_change(&c, 1, ADD));
	cluster_run(&c);
	ck_assert(c.seat[1].answered);
	ck_assert_int_eq(c.seat[1].answer_error, ECANCELED);
	ck_assert(cluster_look(&c, 4).learner);
	ck_assert(cluster_write(&c, 3, TID << 8));
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 3).position.seq, 5);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 1);
	cluster_free(&c);
}
END_TEST

/* It takes no writes, gets no turn, and its loss holds nobody up. */
START_TEST(test_a_learner_does_not_count)
{
	struct cluster c;

	pool_and_learner(&c);
	ck_assert(!cluster_write(&c, 4, TID));
	cluster_pass(&c, 5000);
	ck_assert(!cluster_write(&c, 4, TID));
	cluster_crash(&c, 4);
	ck_assert(cluster_write(&c, 3, TID));
	cluster_run(&c);
	for (uint16_t id = 1; id <= 3; id++) {
		ck_assert_int_eq(cluster_look(&c, id).state, HSMREPL_MEMBER);
		ck_assert_uint_eq(cluster_look(&c, id).position.seq, 4);
	}
	cluster_free(&c);
}
END_TEST

/* The same told twice, or from somewhere else, changes nothing. */
START_TEST(test_what_does_not_follow_is_left)
{
	struct cluster c;

	pool_and_learner(&c);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert(cluster_write(&c, 1, TID << i));
		cluster_run(&c);
	}
	cluster_feed(&c, 4);	/* the second one, while the first is missing */
	ck_assert_uint_eq(cluster_look(&c, 4).position.seq, 3);
	cluster_feed(&c, 2);	/* a member is not told */
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 5);
	cluster_free(&c);
}
END_TEST

/* A device that cannot take what the pool holds says so, and stays whole. */
START_TEST(test_the_learners_device_is_full)
{
	struct cluster c;

	pool_and_learner(&c);
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	c.seat[4].device_error = ENOSPC;
	cluster_feed(&c, 4);
	ck_assert_uint_eq(cluster_look(&c, 4).position.seq, 3);
	ck_assert_int_eq(cluster_look(&c, 4).slot, SLOT_FREE);
	c.seat[4].device_error = 0;
	cluster_feed(&c, 4);
	ck_assert_uint_eq(cluster_look(&c, 4).position.seq, 4);
	cluster_free(&c);
}
END_TEST

/* n3 has no connection to n4: n1 waits for it, then says who it is that does not reach it. */
START_TEST(test_every_member_must_reach_the_newcomer)
{
	struct cluster c;

	pool_and_learner(&c);
	cluster_link(&c, 3, 4, false);
	cluster_admit(&c, 1, 4);
	cluster_pass(&c, NODE_ADMIT_MS / 2);
	ck_assert_int_eq(c.seat[1].change, 0);
	ck_assert(!c.seat[1].answered);
	cluster_pass(&c, NODE_ADMIT_MS);
	ck_assert(c.seat[1].answered);
	ck_assert_int_eq(c.seat[1].answer_error, ECANCELED);
	ck_assert(strstr(c.seat[1].why, "n3 has no connection"));
	cluster_admit(&c, 1, 4);
	cluster_link(&c, 3, 4, true);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].change, HSMREPL_TL_NODE_ADD);
	cluster_free(&c);
}
END_TEST

static bool lose_candidate_2(const struct letter *l)
{
	return l->bytes[4] == MSG_CANDIDATE && l->from == 2;
}

/* Two donors name two newcomers at the same time: n3's has the lower id, and goes first. */
START_TEST(test_two_newcomers_at_once)
{
	struct cluster c;

	cluster_init(&c, 2);
	ck_assert_uint_eq(cluster_learner(&c), 3);
	ck_assert_uint_eq(cluster_learner(&c), 4);
	c.lose = lose_candidate_2;
	cluster_admit(&c, 2, 4);	/* n1 does not hear of it in time */
	c.lose = NULL;
	ck_assert(!c.seat[2].answered);
	cluster_admit(&c, 1, 3);
	ck_assert_int_eq(c.seat[2].answer_error, EBUSY);
	ck_assert(cluster_change(&c, 1, ADD));
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	ck_assert_uint_eq(cluster_look(&c, 3).nl->n, 3);
	cluster_admit(&c, 2, 4);
	cluster_free(&c);
}
END_TEST

START_TEST(test_admit_refused)
{
	struct cluster c;

	pool_and_learner(&c);
	cluster_admit(&c, 1, 2);	/* a member already */
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	ck_assert(c.seat[1].answered);
	cluster_admit(&c, 4, 4);	/* a learner admits nobody */
	ck_assert_int_eq(c.seat[4].answer_error, ECANCELED);
	cluster_admit(&c, 1, 5);	/* not connected */
	ck_assert_int_eq(c.seat[1].answer_error, ECANCELED);
	cluster_admit(&c, 1, 4);
	ck_assert(!c.seat[1].answered);
	cluster_admit(&c, 1, 4);	/* twice at once */
	ck_assert_int_eq(c.seat[1].answer_error, EBUSY);
	cluster_free(&c);
}
END_TEST

/* n4 dies before it voted: the NODE_ADD is given up, and nobody waits for n4. */
START_TEST(test_the_newcomer_dies)
{
	struct cluster c;

	pool_and_learner(&c);
	cluster_admit(&c, 1, 4);
	c.lose = lose_prepare_to_4;
	ck_assert(cluster_change(&c, 1, ADD));
	cluster_run(&c);
	ck_assert_int_eq(cluster_look(&c, 1).slot, SLOT_VOTING);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_HELD);
	cluster_crash(&c, 4);
	cluster_run(&c);
	c.lose = NULL;
	ck_assert_int_eq(c.seat[1].answer_error, ECANCELED);
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	for (uint16_t id = 1; id <= 3; id++)
		ck_assert_uint_eq(cluster_look(&c, id).position.sp, 0x33 ^ TID);
	cluster_free(&c);
}
END_TEST

/* It dies before the batch is even cut. */
START_TEST(test_the_newcomer_is_gone_when_its_turn_comes)
{
	struct cluster c;

	pool_and_learner(&c);
	cluster_admit(&c, 1, 4);
	cluster_crash(&c, 4);
	ck_assert(cluster_change(&c, 1, ADD));
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, ECANCELED);
	for (uint16_t id = 1; id <= 3; id++)
		ck_assert_int_eq(cluster_look(&c, id).slot, SLOT_FREE);
	cluster_free(&c);
}
END_TEST

static bool lose_aborts(const struct letter *l)
{
	return l->bytes[4] == MSG_ABORT;
}

static bool lose_votes_of_3(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE && l->from == 3;
}

/*
 * n4 voted yes, and dies; its NODE_ADD is given up and history goes on without it. Started again
 * it is freed by what it is told.
 */
static void voted_in_vain(struct cluster *c)
{
	pool_and_learner(c);
	cluster_admit(c, 1, 4);
	c->lose = lose_votes_of_3;
	ck_assert(cluster_change(c, 1, ADD));
	cluster_run(c);
	ck_assert_int_eq(cluster_look(c, 4).slot, SLOT_HELD);
	cluster_crash(c, 4);
	cluster_run(c);
	c->lose = NULL;
	ck_assert_int_eq(cluster_look(c, 1).slot, SLOT_FREE);
}

START_TEST(test_a_yes_in_vain_ends_with_the_abort)
{
	struct cluster c;

	voted_in_vain(&c);
	cluster_start(&c, 4);
	cluster_pass(&c, 1000);
	ck_assert_int_eq(cluster_look(&c, 4).slot, SLOT_FREE);
	ck_assert(cluster_look(&c, 4).learner);
	cluster_admit(&c, 1, 4);
	ck_assert(cluster_change(&c, 1, ADD << 4));
	cluster_run(&c);
	cluster_at(&c, 4, 0x33 ^ ADD << 4, 4);
	cluster_free(&c);
}
END_TEST

START_TEST(test_a_yes_in_vain_ends_when_history_goes_on)
{
	struct cluster c;

	voted_in_vain(&c);
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	c.lose = lose_aborts;
	cluster_start(&c, 4);
	cluster_pass(&c, 1000);
	/* the same seq without it proves nothing */
	ck_assert_int_eq(cluster_look(&c, 4).slot, SLOT_HELD);
	cluster_feed(&c, 4);
	ck_assert_int_eq(cluster_look(&c, 4).slot, SLOT_FREE);
	cluster_feed(&c, 4);
	ck_assert_uint_eq(cluster_look(&c, 4).position.sp, 0x33 ^ TID);
	cluster_free(&c);
}
END_TEST

/* n4 missed the COMMIT of its own NODE_ADD: it hears of it again in history. */
START_TEST(test_the_newcomer_learns_its_own_commit)
{
	struct cluster c;

	cut_add(&c);
	c.lose = lose_commits;
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 1).position.epoch, 2);
	ck_assert_int_eq(cluster_look(&c, 4).slot, SLOT_HELD);
	cluster_feed(&c, 4);
	ck_assert(!cluster_look(&c, 4).learner);
	ck_assert_uint_eq(cluster_look(&c, 4).position.epoch, 2);
	c.lose = NULL;
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, 0x33 ^ ADD, 4);
	cluster_free(&c);
}
END_TEST

/* All die with the NODE_ADD undecided: the votes decide it when they are back. */
START_TEST(test_all_restart_while_it_is_undecided)
{
	struct cluster c;

	pool_and_learner(&c);
	cluster_admit(&c, 1, 4);
	c.lose = lose_votes_of_3;
	ck_assert(cluster_change(&c, 1, ADD));
	cluster_run(&c);
	c.lose = NULL;
	for (uint16_t id = 1; id <= 4; id++)
		cluster_crash(&c, id);
	c.seat[2].candidate = 0;
	cluster_start(&c, 1);
	cluster_start(&c, 2);
	/* the mesh is told of it again */
	ck_assert_uint_eq(c.seat[2].candidate, 4);
	cluster_start(&c, 3);
	cluster_start(&c, 4);
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, 0x33 ^ ADD, 4);
	cluster_free(&c);
}
END_TEST

static void leave(struct cluster *c, uint16_t id)
{
	c->seat[id].answered = false;
	cluster_step(c, id, (struct event){ .type = EV_LEAVE, .request = 8 });
	cluster_run(c);
}

START_TEST(test_leave)
{
	struct cluster c;

	cluster_init(&c, 3);
	leave(&c, 2);
	ck_assert(cluster_change(&c, 2, ADD));
	cluster_run(&c);
	ck_assert(c.seat[2].answered);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	ck_assert_int_eq(cluster_look(&c, 2).state, HSMREPL_REMOVED);
	ck_assert(!cluster_look(&c, 2).learner);
	cluster_crash(&c, 2);
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, 0x33 ^ ADD, 2);
	ck_assert(cluster_write(&c, 3, TID));
	cluster_run(&c);
	cluster_at(&c, 5, 0x33 ^ ADD ^ TID, 2);
	/* started again it knows that it left */
	cluster_start(&c, 2);
	ck_assert_int_eq(cluster_look(&c, 2).state, HSMREPL_REMOVED);
	cluster_free(&c);
}
END_TEST

START_TEST(test_leave_refused)
{
	struct cluster c;

	cluster_init(&c, 1);
	leave(&c, 1);
	ck_assert_int_eq(c.seat[1].answer_error, EINVAL);
	cluster_free(&c);
	cluster_init(&c, 3);
	cluster_crash(&c, 3);
	leave(&c, 1);
	ck_assert_int_eq(c.seat[1].answer_error, ECANCELED);
	cluster_free(&c);
}
END_TEST

/* A peer behind us is looked for in our history: not in it, it has another one. */
START_TEST(test_a_place_that_history_lacks)
{
	struct cluster c;
	struct event ev = { .type = EV_LOOKUP, .lookup = LOOKUP_LACKS };

	cluster_init(&c, 3);
	cluster_crash(&c, 3);
	c.seat[3].d.pos.seq = 2;
	c.seat[3].d.pos.sp = 0x99;
	cluster_start(&c, 3);
	ck_assert_uint_eq(c.seat[1].looked_for, 3);
	ck_assert_uint_eq(c.seat[1].place.sp, 0x99);
	ck_assert_int_eq(cluster_look(&c, 1).peer[1].link, LINK_BEHIND);
	ev.peer = 3;
	ev.position = &c.seat[1].place;
	cluster_step(&c, 1, ev);
	cluster_run(&c);
	ck_assert_int_eq(cluster_look(&c, 1).peer[1].link, LINK_DIVERGED);
	cluster_pass(&c, 1000);
	/* and it hears of it */
	ck_assert_int_eq(cluster_look(&c, 1).peer[1].link, LINK_DIVERGED);
	ck_assert_int_eq(cluster_look(&c, 3).peer[0].link, LINK_DIVERGED);
	ck_assert_int_eq(cluster_look(&c, 2).peer[1].link, LINK_BEHIND);
	cluster_free(&c);
}
END_TEST

START_TEST(test_split_brain)
{
	struct node_list other = { .n = 1, .node = { { 9, "n9", "" } } };
	struct event ev = { .type = EV_SPLIT, .peer = 9, .nl = &other };
	struct cluster c;

	cluster_init(&c, 2);
	ev.major = true;
	cluster_step(&c, 1, ev);
	ck_assert_int_eq(c.seat[1].event, HSMREPL_EVENT_SPLIT_BRAIN);
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_MEMBER);
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	cluster_at(&c, 4, 0x33 ^ TID, 2);
	/* the minority writes no more, and votes no more */
	ev.major = false;
	cluster_step(&c, 2, ev);
	ck_assert_int_eq(cluster_look(&c, 2).state, HSMREPL_DIVERGED);
	ck_assert(!cluster_write(&c, 2, TID << 8));
	ck_assert(cluster_write(&c, 1, TID << 8));
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 1).position.seq, 4);
	/* until it is over */
	ev.peer = 0;
	cluster_step(&c, 2, ev);
	ck_assert_int_eq(cluster_look(&c, 2).state, HSMREPL_MEMBER);
	cluster_free(&c);
}
END_TEST

/* A node that forgot what it voted for says so, takes part in nothing, and can be declared down. */
START_TEST(test_rolled_back)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_crash(&c, 3);
	c.seat[3].rolled_back = true;
	cluster_start(&c, 3);
	cluster_pass(&c, 1000);
	ck_assert_int_eq(cluster_look(&c, 3).state, HSMREPL_DIVERGED);
	ck_assert_int_eq(cluster_look(&c, 1).peer[1].link, LINK_BEHIND);
	ck_assert(!cluster_write(&c, 1, TID));
	cluster_down(&c, 1, 3, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	cluster_crash(&c, 3);
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, cluster_look(&c, 1).position.sp, 2);
	cluster_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("join");
	TCase *join = tcase_create("join");
	TCase *undecided = tcase_create("undecided");
	TCase *others = tcase_create("leave, history");

	tcase_add_test(join, test_a_learner_joins);
	tcase_add_test(join, test_a_learner_that_lags_is_not_admitted);
	tcase_add_test(join, test_a_learner_does_not_count);
	tcase_add_test(join, test_what_does_not_follow_is_left);
	tcase_add_test(join, test_the_learners_device_is_full);
	tcase_add_test(join, test_every_member_must_reach_the_newcomer);
	tcase_add_test(join, test_two_newcomers_at_once);
	tcase_add_test(join, test_admit_refused);
	tcase_add_test(undecided, test_the_newcomer_dies);
	tcase_add_test(undecided, test_the_newcomer_is_gone_when_its_turn_comes);
	tcase_add_test(undecided, test_a_yes_in_vain_ends_with_the_abort);
	tcase_add_test(undecided, test_a_yes_in_vain_ends_when_history_goes_on);
	tcase_add_test(undecided, test_the_newcomer_learns_its_own_commit);
	tcase_add_test(undecided, test_all_restart_while_it_is_undecided);
	tcase_add_test(others, test_leave);
	tcase_add_test(others, test_leave_refused);
	tcase_add_test(others, test_a_place_that_history_lacks);
	tcase_add_test(others, test_split_brain);
	tcase_add_test(others, test_rolled_back);
	suite_add_tcase(suite, join);
	suite_add_tcase(suite, undecided);
	suite_add_tcase(suite, others);
	return suite_run(suite);
}
