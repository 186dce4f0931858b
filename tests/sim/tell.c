// SPDX-License-Identifier: GPL-2.0
#include "tell.h"

#include "batch.h"
#include "down.h"
#include "wire.h"
#include "world.h"

#define TYPE_AT	4	/* of a frame: its type */

/* A learner was told it as settled: it bears no number that was voted on, see core/learn.c. */
static bool batch_is_told(struct batch_id id)
{
	return !(id.number >> 32);
}

/* It is in no list that it holds: it learns. */
static bool is_outside(const struct host *h)
{
	return h->nl.n && !(nl_mask(&h->nl) & 1u << h->id);
}

/* What is said of a vote must be durable. */
void tell_said(struct host *h, struct bytes head, bool whole)
{
	struct ledger *l = &h->w->ledger;
	struct message m;

	if (((const uint8_t *)head.p)[TYPE_AT] == MSG_PREPARE)
		removed_speaks(l, h->id, "PREPARE");
	if (!whole || !wire_decode(head, &m))
		return;
	if (m.type == MSG_VOTE && m.yes)
		removed_speaks(l, h->id, "a yes");
	if (m.type == MSG_VOTE && m.yes)
		voters_said_yes(l, h->id, m.batch);
	else if (m.type == MSG_ABORTED && m.batch.coordinator == h->disk.image.slot_id.coordinator)
		voters_confirms(l, h->id, m.batch, h->disk.image.slot_id);
	else if (m.type == MSG_ABORTED || (m.type == MSG_VOTE && m.refusal == REFUSAL_REFUSED))
		voters_said_never(l, h->id, m.batch);
	else if (m.type == MSG_ABORT && m.batch.number >> 32 == h->disk.image.incarnation)
		/* One of a life before, of which it holds no yes, needs no refusal. */
		voters_said_never(l, h->id, m.batch);
	else if (m.type == MSG_DOWN_REPORT && !m.down.flags &&
		 (m.down.slot.coordinator || !is_outside(h)))
		/* A newcomer without a yes refuses instead. */
		voters_said_ballot(l, h->id, m.down.ballot, h->disk.image.promised);
	else if (m.type == MSG_DOWN_ACCEPTED && !m.down.flags)
		voters_said_ballot(l, h->id, m.down.ballot, h->disk.image.accepted);
	else if (m.type == MSG_HELLO && m.hello.slot.coordinator)
		voters_said_yes(l, h->id, m.hello.slot);
}

static uint32_t voters_of(const struct hsmrepl_tl *tl)
{
	uint32_t voters = 0;

	for (u32 i = 0; i < le16_to_cpu(tl->n_voters); i++)
		voters |= 1u << le16_to_cpu(tl->voters[i]);
	return voters;
}

/* The node list that a TL carries is in force. */
static void tell_list(struct host *h, const struct hsmrepl_tl *tl)
{
	const struct hsmrepl_op *op = (const void *)(tl + 1);
	const struct ballot how = {
		.kind = le16_to_cpu(tl->kind), .coordinator = le16_to_cpu(tl->coordinator),
		.voters = voters_of(tl),
	};
	struct list list = { .seq = le64_to_cpu(tl->seq) };
	struct ledger *l = &h->w->ledger;
	struct node_list nl;

	if (!nl_decode((struct bytes){ op + 1, le32_to_cpu(op->payload_len) }, &nl))
		return;
	list.sp = le64_to_cpu(tl->sync_point) ^ le64_to_cpu(tl->tid);
	list.epoch = nl.epoch;
	list.members = nl_mask(&nl);
	list.protocol = list_protocol(&nl);
	pools_speaks(l, h->id, &list, h->protocol);
	if (how.kind == HSMREPL_TL_NODE_ADD && !ledger_list(l, list.epoch, list.members))
		operator_joined(h->w, list.members & ~nl_mask(&h->nl));
	pools_began(l, h->id, &list);
	pools_changed(l, h->id, &list, &how);
	removed_counts(l, h->id, list.epoch, list.members, is_outside(h) ||
		       (how.kind == HSMREPL_TL_NODE_REMOVE && how.coordinator == h->id));
}

static void tell_applied(struct host *h, struct batch_id batch, const struct hsmrepl_tl *tl)
{
	struct ledger *l = &h->w->ledger;
	u64 tid = le64_to_cpu(tl->tid), seq = le64_to_cpu(tl->seq);
	bool first = ledger_fate(l, tid)->seq != seq;

	if (!batch_is_told(batch))
		voters_has(l, h->id, batch);
	livesync_applied(h->w, tl);
	fate_applied(l, h->id, tid, seq);
	agree_applied(l, h->id, tid, seq, le64_to_cpu(tl->sync_point) ^ tid);
	aborted_applied(l, h->id, tid);
	if (le16_to_cpu(tl->kind) == HSMREPL_TL_NODE_DOWN && !batch_is_told(batch))
		voters_ended(l, h->id, batch);
	else if (first)
		voters_applied(l, h->id, batch, voters_of(tl));
	if (le16_to_cpu(tl->kind) == HSMREPL_TL_DATA)
		removed_counts(l, h->id, le64_to_cpu(tl->epoch), voters_of(tl), is_outside(h));
	else
		tell_list(h, tl);
	h->w->totals.commits++;
}

void tell_resolution(struct host *h, struct batch_id batch, enum hsmrepl_resolution how)
{
	const struct hsm_slot *slot = &h->machine.hsm.slot;
	const struct hsmrepl_tl *tl = slot->tls;
	struct hsm_txn *txn;

	if (how == HSMREPL_COMMIT) {
		list_for_each_entry(txn, &slot->own, node)
			tell_applied(h, batch, txn->tl);
		for (u32 i = 0; tl && i < slot->n_tls; i++, tl = hsm_tl_next(tl))
			tell_applied(h, batch, tl);
	} else if (how == HSMREPL_ABORT && batch.coordinator == h->id) {
		list_for_each_entry(txn, &slot->own, node)
			fate_aborted(&h->w->ledger, h->id, txn->tid);
		for (u32 i = 0; tl && i < slot->n_tls; i++, tl = hsm_tl_next(tl))
			fate_aborted(&h->w->ledger, h->id, le64_to_cpu(tl->tid));
	}
}

void tell_append(struct host *h, const struct action *a)
{
	const struct inquiry *q = &h->w->operator.inquiry[h->id];
	uint32_t survivors = nl_mask(&h->nl);

	if (a->record == RECORD_ACCEPT)
		operator_value(h, a->batch.coordinator == h->id && q->request && !q->down.dry);
	if (a->batch.coordinator != h->id || !q->request || q->down.dry)
		return;
	for (unsigned int i = 0; i < q->down.n; i++)
		survivors &= ~(1u << q->down.id[i]);
	if (a->record == RECORD_PROMISE)
		voters_asked(&h->w->ledger, h->nl.epoch, a->batch.number,
			     q->down.force ? survivors : 0);
}

static void tell_accepted(struct host *h, const struct record *r)
{
	struct accepted of = { .ballot = r->batch.number };
	struct down_value v;
	struct batch b;

	value_decode(r->tls, &v);
	if (!batch_read(v.tl, 1, &b))
		return;
	of.epoch = ballot_epoch(of.ballot);	/* its TL may stand in the one after */
	of.record = v.record;
	of.settles = v.settles;
	of.members = nl_mask(&b.nl);
	of.begins = b.nl.epoch;
	h->w->totals.deeds[DEED_BEYOND] += of.begins > of.epoch + 1;
	voters_accepted(&h->w->ledger, h->id, &of);
}

void tell_durable(void *arg, const struct record *r)
{
	const struct hsmrepl_tl *tl = (const void *)r->tls;
	struct host *h = arg;
	struct ledger *l = &h->w->ledger;

	if (batch_is_told(r->batch))
		return;
	if (r->type == RECORD_YES)
		voters_yes(l, h->id, r->batch);
	else if (r->type == RECORD_REFUSED)
		voters_refused(l, h->id, r->batch);
	else if (r->type == RECORD_ACCEPT)
		tell_accepted(h, r);
	if (r->type == RECORD_YES && le16_to_cpu(tl->kind) == HSMREPL_TL_DATA)
		removed_votes(l, h->id, voters_of(tl), nl_mask(&h->disk.image.nl));
}

void tell_state(struct host *h, enum hsmrepl_node_state state)
{
	struct ledger *l = &h->w->ledger;

	if (state != HSMREPL_REMOVED || l->told_removed & 1u << h->id)
		return;
	removed_told(l, h->id);
	h->w->totals.deeds[DEED_REMOVED]++;
}
