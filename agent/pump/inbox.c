// SPDX-License-Identifier: GPL-2.0
#include "inbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define INBOX_BYTES_FIRST (64u << 10)
#define INBOX_ALIGN 16u

_Static_assert(INBOX_BYTES_MAX >= 4 * HSMREPL_BATCH_MAX, "several largest batches find room");

/**
 * struct waiting - one event that waits
 * @ev: its data and nl pointers are void until it is taken
 * @position: what ev.position pointed to
 * @data: offset of what ev.data pointed to
 * @nl: offset of what ev.nl pointed to
 * @has_position: ev.position was given
 * @has_nl: ev.nl was given
 */
struct waiting {
	struct event ev;
	struct position position;
	size_t data;
	size_t nl;
	bool has_position;
	bool has_nl;
};

/* All results of a step are taken before anything else is. */
#define INBOX_RESULTS (2 * NODE_ACTIONS_MAX)

/**
 * struct inbox - a ring of events and an arena for what they point to
 * @ring: @n events from @head on
 * @results: @n_results results of device calls from @first_result on
 * @in_use: the event taken last may still point into @ring and @arena
 * @current: that event
 * @arena: emptied whenever no event is left; holds keys, so it is wiped when it moves or goes
 * @used: bytes of it
 * @room: its size
 */
struct inbox {
	unsigned int head;
	unsigned int n;
	unsigned int first_result;
	unsigned int n_results;
	bool in_use;
	uint8_t *arena;
	size_t used;
	size_t room;
	struct waiting current;
	struct waiting ring[INBOX_EVENTS_MAX];
	struct waiting results[INBOX_RESULTS];
};

struct inbox *inbox_new(void)
{
	struct inbox *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->room = INBOX_BYTES_FIRST;
	in->arena = OPENSSL_malloc(in->room);
	if (!in->arena) {
		free(in);
		return NULL;
	}
	return in;
}

void inbox_free(struct inbox *in)
{
	if (!in)
		return;
	OPENSSL_clear_free(in->arena, in->room);
	free(in);
}

static size_t aligned(size_t n)
{
	return (n + INBOX_ALIGN - 1) & ~(size_t)(INBOX_ALIGN - 1);
}

static bool make_room(struct inbox *in, size_t bytes)
{
	size_t room = in->room;
	uint8_t *arena;

	if (bytes > INBOX_BYTES_MAX - in->used)
		return false;
	while (room - in->used < bytes)
		room *= 2;
	if (room == in->room)
		return true;
	arena = OPENSSL_clear_realloc(in->arena, in->room, room);
	if (!arena)
		return false;
	in->arena = arena;
	in->room = room;
	return true;
}

static size_t keep(struct inbox *in, const void *p, size_t n)
{
	size_t at = in->used;

	if (n)
		memcpy(in->arena + at, p, n);
	in->used += aligned(n);
	return at;
}

static bool is_result(enum event_type type)
{
	return type == EV_PREPARED || type == EV_RESOLVED || type == EV_REVOKED ||
	       type == EV_SUBMITTED;
}

static void fill(struct waiting *w, const struct event *ev)
{
	w->ev = *ev;
	w->has_position = ev->position != NULL;
	if (w->has_position)
		w->position = *ev->position;
}

static void put_result(struct inbox *in, const struct event *ev)
{
	struct waiting *w;

	assert(in->n_results < INBOX_RESULTS && !ev->data.n && !ev->nl);
	w = &in->results[(in->first_result + in->n_results++) % INBOX_RESULTS];
	*w = (struct waiting){ 0 };
	fill(w, ev);
}

bool inbox_put(struct inbox *in, const struct event *ev)
{
	bool may_refuse = ev->type == EV_MESSAGE;
	unsigned int limit = may_refuse ? INBOX_EVENTS_MAX - INBOX_RESERVE : INBOX_EVENTS_MAX;
	size_t bytes = aligned(ev->data.n) + (ev->nl ? aligned(sizeof(*ev->nl)) : 0);
	struct waiting *w;

	assert(!ev->recovery);
	assert(!in->in_use || bytes == 0);
	if (is_result(ev->type)) {
		put_result(in, ev);
		return true;
	}
	if (in->n >= limit || !make_room(in, bytes)) {
		assert(may_refuse);
		return false;
	}
	w = &in->ring[(in->head + in->n) % INBOX_EVENTS_MAX];
	fill(w, ev);
	w->data = keep(in, ev->data.p, ev->data.n);
	w->has_nl = ev->nl != NULL;
	if (w->has_nl)
		w->nl = keep(in, ev->nl, sizeof(*ev->nl));
	in->n++;
	return true;
}

bool inbox_waits(const struct inbox *in)
{
	return in->n || in->n_results;
}

static void take(struct inbox *in, struct waiting *w)
{
	if (in->n_results) {
		*w = in->results[in->first_result];
		in->first_result = (in->first_result + 1) % INBOX_RESULTS;
		in->n_results--;
	} else {
		*w = in->ring[in->head];
		in->head = (in->head + 1) % INBOX_EVENTS_MAX;
		in->n--;
	}
}

bool inbox_get(struct inbox *in, struct event *ev)
{
	struct waiting *w = &in->current;

	in->in_use = inbox_waits(in);
	if (!in->in_use) {
		in->used = 0;
		return false;
	}
	take(in, w);
	*ev = w->ev;
	ev->data.p = in->arena + w->data;
	ev->nl = w->has_nl ? (const void *)(in->arena + w->nl) : NULL;
	ev->position = w->has_position ? &w->position : NULL;
	return true;
}
