// SPDX-License-Identifier: GPL-2.0
/*
 * Notices: the software device's stand-in for generic netlink events.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"

/**
 * struct subscriber - who wants notices
 * @node: in the device's subscribers
 * @sock: our end of the socket
 */
struct subscriber {
	struct list_head node;
	int sock;
};

static void drop(struct soft_device *dev, struct subscriber *subscriber)
{
	list_del_init(&subscriber->node);
	dev->n_subscribers--;
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
			drop(dev, subscriber);
	}
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
	subscriber->sock = pair[0];
	list_add_tail(&subscriber->node, &dev->subscribers);
	dev->n_subscribers++;
	return pair[1];
}

void notice_send(struct soft_device *dev, const struct hsmrepl_notice *notice)
{
	struct subscriber *subscriber, *next;

	list_for_each_entry_safe(subscriber, next, &dev->subscribers, node) {
		if (send(subscriber->sock, notice, sizeof(*notice),
			 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			drop(dev, subscriber);
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
		drop(dev, subscriber);
}
