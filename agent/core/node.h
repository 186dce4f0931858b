/* SPDX-License-Identifier: GPL-2.0 */
/* The node's own state: peers, slot, turn. Private to agent/core. */
#ifndef HSM_CORE_NODE_H
#define HSM_CORE_NODE_H

#include "batch.h"
#include "down.h"
#include "view.h"
#include "wire.h"

#define PEERS_MAX HSMREPL_NODES_MAX

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
 * @report: what it reported to our survey
 */
struct peer {
	uint16_t id;
	bool up;
	bool greeted;
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
	struct report report;
};

/**
 * struct slot - the one undecided batch
 * @state: enum slot_state
 * @id: which batch
 * @since_ms: when it was taken
 * @batch: its facts
 * @claimed: own batch whose submitters wait at the device
 * @in_doubt: own batch found at start: peers are asked, and it may already be committed
 * @durable: our yes is on the disk
 * @prepared: the device took it
 * @aborted: batch number that its coordinator's ABORT named, this one or a later one; 0 for none
 * @refusal: why it is being revoked or dropped
 * @error: errno that goes with @refusal
 * @refuser: node that said no to our own batch
 */
struct slot {
	enum slot_state state;
	struct batch_id id;
	uint64_t since_ms;
	struct batch batch;
	bool claimed;
	bool in_doubt;
	bool durable;
	bool prepared;
	uint64_t aborted;
	enum refusal refusal;
	int error;
	uint16_t refuser;
};

/**
 * struct node - everything a node knows
 * @id: of this node
 * @name: of this node
 * @now_ms: of the event at work
 * @random: of the event at work
 * @booted: EV_BOOT came
 * @halted: the disk failed: takes part in nothing any more
 * @boot_ms: when it started
 * @was_member: all members were connected at least once since the start
 * @nl: node list in force
 * @pos: where it stands; chain and digest as of @told_seq
 * @told_seq: seq that pos.chain and pos.digest belong to
 * @last: batch applied last
 * @incarnation: high half of our batch numbers
 * @counter: low half of the last one
 * @slot: the undecided batch
 * @down: this member's part in node-down
 * @survey: a node-down that it initiated
 * @turn: newest turn heard of
 * @want: who asked for the turn, in order
 * @n_want: entries
 * @queued: transactions wait at the device
 * @granted: batch number of the grant that stands, 0 for none
 * @revoking: ACT_REVOKE is under way, or came too late for a claim that was not told yet
 * @used: our turn has served one batch of our own
 * @wanted_ms: when we asked for the turn, 0 if we did not
 * @want_tries: how often we asked in vain
 * @calm: a batch of ours collided: wait for a sign from the others, or a tick
 * @solo: cut this many batches of one TL, to find the one that a voter refuses
 * @forming: administrative request that forms the pool, 0 for none
 * @form_nl: the list it asks for
 * @heartbeat_ms: when the last hellos went out
 * @reported: what was last reported
 * @reported_up: members connected, as last reported
 * @reported_why: last line reported
 * @peers: other nodes
 */
struct node {
	uint16_t id;
	char name[HSMREPL_NAME_MAX];
	uint64_t now_ms;
	uint64_t random;
	bool booted;
	bool halted;
	uint64_t boot_ms;
	bool was_member;
	struct node_list nl;
	struct position pos;
	uint64_t told_seq;
	struct batch_id last;
	uint32_t incarnation;
	uint32_t counter;
	struct slot slot;
	struct down down;
	struct survey survey;
	struct turn turn;
	uint16_t want[PEERS_MAX];
	unsigned int n_want;
	bool queued;
	uint64_t granted;
	bool revoking;
	bool used;
	uint64_t wanted_ms;
	unsigned int want_tries;
	bool calm;
	unsigned int solo;
	uint64_t forming;
	struct node_list form_nl;
	uint64_t heartbeat_ms;
	enum hsmrepl_node_state reported;
	unsigned int reported_up;
	char reported_why[HSMREPL_ERROR_MAX];
	struct peer peers[PEERS_MAX];
};

#define each_peer(p, n) (struct peer *p = (n)->peers; p < (n)->peers + PEERS_MAX; p++) if (p->id)

static inline bool same_batch(struct batch_id a, struct batch_id b)
{
	return a.coordinator == b.coordinator && a.number == b.number;
}

static inline bool same_place(const struct position *a, const struct position *b)
{
	return a->epoch == b->epoch && a->seq == b->seq && a->sp == b->sp;
}

#endif /* HSM_CORE_NODE_H */
