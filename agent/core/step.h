/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol as a pure function: facts in, actions out.
 *
 * node_step() is told one fact at a time and answers with the actions that follow from it. It does
 * no I/O, reads no clock, draws no random numbers and allocates nothing; the pump (of agent or
 * simulator) carries the actions out in their order and feeds what comes of them back as events.
 *
 * Borrowing: what an event points to is the caller's, and is not kept beyond the call. What an
 * action points to belongs to the node or to the event, and lives until the next step.
 */
#ifndef HSM_CORE_STEP_H
#define HSM_CORE_STEP_H

#include "recovery.h"

#define NODE_ACTIONS_MAX	96	/* of one step */
#define NODE_WIRE_MAX		16384	/* bytes of message headers of one step */

enum event_type {
	EV_BOOT,	/* start, or start again after zeroize: recovery */
	EV_TICK,	/* time has passed; at least every NODE_TICK_MS */
	EV_QUEUED,	/* device: transactions wait and no grant stands */
	EV_CLAIMED,	/* device: a batch was claimed under our grant: batch, tls */
	EV_REVOKED,	/* device: answer to ACT_REVOKE; 0: no grant; EBUSY: EV_CLAIMED comes */
	EV_PREPARED,	/* device: answer to ACT_PREPARE: batch, error */
	EV_RESOLVED,	/* device: answer to ACT_RESOLVE: batch, position */
	EV_DURABLE,	/* log: YES, REFUSED and all before are on disk: record, batch */
	EV_DISK_ERROR,	/* log: a write failed; nothing later is durable: error */
	EV_PEER_UP,	/* mesh: authenticated connection: peer, protocol */
	EV_PEER_DOWN,	/* mesh: connection lost: peer */
	EV_MESSAGE,	/* mesh: one whole frame: peer, frame */
	EV_FORM,	/* administrator: form a pool: nl, request */
	EV_NODE_DOWN,	/* administrator: nodes that crashed: down, request */
	EV_SUBMITTED,	/* device: answer to ACT_SUBMIT_NODES: error */
	EV_REMOVED,	/* mesh: a member in a later epoch lists this node no more: peer */
	EV_LEARN,	/* Live-Sync: settled TLs of a member, one run (batch_run()): data, n_tls */
	EV_ADMIT,	/* Live-Sync: a learner asks to become a member: nl (it alone), request */
	EV_LEAVE,	/* administrator: this node leaves the pool in order: request */
	EV_FINALISE,	/* administrator: raise the pool's protocol: request, dry */
	EV_LOOKUP,	/* store: answer to ACT_LOOKUP: peer, position, lookup */
	EV_SPLIT,	/* lookout: split brain: peer, major, nl (it alone); peer 0: over */
	EV_TYPES
};

/**
 * struct event - one fact
 * @type: what happened
 * @now_ms: monotonic time
 * @random: fresh random number
 * @peer: node id that it is about
 * @protocol: EV_PEER_UP: version that both speak
 * @record: EV_DURABLE
 * @error: errno, 0 for success
 * @batch: batch that it is about
 * @n_tls: EV_CLAIMED, EV_LEARN: TLs in @data
 * @data: EV_CLAIMED, EV_LEARN: TLs. EV_MESSAGE: frame, header included
 * @position: EV_RESOLVED, EV_LOOKUP
 * @recovery: EV_BOOT
 * @nl: EV_FORM: the list to form, with its fresh pool id and epoch 1. EV_ADMIT, EV_SPLIT: one
 *	member: id, name, address
 * @down: EV_NODE_DOWN
 * @dry: EV_FINALISE: only say whether it can be
 * @request: EV_FORM, EV_NODE_DOWN, EV_ADMIT, EV_LEAVE, EV_FINALISE: what ACT_ANSWER answers; never
 *	0
 * @lookup: EV_LOOKUP
 * @major: EV_SPLIT: this side goes on, the other one is the minority
 */
struct event {
	enum event_type type;
	uint64_t now_ms;
	uint64_t random;
	uint16_t peer;
	uint16_t protocol;
	enum record_type record;
	int error;
	struct batch_id batch;
	unsigned int n_tls;
	struct bytes data;
	const struct position *position;
	const struct recovery *recovery;
	const struct node_list *nl;
	struct down_request down;
	bool dry;
	uint64_t request;
	enum lookup_answer lookup;
	bool major;
};

enum action_type {
	ACT_SEND,	/* peer, head, tail: one frame, head then tail */
	ACT_DROP,	/* peer, why: close the connection; EV_PEER_DOWN follows */
	ACT_APPEND,	/* record, batch, tail (TLs of a yes, value), n_tls, lazy; see EV_DURABLE */
	ACT_GRANT,	/* batch.number, max_tls, position: of this node */
	ACT_REVOKE,	/* take the grant back; EV_REVOKED follows */
	ACT_PREPARE,	/* batch, tail, n_tls, lazy, foretell; EV_PREPARED follows */
	ACT_RESOLVE,	/* batch, resolution, error; EV_RESOLVED follows */
	ACT_SUBMIT_NODES, /* kind, nl: queue a change of the node list; EV_SUBMITTED follows */
	ACT_ANSWER,	/* request, error, why: answer the administrator; plan: of a node-down */
	ACT_REPORT,	/* state, nodes_up, node_event, peer, why (last_error): to device and log */
	ACT_MEMBERS,	/* nl: the node list in force changed; the mesh connects to these */
	ACT_CANDIDATE,	/* nl: a node that may become a member: connect to it as well; NULL: none */
	ACT_SOON,	/* EV_TICK is wanted about NODE_SOON_MS after the last such */
	ACT_LOOKUP,	/* peer, position: is it in this node's history? EV_LOOKUP may follow */
	ACT_TYPES
};

/**
 * struct action - one thing to do
 * @type: what to do; which members it has stands at enum action_type
 * @peer: node id
 * @record: type of the record
 * @batch: batch that it is about
 * @n_tls: TLs in @tail
 * @lazy: nobody waits for this yes: no EV_DURABLE
 * @foretell: its commit will likely be heard of together with the next batch
 * @max_tls: most TLs that may be claimed
 * @head: frame, or its beginning
 * @tail: rest of the frame, TLs, or a value
 * @resolution: fate of the batch
 * @error: errno for the submitters, or of the answer
 * @kind: of the change
 * @nl: node list
 * @position: place to look for, or where this node stands
 * @request: of the administrator
 * @state: of this node
 * @nodes_up: members connected, this node included
 * @node_event: what happened to @peer
 * @why: one line for people, or NULL; static or of the node, lives until the next step
 * @plan: of a node-down, or NULL; of a dry one @why is what would be refused without force
 */
struct action {
	enum action_type type;
	uint16_t peer;
	enum record_type record;
	struct batch_id batch;
	unsigned int n_tls;
	bool lazy;
	bool foretell;
	unsigned int max_tls;
	struct bytes head;
	struct bytes tail;
	enum hsmrepl_resolution resolution;
	int error;
	enum hsmrepl_tl_kind kind;
	const struct node_list *nl;
	const struct position *position;
	uint64_t request;
	enum hsmrepl_node_state state;
	unsigned int nodes_up;
	enum hsmrepl_event node_event;
	const char *why;
	const struct down_plan *plan;
};

/**
 * struct actions - what follows from one event, in this order
 * @n: entries used
 * @wire_used: bytes of @wire used
 * @action: entries
 * @wire: message headers
 * @why: room for a composed line
 */
struct actions {
	unsigned int n;
	size_t wire_used;
	struct action action[NODE_ACTIONS_MAX];
	uint8_t wire[NODE_WIRE_MAX];
	char why[256];
};

#define NODE_TICK_MS		100	/* EV_TICK at least this often */
#define NODE_SOON_MS		1	/* ACT_SOON; where it is not heeded, the next tick does */
#define NODE_HEARTBEAT_MS	500	/* between heartbeats */
#define NODE_SILENCE_MS		3000	/* a peer that says nothing for so long is gone */
#define NODE_PATIENCE_MS	1000	/* ask again for the turn after this */
#define NODE_SURVEY_MS		10000	/* a node-down waits so long for all survivors */
#define NODE_STARTING_MS	5000	/* a member alone is "starting", then "blocked" */
#define NODE_ADMIT_MS		5000	/* all members must reach a newcomer within this */

struct node;
/* Size of struct node, for whoever holds one (it has no pointers into itself). */
extern const size_t node_size;

/* Of node_size bytes make a node that waits for EV_BOOT; @name: HSMREPL_NAME_MAX with NUL. */
void node_init(struct node *n, uint16_t id, const char *name);

/**
 * node_step() - tell one fact, learn what to do
 * @n: the node
 * @ev: the fact
 * @out: cleared first; what to do
 *
 * A frame that does not decode, or says what no correct peer can say, drops that peer. A broken
 * invariant of its own is an assertion.
 */
void node_step(struct node *n, const struct event *ev, struct actions *out);

#endif /* HSM_CORE_STEP_H */
