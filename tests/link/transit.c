// SPDX-License-Identifier: GPL-2.0
/*
 * What is under way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <event2/buffer.h>
#include <event2/event.h>

#include "transit.h"
#include "../../agent/base/clock.h"

/**
 * struct mark - what set out at once
 * @entry: in the order of setting out
 * @due_us: when it is there
 * @len: bytes
 */
struct mark {
	TAILQ_ENTRY(mark) entry;
	uint64_t due_us;
	size_t len;
};

TAILQ_HEAD(marks, mark);

/**
 * struct transit - one direction
 * @bytes: of all marks
 * @marks: those under way
 * @marks_size: of those
 * @timer: for the first one
 * @there: told what is there
 * @arg: its
 */
struct transit {
	struct evbuffer *bytes;
	struct marks marks;
	size_t marks_size;
	struct event *timer;
	transit_fn there;
	void *arg;
};

static void wait_for_first(struct transit *transit, uint64_t now)
{
	const struct mark *first = TAILQ_FIRST(&transit->marks);
	struct timeval wait;
	uint64_t us;

	if (!first)
		return;
	us = first->due_us > now ? first->due_us - now : 0;
	wait.tv_sec = (time_t)(us / 1000000);
	wait.tv_usec = (suseconds_t)(us % 1000000);
	evtimer_add(transit->timer, &wait);
}

static void remove_first(struct transit *transit)
{
	struct mark *first = TAILQ_FIRST(&transit->marks);

	TAILQ_REMOVE(&transit->marks, first, entry);
	transit->marks_size -= sizeof(*first);
	free(first);
}

/* The loop's clock is a little behind, so nothing may be due yet. */
static void on_timer(evutil_socket_t none, short events, void *arg)
{
	struct transit *transit = arg;
	const struct mark *first;
	uint64_t now = clock_us();
	bool any = false;
	size_t len = 0;

	(void)none;
	(void)events;
	while ((first = TAILQ_FIRST(&transit->marks)) && first->due_us <= now) {
		len += first->len;
		any = true;
		remove_first(transit);
	}
	wait_for_first(transit, now);
	if (any)
		transit->there(transit->arg, transit->bytes, len);
}

struct transit *transit_new(struct event_base *base, transit_fn there, void *arg)
{
	struct transit *transit = calloc(1, sizeof(*transit));

	if (!transit)
		return NULL;
	TAILQ_INIT(&transit->marks);
	transit->there = there;
	transit->arg = arg;
	transit->bytes = evbuffer_new();
	transit->timer = evtimer_new(base, on_timer, transit);
	if (!transit->bytes || !transit->timer) {
		transit_free(transit);
		return NULL;
	}
	return transit;
}

void transit_free(struct transit *transit)
{
	if (!transit)
		return;
	while (!TAILQ_EMPTY(&transit->marks))
		remove_first(transit);
	if (transit->timer)
		event_free(transit->timer);
	if (transit->bytes)
		evbuffer_free(transit->bytes);
	free(transit);
}

bool transit_put(struct transit *transit, struct evbuffer *bytes, unsigned int delay_us)
{
	const struct mark *last = TAILQ_LAST(&transit->marks, marks);
	struct mark *mark = malloc(sizeof(*mark));
	uint64_t now = clock_us();

	if (!mark)
		return false;
	mark->len = evbuffer_get_length(bytes);
	mark->due_us = now + delay_us;
	if (last && last->due_us > mark->due_us)
		mark->due_us = last->due_us;
	if (evbuffer_add_buffer(transit->bytes, bytes)) {
		free(mark);
		return false;
	}
	TAILQ_INSERT_TAIL(&transit->marks, mark, entry);
	transit->marks_size += sizeof(*mark);
	if (!last)
		wait_for_first(transit, now);
	return true;
}

size_t transit_size(const struct transit *transit)
{
	return evbuffer_get_length(transit->bytes) + transit->marks_size;
}
