// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <assert.h>
#include <inttypes.h>

void voters_yes(struct ledger *l, uint16_t node, struct batch_id id)
{
	ledger_tally(l, id)->yes |= 1u << node;
}

void voters_refused(struct ledger *l, uint16_t node, struct batch_id id)
{
	uint64_t *up_to = &l->refused_up_to[node][id.coordinator];
	struct tally *t = ledger_tally(l, id);

	t->refused |= 1u << node;
	if (t->applied && t->yes & ~t->applied & 1u << node && !l->split &&
	    !(l->removed & 1u << node))
		ledger_violated(l, "I3", "n%u drops its yes for batch %u:%" PRIx64
				", which is committed", node, id.coordinator, id.number);
	if (*up_to < id.number)
		*up_to = id.number;
}

/* Accepted by a majority of the epoch's members, or by all who had to. */
static bool chosen(const struct ledger *l, const struct accepted *a)
{
	if (a->quorum)
		return !(a->quorum & ~a->nodes);
	for (unsigned int i = 0; i < l->n_lists; i++)
		if (l->list[i].epoch == a->epoch &&
		    2 * __builtin_popcount(a->nodes & l->list[i].members) >
		    __builtin_popcount(l->list[i].members))
			return true;
	return false;
}

/*
 * Who was in a list that the chosen one ends, and is not in that, is out from here on. It may be in
 * a later one again.
 */
static void note_removed(struct ledger *l, const struct accepted *a)
{
	uint32_t before = 0, after = a->members;

	if (!chosen(l, a))
		return;
	for (unsigned int i = 0; i < l->n_lists; i++)
		if (l->list[i].epoch >= a->begins)
			after |= l->list[i].members;
		else if (l->list[i].epoch >= a->epoch)
			before |= l->list[i].members;
	l->removed |= before & ~after;
}

/* An attempt is begun. A ballot that nobody has promised durably may be used again. */
void voters_asked(struct ledger *l, uint64_t epoch, uint64_t ballot, uint32_t quorum)
{
	assert(l->n_attempts < LEDGER_VALUES);
	l->attempt[l->n_attempts++] = (struct attempt){ epoch, ballot, quorum };
}

static uint32_t quorum_of(const struct ledger *l, uint64_t epoch, uint64_t ballot)
{
	for (unsigned int i = l->n_attempts; i--; )
		if (l->attempt[i].epoch == epoch && l->attempt[i].ballot == ballot)
			return l->attempt[i].quorum;
	return 0;
}

/*
 * @of: a node accepted this durably. Whoever learns what was chosen keeps it under a ballot of its
 * own, so a ballot need not stand for one value here.
 */
void voters_accepted(struct ledger *l, uint16_t node, const struct accepted *of)
{
	for (unsigned int i = 0; i < l->n_accepted; i++) {
		struct accepted *a = &l->accepted[i];

		if (a->epoch == of->epoch && a->ballot == of->ballot &&
		    same_batch(a->record, of->record)) {
			a->nodes |= 1u << node;
			note_removed(l, a);
			return;
		}
	}
	assert(l->n_accepted < LEDGER_VALUES);
	l->accepted[l->n_accepted] = *of;
	l->accepted[l->n_accepted].quorum = quorum_of(l, of->epoch, of->ballot);
	l->accepted[l->n_accepted].nodes = 1u << node;
	note_removed(l, &l->accepted[l->n_accepted++]);
}

/* A NODE_DOWN TL is applied. */
void voters_ended(struct ledger *l, uint16_t node, struct batch_id record)
{
	for (unsigned int i = 0; i < l->n_accepted; i++)
		if (same_batch(l->accepted[i].record, record) && chosen(l, &l->accepted[i]))
			return;
	ledger_violated(l, "I5", "n%u ends its epoch by batch %u:%" PRIx64
			", which no quorum has accepted", node, record.coordinator, record.number);
}

static uint32_t members_of(const struct ledger *l, uint64_t epoch)
{
	const struct list *list = ledger_list_of(l, epoch);

	return list ? list->members : 0;
}

/*
 * Nodes whose yes the batch needs: its voters; if a node-down commits it, those who survive, and a
 * newcomer that is in the list after it.
 */
static uint32_t needed(const struct ledger *l, struct batch_id id, uint32_t voters)
{
	for (unsigned int i = 0; i < l->n_accepted; i++)
		if (same_batch(l->accepted[i].settles, id) && chosen(l, &l->accepted[i]))
			return voters & l->accepted[i].members &
			       (l->accepted[i].quorum ? l->accepted[i].quorum |
				~members_of(l, l->accepted[i].epoch) : ~0u);
	return voters;
}

/* @node has it in its history: a late question about it may be answered by a refusal. */
void voters_has(struct ledger *l, uint16_t node, struct batch_id id)
{
	ledger_tally(l, id)->applied |= 1u << node;
}

/* @node is the first to apply it; what others do then, perhaps under an older number, is agreed. */
void voters_applied(struct ledger *l, uint16_t node, struct batch_id id, uint32_t voters)
{
	const struct tally *t = ledger_tally(l, id);

	if (voters & ~t->yes || voters & t->refused)
		voters = needed(l, id, voters);
	if (voters & ~t->yes)
		ledger_violated(l, "I5", "n%u commits batch %u:%" PRIx64
				" of voters %x, durable yes of %x only (bit n is node n)",
				node, id.coordinator, id.number, voters, t->yes);
	if (voters & t->refused)
		ledger_violated(l, "I5", "n%u commits batch %u:%" PRIx64
				", durably refused by %x (bit n is node n)",
				node, id.coordinator, id.number, t->refused);
}

/* A promise or an acceptance is told; @durable: the one that its disk holds. */
void voters_said_ballot(struct ledger *l, uint16_t node, uint64_t ballot, uint64_t durable)
{
	if (durable < ballot)
		ledger_violated(l, "I5", "n%u answers ballot %" PRIx64 ", on its disk is %" PRIx64,
				node, ballot, durable);
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
 * It confirms an abort while it holds a yes for another batch of that coordinator: of a later one
 * it may, but an earlier one can be of the same transactions.
 */
void voters_confirms(struct ledger *l, uint16_t node, struct batch_id id, struct batch_id held)
{
	voters_said_never(l, node, id);
	if (held.number < id.number)
		ledger_violated(l, "I4", "n%u confirms the abort of batch %u:%" PRIx64
				" while it holds a yes for %" PRIx64, node, id.coordinator,
				id.number, held.number);
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
