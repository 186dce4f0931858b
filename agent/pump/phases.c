// SPDX-License-Identifier: GPL-2.0
#include "phases.h"

#include <string.h>

#include "frame.h"
#include "../core/wire.h"

const char *phase_name(enum phase phase)
{
	static const char *const name[PHASES] = {
		[PHASE_QUEUE] = "queue", [PHASE_CLAIM] = "claim", [PHASE_APPEND] = "append",
		[PHASE_VOTE] = "vote", [PHASE_APPLY] = "apply", [PHASE_WAKE_UP] = "wake_up",
		[PHASE_COMMIT] = "commit", [PHASE_ANSWER] = "answer",
	};

	return phase < PHASES ? name[phase] : "?";
}

static unsigned int bucket_of(uint64_t ns)
{
	uint64_t us = ns / 1000;
	unsigned int i = 0;

	for (uint64_t bound = PHASE_FIRST_US; i < PHASE_BUCKETS - 1 && us >= bound; bound *= 2)
		i++;
	return i;
}

/* Nothing if one end is not known. The ends may be seen the other way round by two threads. */
static void count(struct histogram *h, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;

	if (!from_ns || !to_ns)
		return;
	h->sum_ns += ns;
	h->count[bucket_of(ns)]++;
}

static void took(struct phases *p, enum phase phase, uint64_t from_ns, uint64_t to_ns)
{
	count(&p->of[phase], from_ns, to_ns);
}

/* Its entry, or the one that was not used for longest. */
static struct voter *voter_of(struct phases *p, uint16_t id)
{
	struct voter *oldest = &p->voter[0];

	for (unsigned int i = 0; i < HSMREPL_NODES_MAX; i++) {
		if (p->voter[i].id == id)
			return &p->voter[i];
		if (p->voter[i].asked_ns < oldest->asked_ns)
			oldest = &p->voter[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->id = id;
	return oldest;
}

const struct histogram *phases_voter(const struct phases *p, uint16_t id)
{
	for (unsigned int i = 0; i < HSMREPL_NODES_MAX; i++)
		if (p->voter[i].id == id)
			return &p->voter[i].took;
	return NULL;
}

static void asked(struct phases *p, uint16_t id, uint64_t now_ns)
{
	struct voter *v = voter_of(p, id);

	v->asked_ns = now_ns;
	v->waits = true;
}

static void voted(struct phases *p, uint16_t id, uint64_t now_ns)
{
	struct voter *v = voter_of(p, id);

	p->voted_ns = now_ns;
	if (v->waits)
		count(&v->took, v->asked_ns, now_ns);
	v->waits = false;
}

/* With a standing grant nothing waits: the transaction came with the read. */
static void claimed(struct phases *p, uint64_t number, uint64_t now_ns)
{
	uint64_t granted_ns = p->granted_ns;

	if (p->queued_ns && granted_ns < p->queued_ns)
		granted_ns = p->queued_ns;
	if (p->queued_ns) {
		took(p, PHASE_QUEUE, p->queued_ns, granted_ns);
		took(p, PHASE_CLAIM, granted_ns, now_ns);
	} else {
		took(p, PHASE_QUEUE, now_ns, now_ns);
		took(p, PHASE_CLAIM, p->read_ns, now_ns);
	}
	p->queued_ns = 0;
	p->own = number;
	p->claimed_ns = now_ns;
	p->flushed_ns = 0;
	p->voted_ns = 0;
}

uint64_t phases_waiting_ns(const struct phases *p, uint64_t now_ns)
{
	return p->queued_ns && p->queued_ns < now_ns ? now_ns - p->queued_ns : 0;
}

void phases_event(struct phases *p, const struct event *ev, uint64_t now_ns)
{
	unsigned int type;

	switch (ev->type) {
	case EV_QUEUED:
		if (!p->queued_ns)
			p->queued_ns = now_ns;
		return;
	case EV_CLAIMED:
		claimed(p, ev->batch.number, now_ns);
		return;
	case EV_DURABLE:
		if (p->own && ev->record == RECORD_YES && ev->batch.number == p->own) {
			took(p, PHASE_APPEND, p->claimed_ns, p->flushed_ns);
			took(p, PHASE_WAKE_UP, p->flushed_ns, now_ns);
		}
		return;
	case EV_MESSAGE:
		type = frame_type(ev->data);
		if (type == MSG_VOTE && p->own)
			voted(p, ev->peer, now_ns);
		else if (type == MSG_PREPARE)
			p->asked_ns = now_ns;
		return;
	default:
		return;
	}
}

void phases_action(struct phases *p, const struct action *a, uint64_t now_ns)
{
	if (a->type == ACT_GRANT) {
		p->granted_ns = now_ns;
	} else if (a->type == ACT_SEND && frame_type(a->head) == MSG_PREPARE) {
		asked(p, a->peer, now_ns);
	} else if (a->type == ACT_SEND && frame_type(a->head) == MSG_VOTE) {
		took(p, PHASE_ANSWER, p->asked_ns, now_ns);
		p->asked_ns = 0;
	}
}

void phases_given(struct phases *p, const struct action *a, uint64_t began_ns, uint64_t now_ns)
{
	if (a->type != ACT_RESOLVE || !p->own || a->batch.number != p->own)
		return;
	if (a->resolution == HSMREPL_COMMIT) {
		took(p, PHASE_VOTE, p->claimed_ns, p->voted_ns);
		took(p, PHASE_APPLY, began_ns, now_ns);
		took(p, PHASE_COMMIT, p->claimed_ns, now_ns);
	}
	p->own = 0;
}

void phases_read(struct phases *p, uint64_t now_ns)
{
	p->read_ns = now_ns;
}

void phases_flushed(struct phases *p, uint64_t number, uint64_t done_ns)
{
	if (p->own && number == p->own)
		p->flushed_ns = done_ns;
}
