// SPDX-License-Identifier: GPL-2.0
/* Stories of a pool whose protocol is raised: who is asked before, what lists say afterwards. */
#include <errno.h>

#include "../suite.h"
#include "cluster.h"

#define TID 0x77
#define RAISE 0x700

static void finalise(struct cluster *c, uint16_t id, bool dry)
{
	c->seat[id].answered = false;
	cluster_step(c, id, (struct event){ .type = EV_FINALISE, .request = 9, .dry = dry });
	cluster_run(c);
}

static void refused(struct cluster *c, uint16_t id, int error, const char *why)
{
	finalise(c, id, false);
	ck_assert(c->seat[id].answered);
	ck_assert_int_eq(c->seat[id].answer_error, error);
	ck_assert_msg(strstr(c->seat[id].why, why), "%s", c->seat[id].why);
	ck_assert_int_eq(c->seat[id].change, 0);
}

/* The list that waits in the device of @id is claimed, and goes through the pool. */
static void proceed(struct cluster *c, uint16_t id, uint64_t tid)
{
	ck_assert(cluster_change(c, id, tid));
	cluster_run(c);
}

/* What n1 asked for fails at n3, and that is said. */
static void fails_at_3(struct cluster *c, int error)
{
	proceed(c, 1, RAISE);
	ck_assert(c->seat[1].answered);
	ck_assert_int_eq(c->seat[1].answer_error, error);
	ck_assert_msg(strstr(c->seat[1].why, "n3 cannot take it"), "%s", c->seat[1].why);
}

/* All that are up have a list of that protocol. */
static void at_protocol(struct cluster *c, uint16_t protocol)
{
	for (uint16_t id = 1; id <= c->n; id++)
		if (c->seat[id].up)
			ck_assert_uint_eq(cluster_look(c, id).nl->protocol, protocol);
}

static void finalised(struct cluster *c, unsigned int n)
{
	cluster_init(c, n);
	finalise(c, 1, false);
	ck_assert(!c->seat[1].answered);
	proceed(c, 1, RAISE);
	ck_assert(c->seat[1].answered);
	ck_assert_int_eq(c->seat[1].answer_error, 0);
	cluster_at(c, 4, 0x33 ^ RAISE, n);
	at_protocol(c, 2);
}

/* The same seat speaks another version when it is started again. */
static void restart_as(struct cluster *c, uint16_t id, uint16_t protocol)
{
	cluster_crash(c, id);
	c->seat[id].protocol = protocol;
	cluster_start(c, id);
	cluster_pass(c, NODE_HEARTBEAT_MS);
}

START_TEST(test_finalise)
{
	struct cluster c;

	finalised(&c, 3);
	for (uint16_t id = 1; id <= 3; id++)
		ck_assert_uint_eq(cluster_look(&c, id).position.epoch, 2);
	refused(&c, 2, EALREADY, "finalised at protocol 2 already");
	ck_assert(cluster_write(&c, 3, TID));
	cluster_run(&c);
	cluster_at(&c, 5, 0x33 ^ RAISE ^ TID, 3);
	cluster_free(&c);
}
END_TEST

START_TEST(test_dry_run_changes_nothing)
{
	struct cluster c;

	cluster_init(&c, 3);
	finalise(&c, 2, true);
	ck_assert(c.seat[2].answered);
	ck_assert_int_eq(c.seat[2].answer_error, 0);
	ck_assert_int_eq(c.seat[2].change, 0);
	at_protocol(&c, 0);
	restart_as(&c, 3, 1);
	finalise(&c, 2, true);
	ck_assert_int_eq(c.seat[2].answer_error, EOPNOTSUPP);
	cluster_free(&c);
}
END_TEST

START_TEST(test_one_that_speaks_less_is_named)
{
	struct cluster c;

	cluster_init(&c, 3);
	restart_as(&c, 3, 1);
	refused(&c, 1, EOPNOTSUPP, "n3 still speaks only protocol 1: upgrade it");
	refused(&c, 3, EOPNOTSUPP, "n3 still speaks only protocol 1: upgrade it");
	restart_as(&c, 3, 2);
	restart_as(&c, 2, 1);
	refused(&c, 1, EOPNOTSUPP, "n2 still speaks only protocol 1: upgrade it");
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	cluster_at(&c, 4, 0x33 ^ TID, 3);
	at_protocol(&c, 0);
	cluster_free(&c);
}
END_TEST

START_TEST(test_one_that_is_away_is_named)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_crash(&c, 3);
	refused(&c, 1, ECANCELED, "n3 is not connected as a member");
	cluster_down(&c, 1, 3, false, false);
	cluster_run(&c);
	finalise(&c, 1, false);
	proceed(&c, 1, RAISE);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	at_protocol(&c, 2);
	/* it hears that it is out, and cannot ask for anything */
	cluster_start(&c, 3);
	cluster_pass(&c, 1000);
	finalise(&c, 3, false);
	ck_assert_int_eq(c.seat[3].answer_error, ECANCELED);
	cluster_free(&c);
}
END_TEST

START_TEST(test_not_while_another_joins)
{
	struct cluster c;

	cluster_init(&c, 3);
	cluster_learner(&c);
	finalise(&c, 4, false);
	ck_assert_int_eq(c.seat[4].answer_error, ECANCELED);
	cluster_admit(&c, 1, 4);
	refused(&c, 2, EBUSY, "n4 is joining");
	cluster_free(&c);
}
END_TEST

/* A device that does not know such lists refuses: nothing changes, and its node is named. */
START_TEST(test_a_device_that_is_too_old)
{
	struct cluster c;

	cluster_init(&c, 3);
	c.seat[3].device_error = EBADMSG;
	finalise(&c, 1, false);
	fails_at_3(&c, EBADMSG);
	c.seat[3].device_error = 0;
	ck_assert(cluster_write(&c, 2, TID));
	cluster_run(&c);
	cluster_at(&c, 4, 0x33 ^ TID, 3);
	at_protocol(&c, 0);
	cluster_free(&c);
}
END_TEST

static bool lose_aborts(const struct letter *l)
{
	return l->bytes[4] == MSG_ABORT;
}

/* The ABORT is lost, or comes too early to be heard: it is said again until all confirm it. */
START_TEST(test_an_abort_is_said_again)
{
	struct cluster c;

	cluster_init(&c, 3);
	c.seat[3].device_error = EBADMSG;
	finalise(&c, 1, false);
	c.lose = lose_aborts;
	proceed(&c, 1, RAISE);
	ck_assert(!c.seat[1].answered);
	ck_assert_int_eq(cluster_look(&c, 1).slot, SLOT_ABORTING);
	c.lose = NULL;
	cluster_pass(&c, NODE_HEARTBEAT_MS);
	ck_assert(c.seat[1].answered);
	cluster_at(&c, 3, 0x33, 3);
	cluster_free(&c);
}
END_TEST

/* n3 goes back to an older version after it was asked what it speaks: it votes no. */
START_TEST(test_one_goes_back_meanwhile)
{
	struct cluster c;

	cluster_init(&c, 3);
	finalise(&c, 1, false);
	restart_as(&c, 3, 1);
	fails_at_3(&c, EOPNOTSUPP);
	cluster_at(&c, 3, 0x33, 3);
	at_protocol(&c, 0);
	cluster_free(&c);
}
END_TEST

/* n1 itself goes back while its request waits in the queue of its device. */
START_TEST(test_it_goes_back_itself)
{
	struct cluster c;

	cluster_init(&c, 3);
	finalise(&c, 1, false);
	restart_as(&c, 1, 1);
	proceed(&c, 1, RAISE);
	cluster_at(&c, 3, 0x33, 3);
	ck_assert(c.seat[1].aborted);
	at_protocol(&c, 0);
	ck_assert(cluster_write(&c, 1, TID));
	cluster_run(&c);
	cluster_at(&c, 4, 0x33 ^ TID, 3);
	cluster_free(&c);
}
END_TEST

START_TEST(test_two_ask_at_once)
{
	struct cluster c;

	cluster_init(&c, 3);
	finalise(&c, 1, false);
	finalise(&c, 2, false);
	proceed(&c, 1, RAISE);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	ck_assert(c.seat[2].answered);
	ck_assert_int_eq(c.seat[2].answer_error, ECANCELED);
	c.seat[2].change = 0;	/* its own is stale: the device leaves it out */
	refused(&c, 2, EALREADY, "nothing to do");
	cluster_free(&c);
}
END_TEST

/* Whatever changes the list later carries the protocol over. */
START_TEST(test_later_lists_carry_it)
{
	struct cluster c;

	finalised(&c, 3);
	cluster_learner(&c);
	cluster_admit(&c, 1, 4);
	ck_assert_uint_eq(c.seat[1].change_nl.protocol, 2);
	proceed(&c, 1, TID);
	cluster_at(&c, 5, 0x33 ^ RAISE ^ TID, 4);
	at_protocol(&c, 2);
	cluster_crash(&c, 3);
	cluster_down(&c, 1, 3, false, false);
	cluster_run(&c);
	ck_assert_int_eq(c.seat[1].answer_error, 0);
	cluster_pass(&c, 1000);
	at_protocol(&c, 2);
	cluster_step(&c, 2, (struct event){ .type = EV_LEAVE, .request = 8 });
	proceed(&c, 2, TID << 8);
	ck_assert_uint_eq(cluster_look(&c, 1).nl->n, 2);
	at_protocol(&c, 2);
	cluster_free(&c);
}
END_TEST

/* A learner applies it like all other history, unless it does not speak that. */
START_TEST(test_a_learner_hears_of_it)
{
	struct cluster c;

	for (uint16_t speaks = 2; speaks >= 1; speaks--) {
		cluster_init(&c, 3);
		cluster_learner(&c);
		restart_as(&c, 4, speaks);
		finalise(&c, 1, false);
		proceed(&c, 1, RAISE);
		ck_assert_int_eq(c.seat[1].answer_error, 0);
		cluster_feed(&c, 4);
		ck_assert_uint_eq(cluster_look(&c, 4).position.seq, speaks == 2 ? 4 : 3);
		ck_assert_uint_eq(cluster_look(&c, 4).nl->protocol, speaks == 2 ? 2 : 0);
		cluster_free(&c);
	}
}
END_TEST

static bool lose_votes(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE;
}

static bool lose_prepare_to_3(const struct letter *l)
{
	return l->bytes[4] == MSG_VOTE || (l->bytes[4] == MSG_PREPARE && l->to == 3);
}

/* n1 dies while it is undecided; n2 and n3 declare it down. */
static void die_undecided(struct cluster *c, bool (*lose)(const struct letter *l))
{
	cluster_init(c, 3);
	finalise(c, 1, false);
	c->lose = lose;
	proceed(c, 1, RAISE);
	c->lose = NULL;
	cluster_crash(c, 1);
	cluster_down(c, 2, 1, false, false);
	cluster_run(c);
	ck_assert_int_eq(c->seat[2].answer_error, 0);
	cluster_pass(c, 1000);
}

/* Both hold a yes: it commits, and the node-down ends in the epoch after it. */
START_TEST(test_node_down_commits_it)
{
	struct cluster c;

	die_undecided(&c, lose_votes);
	ck_assert_uint_eq(cluster_look(&c, 2).position.epoch, 3);
	ck_assert_uint_eq(cluster_look(&c, 3).position.seq, 5);
	ck_assert_uint_eq(cluster_look(&c, 3).nl->n, 2);
	at_protocol(&c, 2);
	cluster_free(&c);
}
END_TEST

START_TEST(test_node_down_aborts_it)
{
	struct cluster c;

	die_undecided(&c, lose_prepare_to_3);
	ck_assert_uint_eq(cluster_look(&c, 2).position.epoch, 2);
	ck_assert_uint_eq(cluster_look(&c, 3).position.seq, 4);
	at_protocol(&c, 0);
	cluster_free(&c);
}
END_TEST

/* All die while it is undecided: the votes decide it when they are back. */
START_TEST(test_all_restart_while_it_is_undecided)
{
	struct cluster c;

	cluster_init(&c, 3);
	finalise(&c, 1, false);
	c.lose = lose_votes;
	proceed(&c, 1, RAISE);
	c.lose = NULL;
	for (uint16_t id = 1; id <= 3; id++)
		cluster_crash(&c, id);
	for (uint16_t id = 1; id <= 3; id++)
		cluster_start(&c, id);
	cluster_pass(&c, 1000);
	cluster_at(&c, 4, 0x33 ^ RAISE, 3);
	at_protocol(&c, 2);
	cluster_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("finalise");
	TCase *asked = tcase_create("asked");
	TCase *undecided = tcase_create("undecided");

	tcase_add_test(asked, test_finalise);
	tcase_add_test(asked, test_dry_run_changes_nothing);
	tcase_add_test(asked, test_one_that_speaks_less_is_named);
	tcase_add_test(asked, test_one_that_is_away_is_named);
	tcase_add_test(asked, test_not_while_another_joins);
	tcase_add_test(asked, test_a_device_that_is_too_old);
	tcase_add_test(asked, test_an_abort_is_said_again);
	tcase_add_test(asked, test_one_goes_back_meanwhile);
	tcase_add_test(asked, test_it_goes_back_itself);
	tcase_add_test(asked, test_two_ask_at_once);
	tcase_add_test(asked, test_later_lists_carry_it);
	tcase_add_test(asked, test_a_learner_hears_of_it);
	tcase_add_test(undecided, test_node_down_commits_it);
	tcase_add_test(undecided, test_node_down_aborts_it);
	tcase_add_test(undecided, test_all_restart_while_it_is_undecided);
	suite_add_tcase(suite, asked);
	suite_add_tcase(suite, undecided);
	return suite_run(suite);
}
