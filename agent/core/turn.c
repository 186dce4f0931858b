// SPDX-License-Identifier: GPL-2.0
/*
 * The turn (protocol.md section 2, "Who may go next"): who may cut the next batch. It is a
 * hint for progress and lives in memory; safety rests on the slot alone.
 *
 * A node with queued transactions that does not hold the turn tells all others WANT. The holder
 * serves one batch of its own, then hands on, with the COMMIT, to whoever asked first. A lone
 * writer keeps the turn and a standing grant, and pays nothing. Of two turns heard of, the higher
 * number is the newer one; of the same number, the lower node id wins.
 */
#include "internal.h"

#include <string.h>

#define WANT_TRIES 3	/* then the turn is taken: its holder does not answer */

static void unwant(struct node *n, uint16_t id)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n->n_want; i++)
		if (n->want[i] != id)
			n->want[kept++] = n->want[i];
	n->n_want = kept;
}

/* A new node list: the turn falls to the lowest node id. */
void turn_reset(struct node *n)
{
	n->turn.number++;
	n->turn.holder = n->nl.n ? n->nl.node[0].id : 0;
	n->n_want = 0;
	n->used = false;
	n->wanted_ms = 0;
	n->want_tries = 0;
}

void turn_adopt(struct node *n, const struct turn *t)
{
	if (!nl_has(&n->nl, t->holder) || t->number < n->turn.number ||
	    (t->number == n->turn.number && t->holder >= n->turn.holder))
		return;
	n->turn = *t;
	unwant(n, t->holder);
	n->want_tries = 0;
	if (t->holder == n->id) {
		n->used = false;
		n->wanted_ms = 0;
	}
}

void turn_want(struct node *n, uint16_t id)
{
	n->calm = false;
	unwant(n, id);
	if (nl_has(&n->nl, id) && n->n_want < PEERS_MAX)
		n->want[n->n_want++] = id;
}

/* Hand on to whoever asked first; returns the turn as it is then. */
struct turn turn_pass(struct node *n)
{
	if (n->n_want && n->turn.holder == n->id) {
		n->turn.number++;
		n->turn.holder = n->want[0];
		unwant(n, n->turn.holder);
	}
	return n->turn;
}

static void broadcast(struct node *n, struct message *m, struct actions *out)
{
	for each_peer(p, n)
		if (p->link == LINK_MEMBER)
			out_send(n, out, p, m);
}

static void tell_turn(struct node *n, struct actions *out)
{
	broadcast(n, &(struct message){ .type = MSG_TURN, .turn = n->turn }, out);
}

/*
 * The connection to @id is lost. If the turn falls to another node, that one may still be connected
 * to @id: it must hear of it.
 */
void turn_lost(struct node *n, uint16_t id, struct actions *out)
{
	unwant(n, id);
	n->wanted_ms = 0;
	if (n->turn.holder == id && n->nl.n) {
		n->turn.number++;
		n->turn.holder = n->nl.node[0].id;
		n->used = false;
		tell_turn(n, out);
	}
}

static void ask(struct node *n, struct actions *out)
{
	n->wanted_ms = n->now_ms;
	if (++n->want_tries <= WANT_TRIES) {
		broadcast(n, &(struct message){ .type = MSG_WANT }, out);
		return;
	}
	n->turn.number++;
	n->turn.holder = n->id;
	n->used = false;
	n->wanted_ms = 0;
	n->want_tries = 0;
	tell_turn(n, out);
}

/* Does another node go before us, now that we hold the turn? */
static bool others_first(const struct node *n)
{
	return n->n_want && (n->used || !n->queued);
}

/* Time has passed: a grant that nobody used gives way, a request that nobody heard is repeated. */
void turn_tick(struct node *n)
{
	n->calm = false;
	if (n->granted && n->n_want && n->now_ms - n->granted_ms >= NODE_TICK_MS)
		n->used = true;
	if (n->wanted_ms && n->now_ms - n->wanted_ms >= NODE_PATIENCE_MS)
		n->wanted_ms = 0;
}

/* After each step: ask for the turn, use it, or hand it on. */
void turn_settle(struct node *n, struct actions *out)
{
	bool ready = node_steady(n);
	bool mine = n->turn.holder == n->id;

	if (!n->nl.n || n->revoking || node_learner(n))
		return;
	if (n->granted) {
		if (ready && mine && !others_first(n))
			return;
		out_add(out, ACT_REVOKE);
		n->revoking = true;
		return;
	}
	if (!ready)
		return;
	if (!mine && n->queued && !n->wanted_ms)
		ask(n, out);
	if (n->slot.state != SLOT_FREE || n->calm || n->turn.holder != n->id)
		return;
	if (others_first(n)) {
		turn_pass(n);
		tell_turn(n, out);
	} else {
		coord_grant(n, out);
	}
}
