// SPDX-License-Identifier: GPL-2.0
/* Stories of a node-down that meets an undecided change of the node list. */
#include <errno.h>

#include "../suite.h"
#include "cluster.h"

#define TID 0x77
#define CHANGE 0x700

static bool lose_votes(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE;
}

static bool lose_votes_and_prepare_to_4(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE || (l->bytes[4] == MSG_PREPARE && l->to == 4);
}

static bool lose_votes_and_prepare_to_3(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE || (l->bytes[4] == MSG_PREPARE && l->to == 3);
}

static bool lose_vote_of_3(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE && l->from == 3;
}

static bool lose_accepted(const struct letter *l)
{
	return l->bytes[4] == MSG_DOWN_ACCEPTED;
}

static bool deafen_3(const struct letter *l)
{
	return l->to == 3 && (l->bytes[4] == MSG_COMMIT || l->bytes[4] == MSG_HELLO);
}

/* n1 of three cut the NODE_ADD of n4; what @lose does not lose is delivered. */
static void cut_add(struct cluster *c, bool (*lose)(const struct letter *l))
{
	cluster_init(c, 3);
	ck_assert_uint_eq(cluster_learner(c), 4);
	cluster_admit(c, 1, 4);
	c->lose = lose;
	ck_assert(cluster_change(c, 1, CHANGE));
	cluster_run(c);
}

/* The coordinator dies with the NODE_ADD undecided. */
static void die_undecided(struct cluster *c, bool (*lose)(const struct letter *l))
{
	cut_add(c, lose);
	cluster_crash(c, 1);
	c->lose = NULL;
	cluster_run(c);
}

/* Nodes @from to @to, but not 1, are members of one epoch that has @members, at one place. */
static void together(struct cluster *c, uint16_t from, uint16_t to, uint64_t epoch,
		     unsigned int members)
{
	struct node_view first = cluster_look(c, from);

	for (uint16_t id = from; id <= to; id++) {
		struct node_view v = cluster_look(c, id);

		ck_assert_uint_eq(v.position.epoch, epoch);
		ck_assert_uint_eq(v.position.seq, first.position.seq);
		ck_assert_uint_eq(v.position.sp, first.position.sp);
		ck_assert_uint_eq(v.nl->n, members);
		ck_assert_int_eq(v.slot, SLOT_FREE);
		ck_assert_int_eq(v.state, HSMREPL_MEMBER);
	}
}

/* All hold a yes, the newcomer too: it is committed, and the next list is that of e+2. */
START_TEST(test_what_all_hold_is_committed)
{
	struct cluster c;

	die_undecided(&c, lose_votes);
	cluster_down(&c, 2, 1, true, false);
	cluster_run(&c);
	ck_assert(c.seat[2].answered && c.seat[2].answer_error == 0);
	ck_assert_str_eq(c.seat[2].plan.newcomer, "n4");
	ck_assert_uint_eq(c.seat[2].plan.n_commit, 1);
	ck_assert_uint_eq(c.seat[2].plan.commit[0], CHANGE);
	ck_assert_uint_eq(c.seat[2].plan.after.n, 3);
	ck_assert_uint_eq(cluster_look(&c, 4).position.epoch, 1);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	cluster_pass(&c, 1000);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 5);
	together(&c, 2, 4, 3, 3);
	ck_assert(cluster_write(&c, 4, TID));
	cluster_run(&c);
	together(&c, 2, 4, 3, 3);
	cluster_free(&c);
}
END_TEST

/* The newcomer never saw it: asked, it refuses for ever, and the NODE_ADD ends with the epoch. */
START_TEST(test_the_newcomer_refuses)
{
	struct cluster c;

	die_undecided(&c, lose_votes_and_prepare_to_4);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	ck_assert_uint_eq(c.seat[4].d.refused[1].coordinator, 1);
	cluster_pass(&c, 1000);
	together(&c, 2, 3, 2, 2);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 4);
	ck_assert(cluster_look(&c, 4).learner);
	ck_assert_uint_eq(cluster_look(&c, 4).position.seq, 3);
	cluster_free(&c);
}
END_TEST

/* One survivor lacks it: it aborts, and nobody waits for the newcomer. */
START_TEST(test_what_one_survivor_lacks_needs_no_newcomer)
{
	struct cluster c;

	die_undecided(&c, lose_votes_and_prepare_to_3);
	cluster_crash(&c, 4);
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	cluster_pass(&c, 1000);
	together(&c, 2, 3, 2, 2);
	cluster_free(&c);
}
END_TEST

/* It died with the coordinator: its answer is missed, and it is declared down with the rest. */
START_TEST(test_the_newcomer_is_declared_down)
{
	struct event ev = { .type = EV_NODE_DOWN, .request = 1,
			    .down = { .n = 2, .id = { 1, 4 } } };
	struct cluster c;

	die_undecided(&c, lose_votes);
	cluster_crash(&c, 4);
	cluster_down(&c, 2, 1, true, false);
	cluster_run(&c);
	ck_assert_str_eq(c.seat[2].plan.newcomer, "n4");
	cluster_down(&c, 2, 1, false, false);
	cluster_pass(&c, NODE_SURVEY_MS);
	ck_assert_int_eq(c.seat[2].answer_error, ETIMEDOUT);
	ck_assert(strstr(c.seat[2].why, "n4 was about to join"));
	c.seat[2].answered = false;
	cluster_step(&c, 2, ev);
	cluster_run(&c);
	ck_assert(c.seat[2].answered);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	cluster_pass(&c, 1000);
	together(&c, 2, 3, 3, 2);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 5);
	cluster_free(&c);
}
END_TEST

/* Only the newcomer is gone, and its yes is needed: declared down, it is out again in e+2. */
START_TEST(test_the_newcomer_alone_is_declared_down)
{
	struct cluster c;

	cut_add(&c, lose_votes);
	for (uint16_t id = 1; id <= 4; id++)
		cluster_crash(&c, id);
	c.lose = lose_votes;
	for (uint16_t id = 1; id <= 3; id++)
		cluster_start(&c, id);
	/* n1 found its batch at its start: it may be committed, so it must not give it up */
	cluster_pass(&c, 1000);
	ck_assert_int_eq(cluster_look(&c, 1).slot, SLOT_VOTING);
	c.lose = NULL;
	cluster_down(&c, 1, 4, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	cluster_pass(&c, 1000);
	together(&c, 1, 3, 3, 3);
	cluster_free(&c);
}
END_TEST

/* The newcomer dies after it answered; what was chosen reaches it when it is back. */
START_TEST(test_the_newcomer_hears_what_was_chosen)
{
	struct cluster c;

	die_undecided(&c, lose_votes);
	c.lose = lose_accepted;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	c.lose = NULL;
	cluster_crash(&c, 4);
	cluster_pass(&c, 1000);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 3);
	cluster_start(&c, 4);
	cluster_pass(&c, 1000);
	together(&c, 2, 4, 3, 3);
	cluster_free(&c);
}
END_TEST

/*
 * n1 lives after all, and commits the NODE_ADD by the votes while n2 and n3 have accepted that it
 * is out. n3 applies it, and stays bound by what it accepted: also across a restart, and in the
 * next attempt, though n4 makes it in the new epoch and asks for something else.
 */
START_TEST(test_a_value_outlives_the_change)
{
	struct cluster c;

	cut_add(&c, lose_vote_of_3);
	cluster_link(&c, 1, 2, false);
	cluster_link(&c, 1, 3, false);
	c.lose = lose_accepted;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_uint_ne(c.seat[3].d.accepted, 0);
	cluster_crash(&c, 2);
	c.lose = NULL;
	cluster_link(&c, 1, 3, true);
	cluster_run(&c);
	for (uint16_t id = 1; id <= 4; id++)
		if (id != 2)
			ck_assert_uint_eq(cluster_look(&c, id).position.epoch, 2);
	if (_i) {
		cluster_crash(&c, 3);
		cluster_start(&c, 3);
	}
	ck_assert_uint_ne(c.seat[3].d.accepted, 0);
	ck_assert(!cluster_write(&c, 1, TID));
	cluster_down(&c, 4, 2, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[4].answer_error, EAGAIN);
	cluster_start(&c, 2);
	cluster_pass(&c, 1000);
	together(&c, 2, 4, 3, 3);
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_REMOVED);
	cluster_free(&c);
}
END_TEST

/* A mere promise ends with its epoch: n3 goes on, and can be asked again. */
START_TEST(test_a_promise_ends_with_the_change)
{
	struct cluster c;

	cut_add(&c, lose_vote_of_3);
	cluster_link(&c, 1, 2, false);
	cluster_link(&c, 1, 3, false);
	cluster_link(&c, 2, 4, false);	/* the attempt stops there */
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_uint_ne(c.seat[3].d.promised, 0);
	ck_assert_uint_eq(c.seat[3].d.accepted, 0);
	cluster_crash(&c, 2);
	c.lose = NULL;
	cluster_link(&c, 1, 3, true);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 2);
	ck_assert_uint_eq(c.seat[3].d.promised, 0);
	cluster_start(&c, 2);
	cluster_pass(&c, 1000);
	together(&c, 1, 4, 2, 4);
	ck_assert(cluster_write(&c, 3, TID));
	cluster_run(&c);
	together(&c, 1, 4, 2, 4);
	cluster_free(&c);
}
END_TEST

/* n3 missed that the NODE_ADD was committed: it learns it from n2 and asks in the new epoch. */
START_TEST(test_the_initiator_learns_the_change)
{
	struct cluster c;

	cut_add(&c, deafen_3);
	ck_assert_uint_eq(cluster_look(&c, 2).position.epoch, 2);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 1);
	cluster_crash(&c, 1);
	c.lose = lose_accepted;
	cluster_down(&c, 3, 1, false, false);
	cluster_run(&c);
	ck_assert_uint_eq(c.seat[2].d.accepted >> 32, 2);	/* an attempt of that epoch */
	c.lose = NULL;
	cluster_pass(&c, 2000);
	ck_assert(c.seat[3].answered);
	ck_assert_int_eq(c.seat[3].answer_error, 0);
	together(&c, 2, 4, 3, 3);
	cluster_free(&c);
}
END_TEST

/* An answer that was lost with its connection is asked for again. */
START_TEST(test_a_lost_answer_is_asked_for_again)
{
	struct cluster c;

	cluster_init(&c, 4);
	cluster_crash(&c, 4);
	c.lose = lose_accepted;
	cluster_down(&c, 1, 4, false, false);
	cluster_run(&c);
	c.lose = NULL;
	cluster_link(&c, 1, 2, false);
	cluster_link(&c, 1, 2, true);
	cluster_pass(&c, 1000);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	together(&c, 1, 3, 2, 3);
	cluster_free(&c);
}
END_TEST

/* n2 dies on its way out: it is out, by its own batch. */
START_TEST(test_a_leaver_dies)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_step(&c, 2, (struct event){ .type = EV_LEAVE, .request = 8 });
	c.lose = lose_votes;
	ck_assert(cluster_change(&c, 2, CHANGE));
	cluster_run(&c);
	cluster_down(&c, 2, 1, false, true);
	ck_assert_int_eq(c.seat[2].answer_error, EBUSY);	/* it is about to leave */
	cluster_crash(&c, 2);
	c.lose = NULL;
	cluster_down(&c, 1, 2, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	cluster_pass(&c, 1000);
	for (uint16_t id = 1; id <= 3; id += 2) {
		struct node_view v = cluster_look(&c, id);

		ck_assert_uint_eq(v.position.seq, 5);
		ck_assert_uint_eq(v.position.epoch, 3);
		ck_assert_uint_eq(v.nl->n, 2);
		ck_assert_int_eq(v.state, HSMREPL_MEMBER);
	}
	cluster_free(&c);
}
END_TEST

/*
 * n1 was alone, and restarts without having written that n2 joined. n2 has declared it down since:
 * it is the only one who can tell, and not in n1's list.
 */
START_TEST(test_the_newcomer_tells_that_we_are_out)
{
	struct cluster c;

	cluster_init(&c, 1);
	ck_assert_uint_eq(cluster_learner(&c), 2);
	cluster_step(&c, 1, (struct event){ .type = EV_REMOVED, .peer = 2 });
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_MEMBER);
	cluster_admit(&c, 1, 2);
	c.lose = lose_votes;
	ck_assert(cluster_change(&c, 1, CHANGE));
	cluster_run(&c);
	cluster_step(&c, 1, (struct event){ .type = EV_REMOVED, .peer = 3 });
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_MEMBER);
	cluster_step(&c, 1, (struct event){ .type = EV_REMOVED, .peer = 2 });
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_REMOVED);
	cluster_free(&c);
}
END_TEST

/*
 * n1 was declared down while it was leaving. It lives, and commits its leave by the votes, while n2
 * and n3 are bound by a value that takes it out: what nobody can ask for again ends by itself.
 */
START_TEST(test_who_was_declared_down_has_left)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_step(&c, 1, (struct event){ .type = EV_LEAVE, .request = 8 });
	c.lose = lose_votes;
	ck_assert(cluster_change(&c, 1, CHANGE));
	cluster_run(&c);
	cluster_link(&c, 1, 2, false);
	cluster_link(&c, 1, 3, false);
	c.lose = lose_accepted;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	cluster_crash(&c, 2);
	cluster_start(&c, 2);
	cluster_run(&c);
	c.lose = NULL;
	cluster_link(&c, 1, 2, true);
	cluster_link(&c, 1, 3, true);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_REMOVED);
	together(&c, 2, 3, 2, 2);
	ck_assert_uint_ne(c.seat[2].d.accepted, 0);
	ck_assert_uint_ne(c.seat[3].d.accepted, 0);
	cluster_pass(&c, 2 * NODE_SURVEY_MS);
	together(&c, 2, 3, 3, 2);
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	together(&c, 2, 3, 3, 2);
	ck_assert_uint_eq(cluster_look(&c, 2).position.seq, 6);
	cluster_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("join-down");
	TCase *down = tcase_create("node-down beside a change of the list");

	tcase_add_test(down, test_what_all_hold_is_committed);
	tcase_add_test(down, test_the_newcomer_refuses);
	tcase_add_test(down, test_what_one_survivor_lacks_needs_no_newcomer);
	tcase_add_test(down, test_the_newcomer_is_declared_down);
	tcase_add_test(down, test_the_newcomer_alone_is_declared_down);
	tcase_add_test(down, test_the_newcomer_hears_what_was_chosen);
	tcase_add_loop_test(down, test_a_value_outlives_the_change, 0, 2);
	tcase_add_test(down, test_a_promise_ends_with_the_change);
	tcase_add_test(down, test_the_initiator_learns_the_change);
	tcase_add_test(down, test_a_lost_answer_is_asked_for_again);
	tcase_add_test(down, test_a_leaver_dies);
	tcase_add_test(down, test_the_newcomer_tells_that_we_are_out);
	tcase_add_test(down, test_who_was_declared_down_has_left);
	suite_add_tcase(suite, down);
	return suite_run(suite);
}
