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
#define LEDGER_SEQ_MAX	(CALLS_MAX + 64)
#define LEDGER_WHY_MAX	512
#define LEDGER_NODES	8	/* node ids are lower */

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
 * struct place - one seq of the history, as the first node that came there saw it
 * @tid: TL that led there
 * @sp: Sync-Point
 * @whole: a batch ended there: @chain and @digest are known
 */
struct place {
	uint64_t tid;
	uint64_t sp;
	bool whole;
	uint64_t digest;
	uint8_t chain[HSMREPL_CHAIN_LEN];
};

/**
 * struct tally - what the disks hold of one batch; bit n is node n
 * @id: coordinator 0 for an unused place
 * @yes: durable yes
 * @refused: durable refusal
 */
struct tally {
	struct batch_id id;
	uint32_t yes;
	uint32_t refused;
};

/**
 * struct ledger - all facts of a run
 * @violated: name of the first invariant that was, NULL for none
 * @why: one line
 * @last_seq: places known
 * @told_seq: highest one that a caller was told is committed
 * @refused_up_to: by node and coordinator: highest batch number durably refused
 * @n_fates: used in @fate
 * @n_tallies: used in @tally
 * @fate: by TID, hashed
 * @tally: by batch, hashed
 * @place: by seq
 */
struct ledger {
	const char *violated;
	char why[LEDGER_WHY_MAX];
	uint64_t last_seq;
	uint64_t told_seq;
	uint64_t refused_up_to[LEDGER_NODES][LEDGER_NODES];
	unsigned int n_fates;
	unsigned int n_tallies;
	struct fate fate[LEDGER_PLACES];
	struct tally tally[LEDGER_PLACES];
	struct place place[LEDGER_SEQ_MAX];
};

void ledger_init(struct ledger *l);
/* Notes the first violation of a run. */
void ledger_violated(struct ledger *l, const char *invariant, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Never NULL. */
struct fate *ledger_fate(struct ledger *l, uint64_t tid);
struct tally *ledger_tally(struct ledger *l, struct batch_id id);

#endif /* SIM_LEDGER_H */
