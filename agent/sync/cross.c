// SPDX-License-Identifier: GPL-2.0
#include "cross.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "ask.h"
#include "history.h"

#define AGAIN_MS	200	/* what was asked for may not be settled there yet */
#define AGAIN_TIMES	20

/* One member that is asked. */
struct entry {
	struct cross *cross;
	struct ask *ask;
	struct event *again;
	unsigned int tries;
};

/**
 * struct cross - all of it
 * @host: the agent
 * @done: whom to tell
 * @arg: of @done
 * @request: of @done
 * @who: the question, with the place of this node
 * @waiting: members that did not answer yet
 * @n: members
 * @node: what they say
 * @entry: the same for the asking
 */
struct cross {
	const struct sync_host *host;
	cross_fn done;
	void *arg;
	uint64_t request;
	struct sync_message who;
	unsigned int waiting;
	unsigned int n;
	struct cross_node node[HSMREPL_NODES_MAX];
	struct entry entry[HSMREPL_NODES_MAX];
};

static struct cross_node *node_of(struct entry *e)
{
	return &e->cross->node[e - e->cross->entry];
}

static void finish(struct cross *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->entry[i].again)
			event_free(c->entry[i].again);
	c->done(c->arg, c->request, c->node, c->n);
	free(c);
}

static void one_less(struct cross *c)
{
	if (--c->waiting == 0)
		finish(c);
}

static void answered(struct entry *e)
{
	e->ask = NULL;
	one_less(e->cross);
}

static void send_who(struct entry *e)
{
	e->tries++;
	ask_send(e->ask, &e->cross->who);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct entry *e = arg;

	(void)fd;
	(void)what;
	if (e->ask)
		send_who(e);
}

static void on_opened(void *arg, struct ask *a)
{
	struct entry *e = arg;

	e->ask = a;
	send_who(e);
}

static void take(struct cross_node *n, const struct sync_message *m)
{
	n->reached = true;
	n->here = *m;
	n->here.data = (struct bytes){ NULL, 0 };
	for (n->n_peers = 0; n->n_peers < HSMREPL_NODES_MAX; n->n_peers++)
		if (!answer_peer(m, n->n_peers, &n->peer[n->n_peers]))
			break;
}

static void on_message(void *arg, struct ask *a, const struct sync_message *m)
{
	const struct timeval tv = { .tv_usec = AGAIN_MS * 1000 };
	struct entry *e = arg;

	if (m->type != SYNC_HERE)
		return;
	if (m->answer == HISTORY_AHEAD && e->tries < AGAIN_TIMES) {
		event_add(e->again, &tv);
		return;
	}
	take(node_of(e), m);
	ask_end(a);
	answered(e);
}

static void on_failed(void *arg, struct ask *a, const char *why)
{
	struct entry *e = arg;
	struct cross_node *n = node_of(e);

	(void)a;
	snprintf(n->why, sizeof(n->why), "%s", why);
	answered(e);
}

static const struct ask_ops ops = {
	.opened = on_opened, .message = on_message, .failed = on_failed,
};

static void add_self(struct cross_node *n, const struct sync_host *host)
{
	struct node_view view;

	host->look(host->arg, &view);
	n->reached = true;
	answer_self(host, &n->here);
	n->here.answer = HISTORY_HAS;
	for (unsigned int i = 0; i < view.n_peers; i++)
		n->peer[n->n_peers++] = (struct answer_peer){
			view.peer[i].id, view.peer[i].link, view.peer[i].seq, view.peer[i].sp,
		};
}

/* Asks one member; false without memory. */
static bool begin(struct cross *c, unsigned int i)
{
	struct entry *e = &c->entry[i];

	e->cross = c;
	e->again = evtimer_new(c->host->base, on_again, e);
	e->ask = e->again ? ask_begin(c->host, &c->node[i].member, &ops, e) : NULL;
	return e->ask;
}

bool cross_begin(const struct sync_host *host, cross_fn done, void *arg, uint64_t request)
{
	struct cross *c = calloc(1, sizeof(*c));
	struct node_view view;

	host->look(host->arg, &view);
	if (!c || !view.nl->n) {
		free(c);
		return false;
	}
	*c = (struct cross){ .host = host, .done = done, .arg = arg, .request = request,
			     .n = view.nl->n,
			     .who = { .type = SYNC_WHO, .flags = SYNC_PEERS,
				      .place = view.position } };
	memcpy(c->who.pool, view.nl->pool, sizeof(c->who.pool));
	c->waiting = 1;
	for (unsigned int i = 0; i < c->n; i++) {
		c->node[i].member = view.nl->node[i];
		if (c->node[i].member.id == view.id)
			add_self(&c->node[i], host);
		else if (begin(c, i))
			c->waiting++;
		else
			snprintf(c->node[i].why, sizeof(c->node[i].why), "no memory");
	}
	one_less(c);
	return true;
}

bool cross_connected(const struct cross_node *a, const struct cross_node *b)
{
	for (unsigned int i = 0; i < a->n_peers; i++)
		if (a->peer[i].id == b->member.id)
			return a->peer[i].link == LINK_MEMBER;
	return false;
}

static enum cross_fact fact(bool yes)
{
	return yes ? CROSS_YES : CROSS_NO;
}

enum cross_fact cross_epoch(const struct cross_node *a, const struct cross_node *b)
{
	if (!a->reached || !b->reached)
		return CROSS_UNSURE;
	return fact(a->here.place.epoch == b->here.place.epoch);
}

static bool one_seq(const struct cross_node *a, const struct cross_node *b)
{
	return a->reached && b->reached && a->here.place.seq == b->here.place.seq;
}

enum cross_fact cross_history(const struct cross_node *a, const struct cross_node *b)
{
	const struct position *p = &a->here.place, *q = &b->here.place;

	if (one_seq(a, b))
		return fact(p->sp == q->sp && !memcmp(p->chain, q->chain, sizeof(p->chain)));
	if (a->here.answer == HISTORY_LACKS || b->here.answer == HISTORY_LACKS)
		return CROSS_NO;
	return a->here.answer == HISTORY_HAS && b->here.answer == HISTORY_HAS ? CROSS_YES :
	       CROSS_UNSURE;
}

enum cross_fact cross_digest(const struct cross_node *a, const struct cross_node *b)
{
	if (!one_seq(a, b))
		return CROSS_UNSURE;
	return fact(a->here.place.digest == b->here.place.digest);
}
