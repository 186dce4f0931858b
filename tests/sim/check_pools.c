// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <inttypes.h>

/* @node speaks up to @protocol, and @list is in force there. */
void pools_speaks(struct ledger *l, uint16_t node, const struct list *list, uint16_t protocol)
{
	if (list->protocol > protocol)
		ledger_violated(l, "pools", "n%u speaks up to protocol %u, and is in a pool"
				" finalised at %u", node, protocol, list->protocol);
}

/* @list is in force at @node from here on. */
void pools_began(struct ledger *l, uint16_t node, const struct list *list)
{
	struct list *known = ledger_list(l, list->epoch, list->members);

	if (known && (known->seq != list->seq || known->sp != list->sp))
		ledger_violated(l, "pools", "n%u begins epoch %" PRIu64 " at seq %" PRIu64
				" and Sync-Point %016" PRIx64 ", another node of the same list at"
				" seq %" PRIu64 " and %016" PRIx64, node, list->epoch, list->seq,
				list->sp, known->seq, known->sp);
	if (known && known->protocol != list->protocol)
		ledger_violated(l, "pools", "n%u begins epoch %" PRIu64 " at protocol %u, another"
				" node of the same list at %u", node, list->epoch, list->protocol,
				known->protocol);
	if (known)
		return;
	for (unsigned int i = 0; i < l->n_lists && !l->split; i++)
		if (l->list[i].epoch == list->epoch)
			ledger_violated(l, "pools", "n%u begins epoch %" PRIu64 " with nodes %x,"
					" another node with %x (bit n is node n)", node,
					list->epoch, list->members, l->list[i].members);
	for (unsigned int i = 0; i < l->n_lists && !l->split; i++)
		if (l->list[i].epoch < list->epoch && l->list[i].protocol > list->protocol)
			ledger_violated(l, "pools", "n%u begins epoch %" PRIu64 " at protocol %u,"
					" the pool was finalised at %u", node, list->epoch,
					list->protocol, l->list[i].protocol);
	ledger_add_list(l, list);
}
