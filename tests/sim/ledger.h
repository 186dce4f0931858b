/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of each TID, each place in the history and each batch: the facts that the
 * checkers compare. The first violation is kept.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "history.h"
#include "types.h"

#define LEDGER_PLACES	(1u << 14)	/* of each table */
#define LEDGER_SEQ_MAX	(LEDGER_PLACES - 1)
#define LEDGER_WHY_MAX	512
#define LEDGER_NODES	8	/* node ids are lower */
#define LEDGER_LISTS	256	/* node lists of one run */
#define LEDGER_VALUES	1024	/* node-downs accepted, by ballot */

/**
 * struct fate - one TID
 * @tid: 0 for an unused place
 * @seq: at which it was applied, 0 if it was not
 * @call: number of the call that submitted it, plus 1; 0 for none
 * @aborted: some node decided that it never applies
 * @told_aborted: a caller was told so
 */
struct fate {
	uint64_t tid;
	uint64_t seq;
	unsigned int call;
	bool aborted;
	bool told_aborted;
};

/**
 * struct list - a node list in force
 * @epoch: that it stands for
 * @members: bit n is node n
 * @seq: of the TL that began it
 * @sp: Sync-Point then
 * @protocol: that it asks for
 */
struct list {
	uint64_t epoch;
	uint32_t members;
	uint64_t seq;
	uint64_t sp;
	uint16_t protocol;
};

/**
 * struct ballot - how a node list was voted on
 * @kind: of the TL, enum hsmrepl_tl_kind
 * @coordinator: that cut it
 * @voters: bit n is node n
 */
struct ballot {
	unsigned int kind;
	uint16_t coordinator;
	uint32_t voters;
};

/**
 * struct accepted - a value of node-down under one ballot, and who accepted it durably
 * @epoch: in which it was proposed
 * @ballot: attempt
 * @record: batch of the NODE_DOWN TL
 * @settles: batch that it commits, coordinator 0 for none
 * @members: node list that it begins; bit n is node n
 * @begins: epoch of that list
 * @quorum: nodes that must all accept, 0: any majority of the epoch's list
 * @nodes: who accepted
 */
struct accepted {
	uint64_t epoch;
	uint64_t ballot;
	struct batch_id record;
	struct batch_id settles;
	uint32_t members;
	uint64_t begins;
	uint32_t quorum;
	uint32_t nodes;
};

/* An attempt; @quorum: all survivors, if it was forced, else 0: any majority. */
struct attempt {
	uint64_t epoch;
	uint64_t ballot;
	uint32_t quorum;
};

/**
 * struct place - one seq of the history, as the first node that came there saw it
 * @tid: TL that led there
 * @sp: Sync-Point
 * @seq: of the histories of a split brain: place in the history, 0 for an unused one
 * @whole: a batch ended there: @chain and @digest are known
 */
struct place {
	uint64_t tid;
	uint64_t sp;
	uint64_t seq;
	bool whole;
	uint64_t epoch;
	uint64_t digest;
	uint8_t chain[HSMREPL_CHAIN_LEN];
};

/**
 * struct tally - what the disks hold of one batch; bit n is node n
 * @id: coordinator 0 for an unused place
 * @yes: durable yes
 * @refused: durable refusal
 * @applied: in the history
 */
struct tally {
	struct batch_id id;
	uint32_t yes;
	uint32_t refused;
	uint32_t applied;
};

/**
 * struct ledger - all facts of a run
 * @violated: name of the first invariant that was, NULL for none
 * @split: operators lie: there may be several histories, and much does not hold
 * @why: one line
 * @last_seq: places known
 * @told_seq: highest one that a caller was told is committed
 * @refused_up_to: by node and coordinator: highest batch number durably refused
 * @removed: nodes that a node-down, once chosen, leaves out, or that left, and that did not join
 *	again since; bit n is node n
 * @told_removed: nodes that were told so in their present life
 * @n_lists: used in @list
 * @n_accepted: used in @accepted
 * @n_attempts: used in @attempt
 * @list: node lists that came into force
 * @accepted: values of node-down
 * @attempt: in the order in which they were begun
 * @n_fates: used in @fate
 * @n_tallies: used in @tally
 * @fate: by TID, hashed
 * @tally: by batch, hashed
 * @place: by seq; @split: by seq and Sync-Point, hashed
 */
struct ledger {
	const char *violated;
	bool split;
	char why[LEDGER_WHY_MAX];
	uint64_t last_seq;
	uint64_t told_seq;
	uint64_t refused_up_to[LEDGER_NODES][LEDGER_NODES];
	uint32_t removed;
	uint32_t told_removed;
	unsigned int n_lists;
	unsigned int n_accepted;
	unsigned int n_attempts;
	struct list list[LEDGER_LISTS];
	struct accepted accepted[LEDGER_VALUES];
	struct attempt attempt[LEDGER_VALUES];
	unsigned int n_fates;
	unsigned int n_tallies;
	struct fate fate[LEDGER_PLACES];
	struct tally tally[LEDGER_PLACES];
	struct place place[LEDGER_PLACES];
};

void ledger_init(struct ledger *l, bool split);

/* Members of a node list: bit n is node n. */
static inline uint32_t nl_mask(const struct node_list *nl)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < nl->n; i++)
		mask |= 1u << nl->node[i].id;
	return mask;
}

/* Notes the first violation of a run. */
void ledger_violated(struct ledger *l, const char *invariant, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Never NULL. */
struct fate *ledger_fate(struct ledger *l, uint64_t tid);
struct tally *ledger_tally(struct ledger *l, struct batch_id id);
/* NULL if no such list came into force. */
struct list *ledger_list(struct ledger *l, uint64_t epoch, uint32_t members);
void ledger_add_list(struct ledger *l, const struct list *list);
/* The list of an epoch, in one history; NULL for none. */
const struct list *ledger_list_of(const struct ledger *l, uint64_t epoch);
/* The newest list, NULL for none. */
const struct list *ledger_newest(const struct ledger *l);

#endif /* SIM_LEDGER_H */
