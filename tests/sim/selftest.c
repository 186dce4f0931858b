// SPDX-License-Identifier: GPL-2.0
/* Each checker is shown a history that is wrong and must say so, and one that is right. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "image.h"
#include "selftest.h"

#define LABELS	2
#define NEVER	UINT64_MAX

struct ledger *ledger;
static struct history *history;

static const struct batch_id batch = { 1, 7 };

static void setup(void)
{
	ledger = malloc(sizeof(*ledger));
	history = calloc(1, sizeof(*history));
	ledger_init(ledger, false);
}

static void teardown(void)
{
	free(ledger);
	free(history);
}

void expect(const char *invariant)
{
	if (invariant)
		ck_assert_ptr_nonnull(ledger->violated);
	else
		ck_assert_msg(!ledger->violated, "%s", ledger->why);
	if (invariant)
		ck_assert_str_eq(ledger->violated, invariant);
}

/* --- I1 to I5 --- */

START_TEST(one_fate)
{
	fate_applied(ledger, 1, 11, 1);
	fate_applied(ledger, 2, 11, 1);
	fate_aborted(ledger, 1, 12);
	expect(NULL);
	fate_applied(ledger, 3, 11, 2);
	expect("I1");
}
END_TEST

START_TEST(applied_and_aborted)
{
	fate_applied(ledger, 1, 11, 1);
	fate_aborted(ledger, 2, 11);
	expect("I1");
}
END_TEST

START_TEST(aborted_and_applied)
{
	fate_aborted(ledger, 2, 11);
	fate_applied(ledger, 1, 11, 1);
	expect("I1");
}
END_TEST

START_TEST(one_history)
{
	agree_applied(ledger, 1, 11, 1, 11);
	agree_applied(ledger, 2, 11, 1, 11);
	expect(NULL);
	agree_applied(ledger, 3, 12, 1, 12);
	expect("I2");
}
END_TEST

START_TEST(one_content)
{
	struct position p = { .seq = 1, .sp = 11, .digest = 5, .chain = { 9 } };

	agree_applied(ledger, 1, 11, 1, 11);
	agree_position(ledger, 1, &p);
	agree_position(ledger, 2, &p);
	expect(NULL);
	if (_i == 0)
		p.digest = 6;
	else if (_i == 1)
		p.chain[31] = 1;
	else
		p.sp = 12;
	agree_position(ledger, 3, &p);
	expect("I2");
}
END_TEST

START_TEST(told_is_kept)
{
	const uint64_t tids[] = { 12 };

	agree_applied(ledger, 1, 11, 1, 11);
	agree_applied(ledger, 1, 12, 2, 7);
	fate_applied(ledger, 1, 12, 2);
	committed_told(ledger, 12, 2);
	committed_kept(ledger, 2, 1, tids, 1);
	expect(NULL);
	committed_kept(ledger, 3, 1, NULL, 0);
	expect("I3");
}
END_TEST

START_TEST(told_is_in_the_slot)
{
	const uint64_t tids[] = { 13 };

	agree_applied(ledger, 1, 12, 1, 12);
	fate_applied(ledger, 1, 12, 1);
	committed_told(ledger, 12, 1);
	committed_kept(ledger, 2, 0, tids, 1);
	expect("I3");
}
END_TEST

START_TEST(told_but_nowhere)
{
	committed_told(ledger, 12, 1);
	expect("I3");
}
END_TEST

START_TEST(told_aborted_applied)
{
	aborted_told(ledger, 11);
	expect(NULL);
	aborted_applied(ledger, 2, 11);
	expect("I4");
}
END_TEST

START_TEST(applied_told_aborted)
{
	fate_applied(ledger, 1, 11, 1);
	aborted_told(ledger, 11);
	expect("I4");
}
END_TEST

START_TEST(all_voters)
{
	voters_yes(ledger, 1, batch);
	voters_yes(ledger, 2, batch);
	voters_applied(ledger, 1, batch, 6);
	voters_said_yes(ledger, 2, batch);
	expect(NULL);
	voters_applied(ledger, 1, batch, 14);
	expect("I5");
}
END_TEST

START_TEST(refused_and_applied)
{
	voters_yes(ledger, 1, batch);
	voters_refused(ledger, 1, batch);
	voters_said_never(ledger, 1, batch);
	expect(NULL);
	voters_applied(ledger, 1, batch, 2);
	expect("I5");
}
END_TEST

START_TEST(said_yes_too_early)
{
	voters_said_yes(ledger, 2, batch);
	expect("I5");
}
END_TEST

START_TEST(said_never_too_early)
{
	voters_refused(ledger, 2, (struct batch_id){ 1, 6 });
	voters_said_never(ledger, 2, batch);
	expect("I5");
}
END_TEST

START_TEST(older_yes_while_confirming)
{
	voters_refused(ledger, 2, (struct batch_id){ 1, 8 });
	voters_confirms(ledger, 2, (struct batch_id){ 1, 8 }, (struct batch_id){ 1, 9 });
	expect(NULL);
	voters_confirms(ledger, 2, (struct batch_id){ 1, 8 }, batch);
	expect("I4");
}
END_TEST

/* --- I7 --- */

static struct call *add(enum call_kind kind, uint64_t began, uint64_t ended, unsigned int label)
{
	struct call *c = &history->call[history->n++];

	c->kind = kind;
	c->began_us = began;
	c->ended_us = ended;
	c->end = ended == NEVER ? END_PENDING : END_DONE;
	c->n_changes = 1;
	c->change[0].label = (uint8_t)label;
	return c;
}

/* A write that got @seq; @version as told. */
static struct call *put(uint64_t began, uint64_t ended, unsigned int label, uint16_t code,
			uint64_t value, uint64_t seq, uint64_t version)
{
	struct call *c = add(CALL_WRITE, began, ended, label);
	struct fate *f;

	c->change[0].code = code;
	c->change[0].value = value;
	c->tid = 100 + history->n;
	c->seq = seq;
	c->version = version;
	if (!seq)
		return c;
	f = ledger_fate(ledger, c->tid);
	f->seq = seq;
	f->call = history->n;
	agree_applied(ledger, 1, c->tid, seq, seq);
	return c;
}

/* What a get found; version 0: nothing. */
static struct call *got(uint64_t began, uint64_t ended, unsigned int label, uint64_t value,
			uint64_t seq, uint64_t version)
{
	struct call *c = add(CALL_GET, began, ended, label);

	c->value = value;
	c->seq = seq;
	c->version = version;
	if (!version)
		c->end = END_NOTHING;
	return c;
}

/* Checks by both ways; NULL: all is well. */
static void expect_linear(const char *search, const char *order)
{
	unsigned int undecided = 0;
	uint64_t steps = 0;

	linear_check(ledger, history, LABELS, &steps, &undecided);
	ck_assert_uint_eq(undecided, 0);
	expect(search);
	ledger->violated = NULL;
	order_check(ledger, history, LABELS);
	expect(order);
}

START_TEST(good_history)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(5, 30, 0, HSMREPL_OP_UPDATE, 2, 2, 2);
	got(12, 20, 0, 1, 1, 1);
	got(13, 28, 0, 2, 2, 2);
	put(40, 50, 0, HSMREPL_OP_DELETE, 0, 3, 0);
	got(60, 70, 0, 0, 0, 0);
	got(0, 70, 1, 0, 0, 0);
	expect_linear(NULL, NULL);
}
END_TEST

START_TEST(stale_read)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(20, 30, 0, HSMREPL_OP_UPDATE, 2, 2, 2);
	got(40, 50, 0, 1, 1, 1);
	expect_linear("I7", "I7");
}
END_TEST

START_TEST(reads_go_back)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(20, 90, 0, HSMREPL_OP_UPDATE, 2, 2, 2);
	got(30, 40, 0, 2, 2, 2);
	got(50, 60, 0, 1, 1, 1);
	expect_linear("I7", "I7");
}
END_TEST

START_TEST(read_from_nowhere)
{
	put(0, NEVER, 0, HSMREPL_OP_CREATE, 1, 0, 0);
	got(30, 40, 0, 1, 1, 1);
	expect_linear("I7", "I7");
}
END_TEST

START_TEST(read_of_the_future)
{
	got(0, 5, 0, 1, 1, 1);
	put(10, 20, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	expect_linear("I7", "I7");
}
END_TEST

START_TEST(lost_update)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(20, 30, 0, HSMREPL_OP_UPDATE, 2, 2, 2);
	put(20, 30, 0, HSMREPL_OP_UPDATE, 3, 3, 2);
	expect_linear("I7", NULL);
}
END_TEST

START_TEST(pending_write_seen)
{
	put(0, NEVER, 0, HSMREPL_OP_CREATE, 1, 1, 0);
	got(30, 40, 0, 0, 0, 0);
	got(50, 60, 0, 1, 1, 1);
	expect_linear(NULL, NULL);
}
END_TEST

START_TEST(condition_broken)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(20, 30, 0, HSMREPL_OP_UPDATE, 2, 2, 2)->change[0].if_version = 2;
	expect_linear("I7", NULL);
}
END_TEST

/* Each label by itself is fine: only the order over both shows it. */
START_TEST(labels_cross)
{
	put(0, 100, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(0, 100, 1, HSMREPL_OP_CREATE, 2, 2, 1);
	got(10, 20, 1, 2, 2, 1);
	got(30, 40, 0, 0, 0, 0);
	expect_linear(NULL, "I7");
}
END_TEST

START_TEST(order_against_time)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 2, 1);
	put(20, 30, 1, HSMREPL_OP_CREATE, 2, 1, 1);
	expect_linear(NULL, "I7");
}
END_TEST

START_TEST(old_version_may_be_read)
{
	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(20, 30, 0, HSMREPL_OP_UPDATE, 2, 2, 2);
	got(40, 50, 0, 1, 1, 1)->committed_only = true;
	expect_linear(NULL, NULL);
	got(60, 70, 0, 9, 1, 1)->committed_only = true;
	expect_linear(NULL, "I7");
}
END_TEST

/* A refusal of a create, an update or a conditional one, at a time when the label was otherwise. */
START_TEST(refusals)
{
	static const int error[] = { EEXIST, ENOENT, ESTALE };
	struct call *c;

	put(0, 10, 0, HSMREPL_OP_CREATE, 1, 1, 1);
	put(20, 30, 0, HSMREPL_OP_UPDATE, 2, 2, 2);
	put(60, 70, 0, HSMREPL_OP_DELETE, 0, 3, 0);
	for (unsigned int i = 0; i < 2; i++) {
		bool gone = (_i == 1) != (i == 1);

		c = put(gone ? 80 : 40, gone ? 90 : 50, 0, HSMREPL_OP_UPDATE, 9, 0, 0);
		c->end = END_NOTHING;
		c->error = error[_i];
		c->change[0].if_version = _i == 2 ? 1 : 0;
		expect_linear(i ? "I7" : NULL, i ? "I7" : NULL);
	}
}
END_TEST

/* --- I8 --- */

START_TEST(progress)
{
	const unsigned int fair[] = { 10, 12, 8 }, unfair[] = { 30, 1, 29 };
	struct call c = { .kind = CALL_WRITE, .error = ENOENT };

	progress_healed(ledger, 0, PROGRESS_HEAL_US, "well");
	progress_call(ledger, &c, 1000, 1000);
	progress_told(ledger, &c);
	progress_shares(ledger, fair, 3);
	expect(NULL);
	c.error = ECANCELED;
	if (_i == 0)
		progress_healed(ledger, 0, PROGRESS_HEAL_US + 1, "not well");
	else if (_i == 1)
		progress_call(ledger, &c, 1001, 1000);
	else if (_i == 2)
		progress_told(ledger, &c);
	else
		progress_shares(ledger, unfair, 3);
	expect("I8");
}
END_TEST

/* --- the disk's own model --- */

START_TEST(log_out_of_order)
{
	struct image *im = malloc(sizeof(*im));
	struct record r = { .type = RECORD_COMMIT, .batch = batch };

	image_init(im);
	ck_assert_ptr_nonnull(image_fold(im, 1, &r));
	r.type = RECORD_REFUSED;
	ck_assert_ptr_null(image_fold(im, 1, &r));
	im->last = batch;
	ck_assert_ptr_nonnull(image_fold(im, 1, &r));
	free(im);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_fate, applied_and_aborted, aborted_and_applied, one_history, told_is_kept,
		told_is_in_the_slot, told_but_nowhere, told_aborted_applied, applied_told_aborted,
		all_voters, refused_and_applied, said_yes_too_early, said_never_too_early,
		older_yes_while_confirming,
		good_history, stale_read, reads_go_back, read_from_nowhere, read_of_the_future,
		lost_update, pending_write_seen, condition_broken, labels_cross, order_against_time,
		old_version_may_be_read, log_out_of_order,
	};
	Suite *s = suite_create("sim-selftest");
	TCase *t = tcase_create("checkers");

	tcase_add_checked_fixture(t, setup, teardown);
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	selftest_down(t);
	tcase_add_loop_test(t, one_content, 0, 3);
	tcase_add_loop_test(t, progress, 0, 4);
	tcase_add_loop_test(t, refusals, 0, 3);
	suite_add_tcase(s, t);
	return suite_run(s);
}
