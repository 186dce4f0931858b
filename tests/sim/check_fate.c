// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

void fate_applied(struct ledger *l, uint16_t node, uint64_t tid, uint64_t seq)
{
	struct fate *f = ledger_fate(l, tid);

	if (l->split) {
		f->seq = seq;
		return;
	}
	if (f->aborted)
		ledger_violated(l, "I1", "n%u applies TID %016" PRIx64 " (seq %" PRIu64
				"), which a node aborted", node, tid, seq);
	if (f->seq && f->seq != seq)
		ledger_violated(l, "I1", "n%u applies TID %016" PRIx64 " at seq %" PRIu64
				", but it was applied at seq %" PRIu64, node, tid, seq, f->seq);
	f->seq = seq;
}

void fate_aborted(struct ledger *l, uint16_t node, uint64_t tid)
{
	struct fate *f = ledger_fate(l, tid);

	if (f->seq && !l->split)
		ledger_violated(l, "I1", "n%u aborts TID %016" PRIx64
				", which was applied at seq %" PRIu64, node, tid, f->seq);
	f->aborted = true;
}
