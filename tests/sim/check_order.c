// SPDX-License-Identifier: GPL-2.0
/*
 * Strict serializability against the history's own order. Every write that happened has its
 * place, its seq. A read has a place between the TL that wrote what it saw and the next one that
 * touches its label. Taken in the order in which calls began, each gets the lowest place that is
 * not before a call that had ended when it began; if one does not exist, no order explains what
 * callers saw.
 */
#include "checks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* A TL that touched a label. */
struct touch {
	uint64_t seq;
	uint64_t value;		/* 0: deleted */
};

struct order {
	struct ledger *ledger;
	const struct history *history;
	unsigned int n_touches[UINT8_MAX + 1];
	struct touch *touches[UINT8_MAX + 1];
	uint64_t low[CALLS_MAX];
	uint16_t by_begin[CALLS_MAX];
	uint16_t by_end[CALLS_MAX];
};

static void collect_touches(struct order *o, unsigned int labels)
{
	const struct ledger *l = o->ledger;

	for (unsigned int i = 0; i < labels; i++) {
		o->n_touches[i] = 0;
		o->touches[i] = malloc((l->last_seq + 1) * sizeof(struct touch));
	}
	for (uint64_t seq = 1; seq <= l->last_seq; seq++) {
		const struct fate *f = ledger_fate(o->ledger, l->place[seq].tid);
		const struct call *c;

		if (!f->call)
			continue;	/* FORM */
		c = &o->history->call[f->call - 1];
		for (unsigned int i = 0; i < c->n_changes; i++) {
			unsigned int label = c->change[i].label;

			o->touches[label][o->n_touches[label]++] =
				(struct touch){ seq, c->change[i].value };
		}
	}
}

/* Whether a label that was last touched like this explains what the call was told. */
static bool shows(const struct call *c, const struct touch *now)
{
	if (c->end == END_DONE)
		return now->value == c->value && now->seq == c->seq;
	if (c->kind == CALL_WRITE && c->error != ENOENT)
		return now->value != 0;	/* EEXIST, ESTALE */
	return now->value == 0;
}

/* Lowest place of a read or refusal that is not below @floor; UINT64_MAX if there is none. */
static uint64_t place_read(const struct order *o, const struct call *c, uint64_t floor)
{
	const struct touch *t = o->touches[c->change[0].label];
	unsigned int n = o->n_touches[c->change[0].label];
	struct touch now = { 0, 0 };
	unsigned int i = 0;

	for (;;) {
		uint64_t next = i < n ? t[i].seq : UINT64_MAX;
		bool seen = shows(c, &now);

		if (seen && next > floor)
			return now.seq > floor ? now.seq : floor;
		if (i == n)
			return UINT64_MAX;
		now = t[i++];
	}
}

/* Where a write happened; 0: it did not. */
static uint64_t place_write(const struct order *o, const struct call *c)
{
	return c->tid ? ledger_fate(o->ledger, c->tid)->seq : 0;
}

/* Whether a call has a place at all. */
static bool takes_part(const struct order *o, const struct call *c)
{
	if (c->kind == CALL_WRITE)
		return place_write(o, c) != 0 || call_refused(c);
	return c->end == END_DONE || c->end == END_NOTHING;
}

static int compare_begin(const void *a, const void *b, void *arg)
{
	const struct call *calls = arg;
	uint64_t x = calls[*(const uint16_t *)a].began_us, y = calls[*(const uint16_t *)b].began_us;

	return (x > y) - (x < y);
}

static int compare_end(const void *a, const void *b, void *arg)
{
	const struct call *calls = arg;
	uint64_t x = calls[*(const uint16_t *)a].ended_us, y = calls[*(const uint16_t *)b].ended_us;

	return (x > y) - (x < y);
}

static unsigned int sort_calls(struct order *o)
{
	const struct history *h = o->history;
	unsigned int n = 0;

	for (unsigned int i = 0; i < h->n; i++)
		if (takes_part(o, &h->call[i]))
			o->by_begin[n++] = (uint16_t)i;
	for (unsigned int i = 0; i < n; i++)
		o->by_end[i] = o->by_begin[i];
	qsort_r(o->by_begin, n, sizeof(uint16_t), compare_begin, (void *)h->call);
	qsort_r(o->by_end, n, sizeof(uint16_t), compare_end, (void *)h->call);
	return n;
}

/* The place of call @i, at or after @floor. */
static void place_call(struct order *o, unsigned int i, uint64_t floor)
{
	const struct call *c = &o->history->call[i];
	uint64_t place;

	if (c->kind == CALL_WRITE && !call_refused(c)) {
		o->low[i] = place_write(o, c);
		if (o->low[i] <= floor)
			ledger_violated(o->ledger, "I7", "client %u at n%u: TID %016" PRIx64
					" got seq %" PRIu64 ", but seq %" PRIu64
					" was seen before it was submitted",
					c->client, c->node, c->tid, o->low[i], floor);
		return;
	}
	/* The last committed version may be an old one, but it was there once. */
	place = place_read(o, c, c->committed_only ? 0 : floor);
	o->low[i] = c->committed_only ? 0 : place;
	if (place == UINT64_MAX)
		ledger_violated(o->ledger, "I7", "client %u at n%u, get or refusal at %" PRIu64
				" us: label k%u has seq %" PRIu64 " value %" PRIu64
				" (0: no object), which no state from seq %" PRIu64 " on shows",
				c->client, c->node, c->began_us, c->change[0].label, c->seq,
				c->value, floor);
}

void order_check(struct ledger *l, const struct history *h, unsigned int labels)
{
	struct order *o = malloc(sizeof(*o));
	unsigned int n, ended = 0;
	uint64_t floor = 0;

	o->ledger = l;
	o->history = h;
	collect_touches(o, labels);
	n = sort_calls(o);
	for (unsigned int i = 0; i < n && !l->violated; i++) {
		uint64_t began = h->call[o->by_begin[i]].began_us;

		for (; ended < n && h->call[o->by_end[ended]].ended_us < began; ended++)
			if (o->low[o->by_end[ended]] > floor)
				floor = o->low[o->by_end[ended]];
		place_call(o, o->by_begin[i], floor);
	}
	for (unsigned int i = 0; i < labels; i++)
		free(o->touches[i]);
	free(o);
}
