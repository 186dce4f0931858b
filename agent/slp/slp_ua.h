/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User agent: finds the nodes of our domain by rounds of multicast requests (RFC 2608 section 6.3),
 * asks each one for its attributes, and keeps a table of who was heard.
 */
#ifndef HSM_SLP_UA_H
#define HSM_SLP_UA_H

#include "slp.h"
#include "slp_self.h"

#define SLP_PEERS_MAX 32	/* found nodes that are remembered */
#define SLP_RESPONDERS_MAX 64	/* of one round */
#define SLP_ASKS_MAX 32		/* nodes that are being asked for their attributes */
#define SLP_PAUSE_MS 20000	/* between rounds; a quarter more or less */
#define SLP_HURRY_MS 500	/* at most, before a round that has a reason */
#define SLP_GAP_MS 5000		/* at least, from the beginning of the last one to that */
#define SLP_MOVE_MS 40000	/* an id was silent for so long before another place has it */
#define SLP_LIFETIME_MAX_S 300	/* whatever a reply says */

/**
 * struct slp_send - a message to be sent
 * @to: IPv4 address, 0: the group
 * @n: bytes of @data
 * @data: the datagram
 */
struct slp_send {
	uint32_t to;
	size_t n;
	uint8_t data[SLP_MTU];
};

/**
 * struct slp_peer - a node that was heard
 * @node: what it said
 * @responder: address that it spoke from
 * @heard_ms: when
 * @until_ms: forgotten then, if it is not heard again
 */
struct slp_peer {
	struct slp_node node;
	uint32_t responder;
	uint64_t heard_ms;
	uint64_t until_ms;
};

/**
 * struct slp_ask - a request for the attributes of one node
 * @to: responder, 0 for a free entry
 * @address: from its URL
 * @lifetime: of the URL, seconds
 * @xid: of the request
 * @next_ms: sent (again) then
 * @wait_ms: until the next repetition; doubles
 * @end_ms: given up then
 */
struct slp_ask {
	uint32_t to;
	char address[HSMREPL_ADDRESS_MAX];
	uint16_t lifetime;
	uint16_t xid;
	uint64_t next_ms;
	uint64_t wait_ms;
	uint64_t end_ms;
};

/**
 * struct slp_round - the multicast request that is under way
 * @next_ms: the request is sent (again) then; between rounds: the next one begins
 * @wait_ms: until the next repetition; doubles; 0 between rounds
 * @end_ms: CONFIG_MC_MAX is over
 * @begun_ms: when it began
 * @xid: of the request
 * @fresh: somebody new has answered since the last repetition
 * @responder: who has answered, @n_responders of them
 * @n_responders: entries of @responder
 */
struct slp_round {
	uint64_t next_ms;
	uint64_t wait_ms;
	uint64_t end_ms;
	uint64_t begun_ms;
	uint16_t xid;
	bool fresh;
	uint32_t responder[SLP_RESPONDERS_MAX];
	unsigned int n_responders;
};

/**
 * struct slp_ua - a user agent
 * @self: whom not to find, and what to look for; the owner's
 * @seed: of its random numbers
 * @round: who is there?
 * @ask: what are they?
 * @peer: what is known, @n_peers of them
 * @n_peers: entries of @peer
 */
struct slp_ua {
	const struct slp_self *self;
	uint64_t seed;
	struct slp_round round;
	struct slp_ask ask[SLP_ASKS_MAX];
	struct slp_peer peer[SLP_PEERS_MAX];
	unsigned int n_peers;
};

/**
 * enum slp_heard - what a message was to the user agent
 * @SLP_HEARD_NOTHING: nothing new
 * @SLP_HEARD_CUT: a reply that was cut: ask again by TCP, see slp_ua_again()
 * @SLP_HEARD_NEW: a node was found: @peer
 * @SLP_HEARD_CHANGED: a node says something else than before: @peer
 * @SLP_HEARD_CLASH: somebody uses the id of another node that is there, or ours: @peer (a copy)
 * @SLP_HEARD_FULL: the table has no room for another node
 */
enum slp_heard {
	SLP_HEARD_NOTHING,
	SLP_HEARD_CUT,
	SLP_HEARD_NEW,
	SLP_HEARD_CHANGED,
	SLP_HEARD_CLASH,
	SLP_HEARD_FULL,
};

/* @seed: random; @first_ms: when the first round begins. */
void slp_ua_init(struct slp_ua *ua, const struct slp_self *self, uint64_t seed, uint64_t first_ms);

/* When slp_ua_step() or slp_ua_expire() has something to do. */
uint64_t slp_ua_due(const struct slp_ua *ua);

/* The next message that is due: true with @out. Call it until it says false. */
bool slp_ua_step(struct slp_ua *ua, uint64_t now_ms, struct slp_send *out);

/* A reply from @from. @peer: as enum slp_heard says. */
enum slp_heard slp_ua_hear(struct slp_ua *ua, uint64_t now_ms, uint32_t from, struct bytes data,
			   struct slp_peer *peer);

/* The request that a cut reply from @from belongs to, to be sent by TCP. False if none does. */
bool slp_ua_again(struct slp_ua *ua, uint32_t from, struct bytes reply, struct slp_send *out);

/* One node that was not heard for too long is forgotten: true with @gone. */
bool slp_ua_expire(struct slp_ua *ua, uint64_t now_ms, struct slp_peer *gone);

/* There is a reason to look: a round begins soon, unless one is under way. */
void slp_ua_hurry(struct slp_ua *ua, uint64_t now_ms);

/* The network is another one: the round under way ends, and one begins soon. */
void slp_ua_restart(struct slp_ua *ua, uint64_t now_ms);

#endif /* HSM_SLP_UA_H */
