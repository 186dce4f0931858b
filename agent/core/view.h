/* SPDX-License-Identifier: GPL-2.0 */
/* What a node shows of itself: for the administrative verbs, for tests and checkers. Read only. */
#ifndef HSM_CORE_VIEW_H
#define HSM_CORE_VIEW_H

#include "step.h"

enum slot_state {
	SLOT_FREE,	/* nothing undecided */
	SLOT_VOTING,	/* own batch: prepared at the peers, votes and own yes are coming in */
	SLOT_REVOKING,	/* own batch: our refusal is on its way to the disk */
	SLOT_ABORTING,	/* own batch: waiting until every peer confirmed that it holds no yes */
	SLOT_TAKING,	/* other's batch: device and disk are at work on our yes */
	SLOT_HELD,	/* other's batch: our yes is durable */
	SLOT_DROPPING,	/* other's batch: our refusal is on its way to the disk */
	SLOT_STATES
};

enum vote {
	VOTE_NONE,
	VOTE_YES,
	VOTE_NO,
};

enum link_state {
	LINK_DOWN,	/* no connection */
	LINK_GREETING,	/* connected, its hello is not there yet */
	LINK_BLANK,	/* in no pool yet */
	LINK_MEMBER,	/* same pool, same history */
	LINK_BEHIND,	/* same pool, lacks transactions: needs Live-Sync */
	LINK_AHEAD,	/* same pool, has transactions that this node lacks */
	LINK_DIVERGED,	/* same pool, another history */
	LINK_LEARNER,	/* same pool, not in the node list yet: it catches up to join */
	LINK_STATES
};

/**
 * struct peer_view - one other node
 * @id: node id
 * @link: how it stands to us
 * @seq: last known
 * @sp: last known
 * @rtt_ms: round trip of the last heartbeat
 * @last_heard_ms: now_ms of its last message, 0 for never
 * @vote: on the batch in our slot
 */
struct peer_view {
	uint16_t id;
	enum link_state link;
	uint64_t seq;
	uint64_t sp;
	uint32_t rtt_ms;
	uint64_t last_heard_ms;
	enum vote vote;
};

/**
 * struct node_view - this node
 * @id: node id
 * @protocol: highest version that it speaks
 * @state: as reported to the device
 * @nl: node list in force
 * @position: where it stands
 * @slot: state of the slot
 * @slot_id: batch in the slot
 * @slot_since_ms: now_ms when the slot was taken
 * @n_tids: transactions in the slot
 * @tids: their ids
 * @own_vote: our vote on it
 * @learner: it holds the pool's content at @position and is not in @nl yet
 * @joining: node that is about to join, or NULL
 * @queued: the device said that transactions wait
 * @turn_holder: node id that holds the turn, as far as we know
 * @n_peers: entries of @peer
 * @peer: all nodes heard of or listed
 */
struct node_view {
	uint16_t id;
	uint16_t protocol;
	enum hsmrepl_node_state state;
	const struct node_list *nl;
	struct position position;
	enum slot_state slot;
	struct batch_id slot_id;
	uint64_t slot_since_ms;
	unsigned int n_tids;
	const uint64_t *tids;
	enum vote own_vote;
	bool learner;
	const struct member *joining;
	bool queued;
	uint16_t turn_holder;
	unsigned int n_peers;
	struct peer_view peer[HSMREPL_NODES_MAX];
};

/**
 * node_look() - describe a node
 * @n: the node
 * @view: filled in; points into the node until the next step
 */
void node_look(const struct node *n, struct node_view *view);

const char *slot_state_name(enum slot_state s);
const char *link_state_name(enum link_state s);

#endif /* HSM_CORE_VIEW_H */
