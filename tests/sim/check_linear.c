// SPDX-License-Identifier: GPL-2.0
/*
 * Linearizability of one label's history: the search of Wing and Gong with Lowe's memo.
 * Beginnings and ends of calls stand in a list by time. A call can be next if no end of another
 * one stands before its beginning; a call that explains what was told is taken out of the list
 * and the search goes on; at an end of a call that was not taken it goes back. (calls taken,
 * state) is never tried twice.
 *
 * Checked are calls that returned with a result, refusals of one operation among them, and writes
 * without one that the pool has applied (they end never). Writes that were never applied take no
 * part: a read that saw one has no explanation.
 */
#include "checks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "rng.h"

#define LINEAR_STEPS_MAX	200000u	/* of one label; then it counts as undecided */
#define LINEAR_MEMO		(1u << 18)

_Static_assert(LINEAR_MEMO > LINEAR_STEPS_MAX, "the memo is never full");

/* An object as callers know it. */
struct state {
	uint64_t version;	/* 0: there is none */
	uint64_t value;
};

/**
 * struct part - what one call did to the label
 * @call: the call
 * @change: write: what
 * @told: the result is known: version after it
 * @refused: write: it did not happen, since the label was as @call->error says
 */
struct part {
	const struct call *call;
	const struct change *change;
	bool told;
	bool refused;
};

/* A beginning or an end, in the list by time. */
struct mark {
	uint64_t at_us;
	uint16_t part;
	bool end;
	uint16_t prev;
	uint16_t next;
	uint16_t match;		/* of a beginning: its end */
};

#define MARKS_MAX (2 * CALLS_MAX + 1)	/* the first one is the list's head */

struct linear {
	const struct history *history;
	unsigned int n_parts;
	struct part part[CALLS_MAX];
	struct mark mark[MARKS_MAX];
	struct state before[CALLS_MAX];	/* of each call taken */
	uint16_t taken[CALLS_MAX];	/* their beginnings */
	unsigned int n_taken;
	uint64_t taken_hash;
	uint64_t memo[LINEAR_MEMO];
	uint32_t filled[LINEAR_STEPS_MAX];	/* places of the memo */
	unsigned int n_filled;
	unsigned int steps;
};

static void add_part(struct linear *s, const struct call *c, const struct change *change)
{
	/* Whoever asked for the outcome later was told no version. */
	bool told = change == &c->change[0] && c->end == END_DONE &&
		    (c->version || change->code == HSMREPL_OP_DELETE);

	s->part[s->n_parts++] = (struct part){ c, change, told, call_refused(c) };
}

static void collect(struct linear *s, struct ledger *l, unsigned int label)
{
	const struct history *h = s->history;

	s->n_parts = 0;
	for (unsigned int i = 0; i < h->n; i++) {
		const struct call *c = &h->call[i];

		if (c->kind == CALL_GET) {
			if ((c->end == END_DONE || c->end == END_NOTHING) &&
			    !c->committed_only && c->change[0].label == label)
				add_part(s, c, &c->change[0]);
			continue;
		}
		if (c->end != END_DONE && !call_refused(c) &&
		    !(c->tid && ledger_fate(l, c->tid)->seq))
			continue;
		for (unsigned int k = 0; k < c->n_changes; k++)
			if (c->change[k].label == label)
				add_part(s, c, &c->change[k]);
	}
}

/* Beginnings before ends at the same time: calls that touch each other overlap. */
static int compare_marks(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	if (x->end != y->end)
		return x->end ? 1 : -1;
	return (int)x->part - (int)y->part;
}

static unsigned int sort_marks(struct linear *s)
{
	unsigned int n = 1;

	for (unsigned int i = 0; i < s->n_parts; i++) {
		const struct call *c = s->part[i].call;
		uint64_t end = c->end == END_PENDING || c->end == END_LOST ? UINT64_MAX :
			       c->ended_us;

		s->mark[n++] = (struct mark){ .at_us = c->began_us, .part = (uint16_t)i };
		s->mark[n++] = (struct mark){ .at_us = end, .part = (uint16_t)i, .end = true };
	}
	qsort(s->mark + 1, n - 1, sizeof(s->mark[0]), compare_marks);
	return n;
}

static void link_marks(struct linear *s)
{
	unsigned int n = sort_marks(s);
	uint16_t *begin = malloc(CALLS_MAX * sizeof(*begin));

	for (unsigned int i = 0; i < n; i++) {
		s->mark[i].prev = (uint16_t)(i ? i - 1 : n - 1);
		s->mark[i].next = (uint16_t)(i + 1 < n ? i + 1 : 0);
		if (!i)
			continue;
		if (s->mark[i].end)
			s->mark[begin[s->mark[i].part]].match = (uint16_t)i;
		else
			begin[s->mark[i].part] = (uint16_t)i;
	}
	free(begin);
}

static void unlink_mark(struct linear *s, uint16_t m)
{
	s->mark[s->mark[m].prev].next = s->mark[m].next;
	s->mark[s->mark[m].next].prev = s->mark[m].prev;
}

static void relink_mark(struct linear *s, uint16_t m)
{
	s->mark[s->mark[m].prev].next = m;
	s->mark[s->mark[m].next].prev = m;
}

/* Whether the call explains itself in this state; then the state after it. */
static bool explain(const struct part *p, struct state *now)
{
	const struct call *c = p->call;
	const struct change *ch = p->change;

	if (p->refused)
		return c->error == EEXIST ? now->version != 0 :
		       c->error == ENOENT ? now->version == 0 :
		       now->version != 0 && now->version != ch->if_version;
	if (c->kind == CALL_GET)
		return c->end == END_NOTHING ? now->version == 0 :
		       now->version == c->version && now->value == c->value;
	if (ch->code == HSMREPL_OP_CREATE ? now->version != 0 : now->version == 0)
		return false;
	if (ch->if_version && ch->if_version != now->version)
		return false;
	now->version = ch->code == HSMREPL_OP_DELETE ? 0 : now->version + 1;
	now->value = ch->value;
	return !p->told || c->version == now->version;
}

/* False if this (calls taken, state) was tried before. */
static bool remember(struct linear *s, uint64_t taken, const struct state *now)
{
	uint64_t key = rng_mix(taken ^ rng_mix(now->version + 1) ^ rng_mix(now->value ^ ~0ull)) | 1;
	uint64_t i = key;

	for (;; i++) {
		uint64_t *place = &s->memo[i % LINEAR_MEMO];

		if (*place == key)
			return false;
		if (!*place) {
			*place = key;
			s->filled[s->n_filled++] = (uint32_t)(i % LINEAR_MEMO);
			return true;
		}
	}
}

static uint64_t part_hash(uint16_t part)
{
	return rng_mix((uint64_t)part + 0x1234567u);
}

static void take(struct linear *s, uint16_t m, const struct state *before)
{
	s->before[s->n_taken] = *before;
	s->taken[s->n_taken++] = m;
	s->taken_hash ^= part_hash(s->mark[m].part);
	unlink_mark(s, m);
	unlink_mark(s, s->mark[m].match);
}

/* Gives the last call taken back; where to go on, 0 if none was taken. */
static uint16_t give_back(struct linear *s, struct state *now)
{
	uint16_t m;

	if (!s->n_taken)
		return 0;
	m = s->taken[--s->n_taken];
	*now = s->before[s->n_taken];
	s->taken_hash ^= part_hash(s->mark[m].part);
	relink_mark(s, s->mark[m].match);
	relink_mark(s, m);
	return s->mark[m].next;
}

enum verdict { VERDICT_YES, VERDICT_NO, VERDICT_UNDECIDED };

static enum verdict search(struct linear *s)
{
	struct state now = { 0, 0 };
	uint16_t m = s->mark[0].next;

	while (s->n_filled)
		s->memo[s->filled[--s->n_filled]] = 0;
	s->n_taken = 0;
	s->taken_hash = 0;
	for (s->steps = 0; s->n_taken < s->n_parts; s->steps++) {
		struct state next = now;
		const struct part *p = &s->part[s->mark[m].part];

		if (s->steps == LINEAR_STEPS_MAX)
			return VERDICT_UNDECIDED;
		if (m == 0 || s->mark[m].end) {
			m = give_back(s, &now);
			if (!m && !s->n_taken)
				return VERDICT_NO;
		} else if (explain(p, &next) &&
			   remember(s, s->taken_hash ^ part_hash(s->mark[m].part), &next)) {
			take(s, m, &now);
			now = next;
			m = s->mark[0].next;
		} else {
			m = s->mark[m].next;
		}
	}
	return VERDICT_YES;
}

void linear_check(struct ledger *l, const struct history *h, unsigned int labels,
		  uint64_t *steps, unsigned int *undecided)
{
	struct linear *s = calloc(1, sizeof(*s));

	s->history = h;
	for (unsigned int label = 0; label < labels && !l->violated; label++) {
		enum verdict v;

		collect(s, l, label);
		s->mark[0] = (struct mark){ 0 };
		link_marks(s);
		v = search(s);
		*steps += s->steps;
		if (v == VERDICT_UNDECIDED)
			++*undecided;
		if (v == VERDICT_NO)
			ledger_violated(l, "I7", "no order of the %u calls on label k%u explains"
					" what callers were told",
					s->n_parts, label);
	}
	free(s);
}
