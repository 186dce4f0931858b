/* SPDX-License-Identifier: GPL-2.0 */
/* What became of the newest transactions, by TID. */
#ifndef HSM_OUTCOME_H
#define HSM_OUTCOME_H

#include <linux/types.h>

#define HSM_OUTCOMES	65536	/* per device; the agent's history knows older ones */

/**
 * struct hsm_outcome - fate of one transaction
 * @tid: 0 for an unused place
 * @seq: when committed
 * @sync_point: after it, when committed
 * @error: 0 committed, else the errno of the abort
 * @next: number of an older one of the same bucket; the ring may not hold it any more
 */
struct hsm_outcome {
	u64 tid;
	u64 seq;
	u64 sync_point;
	int error;
	u32 next;
};

/**
 * struct hsm_outcomes - ring of the newest outcomes; all memory is taken at init
 * @ring: @size places; an outcome's place is its number modulo @size
 * @buckets: @size heads: the number of the newest one, which the ring may not hold any more
 * @size: a power of two
 * @newest: number of the newest outcome; it began with @size, to which 0 is too old
 */
struct hsm_outcomes {
	struct hsm_outcome *ring;
	u32 *buckets;
	u32 size;
	u32 newest;
};

/* size: outcomes to keep, rounded up to a power of two. 0 or -ENOMEM. */
int hsm_outcomes_init(struct hsm_outcomes *outcomes, u32 size);
void hsm_outcomes_destroy(struct hsm_outcomes *outcomes);
void hsm_outcomes_clear(struct hsm_outcomes *outcomes);
void hsm_outcomes_add(struct hsm_outcomes *outcomes, u64 tid, int error, u64 seq, u64 sync_point);
/* NULL: not known (any more). Valid until the next add or clear. */
const struct hsm_outcome *hsm_outcomes_find(const struct hsm_outcomes *outcomes, u64 tid);

#endif
