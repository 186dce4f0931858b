// SPDX-License-Identifier: GPL-2.0
/*
 * Notices: the software device's stand-in for generic netlink events.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "device.h"

/**
 * struct subscriber - who wants notices
 * @node: in the device's subscribers
 * @dev: the device
 * @sock: our end of the socket
 * @room: added while the socket is full and notices are lost; tells when there is room again
 */
struct subscriber {
	struct list_head node;
	struct soft_device *dev;
	int sock;
	struct event *room;
};

static void drop(struct subscriber *subscriber)
{
	list_del_init(&subscriber->node);
	subscriber->dev->n_subscribers--;
	event_free(subscriber->room);
	close(subscriber->sock);
	free(subscriber);
}

/* Those that closed their end are found out here, so that they do not use up the places. */
static void drop_gone(struct soft_device *dev)
{
	struct subscriber *subscriber, *next;
	char byte;

	list_for_each_entry_safe(subscriber, next, &dev->subscribers, node) {
		if (recv(subscriber->sock, &byte, 1, MSG_DONTWAIT) == 0)
			drop(subscriber);
	}
}

static void deliver(struct subscriber *subscriber, const struct hsmrepl_notice *notice)
{
	if (send(subscriber->sock, notice, sizeof(*notice), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	if (errno != EAGAIN || event_add(subscriber->room, NULL))
		drop(subscriber);
}

/* He reads again: he is told that he missed some. */
static void on_room(evutil_socket_t sock, short events, void *arg)
{
	static const struct hsmrepl_notice lost = { .event = SOFT_NOTICE_LOST };

	(void)sock;
	(void)events;
	deliver(arg, &lost);
}

int notice_subscribe(struct soft_device *dev)
{
	struct subscriber *subscriber;
	int pair[2];

	drop_gone(dev);
	if (dev->n_subscribers == SOFT_SUBSCRIBERS_MAX)
		return -EBUSY;
	subscriber = calloc(1, sizeof(*subscriber));
	if (!subscriber)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		free(subscriber);
		return -errno;
	}
	subscriber->room = event_new(dev->base, pair[0], EV_WRITE, on_room, subscriber);
	if (!subscriber->room) {
		close(pair[0]);
		close(pair[1]);
		free(subscriber);
		return -ENOMEM;
	}
	subscriber->dev = dev;
	subscriber->sock = pair[0];
	list_add_tail(&subscriber->node, &dev->subscribers);
	dev->n_subscribers++;
	return pair[1];
}

void notice_send(struct soft_device *dev, const struct hsmrepl_notice *notice)
{
	struct subscriber *subscriber, *next;

	list_for_each_entry_safe(subscriber, next, &dev->subscribers, node) {
		if (!event_pending(subscriber->room, EV_WRITE, NULL))
			deliver(subscriber, notice);
	}
}

void notice_state(struct soft_device *dev, u32 event)
{
	const struct hsmrepl_notice notice = {
		.event = event,
		.state = dev->hsm.state,
		.epoch = dev->hsm.point.epoch,
	};

	notice_send(dev, &notice);
}

void notice_close(struct soft_device *dev)
{
	struct subscriber *subscriber, *next;

	list_for_each_entry_safe(subscriber, next, &dev->subscribers, node)
		drop(subscriber);
}
