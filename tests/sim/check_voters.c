// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

void voters_yes(struct ledger *l, uint16_t node, struct batch_id id)
{
	ledger_tally(l, id)->yes |= 1u << node;
}

void voters_refused(struct ledger *l, uint16_t node, struct batch_id id)
{
	ledger_tally(l, id)->refused |= 1u << node;
}

void voters_applied(struct ledger *l, uint16_t node, struct batch_id id, uint32_t voters)
{
	const struct tally *t = ledger_tally(l, id);

	if (voters & ~t->yes)
		ledger_violated(l, "I5", "n%u commits batch %u:%" PRIx64
				" of voters %x, durable yes of %x only (bit n is node n)",
				node, id.coordinator, id.number, voters, t->yes);
	if (t->refused)
		ledger_violated(l, "I5", "n%u commits batch %u:%" PRIx64
				", durably refused by %x (bit n is node n)",
				node, id.coordinator, id.number, t->refused);
}
