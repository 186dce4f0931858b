// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

void committed_told(struct ledger *l, uint64_t tid, uint64_t seq)
{
	const struct fate *f = ledger_fate(l, tid);

	if (l->split)
		return;
	if (f->seq != seq)
		ledger_violated(l, "I3", "TID %016" PRIx64 " is told committed at seq %" PRIu64
				", but it was applied at seq %" PRIu64 " (0: nowhere)",
				tid, seq, f->seq);
	if (seq > l->told_seq)
		l->told_seq = seq;
}

void committed_kept(struct ledger *l, uint16_t node, uint64_t seq, const uint64_t *tids,
		    unsigned int n_tids)
{
	const struct list *newest = ledger_newest(l);

	if (l->split || l->removed & 1u << node || (newest && !(newest->members & 1u << node)))
		return;
	if (seq + n_tids < l->told_seq)
		ledger_violated(l, "I3", "n%u holds the history up to seq %" PRIu64
				" and %u undecided, but seq %" PRIu64 " was told committed",
				node, seq, n_tids, l->told_seq);
	for (unsigned int i = 0; i < n_tids && seq + i + 1 <= l->told_seq; i++) {
		uint64_t told = l->place[seq + i + 1].tid;

		if (tids[i] != told)
			ledger_violated(l, "I3", "n%u holds TID %016" PRIx64 " for seq %" PRIu64
					", but TID %016" PRIx64 " was told committed there",
					node, tids[i], seq + i + 1, told);
	}
}
