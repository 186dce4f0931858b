/* SPDX-License-Identifier: GPL-2.0 */
/* What a node knows of another one. Private to agent/core. */
#ifndef HSM_CORE_PEER_H
#define HSM_CORE_PEER_H

#include "down.h"
#include "view.h"

/* What is owed to a coordinator once the refusal of its batch is durable. */
enum reply {
	REPLY_NONE,
	REPLY_ABORTED,	/* it sent ABORT */
	REPLY_VOTE_NO,	/* it sent INQUIRE */
};

/**
 * struct peer - another node
 * @id: node id, 0 for an unused entry
 * @up: connected
 * @greeted: its hello came in this connection
 * @protocol: version that both speak, of the last connection
 * @link: how it stands to us
 * @solicited: we asked it for a hello since the last tick
 * @vote: on our batch in the slot
 * @confirmed: SLOT_ABORTING: it holds no yes any more
 * @refused: highest batch number of this coordinator that we refused, or are about to
 * @refusing: batch number whose refusal is on its way to the disk on this peer's demand, 0 for none
 * @reply: what it gets then
 * @seq: of its last hello
 * @sp: of its last hello
 * @last_heard_ms: our clock
 * @hello_sent_ms: its clock in its last hello, for the echo
 * @hello_at_ms: our clock when that hello came
 * @rtt_ms: round trip of the last hello that was echoed
 * @meets: newcomer that it is connected to, 0 for none
 * @asked: place of it that was last looked for in our history
 * @lookup: what came of that
 * @report: what it reported to our survey
 */
struct peer {
	uint16_t id;
	bool up;
	bool greeted;
	uint16_t protocol;
	enum link_state link;
	bool solicited;
	enum vote vote;
	bool confirmed;
	uint64_t refused;
	uint64_t refusing;
	enum reply reply;
	uint64_t seq;
	uint64_t sp;
	uint64_t last_heard_ms;
	uint64_t hello_sent_ms;
	uint64_t hello_at_ms;
	uint32_t rtt_ms;
	uint16_t meets;
	struct position asked;
	enum lookup_answer lookup;
	struct report report;
};

/**
 * struct split - a split brain that the lookout found
 * @peer: a node of the other side, 0 for none
 * @name: its name
 * @major: this side goes on
 */
struct split {
	uint16_t peer;
	char name[HSMREPL_NAME_MAX];
	bool major;
};

#endif /* HSM_CORE_PEER_H */
