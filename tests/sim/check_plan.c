// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

/* @members: the node list that begins at @seq, where the node-down is recorded. */
void plan_kept(struct ledger *l, const struct down_plan *plan, uint32_t members, uint64_t seq)
{
	if (nl_mask(&plan->after) != members)
		ledger_violated(l, "plan", "a dry run announced the node list %x, it became %x"
				" (bit n is node n)", nl_mask(&plan->after), members);
	for (unsigned int i = 0; i < plan->n_commit; i++) {
		uint64_t at = ledger_fate(l, plan->commit[i])->seq;

		if (!at || at >= seq)
			ledger_violated(l, "plan", "a dry run announced that TID %016" PRIx64
					" commits; the node-down at seq %" PRIu64 " did not, see %"
					PRIu64, plan->commit[i], seq, at);
	}
	for (unsigned int i = 0; i < plan->n_abort; i++) {
		uint64_t at = ledger_fate(l, plan->abort[i])->seq;

		if (at && at < seq)
			ledger_violated(l, "plan", "a dry run announced that TID %016" PRIx64
					" aborts; it was applied at seq %" PRIu64, plan->abort[i],
					at);
	}
}
