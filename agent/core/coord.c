// SPDX-License-Identifier: GPL-2.0
/*
 * The coordinator's side of a batch (protocol.md section 2).
 *
 *   claimed  -> PREPARE to all, own yes to the disk                  VOTING
 *   all yes  -> apply, tell, COMMIT to all, now or as the next PREPARE FREE
 *   a no     -> refusal to the disk                                  REVOKING
 *   durable  -> ABORT to all; retry: requeue                         FREE
 *                             final: wait for every confirmation     ABORTING
 *   all confirmed -> tell the submitters "aborted"                   FREE
 */
#include "internal.h"

#include <assert.h>
#include <errno.h>

#define BRISK_MS 1	/* who claims so soon after a commit will likely do so again */

static void send_voter(struct node *n, struct peer *p, struct message *m, struct actions *out)
{
	if (batch_has_voter(&n->slot.batch, p->id))
		out_send(n, out, p, m);
}

/* Whoever else has the turn is told first, since all wait for that node's next batch. */
static void send_voters(struct node *n, struct message *m, struct actions *out)
{
	struct peer *next = peer_find(n, n->turn.holder);

	if (next)
		send_voter(n, next, m, out);
	for each_peer(p, n)
		if (p != next)
			send_voter(n, p, m, out);
}

/* A transaction whose submitters still wait is tried again unless a voter can never take it. */
static bool worth_retry(const struct node *n)
{
	const struct slot *s = &n->slot;

	if (!s->claimed || s->batch.has_nl)
		return false;
	return s->refusal != REFUSAL_INVALID || s->error == ENOMEM || s->batch.n > 1;
}

/* The voters of the batch committed last are told: it is still in the slot, which is free. */
static void tell_committed(struct node *n, struct actions *out)
{
	struct message m = {
		.type = MSG_COMMIT, .batch = n->last, .turn = n->turn,
		.seq = n->pos.seq, .sp = n->pos.sp,
	};

	n->owes = false;
	send_voters(n, &m, out);
}

/*
 * A writer that goes on at once says the same by its next PREPARE. The others are not told twice,
 * which would wake them twice: not before NODE_SOON_MS, unless anything else comes meanwhile.
 */
static void owe_commit(struct node *n, struct actions *out)
{
	n->owes = true;
	out_add(out, ACT_SOON);
}

void coord_pay(struct node *n, const struct event *ev, struct actions *out)
{
	if (n->owes && ev->type != EV_RESOLVED && ev->type != EV_CLAIMED)
		tell_committed(n, out);
}

static void commit_if_decided(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;

	if (!s->durable || down_frozen(n))
		return;
	for (unsigned int i = 0; i < s->batch.n_voters; i++) {
		struct peer *p = peer_find(n, s->batch.voters[i]);

		if (s->batch.voters[i] != n->id && (!p || p->vote != VOTE_YES))
			return;
	}
	slot_commit(n, out);
	n->used = true;
	if (n->solo)
		n->solo--;
	n->committed_ms = n->now_ms;
	if (turn_pass(n).holder == n->id)
		turn_settle(n, out);	/* the device may go on before others are told */
	if (n->granted && n->brisk && !s->batch.has_nl)
		owe_commit(n, out);
	else
		tell_committed(n, out);
}

static void revoke(struct node *n, enum refusal why, int error, uint16_t refuser,
		   struct actions *out)
{
	struct slot *s = &n->slot;

	s->refusal = why;
	s->error = error;
	s->refuser = refuser;
	slot_move(s, SLOT_REVOKING);
	out_append(out, RECORD_REFUSED, s->id, (struct bytes){ 0 }, 0);
}

/* Let the device claim one batch, under a number never used before. */
void coord_grant(struct node *n, struct actions *out)
{
	struct action *a = out_add(out, ACT_GRANT);

	n->granted = (uint64_t)n->incarnation << 32 | ++n->counter;
	n->granted_ms = n->now_ms;
	a->batch = (struct batch_id){ n->id, n->granted };
	a->max_tls = n->solo ? 1 : HSMREPL_BATCH_TLS_MAX;
	a->position = &n->pos;
}

/*
 * A newcomer that is not there must not hold up the pool: its NODE_ADD is given up. Not so one that
 * was found at the start: it may be committed.
 */
void coord_lost(struct node *n, struct actions *out)
{
	const struct slot *s = &n->slot;
	const struct member *who;
	const struct peer *p;

	if (s->state != SLOT_VOTING || !s->batch.adds || s->in_doubt || down_frozen(n))
		return;
	who = batch_newcomer(&s->batch, &n->nl);
	p = who ? peer_find(n, who->id) : NULL;
	if (!p || p->link != LINK_LEARNER)
		revoke(n, REFUSAL_STATE, 0, who ? who->id : 0, out);
}

/* A batch was claimed under our grant. */
void coord_claimed(struct node *n, const struct event *ev, struct actions *out)
{
	struct message m = { .type = MSG_PREPARE, .n_tls = ev->n_tls, .tls = ev->data };
	struct batch b;
	bool ok = batch_read(ev->data, ev->n_tls, &b);

	assert(ok && b.coordinator == n->id && same_place(&b.before, &n->pos));
	assert(n->granted && ev->batch.number == n->granted);
	n->granted = 0;
	n->revoking = false;
	n->queued = false;
	n->wanted_ms = 0;
	n->brisk = n->now_ms - n->committed_ms <= BRISK_MS;
	m.batch = (struct batch_id){ n->id, ev->batch.number };
	slot_fill(n, SLOT_VOTING, m.batch, &b);
	n->slot.claimed = true;
	for each_peer(p, n)
		p->vote = VOTE_NONE;
	if (n->down.removed)
		return;		/* claimed just before we heard of it: nobody shall vote on it */
	if (!batch_spoken(&b, n->protocol)) {	/* queued when this node spoke more */
		revoke(n, REFUSAL_INVALID, EOPNOTSUPP, n->id, out);
		return;
	}
	n->owes = false;
	send_voters(n, &m, out);
	out_append(out, RECORD_YES, m.batch, ev->data, ev->n_tls);
	coord_lost(n, out);
}

/* Our own yes is on the disk. It may be too late: a refusal can already be on its way. */
void coord_own_durable(struct node *n, struct actions *out)
{
	n->slot.durable = true;
	if (n->slot.state == SLOT_VOTING)
		commit_if_decided(n, out);
}

/* @p holds a durable yes for the batch in our slot. */
static void coord_yes(struct node *n, struct peer *p, struct actions *out)
{
	p->vote = VOTE_YES;
	commit_if_decided(n, out);
}

void coord_vote(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct slot *s = &n->slot;

	turn_adopt(n, &m->turn);
	if (s->state != SLOT_VOTING || !same_batch(s->id, m->batch) ||
	    !batch_has_voter(&s->batch, p->id))
		return;
	if (m->yes) {
		coord_yes(n, p, out);
		return;
	}
	p->vote = VOTE_NO;
	if (!down_frozen(n))
		revoke(n, m->refusal, m->error, p->id, out);
}

static void tell_aborted(struct node *n, struct actions *out)
{
	static const char *const why[REFUSALS] = {
		[REFUSAL_NONE] = "aborted",
		[REFUSAL_BUSY] = "a node is busy with another batch: try again",
		[REFUSAL_POSITION] = "a node is not in reset state: zeroize it first",
		[REFUSAL_STATE] = "a node does not see this one as a peer: check its peer lines",
		[REFUSAL_REFUSED] = "a node refused after a lost connection: try again",
		[REFUSAL_INVALID] = "a node cannot apply it: see its limits",
	};
	struct slot *s = &n->slot;
	int error = s->refusal == REFUSAL_INVALID ? s->error : ECANCELED;
	const char *const unknown[] = {
		name_of(n, s->refuser), " cannot take it: load the module of its release there, "
		"or upgrade it", NULL
	};

	out_resolve(out, s->id, HSMREPL_ABORT, error);
	out_append(out, RECORD_ABORTED, s->id, (struct bytes){ 0 }, 0);
	slot_move(s, SLOT_FREE);
	if (s->batch.finalises && s->refusal == REFUSAL_INVALID)
		list_answer(n, error, out_say(out->why, sizeof(out->why), unknown), out);
	else if (s->batch.has_nl)
		list_answer(n, error, why[s->refusal], out);
}

/*
 * A newcomer's confirmation is not waited for: its yes alone decides nothing, once every member has
 * refused.
 */
static void tell_if_confirmed(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;

	for (unsigned int i = 0; i < s->batch.n_voters; i++) {
		struct peer *p = peer_find(n, s->batch.voters[i]);

		if (s->batch.adds && !nl_has(&n->nl, s->batch.voters[i]))
			continue;
		if (s->batch.voters[i] != n->id && (!p || !p->confirmed))
			return;
	}
	tell_aborted(n, out);
}

/* Our refusal of our own batch is on the disk: from here on it can never commit. */
void coord_revoked_durable(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;
	struct message m = { .type = MSG_ABORT, .batch = s->id };

	send_voters(n, &m, out);
	if (worth_retry(n)) {
		if (s->refusal == REFUSAL_INVALID && s->error != ENOMEM)
			n->solo = s->batch.n;
		n->calm = true;
		out_resolve(out, s->id, HSMREPL_REQUEUE, 0);
		slot_move(s, SLOT_FREE);
		return;
	}
	for each_peer(p, n)
		p->confirmed = false;
	s->told_ms = n->now_ms;
	slot_move(s, SLOT_ABORTING);
	tell_if_confirmed(n, out);
}

/* The epoch ends without our batch: nobody's confirmation is waited for. */
void coord_give_up(struct node *n, struct actions *out)
{
	if (n->slot.state == SLOT_VOTING)
		revoke(n, REFUSAL_STATE, 0, n->id, out);
	else
		tell_aborted(n, out);
}

/*
 * Who has not confirmed our ABORT is told again: one that had not followed into this epoch yet, or
 * was frozen, said nothing.
 */
void coord_tick(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;
	struct message m = { .type = MSG_ABORT, .batch = s->id };

	if (s->state != SLOT_ABORTING || n->now_ms - s->told_ms < NODE_HEARTBEAT_MS)
		return;
	s->told_ms = n->now_ms;
	for each_peer(p, n)
		if (batch_has_voter(&s->batch, p->id) && !p->confirmed)
			out_send(n, out, p, &m);
}

void coord_aborted(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	if (n->slot.state != SLOT_ABORTING || !same_batch(n->slot.id, m->batch))
		return;
	p->confirmed = true;
	tell_if_confirmed(n, out);
}

/*
 * A peer's first hello in a connection: what was sent in the one before may be lost. A PREPARE
 * reaches a node at most once, so a missing vote is asked for, never prepared again.
 */
void coord_greeted(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct slot *s = &n->slot;
	struct message ask = { .batch = s->id };

	if ((s->state != SLOT_VOTING && s->state != SLOT_ABORTING) ||
	    !batch_has_voter(&s->batch, p->id))
		return;
	if (s->state == SLOT_VOTING && same_batch(m->hello.slot, s->id)) {
		coord_yes(n, p, out);
		return;
	}
	if (s->state == SLOT_VOTING && p->vote == VOTE_YES)
		return;
	if (s->state == SLOT_ABORTING && p->confirmed)
		return;
	ask.type = s->state == SLOT_VOTING ? MSG_INQUIRE : MSG_ABORT;
	out_send(n, out, p, &ask);
}
