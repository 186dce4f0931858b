/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages between agents. Every frame is a header and a body of fixed size, little-endian; PREPARE
 * is followed by its TLs. Documentation/wire.md shows the layouts.
 */
#ifndef HSM_CORE_WIRE_H
#define HSM_CORE_WIRE_H

#include "step.h"

enum message_type {
	MSG_HELLO = 16,	/* what the sender holds: at connect, and as heartbeat */
	MSG_PREPARE,	/* vote on this batch */
	MSG_VOTE,	/* the sender's vote on a batch of the receiver */
	MSG_COMMIT,	/* a batch is committed; carries the turn */
	MSG_ABORT,	/* the coordinator refused its own batch durably: drop your yes */
	MSG_ABORTED,	/* the sender holds no yes for that batch, and never will */
	MSG_INQUIRE,	/* how did you vote? Whoever holds no yes refuses durably */
	MSG_WANT,	/* the sender has transactions and asks for the turn */
	MSG_TURN,	/* the turn moves without a commit */
	MSG_DOWN_ASK,	/* node-down, step 1: promise and report */
	MSG_DOWN_REPORT, /* the promise, or why not, and what the sender holds */
	MSG_DOWN_ACCEPT, /* step 3: accept this value */
	MSG_DOWN_ACCEPTED, /* the sender accepted durably, or promised a higher ballot */
	MSG_DOWN_CHOSEN, /* step 4: adopt this value */
	MSG_LEARN,	/* settled TLs for a learner: apply them (protocol.md section 4) */
	MSG_CANDIDATE,	/* this node is about to join: connect to it */
	MSG_END
};

enum refusal {
	REFUSAL_NONE,
	REFUSAL_BUSY,		/* slot taken, or a grant stands */
	REFUSAL_POSITION,	/* epoch, seq, Sync-Point or voters are not the voter's */
	REFUSAL_STATE,		/* the voter does not count the coordinator as a member now */
	REFUSAL_REFUSED,	/* this very batch was refused before */
	REFUSAL_INVALID,	/* an operation cannot be applied: see error */
	REFUSALS
};

/**
 * struct turn - who may cut the next batch; a hint, memory only (protocol.md section 2)
 * @number: rises with every hand-over; the higher one is the newer
 * @holder: node id
 */
struct turn {
	uint64_t number;
	uint16_t holder;
};

/**
 * struct down_value - how an epoch ends (protocol.md section 3)
 * @record: batch that carries the NODE_DOWN TL
 * @settles: undecided batch that commits before it, coordinator 0 for none; any other aborts
 * @tl: the NODE_DOWN TL, DOWN_TL_LEN bytes
 */
struct down_value {
	struct batch_id record;
	struct batch_id settles;
	struct bytes tl;
};

#define DOWN_DRY	1	/* flag: only report, promise nothing */
#define DOWN_NO		2	/* flag of an answer: refused, see promised */

/**
 * struct down_message - fields of the node-down messages
 * @ballot: epoch << 32 | attempt << 16 | id of the initiator
 * @promised: REPORT, ACCEPTED: highest ballot the sender promised
 * @accepted: REPORT: ballot of the value in the tail, 0 for none
 * @flags: DOWN_DRY, DOWN_NO
 * @seq: REPORT: position of the sender
 * @sp: REPORT
 * @slot: REPORT: batch that the sender holds a durable yes for. ASK: the NODE_ADD that a newcomer
 *	is asked about
 * @slot_seq: REPORT: position after it
 * @slot_sp: REPORT
 * @n_tids: REPORT: TIDs (8 bytes each) in the tail, when no value is
 */
struct down_message {
	uint64_t ballot;
	uint64_t promised;
	uint64_t accepted;
	uint64_t flags;
	uint64_t seq;
	uint64_t sp;
	struct batch_id slot;
	uint64_t slot_seq;
	uint64_t slot_sp;
	uint64_t n_tids;
};

#define HELLO_ANSWER	1	/* flag: please answer with a hello at once */
#define HELLO_LOST	2	/* flag: your place is not in my history */
#define HELLO_ROLLED_BACK 4	/* flag: the sender forgot what it voted for */
#define HELLO_LEARNER	8	/* flag: the sender is not in its own node list */
#define HELLO_FLAGS	15	/* all of them */

/**
 * struct message - one decoded frame
 * @type: which fields below count
 * @epoch: of the sender
 * @batch: VOTE, COMMIT, ABORT, ABORTED, INQUIRE, PREPARE
 * @turn: HELLO, VOTE, COMMIT, TURN
 * @hello: HELLO
 * @seq: COMMIT: after the batch
 * @sp: COMMIT: after the batch
 * @yes: VOTE
 * @refusal: VOTE: why not
 * @error: VOTE: errno with REFUSAL_INVALID
 * @n_tls: PREPARE, LEARN
 * @tls: PREPARE, LEARN: TLs; DOWN_*: value or TIDs; CANDIDATE: struct hsmrepl_nl; borrowed
 *	from the frame
 * @down: DOWN_*
 */
struct message {
	enum message_type type;
	uint64_t epoch;
	struct batch_id batch;
	struct turn turn;
	struct {
		uint8_t pool[HSMREPL_POOL_LEN];
		struct position position;
		struct batch_id slot;	/* durable yes that the sender holds; coordinator 0: none */
		uint64_t slot_seq;	/* position after that batch */
		uint64_t slot_sp;
		uint32_t flags;
		uint16_t meets;		/* newcomer that the sender is connected to, 0: none */
		uint64_t sent_ms;	/* sender's clock */
		uint64_t echo_ms;	/* sent_ms of the receiver's last hello, and its age */
	} hello;
	uint64_t seq;
	uint64_t sp;
	bool yes;
	enum refusal refusal;
	int error;
	unsigned int n_tls;
	struct bytes tls;
	struct down_message down;
};

#define WIRE_HEADER 16
#define WIRE_BODY_MAX 192
#define WIRE_ERRNO_MAX 4095

/**
 * wire_encode() - write header and body of a message
 * @m: the message; what @m->tls points to is not written, only counted in the length
 * @buf: at least WIRE_HEADER + WIRE_BODY_MAX bytes
 * Returns the bytes written.
 */
size_t wire_encode(const struct message *m, uint8_t *buf);

/**
 * wire_decode() - read one whole frame
 * @frame: header included; @m then borrows from it
 * @m: filled in; points into the frame
 * Returns false if it is not a well-formed message of this protocol.
 */
bool wire_decode(struct bytes frame, struct message *m);

/* A value to and from DOWN_VALUE_LEN bytes; the read one borrows its TL from them. */
void value_encode(const struct down_value *v, uint8_t *buf);
void value_decode(const uint8_t *buf, struct down_value *v);

#endif /* HSM_CORE_WIRE_H */
