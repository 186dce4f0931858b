// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the thread that looks.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "look.h"
#include "watch.h"

#define LOOK_MS		1000	/* between two looks */
#define SOON_MS		200	/* the same if something happened */
#define NOTICES_MAX	128	/* that wait to be taken */

/**
 * struct watch - what both threads share; all that changes is under @lock
 * @lock: taken for moments only
 * @ready: eventfd
 * @path: device
 * @dev: of the thread that looks alone: handle, or NULL
 * @events: likewise: subscription, or NULL
 * @urgent: likewise: more than commits came since the last look
 * @look: the last one
 * @fresh: it was not taken
 * @told: the device tells events
 * @lost: some were lost
 * @first: oldest notice
 * @n: how many there are
 * @notice: a ring of them
 */
struct watch {
	pthread_mutex_t lock;
	int ready;
	const char *path;
	struct hsmrepl *dev;
	struct hsmrepl_events *events;
	bool urgent;
	struct known look;
	bool fresh;
	bool told;
	bool lost;
	unsigned int first;
	unsigned int n;
	struct hsmrepl_notice notice[NOTICES_MAX];
};

uint64_t watch_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void wake(struct watch *watch)
{
	eventfd_write(watch->ready, 1);
}

static void let_go(struct watch *watch)
{
	hsmrepl_events_close(watch->events);
	watch->events = NULL;
	hsmrepl_close(watch->dev);
	watch->dev = NULL;
}

/* The device at hand; without its events it is still worth a look. */
static int hold(struct watch *watch)
{
	if (!watch->dev)
		watch->dev = hsmrepl_open(watch->path, O_RDONLY);
	if (!watch->dev)
		return -errno;
	if (!watch->events && hsmrepl_events_open(watch->dev, &watch->events))
		watch->events = NULL;
	return 0;
}

static void look(struct watch *watch)
{
	struct known known = { .device_error = hold(watch) };

	if (!known.device_error)
		look_at(watch->dev, &known);
	if (known.device_error)
		let_go(watch);
	known.at_ms = watch_clock_ms();
	pthread_mutex_lock(&watch->lock);
	watch->look = known;
	watch->fresh = true;
	watch->told = watch->events;
	pthread_mutex_unlock(&watch->lock);
	wake(watch);
}

static struct hsmrepl_notice *newest(struct watch *watch)
{
	return watch->n ? &watch->notice[(watch->first + watch->n - 1) % NOTICES_MAX] : NULL;
}

static void keep(struct watch *watch, const struct hsmrepl_notice *notice)
{
	struct hsmrepl_notice *last = newest(watch);

	if (notice->event != HSMREPL_EVENT_COMMIT)
		watch->urgent = true;
	if (last && last->event == HSMREPL_EVENT_COMMIT && notice->event == HSMREPL_EVENT_COMMIT) {
		uint32_t count = last->count + notice->count;

		*last = *notice;
		last->count = count;
	} else if (watch->n == NOTICES_MAX) {
		watch->lost = true;
	} else {
		watch->n++;
		*newest(watch) = *notice;
	}
}

/* Takes what is there; false if the subscription is over. */
static bool take_notices(struct watch *watch)
{
	struct hsmrepl_notice notice;
	int ret;

	pthread_mutex_lock(&watch->lock);
	while ((ret = hsmrepl_events_next(watch->events, &notice)) == 0)
		keep(watch, &notice);
	if (ret == -ENOBUFS)
		watch->lost = true;
	pthread_mutex_unlock(&watch->lock);
	wake(watch);
	return ret == -EAGAIN || ret == -ENOBUFS;
}

static void sleep_ms(uint64_t ms)
{
	poll(NULL, 0, (int)ms);
}

/* Until the next look is due: soon if more than commits happens, at once if the device goes. */
static void wait_for_news(struct watch *watch)
{
	const uint64_t began = watch_clock_ms();
	uint64_t due = began + LOOK_MS, now;

	watch->urgent = false;
	while ((now = watch_clock_ms()) < due) {
		struct pollfd fd = { .events = POLLIN };

		if (!watch->events) {
			sleep_ms(due - now);
			return;
		}
		fd.fd = hsmrepl_events_fd(watch->events);
		if (poll(&fd, 1, (int)(due - now)) <= 0)
			continue;
		if (!take_notices(watch)) {
			let_go(watch);
			return;
		}
		if (watch->urgent)
			due = began + SOON_MS;
	}
}

static void *run(void *arg)
{
	struct watch *watch = arg;

	for (;;) {
		look(watch);
		wait_for_news(watch);
	}
	return NULL;
}

int watch_start(const char *path, struct watch **watch)
{
	pthread_t thread;
	int ret;

	*watch = calloc(1, sizeof(**watch));
	if (!*watch)
		return -ENOMEM;
	(*watch)->path = path;
	pthread_mutex_init(&(*watch)->lock, NULL);
	(*watch)->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if ((*watch)->ready < 0) {
		ret = errno;
		goto out_free;
	}
	ret = pthread_create(&thread, NULL, run, *watch);
	if (ret)
		goto out_close;
	pthread_detach(thread);
	return 0;

out_close:
	close((*watch)->ready);
out_free:
	free(*watch);
	return -ret;
}

int watch_fd(const struct watch *watch)
{
	return watch->ready;
}

bool watch_take(struct watch *watch, struct known *known, bool *events)
{
	eventfd_t count;
	bool fresh;

	eventfd_read(watch->ready, &count);
	pthread_mutex_lock(&watch->lock);
	fresh = watch->fresh;
	watch->fresh = false;
	*events = watch->told;
	if (fresh)
		*known = watch->look;
	pthread_mutex_unlock(&watch->lock);
	return fresh;
}

bool watch_notice(struct watch *watch, struct hsmrepl_notice *notice)
{
	bool there;

	pthread_mutex_lock(&watch->lock);
	there = watch->n > 0;
	if (there) {
		*notice = watch->notice[watch->first];
		watch->first = (watch->first + 1) % NOTICES_MAX;
		watch->n--;
	}
	pthread_mutex_unlock(&watch->lock);
	return there;
}

bool watch_lost(struct watch *watch)
{
	bool lost;

	pthread_mutex_lock(&watch->lock);
	lost = watch->lost;
	watch->lost = false;
	pthread_mutex_unlock(&watch->lock);
	return lost;
}
