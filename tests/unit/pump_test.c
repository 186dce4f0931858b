// SPDX-License-Identifier: GPL-2.0
/*
 * The pump carries out actions in their order and tells results after them; a scripted core
 * stands in.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "inbox.h"
#include "pump.h"

#define STORY_MAX 1024

/*
 * What the scripted core answers to an event, and what it saw. The hands write into the same
 * story.
 */
struct node {
	char story[STORY_MAX];
	bool prepare_fails;
	bool disk_is_slow;
	bool foretells;
	enum action_type begun[PUMP_CALLS_MAX];
	unsigned int n_begun;
};

const size_t node_size = sizeof(struct node);

static struct node *core;	/* the one made last: tests have one at a time */

static void tell(const char *fmt, unsigned long long value)
{
	size_t used = strlen(core->story);

	snprintf(core->story + used, STORY_MAX - used, fmt, value);
}

void node_init(struct node *n, uint16_t id, const char *name)
{
	ck_assert_uint_eq(id, 7);
	ck_assert_str_eq(name, "n7");
	core = n;
}

void node_look(const struct node *n, struct node_view *view)
{
	(void)n;
	memset(view, 0, sizeof(*view));
}

static struct action *add(struct actions *out, enum action_type type)
{
	struct action *a = &out->action[out->n++];

	memset(a, 0, sizeof(*a));
	a->type = type;
	a->batch = (struct batch_id){ 7, 1 };
	return a;
}

static const struct position here = { .epoch = 4 };

/*
 * A message "c" commits: resolve, append, grant, send. "p" prepares: append, prepare. "l" the same,
 * but lazily. "n" commits what "p" prepared, and prepares the next one. "r" revokes.
 */
static void on_message(const struct event *ev, struct actions *out)
{
	switch (*(const char *)ev->data.p) {
	case 'c':
		add(out, ACT_RESOLVE)->resolution = HSMREPL_COMMIT;
		add(out, ACT_APPEND)->record = RECORD_COMMIT;
		add(out, ACT_GRANT)->position = &here;
		add(out, ACT_SEND)->peer = ev->peer;
		break;
	case 'p':
		add(out, ACT_APPEND)->record = RECORD_YES;
		out->action[0].tail = ev->data;
		add(out, ACT_PREPARE)->tail = ev->data;
		break;
	case 'n':
		add(out, ACT_RESOLVE)->resolution = HSMREPL_COMMIT;
		add(out, ACT_APPEND)->record = RECORD_COMMIT;
		add(out, ACT_APPEND)->record = RECORD_YES;
		add(out, ACT_PREPARE)->batch.number = 2;
		break;
	case 'l':
		add(out, ACT_PREPARE)->lazy = true;
		break;
	case 'r':
		add(out, ACT_REVOKE);
		add(out, ACT_ANSWER);
		break;
	}
}

void node_step(struct node *n, const struct event *ev, struct actions *out)
{
	(void)n;
	out->n = 0;
	tell("E%llu", ev->type);
	switch (ev->type) {
	case EV_MESSAGE:
		tell("(%llu) ", ev->data.n);
		on_message(ev, out);
		return;
	case EV_RESOLVED:
		tell("(seq %llu) ", ev->position->seq);
		return;
	case EV_PREPARED:
	case EV_REVOKED:
		tell("(error %llu) ", ev->error);
		return;
	case EV_FORM:
		tell("(%llu nodes) ", ev->nl->n);
		return;
	default:
		tell(" ", 0);
	}
}

static void hand_send(void *arg, const struct action *a)
{
	struct pump **p = arg;
	struct event down = { .type = EV_PEER_DOWN, .peer = a->peer };

	tell("send %llu ", a->peer);
	/* A connection may be found broken by sending. */
	pump_note(*p, &down);
}

static void hand_append(void *arg, const struct action *a, const struct position *after)
{
	(void)arg;
	tell("append %llu ", a->record);
	if (a->record == RECORD_COMMIT)
		tell("after seq %llu ", after->seq);
	if (a->tail.n)
		ck_assert_int_eq(*(const char *)a->tail.p, 'p');
}

static void begin(enum action_type type)
{
	ck_assert_uint_lt(core->n_begun, PUMP_CALLS_MAX);
	core->begun[core->n_begun++] = type;
}

static void hand_flush(void *arg)
{
	struct pump **p = arg;
	struct event durable = { .type = EV_DURABLE };

	tell("flush ", 0);
	if (!core->disk_is_slow)
		pump_note(*p, &durable);
}

static void hand_grant(void *arg, const struct action *a)
{
	(void)arg;
	tell("grant in epoch %llu ", a->position->epoch);
	begin(ACT_GRANT);
}

static int hand_revoke(void *arg, int *error)
{
	(void)arg;
	tell("revoke ", 0);
	*error = EBUSY;
	return core->prepare_fails ? -ENODEV : 0;
}

static void hand_prepare(void *arg, const struct action *a)
{
	(void)arg;
	(void)a;
	tell("prepare ", 0);
	begin(ACT_PREPARE);
}

static void hand_resolve(void *arg, const struct action *a)
{
	(void)arg;
	(void)a;
	tell("resolve ", 0);
	begin(ACT_RESOLVE);
}

static void hand_give(void *arg)
{
	(void)arg;
	tell("give ", 0);
}

static int hand_end(void *arg, int *error, struct position *after)
{
	enum action_type type = core->begun[0];

	(void)arg;
	ck_assert_uint_gt(core->n_begun, 0);
	memmove(core->begun, core->begun + 1, --core->n_begun * sizeof(core->begun[0]));
	tell("end ", 0);
	*after = (struct position){ 0 };
	if (type == ACT_PREPARE && !core->foretells)
		*error = EEXIST;
	if (type == ACT_RESOLVE || (type == ACT_PREPARE && core->foretells))
		*after = (struct position){ .epoch = 2, .seq = 9 };
	return 0;
}

static int hand_answer(void *arg, const struct action *a)
{
	(void)arg;
	(void)a;
	tell("answer ", 0);
	return 0;
}

static struct pump *pump;

static void setup(void)
{
	const struct hands hands = {
		.send = hand_send, .append = hand_append, .flush = hand_flush,
		.grant = hand_grant,
		.revoke = hand_revoke, .prepare = hand_prepare, .resolve = hand_resolve,
		.give = hand_give, .end = hand_end, .answer = hand_answer, .arg = &pump,
	};

	pump = pump_new(7, "n7", &hands, NULL);
	ck_assert_ptr_nonnull(pump);
}

static void teardown(void)
{
	pump_free(pump);
}

static void note_message(const char *text)
{
	struct event ev = { .type = EV_MESSAGE, .peer = 3, .data = { text, strlen(text) } };

	ck_assert(pump_note(pump, &ev));
}

START_TEST(nothing_happens_before_run)
{
	note_message("c");
	ck_assert_str_eq(core->story, "");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_ne(core->story, "");
}
END_TEST

START_TEST(a_commit_is_appended_at_the_position_that_resolving_gave)
{
	note_message("c");
	ck_assert_int_eq(pump_run(pump), 0);
	/* its connection was found broken meanwhile */
	ck_assert_str_eq(core->story,
			 "E11(1) resolve grant in epoch 4 give send 3 end append 2 after seq 9 end "
			 "E6(seq 9) E10 flush E7 ");
	ck_assert_uint_eq(pump_count(pump)->batches, 1);
	ck_assert_uint_eq(pump_count(pump)->transactions, 9);
	ck_assert_uint_eq(pump_count(pump)->appends[RECORD_COMMIT], 1);
}
END_TEST

START_TEST(results_follow_the_step_and_go_before_the_rest)
{
	note_message("p");
	note_message("r");
	ck_assert_int_eq(pump_run(pump), 0);
	/* the second frame waited first, and is judged by what the first one came to */
	ck_assert_str_eq(core->story,
			 "E11(1) append 1 prepare give end E5(error 17) E11(1) revoke answer "
			 "E4(error 16) flush E7 ");
}
END_TEST

START_TEST(nobody_sleeps_for_the_device_alone)
{
	struct event tick = { .type = EV_TICK };
	struct node_view view;

	core->disk_is_slow = true;
	note_message("p");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story, "E11(1) append 1 prepare give flush ");
	pump_note(pump, &tick);
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story, "E11(1) append 1 prepare give flush end E5(error 17) E1 ");
	note_message("c");
	ck_assert_int_eq(pump_settle(pump), 0);
	ck_assert_uint_eq(core->n_begun, 0);
	pump_look(pump, &view);
	ck_assert_uint_eq(view.position.seq, 9);
}
END_TEST

/* The commit of what was prepared, and the next batch: in one go, and the log need not wait. */
START_TEST(a_commit_that_the_device_foretold_waits_for_nothing)
{
	core->foretells = true;
	note_message("p");
	ck_assert_int_eq(pump_run(pump), 0);
	core->story[0] = '\0';
	note_message("n");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story,
			 "E11(1) resolve append 2 after seq 9 append 1 prepare give flush "
			 "end end E6(seq 9) E5(error 0) E7 ");
	ck_assert_uint_eq(pump_count(pump)->transactions, 9);
}
END_TEST

START_TEST(a_device_that_foretells_nothing_is_waited_for)
{
	note_message("n");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story,
			 "E11(1) resolve give end append 2 after seq 9 append 1 prepare give "
			 "end E6(seq 9) E5(error 17) flush E7 ");
}
END_TEST

START_TEST(the_disk_works_when_all_else_is_done_and_the_device_does)
{
	note_message("x");
	note_message("p");
	note_message("x");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story,
			 "E11(1) E11(1) append 1 prepare give end E5(error 17) E11(1) flush E7 ");
	core->story[0] = '\0';
	note_message("p");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story, "E11(1) append 1 prepare give flush end E5(error 17) E7 ");
	core->story[0] = '\0';
	note_message("x");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story, "E11(1) ");
}
END_TEST

START_TEST(a_record_never_overtakes_that_of_the_commit_before)
{
	note_message("c");
	note_message("p");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_ptr_nonnull(strstr(core->story, "append 2 after seq 9 "));
	ck_assert(strstr(core->story, "append 2") < strstr(core->story, "append 1"));
}
END_TEST

START_TEST(what_nothing_else_would_wake_us_for_is_waited_for)
{
	note_message("l");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story, "E11(1) prepare give end E5(error 17) ");
}
END_TEST

START_TEST(a_lost_resource_stops_everything)
{
	core->prepare_fails = true;
	note_message("r");
	note_message("c");
	ck_assert_int_eq(pump_run(pump), -ENODEV);
	ck_assert_str_eq(core->story, "E11(1) revoke ");
	ck_assert_int_eq(pump_run(pump), -ENODEV);
	ck_assert_str_eq(core->story, "E11(1) revoke ");
}
END_TEST

START_TEST(a_boot_starts_from_the_recovered_position)
{
	const struct node_list nl = { .n = 0 };
	const struct recovery r = { .nl = &nl, .position = { .epoch = 5, .seq = 4 } };

	pump_boot(pump, &r);
	ck_assert_str_eq(core->story, "E0 ");
	note_message("c");
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_uint_eq(pump_count(pump)->transactions, 5);
}
END_TEST

START_TEST(what_an_event_points_to_is_copied)
{
	struct node_list nl = { .n = 3 };
	struct event ev = { .type = EV_FORM, .nl = &nl };
	char text[] = "x";
	struct event message = { .type = EV_MESSAGE, .data = { text, 1 } };

	pump_note(pump, &ev);
	pump_note(pump, &message);
	nl.n = 1;
	text[0] = 'c';
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert_str_eq(core->story, "E12(3 nodes) E11(1) ");
}
END_TEST

START_TEST(frames_are_refused_when_too_many_wait_but_nothing_else_is)
{
	struct event tick = { .type = EV_TICK };
	unsigned int taken = 0;
	struct event ev = { .type = EV_MESSAGE, .data = { "x", 1 } };

	while (pump_note(pump, &ev))
		taken++;
	ck_assert_uint_eq(taken, INBOX_EVENTS_MAX - INBOX_RESERVE);
	ck_assert_uint_eq(pump_count(pump)->frames_refused, 1);
	for (unsigned int i = 0; i < INBOX_RESERVE; i++)
		ck_assert(pump_note(pump, &tick));
	ck_assert_int_eq(pump_run(pump), 0);
	ck_assert(pump_note(pump, &ev));
}
END_TEST

START_TEST(bytes_that_wait_are_bounded)
{
	struct inbox *in = inbox_new();
	char *big = calloc(1, HSMREPL_BATCH_MAX);
	struct event ev = { .type = EV_MESSAGE, .data = { big, HSMREPL_BATCH_MAX } };
	struct event got;
	unsigned int taken = 0;

	for (int round = 0; round < 2; round++) {
		for (taken = 0; inbox_put(in, &ev); taken++)
			;
		ck_assert_uint_eq(taken, INBOX_BYTES_MAX / HSMREPL_BATCH_MAX);
		while (inbox_get(in, &got))
			ck_assert_uint_eq(got.data.n, HSMREPL_BATCH_MAX);
	}
	inbox_free(in);
	free(big);
}
END_TEST

START_TEST(events_come_out_in_their_order_round_and_round)
{
	struct inbox *in = inbox_new();
	uint16_t next_in = 0, next_out = 0;
	struct event got;

	for (int round = 0; round < 3000; round++) {
		for (int i = 0; i < 5; i++, next_in++) {
			struct event ev = { .type = EV_MESSAGE, .peer = next_in,
					    .data = { &next_in, sizeof(next_in) } };

			ck_assert(inbox_put(in, &ev));
		}
		for (int i = 0; i < 5; i++, next_out++) {
			uint16_t value;

			ck_assert(inbox_get(in, &got));
			memcpy(&value, got.data.p, sizeof(value));
			ck_assert_uint_eq(got.peer, next_out);
			ck_assert_uint_eq(value, next_out);
		}
		ck_assert(!inbox_get(in, &got));
	}
	inbox_free(in);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pump");
	TCase *t = tcase_create("pump");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_happens_before_run);
	tcase_add_test(t, a_commit_is_appended_at_the_position_that_resolving_gave);
	tcase_add_test(t, results_follow_the_step_and_go_before_the_rest);
	tcase_add_test(t, nobody_sleeps_for_the_device_alone);
	tcase_add_test(t, a_commit_that_the_device_foretold_waits_for_nothing);
	tcase_add_test(t, a_device_that_foretells_nothing_is_waited_for);
	tcase_add_test(t, the_disk_works_when_all_else_is_done_and_the_device_does);
	tcase_add_test(t, a_record_never_overtakes_that_of_the_commit_before);
	tcase_add_test(t, what_nothing_else_would_wake_us_for_is_waited_for);
	tcase_add_test(t, a_lost_resource_stops_everything);
	tcase_add_test(t, a_boot_starts_from_the_recovered_position);
	tcase_add_test(t, what_an_event_points_to_is_copied);
	tcase_add_test(t, frames_are_refused_when_too_many_wait_but_nothing_else_is);
	tcase_add_test(t, bytes_that_wait_are_bounded);
	tcase_add_test(t, events_come_out_in_their_order_round_and_round);
	suite_add_tcase(s, t);
	return suite_run(s);
}
