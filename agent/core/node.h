/* SPDX-License-Identifier: GPL-2.0 */
/* The node's own state: peers, slot, turn. Private to agent/core. */
#ifndef HSM_CORE_NODE_H
#define HSM_CORE_NODE_H

#include "batch.h"
#include "down.h"
#include "list.h"
#include "peer.h"
#include "view.h"
#include "wire.h"

#define PEERS_MAX HSMREPL_NODES_MAX

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
 * @fed: it is settled history that a learner was told: nobody is answered, it commits at once
 * @aborted: batch number that its coordinator's ABORT named, this one or a later one; 0 for none
 * @refusal: why it is being revoked or dropped
 * @error: errno that goes with @refusal
 * @refuser: node that said no to our own batch
 * @told_ms: SLOT_ABORTING: when ABORT was sent last
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
	bool fed;
	uint64_t aborted;
	enum refusal refusal;
	int error;
	uint16_t refuser;
	uint64_t told_ms;
};

/**
 * struct node - everything a node knows
 * @id: of this node
 * @name: of this node
 * @protocol: highest version that it speaks
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
 * @granted_ms: since when
 * @revoking: ACT_REVOKE is under way, or came too late for a claim that was not told yet
 * @used: our turn has served one batch of our own
 * @brisk: our last batch was claimed right after the one before was committed
 * @owes: COMMIT of @last, our own batch, was not sent; until the next PREPARE or any other event
 * @committed_ms: when a batch of our own was committed last
 * @wanted_ms: when we asked for the turn, 0 if we did not
 * @want_tries: how often we asked in vain
 * @calm: a batch of ours collided: wait for a sign from the others, or a tick
 * @solo: cut this many batches of one TL, to find the one that a voter refuses
 * @change: change of the node list that was asked for here
 * @candidate: node that is about to join
 * @split: split brain, if there is one
 * @rolled_back: the store forgot what was said in its name: takes part in nothing
 * @left: it left the pool in order
 * @learn_error: why the device could not take what a learner was told, 0 if it could
 * @heartbeat_ms: when the last hellos went out
 * @reported: what was last reported
 * @reported_up: members connected, as last reported
 * @reported_why: last line reported
 * @peers: other nodes
 */
struct node {
	uint16_t id;
	char name[HSMREPL_NAME_MAX];
	uint16_t protocol;
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
	uint64_t granted_ms;
	bool revoking;
	bool used;
	bool brisk;
	bool owes;
	uint64_t committed_ms;
	uint64_t wanted_ms;
	unsigned int want_tries;
	bool calm;
	unsigned int solo;
	struct change change;
	struct candidate candidate;
	struct split split;
	bool rolled_back;
	bool left;
	int learn_error;
	uint64_t heartbeat_ms;
	enum hsmrepl_node_state reported;
	unsigned int reported_up;
	char reported_why[HSMREPL_ERROR_MAX];
	struct peer peers[PEERS_MAX];
};

#define each_peer(p, n) (struct peer *p = (n)->peers; p < (n)->peers + PEERS_MAX; p++) if (p->id)

static inline bool same_place(const struct position *a, const struct position *b)
{
	return a->epoch == b->epoch && a->seq == b->seq && a->sp == b->sp;
}

#endif /* HSM_CORE_NODE_H */
