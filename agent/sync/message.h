/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames of service connections: Live-Sync, and questions about history and content. Strict: a
 * frame is decoded whole or not at all. Documentation/wire.md, "Service messages", has the layouts.
 */
#ifndef HSM_SYNC_MESSAGE_H
#define HSM_SYNC_MESSAGE_H

#include "types.h"

enum sync_type {
	SYNC_WHO = 64,	/* who are you, and is this place in your history? */
	SYNC_HERE,	/* the answer */
	SYNC_JOIN,	/* newcomer: this is what I hold, make me a member */
	SYNC_NO,	/* refused: text; flag SYNC_LATER: not now */
	SYNC_PLAN,	/* donor: what will be sent */
	SYNC_ITEMS,	/* a part of the snapshot */
	SYNC_END,	/* the snapshot is complete and stands for this place */
	SYNC_TAIL,	/* newcomer: send the TLs after this seq, and go on */
	SYNC_TLS,	/* TLs */
	SYNC_FEED,	/* newcomer: I stand at this seq, feed me over the peer connection */
	SYNC_FED,	/* donor: flag SYNC_LIVE: so it is from now on; else not (any more) */
	SYNC_ADMIT,	/* newcomer: make me a member now */
	SYNC_ADMITTED,	/* the NODE_ADD is committed */
	SYNC_AGAIN,	/* it was not: text says why, try again */
	SYNC_HISTORY,	/* which TLs came after this seq? */
	SYNC_ROWS,	/* the answer: seq, TID, SP of each */
	SYNC_EPOCHS,	/* where did your epochs begin? */
	SYNC_BEGAN,	/* the answer */
	SYNC_DIGESTS,	/* content digests of the objects whose label hash begins so */
	SYNC_BUCKETS,	/* the answer: one sum per next byte of the hash */
	SYNC_ENTRIES,	/* the answer: the objects themselves, where they are few */
	SYNC_END_TYPES
};

#define SYNC_LATER	1	/* NO */
#define SYNC_OVERWRITE	1	/* JOIN: what the newcomer holds may go */
#define SYNC_LEARNER	2	/* JOIN: it is a learner already */
#define SYNC_LIVE	1	/* FED */
#define SYNC_PEERS	1	/* WHO, HERE: and what of your peers? */
#define SYNC_LAST	1	/* ROWS, BEGAN, ENTRIES: nothing comes after these */

/* What is to be done if a peer sends what this version does not know. */
#define SYNC_SAME_VERSION ": run the same version on all nodes"

#define SYNC_TEXT_MAX	320	/* bytes of a text, NUL not counted */

enum sync_kind {
	SYNC_KIND_FULL = 1,	/* the newcomer begins with an empty store */
	SYNC_KIND_DELTA,	/* it keeps what it has up to a seq */
	SYNC_KIND_TAIL,		/* it has all, but for some TLs */
};

/**
 * struct sync_message - one frame
 * @type: which fields below count, see message.c
 * @flags: of the type
 * @node: HERE: node id of the sender
 * @mode: HERE: enum hsmrepl_mode
 * @state: HERE: enum hsmrepl_node_state
 * @answer: HERE: enum history_answer about the place in the question
 * @clock_ms: HERE: wall clock
 * @pool: of the sender, zero without one
 * @place: of the sender; PLAN, END: of the snapshot
 * @kind: PLAN: enum sync_kind
 * @have: JOIN, PLAN: an import holds the content of TLs up to this one, 0 for nothing
 * @at: JOIN, PLAN: ... as of this place; see import.h. Its digest is zero
 * @tls: PLAN: TLs to come, an estimate
 * @bytes: PLAN: bytes to come, an estimate
 * @rows: PLAN: rows of the history to come, an estimate
 * @seq: TAIL, FEED, HISTORY: after this one. TLS: where the sender stands; FED: the same
 * @count: of what is in @data
 * @address: JOIN, HERE: at which the sender listens
 * @nl: HERE, PLAN: node list in force
 * @data: items, TLs, rows, text (without NUL), ...; borrowed from the frame
 */
struct sync_message {
	enum sync_type type;
	uint64_t flags;
	uint64_t node;
	uint64_t mode;
	uint64_t state;
	uint64_t answer;
	uint64_t clock_ms;
	uint8_t pool[HSMREPL_POOL_LEN];
	struct position place;
	uint64_t kind;
	uint64_t have;
	struct position at;
	uint64_t tls;
	uint64_t bytes;
	uint64_t rows;
	uint64_t seq;
	uint64_t count;
	char address[HSMREPL_ADDRESS_MAX];
	struct node_list nl;
	struct bytes data;
};

#define SYNC_HEAD_MAX	(1024 + sizeof(struct hsmrepl_nl))	/* of a frame, without @data */

/**
 * sync_encode() - write a frame up to its data
 * @m: the message; its data is only counted in the length
 * @head: SYNC_HEAD_MAX bytes
 * Returns the bytes written.
 */
size_t sync_encode(const struct sync_message *m, uint8_t *head);

/**
 * sync_decode() - read one whole frame
 * @frame: whole frame
 * @m: filled in; borrows @data from the frame
 * Returns false if it is not a well-formed frame of the types above.
 */
bool sync_decode(struct bytes frame, struct sync_message *m);

/* The text in @data, printable, NUL terminated. */
void sync_text(const struct sync_message *m, char text[SYNC_TEXT_MAX + 1]);

const char *sync_type_name(enum sync_type type);

#endif /* HSM_SYNC_MESSAGE_H */
