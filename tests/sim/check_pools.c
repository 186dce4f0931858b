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

/* Who is in no more is out, whether it was declared down or left; who joins is not. */
static void note_moved(struct ledger *l, const struct list *list)
{
	const struct list *before = ledger_list_of(l, list->epoch - 1);

	if (!before || l->split)
		return;
	l->removed |= before->members & ~list->members;
	l->removed &= ~(list->members & ~before->members);
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
	note_moved(l, list);
}

/*
 * A change of the node list that is voted on, @how: one node joins, by the votes of all members and
 * its own; or its coordinator leaves, by the votes of all; or they stay the same.
 */
void pools_changed(struct ledger *l, uint16_t node, const struct list *list,
		   const struct ballot *how)
{
	const struct list *before = ledger_list_of(l, list->epoch - 1);
	uint32_t was = before ? before->members : 0, out = was & ~list->members;
	uint32_t in = list->members & ~was, voters = was;
	bool ok = !in && !out;

	if (l->split || how->kind == HSMREPL_TL_FORM || how->kind == HSMREPL_TL_NODE_DOWN)
		return;
	if (how->kind == HSMREPL_TL_NODE_ADD) {
		voters = list->members;
		ok = !out && in && !(in & (in - 1));
	} else if (how->kind == HSMREPL_TL_NODE_REMOVE) {
		ok = !in && out == 1u << how->coordinator;
	}
	if (!ok || how->voters != voters)
		ledger_violated(l, "pools", "n%u begins epoch %" PRIu64 " with nodes %x by a TL of"
				" kind %u of n%u and the votes of %x; before it were %x (bit n is"
				" node n)", node, list->epoch, list->members, how->kind,
				how->coordinator, how->voters, was);
}
