// SPDX-License-Identifier: GPL-2.0
/* The checkers of node-down are shown histories that are wrong, and such that are right. */
#include "selftest.h"

static const struct batch_id batch = { 1, 7 };
static const struct batch_id record = { 2, 9 };

/* A pool of nodes 1 to 3, of which node 1 is removed by a value that commits @batch. */
static struct accepted leave_one(void)
{
	const struct list all = { .epoch = 1, .members = 14, .seq = 1, .sp = 5 };

	pools_began(ledger, 2, &all);
	return (struct accepted){ .epoch = 1, .ballot = 65538, .record = record,
				  .settles = batch, .members = 12, .begins = 2 };
}

START_TEST(epoch_ends_by_a_majority)
{
	struct accepted a = leave_one();

	voters_accepted(ledger, 2, &a);
	ck_assert_uint_eq(ledger->removed, 0);
	voters_accepted(ledger, 3, &a);
	ck_assert_uint_eq(ledger->removed, 2);
	voters_ended(ledger, 2, record);
	expect(NULL);
	voters_ended(ledger, 2, batch);
	expect("I5");
}
END_TEST

START_TEST(epoch_ends_too_early)
{
	struct accepted a = leave_one();

	voters_accepted(ledger, 2, &a);
	a.ballot = 131075;	/* other ballots do not add up */
	voters_accepted(ledger, 3, &a);
	voters_ended(ledger, 2, record);
	expect("I5");
}
END_TEST

START_TEST(forced_needs_all_survivors)
{
	struct accepted a = leave_one();

	voters_asked(ledger, a.epoch, a.ballot, 12);
	voters_accepted(ledger, 2, &a);
	if (_i) {
		voters_accepted(ledger, 3, &a);
		voters_ended(ledger, 2, record);
		expect(NULL);
		return;
	}
	voters_ended(ledger, 2, record);
	expect("I5");
}
END_TEST

START_TEST(survivors_yes_is_enough)
{
	struct accepted a = leave_one();

	voters_yes(ledger, 2, batch);
	voters_yes(ledger, 3, batch);
	voters_refused(ledger, 1, batch);
	voters_accepted(ledger, 2, &a);
	if (_i == 1) {
		voters_applied(ledger, 2, batch, 14);
		expect("I5");
		return;
	}
	voters_accepted(ledger, 3, &a);
	if (_i == 2)
		voters_refused(ledger, 3, batch);
	voters_applied(ledger, 2, batch, 14);
	expect(_i == 2 ? "I5" : NULL);
}
END_TEST

START_TEST(said_of_ballots_is_durable)
{
	voters_said_ballot(ledger, 2, 65538, 65538);
	voters_said_ballot(ledger, 2, 65538, 131075);
	expect(NULL);
	voters_said_ballot(ledger, 2, 65538, 1);
	expect("I5");
}
END_TEST

START_TEST(committed_is_not_dropped)
{
	voters_yes(ledger, 2, batch);
	voters_yes(ledger, 3, batch);
	voters_yes(ledger, 4, batch);
	voters_has(ledger, 2, batch);
	ledger->removed = 8;	/* node 3 is out: it may do what it likes */
	voters_refused(ledger, 3, batch);
	voters_refused(ledger, 2, batch);
	expect(NULL);
	voters_refused(ledger, 4, batch);
	expect("I3");
}
END_TEST

START_TEST(removed_is_silent)
{
	removed_speaks(ledger, 1, "a yes");
	removed_told(ledger, 1);
	removed_starts(ledger, 1);
	removed_speaks(ledger, 1, "a yes");
	removed_votes(ledger, 1, 14, 14);
	expect(NULL);
	if (_i == 0) {
		removed_told(ledger, 1);
		removed_speaks(ledger, 1, "a yes");
	} else if (_i == 1) {
		removed_votes(ledger, 1, 14, 12);
	} else {
		removed_votes(ledger, 1, 12, 12);
	}
	expect("I6");
}
END_TEST

START_TEST(removed_does_not_count)
{
	const struct list left = { .epoch = 2, .members = 12, .seq = 2, .sp = 7 };

	leave_one();
	pools_began(ledger, 2, &left);
	removed_counts(ledger, 1, 1, 14, false);
	removed_counts(ledger, 2, 2, 12, false);
	removed_counts(ledger, 1, 2, 12, true);
	expect(NULL);
	if (_i == 0)
		removed_counts(ledger, 2, 2, 14, false);
	else if (_i == 1)
		removed_counts(ledger, 1, 2, 12, false);
	else
		removed_counts(ledger, 1, 2, 14, true);
	expect("I6");
}
END_TEST

START_TEST(never_two_pools)
{
	struct list left = { .epoch = 2, .members = 12, .seq = 2, .sp = 7 };

	ledger->split = _i == 2;
	leave_one();
	pools_began(ledger, 2, &left);
	pools_began(ledger, 3, &left);
	expect(NULL);
	if (_i == 1)
		left.sp = 8;	/* the same nodes, another record */
	else
		left.members = 6;
	pools_began(ledger, 1, &left);
	expect(_i == 2 ? NULL : "pools");
}
END_TEST

/* The protocol that lists ask for is the same for all, spoken by all, and never falls. */
START_TEST(protocol_of_a_pool)
{
	struct list raised = { .epoch = 2, .members = 14, .seq = 2, .sp = 7, .protocol = 2 };
	struct list left = { .epoch = 3, .members = 12, .seq = 3, .sp = 9, .protocol = 2 };

	leave_one();
	pools_began(ledger, 2, &raised);
	pools_speaks(ledger, 2, &raised, 2);
	expect(NULL);
	if (_i == 0)
		raised.protocol = 1;
	else if (_i == 1)
		left.protocol = 1;
	else
		pools_speaks(ledger, 3, &raised, 1);
	pools_began(ledger, 3, &raised);
	pools_began(ledger, 3, &left);
	expect("pools");
}
END_TEST

/* One node leaves by its own word, one joins; all members vote, and who joins. */
START_TEST(lists_change_by_one)
{
	struct list left = { .epoch = 2, .members = 12, .seq = 2, .sp = 7 };
	struct list joined = { .epoch = 3, .members = 44, .seq = 3, .sp = 9 };
	struct ballot leave = { HSMREPL_TL_NODE_REMOVE, 1, 14 };
	struct ballot join = { HSMREPL_TL_NODE_ADD, 2, 44 };

	leave_one();
	if (_i == 1)
		leave.coordinator = 2;
	else if (_i == 2)
		leave.voters = 12;
	else if (_i == 3)
		join.voters = 12;
	else if (_i == 4)
		joined.members = join.voters = 108;
	pools_began(ledger, 2, &left);
	pools_changed(ledger, 2, &left, &leave);
	pools_began(ledger, 2, &joined);
	pools_changed(ledger, 2, &joined, &join);
	expect(_i ? "pools" : NULL);
}
END_TEST

/* Who was removed counts again once it has joined, whatever comes late of its removal. */
START_TEST(removed_joins_again)
{
	const struct list left = { .epoch = 2, .members = 12, .seq = 2, .sp = 7 };
	const struct list again = { .epoch = 3, .members = 14, .seq = 3, .sp = 9 };
	struct accepted a = leave_one();

	voters_accepted(ledger, 2, &a);
	voters_accepted(ledger, 3, &a);
	pools_began(ledger, 2, &left);
	ck_assert_uint_eq(ledger->removed, 2);
	committed_kept(ledger, 1, 0, NULL, 0);
	pools_began(ledger, 2, &again);
	voters_accepted(ledger, 2, &a);
	ck_assert_uint_eq(ledger->removed, 0);
	fate_applied(ledger, 2, 11, 4);
	committed_told(ledger, 11, 4);
	committed_kept(ledger, 5, 0, NULL, 0);	/* no member */
	expect(NULL);
	committed_kept(ledger, 1, 2, NULL, 0);
	expect("I3");
}
END_TEST

START_TEST(same_place_in_a_split)
{
	struct position p = { .epoch = 2, .seq = 2, .sp = 7, .digest = 1 };

	ledger->split = true;
	agree_position(ledger, 1, &p);
	p.sp = 8;
	p.digest = 2;
	agree_position(ledger, 2, &p);
	agree_applied(ledger, 1, 11, 2, 9);
	agree_applied(ledger, 2, 12, 2, 8);
	expect(NULL);
	if (_i == 0)
		p.digest = 1;
	else
		p.epoch = 3;
	agree_position(ledger, 3, &p);
	expect("I2");
}
END_TEST

START_TEST(plan_comes_true)
{
	struct down_plan plan = {
		.n_commit = 1, .commit = { 21 }, .n_abort = 1, .abort = { 22 },
		.after = { .n = 2, .node = { { .id = 2 }, { .id = 3 } } },
	};

	fate_applied(ledger, 2, 21, 4);
	fate_applied(ledger, 2, 22, 6);	/* tried again by a survivor */
	plan_kept(ledger, &plan, 12, 5);
	expect(NULL);
	if (_i == 0)
		plan_kept(ledger, &plan, 14, 5);
	else
		plan_kept(ledger, &plan, 12, _i == 1 ? 3 : 7);
	expect("plan");
}
END_TEST

void selftest_down(TCase *t)
{
	tcase_add_test(t, epoch_ends_by_a_majority);
	tcase_add_test(t, epoch_ends_too_early);
	tcase_add_loop_test(t, forced_needs_all_survivors, 0, 2);
	tcase_add_loop_test(t, survivors_yes_is_enough, 0, 3);
	tcase_add_test(t, said_of_ballots_is_durable);
	tcase_add_test(t, committed_is_not_dropped);
	tcase_add_loop_test(t, removed_is_silent, 0, 3);
	tcase_add_loop_test(t, removed_does_not_count, 0, 3);
	tcase_add_loop_test(t, never_two_pools, 0, 3);
	tcase_add_loop_test(t, protocol_of_a_pool, 0, 3);
	tcase_add_loop_test(t, lists_change_by_one, 0, 5);
	tcase_add_test(t, removed_joins_again);
	tcase_add_loop_test(t, same_place_in_a_split, 0, 2);
	tcase_add_loop_test(t, plan_comes_true, 0, 3);
}
