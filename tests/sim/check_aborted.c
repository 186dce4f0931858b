// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

void aborted_told(struct ledger *l, uint64_t tid)
{
	struct fate *f = ledger_fate(l, tid);

	f->told_aborted = true;
	if (f->seq && !l->split)
		ledger_violated(l, "I4", "TID %016" PRIx64 " is told aborted, but it was applied at"
				" seq %" PRIu64, tid, f->seq);
}

void aborted_applied(struct ledger *l, uint16_t node, uint64_t tid)
{
	if (ledger_fate(l, tid)->told_aborted && !l->split)
		ledger_violated(l, "I4", "n%u applies TID %016" PRIx64 ", which was told aborted",
				node, tid);
}
