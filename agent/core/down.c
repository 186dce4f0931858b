// SPDX-License-Identifier: GPL-2.0
/*
 * A member's part in node-down: promise, accept, adopt (protocol.md section 3).
 *
 * Who has promised neither votes, nor decides a batch of its own, nor confirms an abort in this
 * epoch any more; it still applies what it learns to be committed. A promise is made when the slot
 * is at rest, so that what is reported is durable.
 *
 * A NODE_ADD that is undecided meanwhile may still commit, by the votes alone: whoever learns that
 * applies it, and is in the next epoch. A mere promise ends with its epoch; a value accepted
 * that goes beyond it holds its node there as well, or a commit that was told could be lost. The
 * newcomer answers, too: its yes freezes it, or it refuses for ever.
 */
#include "internal.h"

#include <assert.h>
#include <string.h>

bool down_frozen(const struct node *n)
{
	return n->down.promised != 0;
}

/* This epoch is about to end: nothing new is begun in it. */
bool down_ending(const struct node *n)
{
	return down_frozen(n) || n->down.asked || n->down.chosen || n->down.removed;
}

static bool same_list(const struct node_list *a, const struct node_list *b)
{
	if (a->epoch != b->epoch || a->n != b->n || memcmp(a->pool, b->pool, sizeof(a->pool)))
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (a->node[i].id != b->node[i].id)
			return false;
	return true;
}

/* The value of the epoch before: if it was chosen, peers that missed it must hear of it from us. */
static void boot_adopted(struct node *n, const uint8_t *value)
{
	struct down_value v;
	struct batch b;

	value_decode(value, &v);
	if (!batch_read(v.tl, 1, &b) || !b.has_nl || !same_list(&b.nl, &n->nl))
		return;
	memcpy(n->down.adopt, value, DOWN_VALUE_LEN);
	n->down.adopted_from = b.before.epoch;
	n->down.record = v.record;
}

void down_boot(struct node *n, const struct recovery *r)
{
	assert(r->value.n == DOWN_VALUE_LEN || (!r->value.n && !r->accepted));
	n->down.promised = r->promised;
	n->down.durable = r->promised;
	n->down.accepted = r->accepted;
	if (r->accepted)
		memcpy(n->down.value, r->value.p, DOWN_VALUE_LEN);
	else if (r->value.n)
		boot_adopted(n, r->value.p);
}

/* Nothing about the slot is on its way to the disk, or to or from the device. */
static bool at_rest(const struct node *n)
{
	const struct slot *s = &n->slot;

	switch (s->state) {
	case SLOT_FREE:
		return !n->granted;	/* else a batch may be on its way */
	case SLOT_ABORTING:
	case SLOT_HELD:
		return true;
	case SLOT_VOTING:
		return s->durable;
	case SLOT_REVOKING:
	case SLOT_TAKING:
	case SLOT_DROPPING:
	case SLOT_STATES:
		return false;
	}
	return false;
}

/* What this node holds, for a report. */
void down_describe(const struct node *n, struct down_message *d)
{
	const struct slot *s = &n->slot;

	d->promised = n->down.promised;
	d->accepted = n->down.accepted;
	d->seq = n->pos.seq;
	d->sp = n->pos.sp;
	if (s->state == SLOT_HELD || s->state == SLOT_VOTING) {
		d->slot = s->id;
		d->slot_seq = s->batch.after.seq;
		d->slot_sp = s->batch.after.sp;
		d->n_tids = n->down.accepted ? 0 : s->batch.n;
	}
}

/* The TIDs of the slot as they travel; room in the step's wire buffer. */
static struct bytes wire_tids(const struct node *n, unsigned int count, struct actions *out)
{
	uint8_t *at = out->wire + out->wire_used;

	assert(out->wire_used + 8 * (size_t)count <= NODE_WIRE_MAX);
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int b = 0; b < 8; b++)
			at[8 * i + b] = (uint8_t)(n->slot.batch.tids[i] >> (8 * b));
	out->wire_used += 8 * (size_t)count;
	return (struct bytes){ at, 8 * (size_t)count };
}

static void report(struct node *n, struct peer *p, uint64_t ballot, uint64_t flags,
		   struct actions *out)
{
	struct message m = { .type = MSG_DOWN_REPORT };

	down_describe(n, &m.down);
	m.down.ballot = ballot;
	m.down.flags = flags;
	if (n->down.accepted)
		m.tls = (struct bytes){ n->down.value, DOWN_VALUE_LEN };
	else
		m.tls = wire_tids(n, (unsigned int)m.down.n_tids, out);
	out_send(n, out, p, &m);
}

static void refuse(struct node *n, struct peer *p, enum message_type type, uint64_t ballot,
		   struct actions *out)
{
	struct message m = { .type = type };

	m.down.ballot = ballot;
	m.down.promised = n->down.promised;
	m.down.flags = DOWN_NO;
	out_send(n, out, p, &m);
}

/* Promise as soon as the slot is at rest; the higher of two that ask at once wins. */
void down_promise(struct node *n, uint64_t ballot, struct actions *out)
{
	(void)out;
	if (ballot > n->down.asked)
		n->down.asked = ballot;
}

void down_accept(struct node *n, uint64_t ballot, const uint8_t *value, struct actions *out)
{
	n->down.promised = ballot;
	n->down.accepted = ballot;
	n->down.durable = 0;	/* if the promise is, that says nothing of the value */
	memcpy(n->down.value, value, DOWN_VALUE_LEN);
	out_append(out, RECORD_ACCEPT, (struct batch_id){ ballot_initiator(ballot), ballot },
		   (struct bytes){ n->down.value, DOWN_VALUE_LEN }, 0);
}

/* A value was chosen: adopt it as soon as the slot is at rest. */
void down_choose(struct node *n, const uint8_t *value, struct actions *out)
{
	(void)out;
	if (n->down.chosen)
		return;
	memcpy(n->down.adopt, value, DOWN_VALUE_LEN);
	n->down.chosen = true;
}

static void tell_accepted(struct node *n, struct peer *p, uint64_t ballot, struct actions *out)
{
	struct message m = { .type = MSG_DOWN_ACCEPTED };

	m.down.ballot = ballot;
	m.down.promised = ballot;
	out_send(n, out, p, &m);
}

/* Our promise, or our acceptance, is on the disk: say so. */
void down_durable(struct node *n, const struct event *ev, struct actions *out)
{
	uint64_t ballot = ev->batch.number;
	struct peer *p = peer_find(n, ballot_initiator(ballot));

	if (ballot != n->down.promised)
		return;		/* a higher one came meanwhile, or the epoch is over */
	n->down.durable = ballot;
	if (ballot_initiator(ballot) == n->id)
		survey_own(n, out);
	else if (p && ev->record == RECORD_PROMISE)
		report(n, p, ballot, 0, out);
	else if (p && !n->down.chosen)	/* else it may be another value, kept as the chosen one */
		tell_accepted(n, p, ballot, out);
}

/* The newcomer's refusal that a survey asked for is on the disk. */
void down_refused(struct node *n, struct batch_id id, struct actions *out)
{
	uint64_t ballot = n->down.refusing;
	struct peer *p = peer_find(n, ballot_initiator(ballot));

	if (!ballot || !same_batch(id, n->down.about))
		return;
	n->down.refusing = 0;
	if (p)
		report(n, p, ballot, 0, out);
}

/*
 * A change of the node list that is no node-down began this epoch, or a node-down did. A value
 * accepted that leads beyond it is not forgotten, nor that we are frozen.
 */
void down_epoch(struct node *n, struct actions *out)
{
	n->down.asked = 0;
	if (!n->down.accepted || value_epoch(n->down.value) <= n->pos.epoch) {
		n->down.promised = 0;
		n->down.accepted = 0;
	}
	if (!n->down.chosen)
		survey_again(n, out);
}

static void on_ask(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	uint64_t ballot = m->down.ballot;

	if (m->down.flags & DOWN_DRY) {
		if (n->slot.state != SLOT_TAKING)	/* else a yes is under way: it asks again */
			report(n, p, ballot, DOWN_DRY, out);
	} else if (ballot_initiator(ballot) != p->id ||
		   (node_learner(n) && !m->down.slot.coordinator)) {
		out_drop(out, p->id, "it asks for a promise in another node's name, or of a "
			 "newcomer about nothing: check its version");
	} else if (ballot == n->down.promised || ballot == n->down.asked) {
		if (ballot == n->down.durable)
			report(n, p, ballot, 0, out);	/* our answer was lost */
	} else if (ballot < n->down.promised || ballot < n->down.asked) {
		refuse(n, p, MSG_DOWN_REPORT, ballot, out);
	} else {
		n->down.about = m->down.slot;
		down_promise(n, ballot, out);
	}
}

static void on_accept(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	if (m->down.ballot < n->down.promised)
		refuse(n, p, MSG_DOWN_ACCEPTED, m->down.ballot, out);
	else if (m->down.ballot != n->down.accepted)
		down_accept(n, m->down.ballot, m->tls.p, out);
	else if (m->down.ballot == n->down.durable)
		tell_accepted(n, p, m->down.ballot, out);
}

/* A peer still stands in the epoch that we know the end of: it missed what was chosen. */
void down_missed(struct node *n, struct peer *p, uint64_t epoch, struct actions *out)
{
	struct message m = { .type = MSG_DOWN_CHOSEN };
	struct down_value v;
	uint64_t oldest = n->down.adopted_from;

	if (!oldest)
		return;
	/* What it commits may have begun an epoch of its own. */
	value_decode(n->down.adopt, &v);
	oldest -= v.settles.coordinator ? 1 : 0;
	if (epoch < oldest || epoch > n->down.adopted_from)
		return;
	m.tls = (struct bytes){ n->down.adopt, DOWN_VALUE_LEN };
	out_send(n, out, p, &m);
}

/*
 * An attempt of an epoch that is over here is not answered: its initiator hears how that ended, by
 * what was chosen, or by our place if a NODE_ADD did.
 */
static void behind(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	if (m->type != MSG_DOWN_ASK && m->type != MSG_DOWN_ACCEPT)
		return;
	down_missed(n, p, m->epoch, out);
	link_greet(n, p, out);
}

void down_message(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	if (!nl_has(&n->nl, p->id) && !survey_awaits(n, p))
		return;
	if (n->down.removed) {
		if (m->type == MSG_DOWN_ASK || m->type == MSG_DOWN_ACCEPT)
			down_missed(n, p, m->epoch, out);
		return;
	}
	if (m->type == MSG_DOWN_CHOSEN && value_epoch(m->tls.p) > n->pos.epoch)
		down_choose(n, m->tls.p, out);
	else if (node_learner(n) && m->type == MSG_DOWN_ASK && m->epoch >= n->pos.epoch)
		on_ask(n, p, m, out);
	else if (survey_awaits(n, p) && m->type == MSG_DOWN_REPORT)
		survey_report(n, p, m, out);
	else if (m->epoch < n->pos.epoch)
		behind(n, p, m, out);
	else if (node_learner(n) || m->epoch > n->pos.epoch)
		return;
	else if (m->type == MSG_DOWN_ASK)
		on_ask(n, p, m, out);
	else if (m->type == MSG_DOWN_ACCEPT)
		on_accept(n, p, m, out);
	else if (m->type == MSG_DOWN_REPORT)
		survey_report(n, p, m, out);
	else if (m->type == MSG_DOWN_ACCEPTED)
		survey_accepted(n, p, m, out);
}

/* The epoch ends without the batch in our slot: it is refused durably before it leaves. */
static void give_up_slot(struct node *n, struct actions *out)
{
	if (n->slot.state == SLOT_HELD)
		voter_give_up(n, out);
	else
		coord_give_up(n, out);
}

/*
 * Whether the batch in our slot is part of the history that was chosen: settled by it, or committed
 * before, which only others have heard of.
 */
static bool is_chosen(const struct slot *s, const struct batch *end)
{
	return (s->state == SLOT_HELD || s->state == SLOT_VOTING) &&
	       same_place(&s->batch.after, &end->before);
}

/* Who learns what was chosen keeps it like one who accepted it, to tell those who missed it. */
static void keep_value(struct node *n, struct actions *out)
{
	uint64_t ballot = n->down.promised ? n->down.promised :
					     ballot_make(n->pos.epoch, 1, n->id);

	if (!n->down.accepted || memcmp(n->down.value, n->down.adopt, DOWN_VALUE_LEN))
		down_accept(n, ballot, n->down.adopt, out);
}

/*
 * It leaves us out; we may be the only one who knows. A learner was no member yet: Live-Sync tells
 * it the rest.
 */
static void left_out(struct node *n, const struct batch *end, struct actions *out)
{
	n->down.chosen = false;
	if (node_learner(n))
		return;
	n->down.removed = true;
	n->down.adopted_from = end->before.epoch;
	survey_adopted(n, out);
}

/*
 * Bring the slot to the fate that was chosen for it, then write the NODE_DOWN TL. What is not done
 * in this step goes on in a later one, when the slot is at rest again.
 */
static void adopt(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;
	struct down_value v;
	struct action *a;
	struct batch b;

	value_decode(n->down.adopt, &v);
	if (!batch_read(v.tl, 1, &b) || !b.downs || b.before.epoch < n->pos.epoch ||
	    b.before.epoch > n->pos.epoch + 1) {
		n->down.chosen = false;
		return;
	}
	if (!nl_has(&b.nl, n->id)) {
		left_out(n, &b, out);
		return;
	}
	if (is_chosen(s, &b)) {
		slot_commit(n, out);
	} else if (s->state != SLOT_FREE) {
		give_up_slot(n, out);
		return;
	}
	if (!same_place(&n->pos, &b.before)) {
		n->down.chosen = false;	/* behind: Live-Sync brings what is missing */
		return;
	}
	keep_value(n, out);
	n->down.record = v.record;
	slot_fill(n, SLOT_TAKING, v.record, &b);
	a = out_add(out, ACT_PREPARE);
	a->batch = v.record;
	a->tail = v.tl;
	a->n_tls = 1;
	out_append(out, RECORD_YES, v.record, v.tl, 1);
}

/* The NODE_DOWN TL is on our disk: the next epoch begins. */
void down_recorded(struct node *n, struct actions *out)
{
	n->slot.durable = true;
	slot_move(&n->slot, SLOT_HELD);
	n->down.adopted_from = n->pos.epoch;
	slot_commit(n, out);
	n->down.chosen = false;
	survey_adopted(n, out);
}

static void promise(struct node *n, struct actions *out)
{
	n->down.promised = n->down.asked;
	n->down.asked = 0;
	out_append(out, RECORD_PROMISE,
		   (struct batch_id){ ballot_initiator(n->down.promised), n->down.promised },
		   (struct bytes){ 0 }, 0);
}

/* The newcomer that was asked: its yes freezes it; else it refuses, for ever. */
static void answer_as_newcomer(struct node *n, struct actions *out)
{
	const struct slot *s = &n->slot;
	struct peer *coordinator = peer_add(n, n->down.about.coordinator);

	if (s->state == SLOT_HELD && same_batch(s->id, n->down.about)) {
		promise(n, out);
		return;
	}
	if (coordinator && n->down.about.number > coordinator->refused)
		coordinator->refused = n->down.about.number;
	n->down.refusing = n->down.asked;
	n->down.asked = 0;
	out_append(out, RECORD_REFUSED, n->down.about, (struct bytes){ 0 }, 0);
}

/* After each step: what was asked for or chosen, and had to wait for the slot. */
void down_settle(struct node *n, struct actions *out)
{
	if ((!n->down.asked && !n->down.chosen) || !at_rest(n))
		return;
	if (n->down.chosen) {
		adopt(n, out);
		return;
	}
	if (node_learner(n))
		answer_as_newcomer(n, out);
	else
		promise(n, out);
}

/*
 * Is this node bound by a value of the epoch before that takes out nobody any more? Who was
 * declared down left in order meanwhile: no administrator can name it again to carry that on.
 */
static bool is_moot(const struct node *n)
{
	struct down_value v;
	struct batch b;

	if (!n->down.accepted || ballot_epoch(n->down.accepted) >= n->pos.epoch)
		return false;
	value_decode(n->down.value, &v);
	return batch_read(v.tl, 1, &b) && b.before.epoch == n->pos.epoch &&
	       b.nl.n == n->nl.n && !batch_newcomer(&b, &n->nl);
}

/* What nobody can ask for any more goes on by itself, once all members are there. */
void down_tick(struct node *n, struct actions *out)
{
	const struct survey *s = &n->survey;

	if (s->state == SURVEY_IDLE && is_moot(n) && !n->down.chosen && link_all_members(n) &&
	    (!s->ballot || n->now_ms - s->since_ms >= NODE_SURVEY_MS))
		survey_start(n, &(struct event){ .type = EV_NODE_DOWN }, out);
}
