// SPDX-License-Identifier: GPL-2.0
/* Stories of node-down at bad moments, each found by the simulator. */
#include <errno.h>

#include "../suite.h"
#include "cluster.h"

/* Of epoch 1 */
#define BALLOT(attempt, id) ((uint64_t)1 << 32 | (attempt) << 16 | (id))
#define TID 0x77

static bool lose_chosen(const struct letter *l)
{
	return l->bytes[4] == MSG_DOWN_CHOSEN;
}

static bool lose_commit_to_3(const struct letter *l)
{
	return l->bytes[4] == MSG_COMMIT && l->to == 3;
}

static bool lose_accepted(const struct letter *l)
{
	return l->bytes[4] == MSG_DOWN_ACCEPTED;
}

static bool lose_accept_to_1(const struct letter *l)
{
	return l->bytes[4] == MSG_DOWN_ACCEPT && l->to == 1;
}

static bool lose_all(const struct letter *l)
{
	return l->len > 0;
}

/* The last node of a pool dies when its own yes is durable: nobody else need be asked. */
START_TEST(test_alone_and_in_doubt)
{
	struct cluster c;

	cluster_init(&c, 2);
	cluster_crash(&c, 2);
	cluster_down(&c, 1, 2, false, true);
	cluster_run(&c);
	c.seat[1].disk_held = true;
	ck_assert(cluster_write(&c, 1, TID));
	cluster_crash(&c, 1);
	cluster_start(&c, 1);
	ck_assert_uint_eq(cluster_look(&c, 1).position.seq, 5);
	ck_assert_int_eq(cluster_look(&c, 1).slot, SLOT_FREE);
	cluster_free(&c);
}
END_TEST

/*
 * n1 committed and told n2, then died; n3 has its yes, but nobody told it. It is not aborted
 * there: the history that was chosen goes through it.
 */
static void die_committed(struct cluster *c)
{
	cluster_init(c, 3);
	c->lose = lose_commit_to_3;
	ck_assert(cluster_write(c, 1, TID));
	cluster_run(c);
	cluster_crash(c, 1);
	c->lose = NULL;
	ck_assert_uint_eq(cluster_look(c, 2).position.seq, 4);
	ck_assert_int_eq(cluster_look(c, 3).slot, SLOT_HELD);
}

START_TEST(test_node_down_keeps_what_others_committed)
{
	uint16_t initiator = (uint16_t)(2 + _i);
	struct cluster c;

	die_committed(&c);
	cluster_down(&c, initiator, 1, true, false);
	cluster_run(&c);
	ck_assert_uint_eq(c.seat[initiator].plan.n_commit, 1);
	ck_assert_uint_eq(c.seat[initiator].plan.n_abort, 0);
	cluster_down(&c, initiator, 1, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[initiator].answer_error, 0);
	ck_assert_uint_eq(c.seat[3].d.refused[1].coordinator, 0);
	cluster_pass(&c, 1000);
	for (uint16_t id = 2; id <= 3; id++) {
		ck_assert_uint_eq(cluster_look(&c, id).position.seq, 5);
		ck_assert_int_eq(cluster_look(&c, id).state, HSMREPL_MEMBER);
	}
	cluster_free(&c);
}
END_TEST

/* n1 has cut a batch, and n2 is at work on a yes: it is not on the disk. Returns the batch. */
static struct batch_id at_work(struct cluster *c)
{
	cluster_init(c, 3);
	c->seat[2].disk_held = true;
	ck_assert(cluster_write(c, 1, TID));
	cluster_run(c);
	ck_assert_int_eq(cluster_look(c, 2).slot, SLOT_TAKING);
	return cluster_look(c, 2).slot_id;
}

static void yes_is_durable(struct cluster *c, uint16_t at, struct batch_id id)
{
	cluster_step(c, at, (struct event){ .type = EV_DURABLE, .record = RECORD_YES,
					    .batch = id });
}

/* n2's yes is on its way to the disk when asked what would be: it says so when it is there. */
START_TEST(test_dry_run_waits_for_a_yes_under_way)
{
	struct batch_id id;
	struct cluster c;

	id = at_work(&c);
	cluster_crash(&c, 1);
	cluster_down(&c, 3, 1, true, false);
	cluster_run(&c);
	yes_is_durable(&c, 2, id);
	c.seat[2].disk_held = false;
	cluster_pass(&c, 1000);
	ck_assert_uint_eq(c.seat[3].plan.n_commit, 1);
	ck_assert_uint_eq(c.seat[3].plan.n_abort, 0);
	cluster_free(&c);
}
END_TEST

/* n1 waits for two reports; meanwhile it promises n2, who is ahead. It must not accept below. */
START_TEST(test_own_attempt_ends_with_a_higher_promise)
{
	struct message report = { .type = MSG_DOWN_REPORT, .epoch = 1 };
	struct message ask = { .type = MSG_DOWN_ASK, .epoch = 1 };
	struct cluster c;

	cluster_init(&c, 3);
	cluster_crash(&c, 3);
	c.lose = lose_all;
	cluster_down(&c, 1, 3, false, false);
	ck_assert_uint_eq(c.seat[1].d.promised, BALLOT(1, 1));
	ask.down.ballot = BALLOT(2, 2);
	cluster_hear(&c, 2, 1, ask);
	ck_assert_uint_eq(c.seat[1].d.promised, BALLOT(2, 2));
	report.down.ballot = BALLOT(1, 1);
	report.down.seq = 3;
	report.down.sp = 0x33;
	cluster_hear(&c, 2, 1, report);
	ck_assert_uint_eq(c.seat[1].d.accepted, 0);
	ck_assert_int_eq(c.seat[1].answer_error, EAGAIN);
	cluster_free(&c);
}
END_TEST

/*
 * n3 has accepted that n1 goes and n2 stays, from n2, who died. n1 declares n2 down, and
 * carries on what n3 has accepted: it is out itself, and n3 hears of it from nobody else.
 */
START_TEST(test_who_removes_itself_tells_the_others)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_link(&c, 1, 2, false);
	c.lose = lose_accepted;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	ck_assert_uint_ne(c.seat[3].d.accepted, 0);
	cluster_crash(&c, 2);
	c.lose = NULL;
	for (unsigned int i = 0; i < 2; i++) {	/* the first one is outbid by what n3 promised */
		cluster_down(&c, 1, 2, false, false);
		cluster_run(&c);
		ck_assert_int_eq(c.seat[1].answer_error, EAGAIN);
	}
	ck_assert_int_eq(cluster_look(&c, 1).state, HSMREPL_REMOVED);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 2);
	cluster_start(&c, 2);
	cluster_pass(&c, 1000);
	ck_assert_uint_eq(cluster_look(&c, 2).position.sp, cluster_look(&c, 3).position.sp);
	ck_assert_int_eq(cluster_look(&c, 2).state, HSMREPL_MEMBER);
	cluster_free(&c);
}
END_TEST

/*
 * n2 is in the new epoch and has cut a batch in it; n3 missed what was chosen, and the PREPARE.
 * What n2 asks when they meet again, n3 cannot answer yet: it is asked once more when it has
 * followed.
 */
START_TEST(test_a_vote_is_asked_for_again_in_the_new_epoch)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_crash(&c, 1);
	c.lose = lose_chosen;
	cluster_down(&c, 2, 1, false, false);
	cluster_run(&c);
	c.lose = lose_all;
	ck_assert(cluster_write(&c, 2, TID));
	cluster_link(&c, 2, 3, false);
	c.lose = NULL;
	c.seat[3].disk_held = true;
	cluster_link(&c, 2, 3, true);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 1);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_VOTING);
	c.seat[3].disk_held = false;
	yes_is_durable(&c, 3, c.seat[3].d.slot_id);
	cluster_run(&c);
	ck_assert_uint_eq(cluster_look(&c, 3).position.epoch, 2);
	ck_assert_int_eq(cluster_look(&c, 2).slot, SLOT_FREE);
	ck_assert(c.seat[2].requeued);
	cluster_free(&c);
}
END_TEST

/* n2 is at work on a yes when it learns that it is out: it does not give it. */
START_TEST(test_removed_node_does_not_vote)
{
	struct batch_id id;
	struct cluster c;

	id = at_work(&c);
	cluster_step(&c, 2, (struct event){ .type = EV_REMOVED, .peer = 3 });
	yes_is_durable(&c, 2, id);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_END);
	cluster_free(&c);
}
END_TEST

/* n1 may cut a batch when it learns that it is out: what it cuts then stays where it is. */
START_TEST(test_removed_node_does_not_coordinate)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_step(&c, 1, (struct event){ .type = EV_QUEUED });
	ck_assert_uint_ne(c.seat[1].granted, 0);
	cluster_step(&c, 1, (struct event){ .type = EV_REMOVED, .peer = 2 });
	ck_assert_uint_eq(c.seat[1].granted, 0);
	cluster_free(&c);
}
END_TEST

/*
 * n1 is the one survivor that has not accepted. Were the value chosen by the others, who then die,
 * a forced node-down on n1 would know nothing of it.
 */
START_TEST(test_all_survivors_must_accept)
{
	struct cluster c;

	cluster_init(&c, 5);
	cluster_crash(&c, 5);
	c.lose = lose_accept_to_1;
	cluster_down(&c, 2, 5, false, false);
	cluster_run(&c);
	for (uint16_t id = 1; id <= 4; id++)
		ck_assert_uint_eq(cluster_look(&c, id).position.epoch, 1);
	/* n1 is asked again and again, in vain */
	cluster_pass(&c, NODE_SURVEY_MS);
	ck_assert_int_eq(c.seat[2].answer_error, ETIMEDOUT);
	c.lose = NULL;
	cluster_down(&c, 2, 5, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	ck_assert_uint_eq(cluster_look(&c, 1).position.epoch, 2);
	cluster_free(&c);
}
END_TEST

/* Whether such a letter is under way. */
static bool said(const struct cluster *c, unsigned int type)
{
	for (unsigned int i = c->head; i != c->tail; i++)
		if (c->queue[i % CLUSTER_QUEUE].bytes[4] == type)
			return true;
	return false;
}

/* The ACCEPT comes again while the first one is on its way to the disk: no answer before that. */
START_TEST(test_accept_repeated_before_it_is_durable)
{
	struct message ask = { .type = MSG_DOWN_ASK, .epoch = 1 };
	uint8_t value[DOWN_VALUE_LEN];
	struct message accept = { .type = MSG_DOWN_ACCEPT, .epoch = 1,
				  .tls = { value, sizeof(value) } };
	struct cluster c;

	cluster_init(&c, 3);
	cluster_crash(&c, 3);
	c.lose = lose_accepted;
	cluster_down(&c, 2, 3, false, false);
	cluster_run(&c);
	memcpy(value, c.seat[2].d.value, sizeof(value));
	ask.down.ballot = accept.down.ballot = c.seat[2].d.accepted;
	cluster_free(&c);

	cluster_init(&c, 3);
	cluster_hear(&c, 2, 1, ask);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_DOWN_REPORT);
	cluster_run(&c);
	c.seat[1].disk_held = true;
	cluster_hear(&c, 2, 1, accept);
	cluster_hear(&c, 2, 1, accept);
	ck_assert(!said(&c, MSG_DOWN_ACCEPTED));
	cluster_step(&c, 1, (struct event){ .type = EV_DURABLE, .record = RECORD_ACCEPT,
					    .batch = { 2, accept.down.ballot } });
	ck_assert(said(&c, MSG_DOWN_ACCEPTED));
	cluster_free(&c);
}
END_TEST

/* n2 is about to refuse batch 9 of n1; that it refused 8 is no more durable than that. */
START_TEST(test_older_refusal_is_not_durable_either)
{
	struct message inquire = { .type = MSG_INQUIRE, .epoch = 1, .batch = { 1, 1ull << 40 } };
	struct message abort = { .type = MSG_ABORT, .epoch = 1, .batch = { 1, (1ull << 40) - 1 } };
	struct cluster c;

	cluster_init(&c, 3);
	c.seat[2].disk_held = true;
	cluster_hear(&c, 1, 2, inquire);
	cluster_hear(&c, 1, 2, abort);
	ck_assert_uint_eq(cluster_last_said(&c), MSG_END);
	cluster_step(&c, 2, (struct event){ .type = EV_DURABLE, .record = RECORD_REFUSED,
					    .batch = inquire.batch });
	ck_assert_uint_eq(cluster_last_said(&c), MSG_VOTE);
	cluster_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("down");
	TCase *down = tcase_create("bad moments");

	tcase_add_test(down, test_alone_and_in_doubt);
	tcase_add_loop_test(down, test_node_down_keeps_what_others_committed, 0, 2);
	tcase_add_test(down, test_dry_run_waits_for_a_yes_under_way);
	tcase_add_test(down, test_own_attempt_ends_with_a_higher_promise);
	tcase_add_test(down, test_who_removes_itself_tells_the_others);
	tcase_add_test(down, test_a_vote_is_asked_for_again_in_the_new_epoch);
	tcase_add_test(down, test_removed_node_does_not_vote);
	tcase_add_test(down, test_removed_node_does_not_coordinate);
	tcase_add_test(down, test_all_survivors_must_accept);
	tcase_add_test(down, test_accept_repeated_before_it_is_durable);
	tcase_add_test(down, test_older_refusal_is_not_durable_either);
	suite_add_tcase(suite, down);
	return suite_run(suite);
}
