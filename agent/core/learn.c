// SPDX-License-Identifier: GPL-2.0
/*
 * A learner is told settled history by a member (protocol.md section 4): what it is told is
 * committed. So it applies that as soon as the device took it, without a word to anybody and
 * without waiting for its disk: a crash goes back to an earlier place, and is told again.
 *
 * What does not follow on its place is left: whoever tells sees it stand still, and fetches.
 */
#include "internal.h"

#include <assert.h>
#include <string.h>

static bool same_tids(const struct batch *a, const struct batch *b)
{
	return a->n == b->n && memcmp(a->tids, b->tids, a->n * sizeof(a->tids[0])) == 0;
}

/* Such a batch bears the number of its first TL: lower than any that a coordinator gives. */
static struct batch_id fed_id(const struct batch *b)
{
	return (struct batch_id){ b->coordinator, b->before.seq + 1 };
}

static void take(struct node *n, const struct batch *b, struct bytes tls, struct actions *out)
{
	struct batch_id id = fed_id(b);
	struct action *a;

	slot_fill(n, SLOT_TAKING, id, b);
	n->slot.fed = true;
	n->slot.durable = true;
	out_append(out, RECORD_YES, id, tls, b->n)->lazy = true;
	a = out_add(out, ACT_PREPARE);
	a->batch = id;
	a->tail = tls;
	a->n_tls = b->n;
	a->lazy = true;
}

/*
 * The slot holds our yes for our own joining. If history went on with just that, we are in; if
 * it went on without, that batch is dead, and nothing else may ever free us of it but its ABORT.
 */
static void meet_slot(struct node *n, const struct batch *b, struct actions *out)
{
	if (same_tids(&n->slot.batch, b))
		slot_commit(n, out);
	else
		voter_give_up(n, out);
}

static void learn(struct node *n, const struct batch *b, struct bytes tls, struct actions *out)
{
	if (!node_learner(n) || n->rolled_back || !same_place(&b->before, &n->pos))
		return;
	if (n->slot.state == SLOT_HELD)
		meet_slot(n, b, out);
	/* A list with us in it needs a yes of ours, in the slot. */
	if (n->slot.state == SLOT_FREE && node_learner(n) && same_place(&b->before, &n->pos) &&
	    !(b->has_nl && nl_has(&b->nl, n->id)) && batch_spoken(b, n->protocol))
		take(n, b, tls, out);
}

/* The device took what we were told, or cannot. */
void learn_prepared(struct node *n, int error, struct actions *out)
{
	n->learn_error = error;
	if (error) {
		voter_give_up(n, out);
		return;
	}
	slot_move(&n->slot, SLOT_HELD);
	slot_commit(n, out);
}

void learn_event(struct node *n, const struct event *ev, struct actions *out)
{
	struct batch b;

	if (batch_read(ev->data, ev->n_tls, &b))
		learn(n, &b, ev->data, out);
}

void learn_message(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct batch b;

	if (!batch_read(m->tls, m->n_tls, &b))
		out_drop(out, p->id, "it told history that is malformed: check its version");
	else if (nl_has(&n->nl, p->id))
		learn(n, &b, m->tls, out);
}
