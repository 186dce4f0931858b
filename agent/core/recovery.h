/* SPDX-License-Identifier: GPL-2.0 */
/* What the log keeps, and what a start finds. */
#ifndef HSM_CORE_RECOVERY_H
#define HSM_CORE_RECOVERY_H

#include "types.h"

enum record_type {
	RECORD_YES = 1,		/* a durable yes, with the TLs */
	RECORD_COMMIT = 2,	/* applied; written along with the next record, never waited for */
	RECORD_REFUSED = 3,	/* never a yes for this batch (any more) */
	RECORD_ABORTED = 4,	/* own batch, told aborted; not waited for */
	RECORD_PROMISE = 5,	/* node-down: batch.number is the ballot promised */
	RECORD_ACCEPT = 6,	/* node-down: batch.number is the ballot, tail the value accepted */
};

/**
 * struct recovery - what store and device know when the agent starts
 * @nl: node list in force; n == 0 without a pool
 * @protocol: highest version that agent and device speak
 * @position: of the device, after everything known to be committed was applied
 * @incarnation: of this start, higher than all before, durable
 * @slot: TLs of the undecided batch, empty for a free slot; a durable yes for it is in the log
 * @slot_n_tls: TLs in @slot
 * @slot_id: which batch
 * @slot_claimed: the device still has the submitters of that batch (kernel alive)
 * @slot_refused: the device refuses it, as it did before: the yes for it was never said
 * @last: batch that was applied last, coordinator 0 for none
 * @refused: per coordinator the highest batch number that was durably refused
 * @n_refused: entries of @refused
 * @promised: node-down: highest ballot promised, 0 for none
 * @accepted: node-down: ballot of a value accepted and not carried out, 0 for none
 * @value: DOWN_VALUE_LEN bytes or none; without @accepted: how the epoch before may have ended
 * @left: this node left the pool in order: it is no learner
 * @rolled_back: the store is older than what was said in its name: it takes part in nothing
 */
struct recovery {
	const struct node_list *nl;
	uint16_t protocol;
	struct position position;
	uint32_t incarnation;
	struct bytes slot;
	unsigned int slot_n_tls;
	struct batch_id slot_id;
	bool slot_claimed;
	bool slot_refused;
	struct batch_id last;
	const struct batch_id *refused;
	unsigned int n_refused;
	uint64_t promised;
	uint64_t accepted;
	struct bytes value;
	bool left;
	bool rolled_back;
};

#endif /* HSM_CORE_RECOVERY_H */
