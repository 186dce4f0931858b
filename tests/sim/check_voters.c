// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

void voters_yes(struct ledger *l, uint16_t node, struct batch_id id)
{
	ledger_tally(l, id)->yes |= 1u << node;
}

void voters_refused(struct ledger *l, uint16_t node, struct batch_id id)
{
	uint64_t *up_to = &l->refused_up_to[node][id.coordinator];

	ledger_tally(l, id)->refused |= 1u << node;
	if (*up_to < id.number)
		*up_to = id.number;
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

void voters_said_yes(struct ledger *l, uint16_t node, struct batch_id id)
{
	const struct tally *t = ledger_tally(l, id);

	if (!(t->yes & 1u << node) || t->refused & 1u << node)
		ledger_violated(l, "I5", "n%u says yes to batch %u:%" PRIx64
				" without a durable yes, or after it refused it",
				node, id.coordinator, id.number);
}

/*
 * It holds no yes and never will: it refused this batch, or a later one of the same coordinator.
 */
void voters_said_never(struct ledger *l, uint16_t node, struct batch_id id)
{
	if (l->refused_up_to[node][id.coordinator] < id.number)
		ledger_violated(l, "I5", "n%u says that it refused batch %u:%" PRIx64
				", which is not durable", node, id.coordinator, id.number);
}
