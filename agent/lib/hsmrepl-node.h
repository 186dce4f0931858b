/* SPDX-License-Identifier: MIT */
/*
 * libhsmrepl: the node that a device belongs to, its agent, its events. Included by hsmrepl.h.
 */
#ifndef _HSMREPL_NODE_H
#define _HSMREPL_NODE_H

#include <stdint.h>
#include <linux/hsmrepl.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hsmrepl;

/*
 * The node
 */

/** hsmrepl_node_info() - versions, features and limits in force */
int hsmrepl_node_info(struct hsmrepl *dev, struct hsmrepl_info *info);

/**
 * hsmrepl_node_state() - what this node is
 * @dev: handle opened for reading
 * @min_seq: wait until seq is at least this; 0 does not wait
 * @timeout_ms: -ETIMEDOUT after this; 0 without limit
 * @state: filled in on 0
 */
int hsmrepl_node_state(struct hsmrepl *dev, uint64_t min_seq, unsigned int timeout_ms,
		       struct hsmrepl_state *state);

/**
 * hsmrepl_node_outcome() - fate of one transaction, as far as the device remembers
 * @dev: handle opened for reading
 * @tid: its id
 * @wait: not 0: wait until it is decided
 * @timeout_ms: -ETIMEDOUT after this; 0 without limit
 * @outcome: filled in on 0
 */
int hsmrepl_node_outcome(struct hsmrepl *dev, uint64_t tid, int wait, unsigned int timeout_ms,
			 struct hsmrepl_outcome *outcome);

/**
 * hsmrepl_node_ask() - ask the node's agent
 * @dev: handle; opened for writing for verbs from HSMREPL_VERB_WRITE on
 * @verb: enum hsmrepl_verb
 * @request: JSON text, NULL for none
 * @timeout_ms: -ETIMEDOUT after this; 0 without limit
 * @answer: set to the JSON text (free() it) on 0 and when the agent refused, else NULL
 *
 * Return: 0, the negative errno with which the agent refused (@answer then has "error" and
 * "hint"), or the negative errno of the device (@answer is NULL).
 */
int hsmrepl_node_ask(struct hsmrepl *dev, unsigned int verb, const char *request,
		     unsigned int timeout_ms, char **answer);

/*
 * Events: what changed; read the state again to know what holds.
 */

/**
 * struct hsmrepl_notice - one event; fields that the event does not carry are zero
 * @event: enum hsmrepl_event
 * @minor: instance it comes from
 * @state: enum hsmrepl_node_state
 * @node: node id
 * @percent: progress of Live-Sync
 * @count: TLs of the batch
 * @epoch: epoch in force
 * @seq: seq after it
 * @tid: last TID of the batch
 * @sync_point: Sync-Point after it
 */
struct hsmrepl_notice {
	uint32_t event;
	uint32_t minor;
	uint32_t state;
	uint32_t node;
	uint32_t percent;
	uint32_t count;
	uint64_t epoch;
	uint64_t seq;
	uint64_t tid;
	uint64_t sync_point;
};

struct hsmrepl_events;

/**
 * hsmrepl_events_open() - subscribe to the events of a device
 * @dev: handle opened for reading; may be closed before the subscription
 * @events: set on 0; hsmrepl_events_close() frees it
 *
 * Return: 0, -EOPNOTSUPP (the kernel has no such netlink family), or another negative errno.
 */
int hsmrepl_events_open(struct hsmrepl *dev, struct hsmrepl_events **events);

/** hsmrepl_events_fd() - descriptor for poll() */
int hsmrepl_events_fd(const struct hsmrepl_events *events);

/**
 * hsmrepl_events_next() - take one event, without waiting
 * @events: subscription
 * @notice: filled in on 0
 *
 * Return: 0, -EAGAIN (none there), -ENOBUFS (some were lost: read the state again), -ENODEV.
 */
int hsmrepl_events_next(struct hsmrepl_events *events, struct hsmrepl_notice *notice);

/** hsmrepl_events_close() - end the subscription. NULL is allowed */
void hsmrepl_events_close(struct hsmrepl_events *events);

#ifdef __cplusplus
}
#endif

#endif /* _HSMREPL_NODE_H */
