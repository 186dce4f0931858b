// SPDX-License-Identifier: GPL-2.0
/*
 * The voter's side of another node's batch (protocol.md section 2).
 *
 *   PREPARE            -> device and disk take our yes at the same time   TAKING
 *   both done          -> VOTE yes                                        HELD
 *   device refuses     -> refusal to the disk                             DROPPING
 *   COMMIT, or a notice of it -> apply                                    FREE
 *   ABORT              -> refusal to the disk                             DROPPING
 *   refusal durable    -> VOTE no, or ABORTED                             FREE
 */
#include "internal.h"

#include <assert.h>
#include <errno.h>

static void vote(struct node *n, struct peer *p, struct batch_id id, enum refusal why, int error,
		 struct actions *out)
{
	struct message m = {
		.type = MSG_VOTE, .batch = id, .turn = n->turn,
		.yes = why == REFUSAL_NONE, .refusal = why, .error = error,
	};

	if (!m.yes || !n->down.removed)
		out_send(n, out, p, &m);
}

static bool voters_are(const struct batch *b, const struct node_list *nl)
{
	if (b->n_voters != nl->n)
		return false;
	for (unsigned int i = 0; i < b->n_voters; i++)
		if (b->voters[i] != nl->node[i].id)
			return false;
	return true;
}

/* Are all of @a in @b? */
static bool within(const struct node_list *a, const struct node_list *b)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (!nl_has(b, a->node[i].id))
			return false;
	return true;
}

/*
 * Are the voters of the batch just those that it takes? The members of our node list; a newcomer
 * as well if it is added, and that is all that a learner votes on. Only the node itself takes
 * itself out in order; a FINALISE leaves the members as they are; and a NODE_DOWN is not voted on.
 */
static bool our_voters(const struct node *n, const struct batch *b)
{
	if (b->forms)
		return batch_has_voter(b, n->id);
	if (b->downs || !batch_has_voter(b, n->id))
		return false;
	if (b->adds)
		return b->nl.n == n->nl.n + 1 && within(&n->nl, &b->nl) && voters_are(b, &b->nl);
	if (b->removes && (b->nl.n + 1 != n->nl.n || !within(&b->nl, &n->nl) ||
			   nl_has(&b->nl, b->coordinator)))
		return false;
	if (b->finalises && !voters_are(b, &b->nl))
		return false;
	return voters_are(b, &n->nl);
}

/* Why we cannot vote yes, or REFUSAL_NONE. */
static enum refusal objection(const struct node *n, const struct peer *p, struct batch_id id,
			      const struct batch *b)
{
	if (!node_sound(n))
		return REFUSAL_STATE;
	if (id.number <= p->refused)
		return REFUSAL_REFUSED;
	if (n->slot.state != SLOT_FREE || n->granted)
		return REFUSAL_BUSY;
	if (!same_place(&n->pos, &b->before) || !our_voters(n, b) || b->forms != node_blank(n))
		return REFUSAL_POSITION;
	if (!batch_spoken(b, n->protocol))
		return REFUSAL_INVALID;
	if (p->link != (b->forms ? LINK_BLANK : LINK_MEMBER))
		return REFUSAL_STATE;
	return REFUSAL_NONE;
}

/* Only a node that has applied the predecessor sends a PREPARE on the successor Sync-Point. */
static bool is_commit_notice(const struct node *n, const struct batch *b)
{
	const struct slot *s = &n->slot;

	if (s->state != SLOT_HELD && !(s->state == SLOT_VOTING && s->in_doubt))
		return false;
	return same_place(&s->batch.after, &b->before);
}

void voter_prepare(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct batch b;
	enum refusal why;
	struct action *a;

	if (!batch_read(m->tls, m->n_tls, &b) || b.coordinator != p->id ||
	    m->batch.coordinator != p->id) {
		out_drop(out, p->id, "it sent a batch that is malformed: check its version");
		return;
	}
	if (is_commit_notice(n, &b)) {
		n->calm = false;
		slot_commit(n, out);
	}
	if (same_place(&n->pos, &b.before) && !b.forms)
		link_proven(n, p, out);
	why = objection(n, p, m->batch, &b);
	if (why != REFUSAL_NONE) {
		vote(n, p, m->batch, why, why == REFUSAL_INVALID ? EOPNOTSUPP : 0, out);
		return;
	}
	slot_fill(n, SLOT_TAKING, m->batch, &b);
	out_append(out, RECORD_YES, m->batch, m->tls, m->n_tls);	/* it works while we ask */
	a = out_add(out, ACT_PREPARE);
	a->batch = m->batch;
	a->tail = m->tls;
	a->n_tls = m->n_tls;
	a->foretell = n->last.coordinator == p->id;
}

static void drop_yes(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;
	struct peer *p = peer_find(n, s->id.coordinator);

	if (p && p->refused < s->id.number)
		p->refused = s->id.number;
	slot_move(s, SLOT_DROPPING);
	out_append(out, RECORD_REFUSED, s->id, (struct bytes){ 0 }, 0);
}

/* Disk and device are at work on our yes; what next? */
static void taken(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;
	struct peer *p = peer_find(n, s->id.coordinator);

	if (s->refusal != REFUSAL_NONE || (s->aborted && s->prepared)) {
		drop_yes(n, out);
		return;
	}
	if (!s->prepared || !s->durable)
		return;
	slot_move(s, SLOT_HELD);
	if (p)
		vote(n, p, s->id, REFUSAL_NONE, 0, out);
}

/* The epoch ends without the batch that we hold a yes for. */
void voter_give_up(struct node *n, struct actions *out)
{
	n->slot.refusal = REFUSAL_STATE;
	drop_yes(n, out);
}

void voter_prepared(struct node *n, const struct event *ev, struct actions *out)
{
	struct slot *s = &n->slot;

	if (same_batch(ev->batch, n->down.record)) {
		assert(ev->error == 0);	/* chosen: it must be applied */
		return;
	}
	assert(s->state == SLOT_TAKING && same_batch(s->id, ev->batch));
	s->prepared = ev->error == 0;
	if (s->fed) {
		learn_prepared(n, ev->error, out);
		return;
	}
	if (ev->error) {
		s->refusal = ev->error == EBUSY ? REFUSAL_BUSY : REFUSAL_INVALID;
		s->error = ev->error;
	}
	taken(n, out);
}

void voter_yes_durable(struct node *n, struct actions *out)
{
	n->slot.durable = true;
	if (n->slot.state == SLOT_TAKING)
		taken(n, out);
}

/* Never a yes for this batch of @p: durable before it is said. */
static void refuse(struct node *n, struct peer *p, struct batch_id id, enum reply reply,
		   struct actions *out)
{
	if (p->refusing == id.number) {
		p->reply = reply;
		return;
	}
	if (p->refusing > id.number)
		return;		/* not durable yet, and its coordinator has gone on */
	if (id.number > p->refused) {
		p->refused = id.number;
		p->refusing = id.number;
		p->reply = reply;
		out_append(out, RECORD_REFUSED, id, (struct bytes){ 0 }, 0);
	} else if (reply == REPLY_ABORTED) {
		out_send(n, out, p, &(struct message){ .type = MSG_ABORTED, .batch = id });
	} else {
		vote(n, p, id, REFUSAL_REFUSED, 0, out);
	}
}

/* Our refusal of another's batch is on the disk: say so. */
void voter_refused_durable(struct node *n, struct batch_id id, struct actions *out)
{
	struct slot *s = &n->slot;
	struct peer *p = peer_find(n, id.coordinator);
	struct message aborted = { .type = MSG_ABORTED, .batch = id };

	down_refused(n, id, out);
	if (s->state == SLOT_DROPPING && same_batch(s->id, id)) {
		if (s->prepared)
			out_resolve(out, id, HSMREPL_ABORT, 0);
		slot_move(s, SLOT_FREE);
		id.number = s->aborted;
		if (s->fed)
			return;
		if (p && s->aborted)
			refuse(n, p, id, REPLY_ABORTED, out);
		else if (p)
			vote(n, p, s->id, s->refusal, s->error, out);
		return;
	}
	if (!p || p->refusing != id.number)
		return;
	if (p->reply == REPLY_ABORTED)
		out_send(n, out, p, &aborted);
	else
		vote(n, p, id, REFUSAL_REFUSED, 0, out);
	p->refusing = 0;
}

void voter_commit(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct slot *s = &n->slot;

	turn_adopt(n, &m->turn);
	n->calm = false;
	if (s->state != SLOT_HELD || !same_batch(s->id, m->batch))
		return;
	if (m->seq != s->batch.after.seq || m->sp != s->batch.after.sp) {
		out_drop(out, p->id, "its COMMIT names another Sync-Point than its PREPARE");
		return;
	}
	slot_commit(n, out);
}

/*
 * Is the coordinator still in our epoch? One that asks a newcomer about its NODE_ADD may be in
 * a later one, which began without it.
 */
static bool in_epoch(const struct node *n, const struct message *m)
{
	return m->epoch == n->pos.epoch || (node_learner(n) && m->epoch > n->pos.epoch);
}

/*
 * A coordinator has one slot: when it aborts a batch, it has given up every earlier one for good
 * (committed ones were told before, in this connection). A yes for an earlier one, which may be of
 * the same transactions, goes first; only then is the abort confirmed.
 */
void voter_abort(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct slot *s = &n->slot;

	n->calm = false;
	if (down_frozen(n) || !in_epoch(n, m))
		return;
	if (m->batch.coordinator != p->id || same_batch(n->last, m->batch)) {
		out_drop(out, p->id, "it aborts a batch that is not its own or is committed");
		return;
	}
	if (s->state == SLOT_FREE || s->id.coordinator != p->id || s->id.number > m->batch.number) {
		refuse(n, p, m->batch, REPLY_ABORTED, out);
		return;
	}
	if (m->batch.number > s->aborted)	/* an earlier ABORT may come again meanwhile */
		s->aborted = m->batch.number;
	if (s->state == SLOT_HELD)
		drop_yes(n, out);
	else if (s->state == SLOT_TAKING)
		taken(n, out);
}

/* The coordinator lost our vote, or never got it. */
void voter_inquire(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct slot *s = &n->slot;

	if (m->batch.coordinator != p->id) {
		out_drop(out, p->id, "it inquires about a batch that is not its own");
		return;
	}
	if (same_batch(n->last, m->batch) || down_frozen(n) || !in_epoch(n, m))
		return;		/* our hello shows that it is committed, or the epoch over */
	if (same_batch(s->id, m->batch) && s->state == SLOT_HELD)
		vote(n, p, m->batch, REFUSAL_NONE, 0, out);
	else if (!same_batch(s->id, m->batch) || s->state == SLOT_FREE)
		refuse(n, p, m->batch, REPLY_VOTE_NO, out);
	/* else our yes or no follows when the disk is done with it */
}
