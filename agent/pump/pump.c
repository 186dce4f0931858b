// SPDX-License-Identifier: GPL-2.0
#include "pump.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "frame.h"
#include "inbox.h"

#define RANDOM_NUMBERS 32	/* drawn at once; up to 256 bytes come whole (getrandom(2)) */

/**
 * struct begun - what the device is at
 * @action: ACT_GRANT, ACT_PREPARE or ACT_RESOLVE; what it points to is void
 * @append: ACT_RESOLVE: the record that needs the position after it; 0 for none
 */
struct begun {
	struct action action;
	enum record_type append;
};

/**
 * struct pump - one node and what waits for it
 * @node: the protocol core's
 * @inbox: events that wait
 * @hands: carry out the actions
 * @trace: NULL for none
 * @position: the device's, after the last resolve
 * @prepared: batch that the device prepared last
 * @after: where it stands after the commit of @prepared; seq 0 if it does not tell
 * @stopped: a hand stopped the pump: negative errno
 * @counters: since the start
 * @phases: since the start
 * @random: fresh numbers, @n_random left
 * @n_random: entries of @random
 * @appended: there is something for the log to write
 * @begun: what the device is at, @n_begun of them
 * @n_begun: entries of @begun
 * @n_given: of those, the device has them
 * @actions: of the step at work
 */
struct pump {
	struct node *node;
	struct inbox *inbox;
	struct hands hands;
	struct trace *trace;
	struct position position;
	struct batch_id prepared;
	struct position after;
	int stopped;
	struct pump_counters counters;
	struct phases phases;
	uint64_t random[RANDOM_NUMBERS];
	unsigned int n_random;
	bool appended;
	struct begun begun[PUMP_CALLS_MAX];
	unsigned int n_begun;
	unsigned int n_given;
	struct actions actions;
};

struct pump *pump_new(uint16_t id, const char *name, const struct hands *hands,
		      struct trace *trace)
{
	struct pump *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->node = calloc(1, node_size);
	p->inbox = inbox_new();
	if (!p->node || !p->inbox) {
		pump_free(p);
		return NULL;
	}
	p->hands = *hands;
	p->trace = trace;
	node_init(p->node, id, name);
	return p;
}

void pump_free(struct pump *p)
{
	if (!p)
		return;
	inbox_free(p->inbox);
	free(p->node);
	free(p);
}

static uint64_t fresh_random(struct pump *p)
{
	if (!p->n_random) {
		ssize_t got = getrandom(p->random, sizeof(p->random), 0);

		assert(got == (ssize_t)sizeof(p->random));
		p->n_random = RANDOM_NUMBERS;
	}
	return p->random[--p->n_random];
}

/*
 * What a synchronous device call came to: taken after the rest of the step's actions, and before
 * all else that waits.
 */
static void note_result(struct pump *p, enum event_type type, const struct action *a, int error)
{
	struct event ev = { .type = type, .batch = a->batch, .error = error };

	if (type == EV_RESOLVED)
		ev.position = &p->position;
	inbox_put(p->inbox, &ev);
}

static void count_frame(uint64_t counter[PUMP_MESSAGES], struct bytes head)
{
	unsigned int type = frame_type(head);

	counter[type < PUMP_MESSAGES ? type : PUMP_MESSAGES - 1]++;
}

static void append(struct pump *p, const struct action *a, const struct position *after)
{
	p->counters.appends[a->record]++;
	p->appended = true;
	p->hands.append(p->hands.arg, a, after);
}

static void note_prepared(struct pump *p, const struct action *a, int error,
			  const struct position *after)
{
	p->prepared = a->batch;
	p->after = *after;
	note_result(p, EV_PREPARED, a, error);
}

/* Has the device told where the commit of that batch leads? */
static bool is_foretold(const struct pump *p, struct batch_id batch)
{
	return p->after.seq && same_batch(batch, p->prepared);
}

static void note_resolved(struct pump *p, struct begun *b, const struct position *after)
{
	if (b->action.resolution == HSMREPL_COMMIT) {
		assert(!is_foretold(p, b->action.batch) ||
		       memcmp(after, &p->after, sizeof(*after)) == 0);
		p->counters.batches++;
		p->counters.transactions += after->seq - p->position.seq;
	}
	p->position = *after;
	if (b->append) {
		b->action.type = ACT_APPEND;
		b->action.record = b->append;
		append(p, &b->action, after);
	}
	note_result(p, EV_RESOLVED, &b->action, 0);
}

/* What was begun in a row goes to the device together. */
static void give_calls(struct pump *p)
{
	uint64_t began_ns;

	if (p->n_given == p->n_begun)
		return;
	began_ns = clock_ns();
	p->hands.give(p->hands.arg);
	for (; p->n_given < p->n_begun; p->n_given++)
		phases_given(&p->phases, &p->begun[p->n_given].action, began_ns, clock_ns());
}

static int end_call(struct pump *p, struct begun *b)
{
	struct position after;
	int error = 0;
	int ret = p->hands.end(p->hands.arg, &error, &after);

	if (ret)
		return ret;
	if (b->action.type == ACT_PREPARE)
		note_prepared(p, &b->action, error, &after);
	else if (b->action.type == ACT_RESOLVE)
		note_resolved(p, b, &after);
	return 0;
}

/* What the device was at has come to an end. */
static int end_calls(struct pump *p)
{
	give_calls(p);
	for (unsigned int i = 0; i < p->n_begun && !p->stopped; i++)
		p->stopped = end_call(p, &p->begun[i]);
	p->n_begun = p->n_given = 0;
	return p->stopped;
}

static int begin_call(struct pump *p, const struct action *a)
{
	const struct hands *h = &p->hands;

	if (p->n_begun == PUMP_CALLS_MAX && end_calls(p))
		return p->stopped;
	p->begun[p->n_begun++] = (struct begun){ .action = *a };
	if (a->type == ACT_GRANT)
		h->grant(h->arg, a);
	else if (a->type == ACT_PREPARE)
		h->prepare(h->arg, a);
	else
		h->resolve(h->arg, a);
	return 0;
}

/* Does a record that is not appended yet wait for the device? */
static bool owes_record(const struct pump *p)
{
	for (unsigned int i = 0; i < p->n_begun; i++)
		if (p->begun[i].append)
			return true;
	return false;
}

/*
 * A commit's record needs the position after it. Of what was prepared the device has told it; else
 * the record waits for the device, and what follows waits for the record.
 */
static int append_in_turn(struct pump *p, const struct action *a)
{
	struct begun *last = p->n_begun ? &p->begun[p->n_begun - 1] : NULL;

	if (owes_record(p) && end_calls(p))
		return p->stopped;
	if (a->record != RECORD_COMMIT)
		append(p, a, NULL);
	else if (is_foretold(p, a->batch))
		append(p, a, &p->after);
	else if (last && last->action.type == ACT_RESOLVE)
		last->append = a->record;
	else
		append(p, a, &p->position);
	return 0;
}

static int ask_device(struct pump *p, const struct action *a)
{
	const struct hands *h = &p->hands;
	enum event_type answer;
	int error = 0;
	int ret;

	if (a->type == ACT_REVOKE) {
		answer = EV_REVOKED;
		ret = h->revoke(h->arg, &error);
	} else {
		answer = EV_SUBMITTED;
		ret = h->nodes(h->arg, a, &error);
	}
	if (!ret)
		note_result(p, answer, a, error);
	return ret;
}

static int carry_out_rare(struct pump *p, const struct action *a)
{
	const struct hands *h = &p->hands;

	switch (a->type) {
	case ACT_DROP:
		h->drop(h->arg, a);
		return 0;
	case ACT_REVOKE:
	case ACT_SUBMIT_NODES:
		return ask_device(p, a);
	case ACT_ANSWER:
		return h->answer(h->arg, a);
	case ACT_REPORT:
		return h->report(h->arg, a);
	case ACT_MEMBERS:
		h->members(h->arg, a);
		return 0;
	case ACT_CANDIDATE:
		h->candidate(h->arg, a);
		return 0;
	case ACT_LOOKUP:
		h->lookup(h->arg, a);
		return 0;
	case ACT_SEND:
	case ACT_SOON:
	case ACT_APPEND:
	case ACT_GRANT:
	case ACT_PREPARE:
	case ACT_RESOLVE:
	case ACT_TYPES:
		break;
	}
	abort();
}

/* What commits are made of goes on while the device is at work; all else is rare, and waits. */
static int carry_out(struct pump *p, const struct action *a)
{
	switch (a->type) {
	case ACT_SEND:
		give_calls(p);
		count_frame(p->counters.frames_out, a->head);
		p->hands.send(p->hands.arg, a);
		return 0;
	case ACT_SOON:
		p->hands.soon(p->hands.arg);
		return 0;
	case ACT_APPEND:
		return append_in_turn(p, a);
	case ACT_GRANT:
	case ACT_PREPARE:
	case ACT_RESOLVE:
		return begin_call(p, a);
	default:
		return end_calls(p) ? p->stopped : carry_out_rare(p, a);
	}
}

static void step(struct pump *p, struct event *ev)
{
	uint64_t now_ns = clock_ns();

	ev->now_ms = now_ns / CLOCK_NS_PER_MS;
	ev->random = fresh_random(p);
	p->counters.events[ev->type]++;
	phases_event(&p->phases, ev, now_ns);
	trace_event(p->trace, ev);
	node_step(p->node, ev, &p->actions);
	for (unsigned int i = 0; i < p->actions.n && !p->stopped; i++) {
		const struct action *a = &p->actions.action[i];

		p->counters.actions[a->type]++;
		phases_action(&p->phases, a, now_ns);
		trace_action(p->trace, a);
		p->stopped = carry_out(p, a);
	}
	give_calls(p);
}

void pump_boot(struct pump *p, const struct recovery *recovery)
{
	struct event ev = { .type = EV_BOOT, .recovery = recovery };

	p->position = recovery->position;
	p->after.seq = 0;
	step(p, &ev);
}

bool pump_note(struct pump *p, const struct event *ev)
{
	if (ev->type == EV_MESSAGE)
		count_frame(p->counters.frames_in, ev->data);
	if (inbox_put(p->inbox, ev))
		return true;
	p->counters.frames_refused++;
	return false;
}

/* Of a yes that is on its way to the disk we are woken anyway; not so of a lazy one. */
static bool must_wait(const struct pump *p)
{
	for (unsigned int i = 0; i < p->n_begun; i++)
		if (p->begun[i].action.type == ACT_PREPARE && p->begun[i].action.lazy)
			return true;
	return false;
}

int pump_run(struct pump *p)
{
	struct event ev;

	while (!p->stopped) {
		if ((inbox_waits(p->inbox) || must_wait(p)) && end_calls(p))
			break;
		if (inbox_get(p->inbox, &ev)) {
			step(p, &ev);
			continue;
		}
		if (!p->appended)
			break;
		p->appended = false;
		p->hands.flush(p->hands.arg);
	}
	return p->stopped;
}

int pump_settle(struct pump *p)
{
	while (!pump_run(p) && p->n_begun)
		end_calls(p);
	return p->stopped;
}

void pump_look(const struct pump *p, struct node_view *view)
{
	node_look(p->node, view);
	view->position = p->position;
}

const struct pump_counters *pump_count(const struct pump *p)
{
	return &p->counters;
}

struct phases *pump_phases(struct pump *p)
{
	return &p->phases;
}
