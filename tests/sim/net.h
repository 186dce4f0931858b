/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections between all pairs of nodes. Each way is in order; what is under way when a
 * connection breaks may be lost; one end may learn of the break long after the other; a new
 * connection takes the place of an old one whose end was not noticed.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "options.h"
#include "step.h"

struct world;

enum frame_kind {
	FRAME_DATA,
	FRAME_UP,	/* the other end learns that the connection stands */
	FRAME_END,	/* the other end learns that it is gone */
	FRAME_REFUSED,	/* the other node learns that it is not listed */
};

/**
 * struct frame - something on its way
 * @gen: connection that it belongs to
 * @epoch: FRAME_REFUSED: of the node that refuses
 * @len: bytes of @data
 */
struct frame {
	enum frame_kind kind;
	uint16_t from;
	uint16_t to;
	unsigned int gen;
	uint64_t epoch;
	uint32_t len;
	uint8_t data[] __attribute__((aligned(8)));
};

/**
 * struct end - how one node sees its connection to another
 * @up: it is there
 * @gen: which one
 * @deaf: what is still under way to this end is lost
 */
struct end {
	bool up;
	unsigned int gen;
	bool deaf;
};

/**
 * struct way - from one node to another
 * @last_us: arrival of the newest frame: the next one comes later
 * @still_until_us: nothing arrives before
 */
struct way {
	uint64_t last_us;
	uint64_t still_until_us;
};

#define NET_PLACES (SIM_NODES_MAX + 1)	/* by node id */

/**
 * struct net - all connections; [a][b] is a's end, or the way from a to b
 * @gen: of the newest connection of a pair, lower id first
 * @opening: the other end of the newest one was not told yet
 * @slow_until_us: messages take long until then
 * @frames: sent, without those of the net's own
 */
struct net {
	struct end end[NET_PLACES][NET_PLACES];
	struct way way[NET_PLACES][NET_PLACES];
	unsigned int gen[NET_PLACES][NET_PLACES];
	bool opening[NET_PLACES][NET_PLACES];
	uint64_t slow_until_us;
	uint64_t frames;
};

void net_send(struct world *w, uint16_t from, uint16_t to, struct bytes head, struct bytes tail);
/* The agent of @node closes its end; EV_PEER_DOWN is the caller's. Returns whether it was up. */
bool net_close(struct world *w, uint16_t node, uint16_t peer);
/* The agent of @node is gone; @tell: its kernel lives and ends the connections. */
void net_gone(struct world *w, uint16_t node, bool tell);
/* The node list of @node is another one: who is not in it is sent away. */
void net_listed(struct world *w, uint16_t node);
/* A connection breaks. */
void net_break(struct world *w, uint16_t a, uint16_t b);
/* How long something takes that is sent now. */
uint64_t net_takes(struct world *w, uint16_t from, uint16_t to);
/* Nothing that is sent from now on arrives before @until_us. */
void net_still(struct world *w, uint16_t from, uint16_t to, uint64_t until_us);
/* No way stands still any more. */
void net_heal(struct world *w);
/* DUE_FRAME and DUE_CONNECT. */
void net_arrive(struct world *w, struct frame *f);
void net_connect(struct world *w);

#endif /* SIM_NET_H */
