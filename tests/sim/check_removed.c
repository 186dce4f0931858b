// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

void removed_starts(struct ledger *l, uint16_t node)
{
	l->told_removed &= ~(1u << node);
}

void removed_told(struct ledger *l, uint16_t node)
{
	l->told_removed |= 1u << node;
}

void removed_speaks(struct ledger *l, uint16_t node, const char *what)
{
	if (l->told_removed & 1u << node)
		ledger_violated(l, "I6", "n%u was told that it is removed, and sends %s", node,
				what);
}

/* The yes is durable; @own: node list of that node. */
void removed_votes(struct ledger *l, uint16_t node, uint32_t voters, uint32_t own)
{
	if (voters != own || !(own & 1u << node))
		ledger_violated(l, "I6", "n%u, whose node list is %x, votes on a batch of voters %x"
				" (bit n is node n)", node, own, voters);
}

/*
 * A TL of @epoch is applied: its voters are the members of that epoch, and @node is one, unless it
 * stands @outside: it learns, or it has just left.
 */
void removed_counts(struct ledger *l, uint16_t node, uint64_t epoch, uint32_t voters, bool outside)
{
	if ((!outside && !(voters & 1u << node)) || !ledger_list(l, epoch, voters))
		ledger_violated(l, "I6", "n%u applies a TL of epoch %" PRIu64 " with voters %x,"
				" which is no node list of that epoch with it (bit n is node n)",
				node, epoch, voters);
}
