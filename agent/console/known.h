/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: what is known of node and pool at one moment.
 */
#ifndef HSM_CONSOLE_KNOWN_H
#define HSM_CONSOLE_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "hsmrepl.h"

#define KNOWN_NODES_MAX	(HSMREPL_NODES_MAX + 1)	/* a newcomer may stand beside the members */
#define KNOWN_WORD_MAX	32
#define KNOWN_TEXT_MAX	192

struct json_object;

/**
 * struct known_node - one node of the pool
 * @id: node id
 * @name: as in the node list
 * @address: where its agent listens
 * @state: in words
 * @expiry: of its certificate, empty if not known
 * @self: it is this one
 * @slowest: the agent names it the slowest voter
 * @waited: the undecided batch waits for it
 * @heard: @seq, @sync_point, @lag and @ack_ms are known
 * @linked: @rtt_ms is known
 * @seq: TLs applied
 * @sync_point: after them
 * @lag: TLs behind this node
 * @rtt_ms: round trip
 * @ack_ms: last heard, so long ago
 */
struct known_node {
	unsigned int id;
	char name[HSMREPL_NAME_MAX];
	char address[HSMREPL_ADDRESS_MAX];
	char state[KNOWN_WORD_MAX];
	char expiry[KNOWN_WORD_MAX];
	bool self;
	bool slowest;
	bool waited;
	bool heard;
	bool linked;
	uint64_t seq;
	uint64_t sync_point;
	uint64_t lag;
	double rtt_ms;
	uint64_t ack_ms;
};

/**
 * struct known_pending - the undecided batch
 * @tids: transactions in it, 0 for none
 * @first: TID of the first one
 * @coordinator: whose it is
 * @age_ms: since when
 * @queued: transactions that wait behind it
 * @waiting: names of who is waited for
 * @votes: "n1 yes, n2 -"
 * @reason: why, empty if there is nothing to say
 */
struct known_pending {
	unsigned int tids;
	char first[KNOWN_WORD_MAX];
	char coordinator[HSMREPL_NAME_MAX];
	uint64_t age_ms;
	uint64_t queued;
	char waiting[KNOWN_TEXT_MAX];
	char votes[KNOWN_TEXT_MAX];
	char reason[KNOWN_TEXT_MAX];
};

/**
 * struct known_live - the last Live-Sync of this node
 * @role: newcomer, or donor
 * @phase: in words; empty if there was none
 * @with: name of the other node
 * @trouble: what keeps it, empty for nothing
 * @percent: done
 * @bytes: moved
 * @rate: bytes per second
 * @left_s: seconds to go
 */
struct known_live {
	char role[KNOWN_WORD_MAX];
	char phase[KNOWN_WORD_MAX];
	char with[HSMREPL_NAME_MAX];
	char trouble[KNOWN_TEXT_MAX];
	unsigned int percent;
	uint64_t bytes;
	uint64_t rate;
	uint64_t left_s;
};

/**
 * struct known - one look at all of it
 * @at_ms: when, by a clock that only runs on
 * @device_error: 0, or the negative errno of the device; all below is empty then
 * @agent_error: 0, or the negative errno of the agent; what it tells is empty then
 * @state: what the device tells
 * @turn: name of who holds the turn
 * @version: of the agent
 * @uptime_ms: of the agent
 * @n_nodes: how many there are
 * @node: they
 * @pending: the undecided batch
 * @live: the last Live-Sync
 * @commits: own batches since the agent started
 * @commit_s: seconds that they took, in sum
 */
struct known {
	uint64_t at_ms;
	int device_error;
	int agent_error;
	struct hsmrepl_state state;
	char turn[HSMREPL_NAME_MAX];
	char version[KNOWN_WORD_MAX];
	uint64_t uptime_ms;
	unsigned int n_nodes;
	struct known_node node[KNOWN_NODES_MAX];
	struct known_pending pending;
	struct known_live live;
	uint64_t commits;
	double commit_s;
};

/*
 * Each takes an answer of the agent (Documentation/verbs.md) over. Members that are not there leave
 * what they would tell empty. known_pending() comes after known_nodes(), whose nodes it marks.
 */
void known_status(struct known *known, struct json_object *answer);
void known_nodes(struct known *known, struct json_object *answer);
void known_pending(struct known *known, struct json_object *answer);
void known_metrics(struct known *known, struct json_object *answer);

/** known_name() - name of the node with that id, by @known; "node 7" if it has none */
const char *known_name(const struct known *known, unsigned int id, char room[KNOWN_WORD_MAX]);

/** known_syncs() - a Live-Sync is under way */
bool known_syncs(const struct known *known);

/** check_code() - four digits of a Sync-Point, as the device derives them */
unsigned int check_code(uint64_t sync_point);

#endif /* HSM_CONSOLE_KNOWN_H */
