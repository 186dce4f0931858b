/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The invariants of protocol.md section 6, one file each. A checker is told facts and notes
 * a violation in the ledger; it knows nothing of worlds.
 */
#ifndef SIM_CHECKS_H
#define SIM_CHECKS_H

#include "ledger.h"

/* check_fate.c, I1: no two nodes apply different outcomes to one TID in one history. */
void fate_applied(struct ledger *l, uint16_t node, uint64_t tid, uint64_t seq);
void fate_aborted(struct ledger *l, uint16_t node, uint64_t tid);

/* check_agree.c, I2: same seq, same SP, chain and digest. */
void agree_applied(struct ledger *l, uint16_t node, uint64_t tid, uint64_t seq, uint64_t sp);
void agree_position(struct ledger *l, uint16_t node, const struct position *p);

/* check_committed.c, I3: told committed is in every later state. */
void committed_told(struct ledger *l, uint64_t tid, uint64_t seq);
/* A member starts, or a run ends: it holds the history up to @seq, then the TLs of its slot. */
void committed_kept(struct ledger *l, uint16_t node, uint64_t seq, const uint64_t *tids,
		    unsigned int n_tids);

/* check_aborted.c, I4: told aborted is never applied. */
void aborted_told(struct ledger *l, uint64_t tid);
void aborted_applied(struct ledger *l, uint16_t node, uint64_t tid);

/*
 * check_voters.c, I5: no commit without a durable yes of every voter; @voters: bit n is node n.
 * And what is said of a vote, yes or never, is durable before.
 */
void voters_yes(struct ledger *l, uint16_t node, struct batch_id id);
void voters_refused(struct ledger *l, uint16_t node, struct batch_id id);
void voters_has(struct ledger *l, uint16_t node, struct batch_id id);
void voters_applied(struct ledger *l, uint16_t node, struct batch_id id, uint32_t voters);
void voters_said_ballot(struct ledger *l, uint16_t node, uint64_t ballot, uint64_t durable);
void voters_said_yes(struct ledger *l, uint16_t node, struct batch_id id);
void voters_confirms(struct ledger *l, uint16_t node, struct batch_id id, struct batch_id held);
void voters_said_never(struct ledger *l, uint16_t node, struct batch_id id);

/*
 * And an epoch ends by a value that a quorum accepted durably.
 */
void voters_asked(struct ledger *l, uint64_t epoch, uint64_t ballot, uint32_t quorum);
void voters_accepted(struct ledger *l, uint16_t node, const struct accepted *of);
void voters_ended(struct ledger *l, uint16_t node, struct batch_id record);

/* check_removed.c, I6: a diverged or removed node never votes and never counts. */
void removed_starts(struct ledger *l, uint16_t node);
void removed_told(struct ledger *l, uint16_t node);
void removed_speaks(struct ledger *l, uint16_t node, const char *what);
void removed_votes(struct ledger *l, uint16_t node, uint32_t voters, uint32_t own);
void removed_counts(struct ledger *l, uint16_t node, uint64_t epoch, uint32_t voters,
		    bool outside);

/*
 * check_pools.c: never two pools: one node list for each epoch, begun at one place. The protocol
 * that it asks for never falls, and whoever has the list in force speaks it.
 */
void pools_began(struct ledger *l, uint16_t node, const struct list *list);
void pools_changed(struct ledger *l, uint16_t node, const struct list *list,
		   const struct ballot *how);
void pools_speaks(struct ledger *l, uint16_t node, const struct list *list, uint16_t protocol);

/* check_plan.c: a dry run tells the fate that follows. */
void plan_kept(struct ledger *l, const struct down_plan *plan, uint32_t members, uint64_t seq);

/* check_linear.c, I7: each label's history is linearizable by itself. */
/* Adds the search's steps to @steps; labels for which it gave up are counted in @undecided. */
void linear_check(struct ledger *l, const struct history *h, unsigned int labels,
		  uint64_t *steps, unsigned int *undecided);

/*
 * check_order.c, I7: all transactions in the order of their seq, and all reads at one place each,
 * explain the whole history, several labels included.
 */
void order_check(struct ledger *l, const struct history *h, unsigned int labels);

/*
 * check_progress.c, I8: every submission ends, every writer gets its share, contention aborts
 * nobody.
 */
#define PROGRESS_HEAL_US	60000000u	/* from the last fault until all is well */
#define PROGRESS_CALL_US	600000u		/* of one call while all is well */
#define PROGRESS_ROUNDS		8	/* times the slowest message, flush and pump */
#define PROGRESS_SHARE		4	/* each writer gets at least its share divided by this */

void progress_healed(struct ledger *l, uint64_t since_us, uint64_t now_us, const char *missing);
void progress_call(struct ledger *l, const struct call *c, uint64_t now_us, uint64_t bound_us);
void progress_told(struct ledger *l, const struct call *c);
void progress_shares(struct ledger *l, const unsigned int *done, unsigned int writers);

#endif /* SIM_CHECKS_H */
