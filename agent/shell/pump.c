// SPDX-License-Identifier: GPL-2.0
#include "pump.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "frame.h"
#include "inbox.h"

#define NS_PER_MS 1000000u
#define NS_PER_S 1000000000u
#define RANDOM_NUMBERS 32	/* drawn at once; up to 256 bytes come whole (getrandom(2)) */

/**
 * struct pump - one node and what waits for it
 * @node: the protocol core's
 * @inbox: events that wait
 * @hands: carry out the actions
 * @trace: NULL for none
 * @position: the device's, after the last resolve
 * @stopped: a hand stopped the pump: negative errno
 * @counters: since the start
 * @phases: since the start
 * @random: fresh numbers, @n_random left
 * @n_random: entries of @random
 * @actions: of the step at work
 */
struct pump {
	struct node *node;
	struct inbox *inbox;
	struct hands hands;
	struct trace *trace;
	struct position position;
	int stopped;
	struct pump_counters counters;
	struct phases phases;
	uint64_t random[RANDOM_NUMBERS];
	unsigned int n_random;
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

uint64_t pump_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t pump_now_ms(void)
{
	return pump_now_ns() / NS_PER_MS;
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

static int resolve(struct pump *p, const struct action *a)
{
	uint64_t seq = p->position.seq, began_ns = pump_now_ns();
	int ret = p->hands.resolve(p->hands.arg, a, &p->position);

	if (ret)
		return ret;
	phases_resolved(&p->phases, a, began_ns, pump_now_ns());
	if (a->resolution == HSMREPL_COMMIT) {
		p->counters.batches++;
		p->counters.transactions += p->position.seq - seq;
	}
	note_result(p, EV_RESOLVED, a, 0);
	return 0;
}

static int ask_device(struct pump *p, const struct action *a)
{
	const struct hands *h = &p->hands;
	enum event_type answer;
	int error = 0;
	int ret;

	if (a->type == ACT_PREPARE) {
		answer = EV_PREPARED;
		ret = h->prepare(h->arg, a, &error);
	} else if (a->type == ACT_REVOKE) {
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

static int carry_out(struct pump *p, const struct action *a)
{
	const struct hands *h = &p->hands;

	switch (a->type) {
	case ACT_SEND:
		count_frame(p->counters.frames_out, a->head);
		h->send(h->arg, a);
		return 0;
	case ACT_DROP:
		h->drop(h->arg, a);
		return 0;
	case ACT_APPEND:
		p->counters.appends[a->record]++;
		h->append(h->arg, a, &p->position);
		return 0;
	case ACT_GRANT:
		return h->grant(h->arg, a, p->position.epoch);
	case ACT_REVOKE:
	case ACT_PREPARE:
	case ACT_SUBMIT_NODES:
		return ask_device(p, a);
	case ACT_RESOLVE:
		return resolve(p, a);
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
	case ACT_TYPES:
		break;
	}
	abort();
}

static void step(struct pump *p, struct event *ev)
{
	uint64_t now_ns = pump_now_ns();

	ev->now_ms = now_ns / NS_PER_MS;
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
}

void pump_boot(struct pump *p, const struct recovery *recovery)
{
	struct event ev = { .type = EV_BOOT, .recovery = recovery };

	p->position = recovery->position;
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

int pump_run(struct pump *p)
{
	struct event ev;

	while (!p->stopped && inbox_get(p->inbox, &ev))
		step(p, &ev);
	return p->stopped;
}

void pump_look(const struct pump *p, struct node_view *view)
{
	node_look(p->node, view);
}

const struct pump_counters *pump_count(const struct pump *p)
{
	return &p->counters;
}

struct phases *pump_phases(struct pump *p)
{
	return &p->phases;
}
