// SPDX-License-Identifier: GPL-2.0
#include "pacer.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/timerfd.h>

#include "clock.h"

#define PAUSE_NS	500000	/* less is saved up: each pause costs two system calls */

/**
 * struct pacer - when the next piece comes
 * @fn: does it
 * @arg: of the call
 * @fd: timer, or -1
 * @ready: the timer rang
 * @waits: a call is to come
 * @owed_ns: pause before it
 */
struct pacer {
	void (*fn)(void *arg);
	void *arg;
	int fd;
	struct event *ready;
	bool waits;
	uint64_t owed_ns;
};

/* 0: it does not ring. */
static void ring_in(struct pacer *p, uint64_t ns)
{
	struct itimerspec at = {
		.it_value = {
			.tv_sec = (time_t)(ns / CLOCK_NS_PER_S),
			.tv_nsec = (long)(ns % CLOCK_NS_PER_S),
		},
	};

	if (timerfd_settime(p->fd, 0, &at, NULL) != 0)
		assert(!"a timer takes any time");
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct pacer *p = arg;
	uint64_t rings;

	(void)what;
	if (read(fd, &rings, sizeof(rings)) < 0)
		assert(errno == EAGAIN);
	if (!p->waits)
		return;
	p->waits = false;
	p->fn(p->arg);
}

struct pacer *pacer_new(struct event_base *base, void (*fn)(void *arg), void *arg)
{
	struct pacer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fn = fn;
	p->arg = arg;
	p->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->fd >= 0)
		p->ready = event_new(base, p->fd, EV_READ | EV_PERSIST, on_ready, p);
	if (p->ready && event_add(p->ready, NULL) == 0)
		return p;
	pacer_free(p);
	return NULL;
}

void pacer_free(struct pacer *p)
{
	if (!p)
		return;
	if (p->ready)
		event_free(p->ready);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

void pacer_go(struct pacer *p)
{
	if (p->waits)
		return;
	p->waits = true;
	if (p->owed_ns < PAUSE_NS) {
		ring_in(p, 1);
		return;
	}
	ring_in(p, p->owed_ns);
	p->owed_ns = 0;
}

void pacer_stop(struct pacer *p)
{
	p->waits = false;
	p->owed_ns = 0;
	ring_in(p, 0);
}

void pacer_owe(struct pacer *p, uint64_t ns)
{
	p->owed_ns += ns;
}
