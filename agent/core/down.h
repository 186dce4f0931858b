/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node-down, the termination protocol (protocol.md section 3): the successor of an epoch is
 * one value, chosen by single-decree Paxos among its members.
 *
 *   survey.c  the initiator: asks all survivors, finds the value, has it accepted
 *   down.c    every member: promise, accept, adopt
 */
#ifndef HSM_CORE_DOWN_H
#define HSM_CORE_DOWN_H

#include "step.h"
#include "wire.h"

struct node;
struct peer;

enum survey_state {
	SURVEY_IDLE,
	SURVEY_ASKING,		/* promises and reports come in */
	SURVEY_ACCEPTING,	/* acceptances come in */
};

/**
 * struct report - what a survivor holds
 * @in: it came, for the present survey
 * @accepted_in: its acceptance came
 * @said: position, slot, accepted ballot
 */
struct report {
	bool in;
	bool accepted_in;
	struct down_message said;
};

/**
 * struct survey - an attempt that this node initiated
 * @state: enum survey_state
 * @request: administrative request, 0 when answered
 * @ask: what was asked
 * @since_ms: when
 * @told_ms: when those who had not answered were last asked
 * @ballot: of the attempt; 0 for a dry one
 * @best: accepted ballot of @value while reports come in, 0 for none
 * @value: the value carried on or found, DOWN_VALUE_LEN bytes
 * @tids: TIDs of the undecided batch that a report named
 * @tids_of: that batch
 * @n_tids: entries of @tids
 * @plan: what it comes to
 * @own: our own report
 */
struct survey {
	enum survey_state state;
	uint64_t request;
	struct down_request ask;
	uint64_t since_ms;
	uint64_t told_ms;
	uint64_t ballot;
	uint64_t best;
	uint8_t value[DOWN_VALUE_LEN];
	uint64_t tids[HSMREPL_BATCH_TLS_MAX];
	struct batch_id tids_of;
	unsigned int n_tids;
	struct down_plan plan;
	struct report own;
};

/**
 * struct down - a member's part
 * @promised: highest ballot promised in this epoch: the node neither votes nor coordinates
 *	in it any more; durable
 * @accepted: ballot of @value, durable; 0 for none
 * @value: accepted value
 * @durable: ballot of the last promise or acceptance that is on the disk
 * @asked: ballot to be promised once the slot is at rest, 0 for none
 * @about: newcomer: batch that a survey asked about: it is refused, unless we hold a yes
 * @refusing: newcomer: ballot to report to once the refusal of @about is durable, 0 for none
 * @chosen: @adopt holds a chosen value that is being adopted, or will be once the slot is at rest
 * @adopt: that value; kept afterwards for peers that missed it
 * @adopted_from: epoch that it ended, 0 for none
 * @record: batch of the NODE_DOWN TL that was adopted last, or is being written
 * @removed: a member told us that we are out
 */
struct down {
	uint64_t promised;
	uint64_t accepted;
	uint8_t value[DOWN_VALUE_LEN];
	uint64_t durable;
	uint64_t asked;
	struct batch_id about;
	uint64_t refusing;
	bool chosen;
	uint8_t adopt[DOWN_VALUE_LEN];
	uint64_t adopted_from;
	struct batch_id record;
	bool removed;
};

#define BALLOT_ATTEMPTS 0xffffu	/* of one epoch */

/* Ballots order by epoch, then attempt: an attempt in e+1 goes before one carried over from e. */
static inline uint64_t ballot_make(uint64_t epoch, uint64_t attempt, uint16_t initiator)
{
	return epoch << 32 | attempt << 16 | initiator;
}

/* Which attempt of that epoch a ballot is; 0 if it is of another one. */
static inline uint64_t ballot_attempt(uint64_t ballot, uint64_t epoch)
{
	return ballot >> 32 == epoch ? ballot >> 16 & BALLOT_ATTEMPTS : 0;
}

/* The initiator's node id of a ballot. */
static inline uint64_t ballot_epoch(uint64_t ballot)
{
	return ballot >> 32;
}

static inline uint16_t ballot_initiator(uint64_t ballot)
{
	return (uint16_t)ballot;
}

bool down_frozen(const struct node *n);
bool down_ending(const struct node *n);
void down_boot(struct node *n, const struct recovery *r);
void down_promise(struct node *n, uint64_t ballot, struct actions *out);
void down_accept(struct node *n, uint64_t ballot, const uint8_t *value, struct actions *out);
void down_choose(struct node *n, const uint8_t *value, struct actions *out);
void down_describe(const struct node *n, struct down_message *d);
void down_message(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void down_durable(struct node *n, const struct event *ev, struct actions *out);
void down_refused(struct node *n, struct batch_id id, struct actions *out);
void down_epoch(struct node *n, struct actions *out);
void down_recorded(struct node *n, struct actions *out);
void down_missed(struct node *n, struct peer *p, uint64_t epoch, struct actions *out);
void down_settle(struct node *n, struct actions *out);
void down_tick(struct node *n, struct actions *out);

void survey_start(struct node *n, const struct event *ev, struct actions *out);
void survey_report(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void survey_accepted(struct node *n, struct peer *p, const struct message *m, struct actions *out);
bool survey_awaits(struct node *n, const struct peer *p);
void survey_again(struct node *n, struct actions *out);
void survey_own(struct node *n, struct actions *out);
void survey_tick(struct node *n, struct actions *out);
void survey_adopted(struct node *n, struct actions *out);

#endif /* HSM_CORE_DOWN_H */
