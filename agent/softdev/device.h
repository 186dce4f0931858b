/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software device: one replica of the module's core behind a Unix socket, in one thread.
 */
#ifndef HSM_SOFTDEV_DEVICE_H
#define HSM_SOFTDEV_DEVICE_H

#include <linux/list.h>
#include <linux/types.h>
#include "hsm.h"
#include "hsmrepl-node.h"
#include "softproto.h"

#define SOFT_CONNECTIONS_MAX	1024	/* further ones wait in the listen queue */
#define SOFT_SUBSCRIBERS_MAX	64

struct conn;
struct event;
struct event_base;

/**
 * struct soft_device - one software device
 * @hsm: the replica; its lock is taken by nobody, there is one thread
 * @base: event loop
 * @listener: new connections
 * @sigterm: ends the loop
 * @sigint: ends the loop
 * @grace: end of the grace time of an agent that went away
 * @sock: listening socket
 * @path: where it is bound
 * @stop: a signal asked for the end
 * @conns: all connections
 * @n_conns: how many
 * @waiting: connections whose call is tried again when something changed
 * @ready: connections with a decided transaction or completion to tell
 * @subscribers: receivers of notices
 * @n_subscribers: how many
 * @admin_new: administrative requests that the agent did not read yet
 * @admin_taken: those that it has
 * @admin_last: number of the last one
 * @agent: connection of the attached agent
 * @work: the agent may have something to read
 * @changed: @waiting wants another try
 * @heap_end: see heap_ahead()
 * @datagram: the datagram being worked on
 * @reply: the reply being built
 * @served: packed connection whose messages are being served: its replies are kept until then
 * @kept: replies, one behind the other
 * @kept_len: bytes of them
 */
struct soft_device {
	struct hsm hsm;
	struct event_base *base;
	struct event *listener;
	struct event *sigterm;
	struct event *sigint;
	struct event *grace;
	int sock;
	const char *path;
	bool stop;
	struct list_head conns;
	unsigned int n_conns;
	struct list_head waiting;
	struct list_head ready;
	struct list_head subscribers;
	unsigned int n_subscribers;
	struct list_head admin_new;
	struct list_head admin_taken;
	u64 admin_last;
	struct conn *agent;
	bool work;
	bool changed;
	char *heap_end;
	u8 datagram[SOFT_DATAGRAM_MAX] __attribute__((aligned(HSM_ALIGN)));
	u8 reply[sizeof(struct soft_header) + SOFT_ARG_MAX + HSMREPL_PAYLOAD_MAX];
	struct conn *served;
	u8 kept[SOFT_PACK_MAX];
	size_t kept_len;
};

/** device_open() - replica with @limits, socket at @path; 0 or a negative errno after a message */
int device_open(struct soft_device *dev, const char *path, const struct hsm_limits *limits);

/** device_run() - serve until SIGTERM or SIGINT */
void device_run(struct soft_device *dev);

/** device_close() - undo device_open(); content is wiped */
void device_close(struct soft_device *dev);

/** device_detach() - the agent's connection ended */
void device_detach(struct soft_device *dev);

/** device_attached() - @conn has become the agent */
void device_attached(struct soft_device *dev, struct conn *conn);

/** notice_subscribe() - a new subscriber; his end of the socket, or a negative errno */
int notice_subscribe(struct soft_device *dev);

/** notice_send() - tell all subscribers; one whose socket is full is told later that he missed */
void notice_send(struct soft_device *dev, const struct hsmrepl_notice *notice);

/** notice_state() - tell all subscribers of an event that goes with the node's state */
void notice_state(struct soft_device *dev, u32 event);

/** notice_close() - end all subscriptions */
void notice_close(struct soft_device *dev);

#endif /* HSM_SOFTDEV_DEVICE_H */
