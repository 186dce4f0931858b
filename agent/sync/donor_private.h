/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the donor: donor.c (who is served), donor_send.c (snapshot and tail), donor_feed.c (what
 * is committed).
 */
#ifndef HSM_SYNC_DONOR_PRIVATE_H
#define HSM_SYNC_DONOR_PRIVATE_H

#include "donor.h"
#include "item.h"
#include "pacer.h"

#define SLICE_BYTES	(64u << 10)	/* sent at a time: a tenth of a millisecond, or a few */
#define WRITERS_SHARE	7		/* while there are any: so long for what a slice took */
#define FEED_AHEAD_MAX	(4u << 20)	/* bytes of it that wait for a learner's connection */
#define FRAME_ROOM	(SLICE_BYTES + ITEM_MAX)

_Static_assert(SYNC_HEAD_MAX + FRAME_ROOM <= MESH_FRAME_MAX, "a slice is one frame");
_Static_assert(FEED_AHEAD_MAX + HSMREPL_BATCH_MAX <= MESH_BACKLOG_MAX,
	       "feeding never drops a peer");

enum donor_state {
	DONOR_IDLE,	/* nobody is served */
	DONOR_SENDING,	/* the snapshot */
	DONOR_SENT,	/* the newcomer makes it its own, and will ask for the tail */
	DONOR_TAILING,	/* TLs that are settled */
	DONOR_FEEDING,	/* batches as they are committed */
	DONOR_STATES
};

/**
 * struct donor - the one newcomer that is served
 * @host: the agent
 * @state: enum donor_state
 * @service: to the newcomer
 * @member: the newcomer, as it will stand in the list
 * @snapshot: DONOR_SENDING
 * @pinned: the history's window is held
 * @sent: seq up to which TLs were sent to it
 * @told: its last TLS said that there is no more
 * @feed: batches for it
 * @live: it was told that it has all of them: what comes is committed at that moment
 * @asked: a NODE_ADD is under way: its request
 * @requests: made so far
 * @tls: TLs of the snapshot that were sent
 * @tls_total: to send
 * @bytes: sent
 * @pacer: goes on with sending
 * @written: somebody wrote just before the last tick
 * @seen: seq of this node at the last tick
 * @frame: one frame's data
 */
struct donor {
	const struct sync_host *host;
	enum donor_state state;
	struct service *service;
	struct member member;
	struct snapshot *snapshot;
	bool pinned;
	uint64_t sent;
	bool told;
	struct feed *feed;
	bool live;
	uint64_t asked;
	uint64_t requests;
	uint64_t tls;
	uint64_t tls_total;
	uint64_t bytes;
	struct pacer *pacer;
	bool written;
	uint64_t seen;
	uint8_t frame[FRAME_ROOM];
};

/* donor.c */
void donor_move(struct donor *d, enum donor_state to);

/* This newcomer cannot go on here: it hears why, and may come again. */
void donor_give_up(struct donor *d, const char *why);

/* How the peer connection of a node stands, or NULL. */
const struct peer_view *donor_peer(const struct node_view *view, uint16_t id);

/* donor_send.c */

/*
 * Send a slice, and then another one, as long as there is anything; with pauses while somebody
 * writes, so that the newcomer costs the pool a part of its speed at the most.
 */
void donor_slice(void *arg);

/* donor_feed.c */

/* It stands at @seq: from there on it is fed, if that is not too long ago. */
void donor_try_to_feed(struct donor *d, uint64_t seq);
void donor_feed_tick(struct donor *d);

#endif /* HSM_SYNC_DONOR_PRIVATE_H */
