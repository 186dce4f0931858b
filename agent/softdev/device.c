// SPDX-License-Identifier: GPL-2.0
/*
 * The software device as a whole: its socket, its loop, its agent.
 *
 * After each round of the loop, in which every connection that had a message was served once, the
 * device looks at what that brought: decided transactions, calls to try again, work for the
 * agent. So submissions that come together are claimed together.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <event2/event.h>

#include "conn.h"
#include "heap.h"
#include "object.h"

#define SOCKET_MODE	0660
#define LISTEN_QUEUE	256

static struct soft_device *of_hsm(struct hsm *hsm)
{
	return container_of(hsm, struct soft_device, hsm);
}

static void hsm_has_work(struct hsm *hsm)
{
	of_hsm(hsm)->work = true;
}

static void hsm_has_changed(struct hsm *hsm)
{
	of_hsm(hsm)->changed = true;
}

static const struct hsm_ops device_ops = {
	.done = txn_done,
	.work = hsm_has_work,
	.changed = hsm_has_changed,
};

static void on_connect(evutil_socket_t sock, short events, void *arg)
{
	struct soft_device *dev = arg;
	int fd;

	(void)events;
	fd = accept4(sock, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		conn_accept(dev, fd);
	if (dev->n_conns == SOFT_CONNECTIONS_MAX)
		event_del(dev->listener);
}

static void on_signal(evutil_socket_t signal, short events, void *arg)
{
	struct soft_device *dev = arg;

	(void)signal;
	(void)events;
	dev->stop = true;
}

static void on_grace_end(evutil_socket_t sock, short events, void *arg)
{
	struct soft_device *dev = arg;

	(void)sock;
	(void)events;
	hsm_withdraw(&dev->hsm, -ENOTCONN);
	dev->changed = true;
}

void device_attached(struct soft_device *dev, struct conn *conn)
{
	evtimer_del(dev->grace);
	dev->agent = conn;
	dev->work = true;
	dev->changed = true;
	notice_state(dev, HSMREPL_EVENT_ATTACH);
	notice_state(dev, HSMREPL_EVENT_STATE);
}

void device_detach(struct soft_device *dev)
{
	const struct timeval grace = {
		.tv_sec = dev->hsm.limits.grace_ms / 1000,
		.tv_usec = dev->hsm.limits.grace_ms % 1000 * 1000,
	};

	dev->agent = NULL;
	hsm_detach(&dev->hsm);
	admin_detach(dev);
	evtimer_add(dev->grace, &grace);
	dev->changed = true;
	notice_state(dev, HSMREPL_EVENT_DETACH);
	notice_state(dev, HSMREPL_EVENT_STATE);
}

#define CLEAR_TRIES 20		/* a process that was killed lets go of its socket a little */
#define CLEAR_WAIT_US 50000	/* after it seems dead */

/* Somebody may still serve at @path; only a socket that nobody listens at is taken away. */
static int clear_path(const char *path, const struct sockaddr_un *addr)
{
	struct stat st;
	int sock, ret;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	ret = connect(sock, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;
	close(sock);
	if (ret != -ECONNREFUSED)
		return ret ? ret : -EADDRINUSE;
	return unlink(path) < 0 ? -errno : 0;
}

static int open_socket(struct soft_device *dev, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	ret = clear_path(path, &addr);
	for (int i = 0; ret == -EADDRINUSE && i < CLEAR_TRIES; i++) {
		usleep(CLEAR_WAIT_US);
		ret = clear_path(path, &addr);
	}
	if (ret)
		return ret;
	dev->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dev->sock < 0)
		return -errno;
	mask = umask(0777 & ~SOCKET_MODE);
	ret = bind(dev->sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	umask(mask);
	if (!ret && listen(dev->sock, LISTEN_QUEUE) < 0)
		ret = -errno;
	if (ret)
		close(dev->sock);
	else
		dev->path = path;
	return ret;
}

static int open_loop(struct soft_device *dev)
{
	dev->base = event_base_new();
	if (!dev->base)
		return -ENOMEM;
	dev->listener = event_new(dev->base, dev->sock, EV_READ | EV_PERSIST, on_connect, dev);
	dev->sigterm = evsignal_new(dev->base, SIGTERM, on_signal, dev);
	dev->sigint = evsignal_new(dev->base, SIGINT, on_signal, dev);
	dev->grace = evtimer_new(dev->base, on_grace_end, dev);
	if (!dev->listener || !dev->sigterm || !dev->sigint || !dev->grace)
		return -ENOMEM;
	if (event_add(dev->listener, NULL) || event_add(dev->sigterm, NULL) ||
	    event_add(dev->sigint, NULL))
		return -ENOMEM;
	return 0;
}

static void close_loop(struct soft_device *dev)
{
	struct event *const events[] = { dev->listener, dev->sigterm, dev->sigint, dev->grace };
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i])
			event_free(events[i]);
	}
	if (dev->base)
		event_base_free(dev->base);
}

static int open_hsm(struct soft_device *dev, const struct hsm_limits *limits)
{
	int ret;

	ret = hsm_object_setup();
	if (ret)
		return ret;
	ret = hsm_init(&dev->hsm, 0, limits, &device_ops);
	if (ret)
		hsm_object_teardown();
	return ret;
}

static void close_hsm(struct soft_device *dev)
{
	hsm_destroy(&dev->hsm);
	hsm_object_teardown();
}

int device_open(struct soft_device *dev, const char *path, const struct hsm_limits *limits)
{
	int ret;

	dev->heap_end = heap_open();
	INIT_LIST_HEAD(&dev->conns);
	INIT_LIST_HEAD(&dev->waiting);
	INIT_LIST_HEAD(&dev->ready);
	INIT_LIST_HEAD(&dev->subscribers);
	INIT_LIST_HEAD(&dev->admin_new);
	INIT_LIST_HEAD(&dev->admin_taken);
	ret = open_hsm(dev, limits);
	if (ret)
		goto fail;
	ret = open_socket(dev, path);
	if (ret)
		goto fail_hsm;
	ret = open_loop(dev);
	if (!ret)
		return 0;

	close_loop(dev);
	close(dev->sock);
	unlink(path);
fail_hsm:
	close_hsm(dev);
fail:
	fprintf(stderr, "hsmrepl-softdev: %s: cannot serve (%s): %s\n", path, strerror(-ret),
		ret == -EADDRINUSE ? "another one serves there" :
		ret == -EEXIST ? "another file has that name" : "check its directory");
	return ret;
}

static void tell_ready(struct soft_device *dev)
{
	while (!list_empty(&dev->ready)) {
		struct conn *conn = list_first_entry(&dev->ready, struct conn, ready);

		list_del_init(&conn->ready);
		txn_tell(conn);
		records_push(conn);
	}
}

static void retry_waiting(struct soft_device *dev)
{
	struct conn *conn, *next;

	dev->changed = false;
	list_for_each_entry_safe(conn, next, &dev->waiting, waiting)
		call_retry(conn);
}

static void settle(struct soft_device *dev)
{
	while (dev->work || dev->changed || !list_empty(&dev->ready)) {
		tell_ready(dev);
		if (dev->changed)
			retry_waiting(dev);
		if (dev->work) {
			dev->work = false;
			if (dev->agent)
				records_push(dev->agent);
		}
	}
}

void device_run(struct soft_device *dev)
{
	while (!dev->stop) {
		event_base_loop(dev->base, EVLOOP_ONCE);
		settle(dev);
		dev->heap_end = heap_ahead(dev->heap_end);
	}
}

void device_close(struct soft_device *dev)
{
	struct conn *conn, *next;

	list_for_each_entry_safe(conn, next, &dev->conns, node)
		conn_close(conn);
	notice_close(dev);
	close_loop(dev);
	close(dev->sock);
	unlink(dev->path);
	close_hsm(dev);
	explicit_bzero(dev->datagram, sizeof(dev->datagram));
	explicit_bzero(dev->reply, sizeof(dev->reply));
}
