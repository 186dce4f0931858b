// SPDX-License-Identifier: GPL-2.0
#include "loop.h"

#include <stdlib.h>

#include <event2/event.h>

#include "clock.h"

/* A note goes before descriptors and timers: what was noted is handled before more is read. */
enum priority {
	PRIORITY_NOTE,
	PRIORITY_OTHER,
	PRIORITIES
};

struct loop {
	struct event_base *base;
};

struct watch {
	struct event *ev;
	loop_fn fn;
	void *arg;
};

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->base = event_base_new();
	if (!l->base || event_base_priority_init(l->base, PRIORITIES) != 0) {
		loop_free(l);
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->base)
		event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	w->fn(w->arg);
}

/* It is not waited for yet. */
static struct watch *make(struct loop *l, int fd, short what, enum priority priority, loop_fn fn,
			  void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fn = fn;
	w->arg = arg;
	w->ev = event_new(l->base, fd, what, on_event, w);
	if (w->ev && event_priority_set(w->ev, priority) == 0)
		return w;
	watch_free(w);
	return NULL;
}

static struct watch *watch(struct loop *l, int fd, short what, enum priority priority,
			   const struct timeval *period, loop_fn fn, void *arg)
{
	struct watch *w = make(l, fd, what | EV_PERSIST, priority, fn, arg);

	if (w && event_add(w->ev, period) != 0) {
		watch_free(w);
		return NULL;
	}
	return w;
}

struct watch *loop_watch_fd(struct loop *l, int fd, loop_fn fn, void *arg)
{
	return watch(l, fd, EV_READ, PRIORITY_OTHER, NULL, fn, arg);
}

struct watch *loop_watch_signal(struct loop *l, int signal, loop_fn fn, void *arg)
{
	return watch(l, signal, EV_SIGNAL, PRIORITY_OTHER, NULL, fn, arg);
}

struct watch *loop_watch_tick(struct loop *l, unsigned int ms, loop_fn fn, void *arg)
{
	const struct timeval period = clock_interval(ms);

	return watch(l, -1, 0, PRIORITY_OTHER, &period, fn, arg);
}

struct watch *loop_watch_alarm(struct loop *l, loop_fn fn, void *arg)
{
	return make(l, -1, 0, PRIORITY_OTHER, fn, arg);
}

void watch_alarm(struct watch *w, unsigned int ms)
{
	const struct timeval in = clock_interval(ms);

	event_add(w->ev, &in);
}

struct watch *loop_watch_note(struct loop *l, loop_fn fn, void *arg)
{
	return watch(l, -1, 0, PRIORITY_NOTE, NULL, fn, arg);
}

void watch_note(struct watch *w)
{
	event_active(w->ev, 0, 0);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->ev)
		event_free(w->ev);
	free(w);
}

int loop_run(struct loop *l)
{
	return event_base_dispatch(l->base) == 0 ? 0 : -1;
}

void loop_end(struct loop *l)
{
	event_base_loopbreak(l->base);
}
