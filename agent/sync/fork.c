// SPDX-License-Identifier: GPL-2.0
#include "fork.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "ask.h"
#include "batch.h"
#include "history.h"
#include "pack.h"

#define TRIES_MAX 50	/* questions whose answer is not settled yet, */
#define PAUSE_US 100000	/* one after the other */

/**
 * struct fork - a comparison under way
 * @host: the agent
 * @done: whom to tell
 * @arg: of @done
 * @request: of @done
 * @low: TLs up to this one are common
 * @high: the TL after this one is not
 * @probe: seq that was asked for, 0: the rows after the fork were
 * @tries: made so far
 * @ask: the connection
 * @again: the pause before it is asked again
 * @report: what is known
 */
struct fork {
	const struct sync_host *host;
	fork_fn done;
	void *arg;
	uint64_t request;
	uint64_t low;
	uint64_t high;
	uint64_t probe;
	unsigned int tries;
	struct ask *ask;
	struct event *again;
	struct fork_report report;
};

static void finish(struct fork *f, struct ask *a)
{
	ask_end(a);
	f->done(f->arg, f->request, &f->report);
	event_free(f->again);
	free(f);
}

static void give_up(struct fork *f, struct ask *a, const char *why)
{
	f->report.kind = FORK_FAILED;
	snprintf(f->report.why, sizeof(f->report.why), "%s", why);
	finish(f, a);
}

/* Own rows. */

static int add_row(void *arg, const struct history_row *row)
{
	struct fork_side *side = arg;

	side->row[side->n++] = (struct fork_row){ row->seq, row->tid, row->sp };
	return 0;
}

/* The first row that is remembered from TL @seq on; false if nothing settled reaches so far. */
static bool own_row(const struct fork *f, uint64_t seq, struct fork_row *row)
{
	struct fork_side one = { .n = 0 };

	history_rows(f->host->store(f->host->arg), seq - 1, 1, add_row, &one);
	*row = one.row[0];
	return one.n == 1;
}

/* Epochs: which list was in force at the fork? */

static int find_common(void *arg, const struct history_epoch *e)
{
	struct fork *f = arg;

	if (e->position.seq <= f->low)
		nl_decode((struct bytes){ &e->nl, sizeof(e->nl) }, &f->report.common);
	return 0;
}

static bool is_major(const struct node_list *common, const struct node_list *side)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < common->n; i++)
		n += nl_has(side, common->node[i].id);
	return 2 * n > common->n;
}

static void read_rows(const struct sync_message *m, struct fork_side *side)
{
	struct pack p = pack_reader(m->data);

	for (side->n = 0; side->n < m->count && side->n < FORK_ROWS_MAX && p.left; side->n++) {
		struct fork_row *row = &side->row[side->n];

		pack_u64(&p, &row->seq);
		pack_u64(&p, &row->tid);
		pack_u64(&p, &row->sp);
	}
}

static void ask_rows(struct fork *f, struct ask *a, uint64_t after, unsigned int count)
{
	const struct sync_message m = { .type = SYNC_HISTORY, .seq = after, .count = count };

	ask_send(a, &m);
	(void)f;
}

/* Halve what is between the last common TL and the first that is not. */
static void search(struct fork *f, struct ask *a)
{
	f->probe = f->low < f->high ? f->low + (f->high - f->low + 1) / 2 : 0;
	if (f->probe)
		ask_rows(f, a, f->probe - 1, 1);
	else
		ask_rows(f, a, f->low, FORK_ROWS_MAX);
}

static void found(struct fork *f, struct ask *a, const struct sync_message *m)
{
	struct fork_report *r = &f->report;
	struct store *store = f->host->store(f->host->arg);
	struct fork_row row;

	read_rows(m, &r->right);
	history_rows(store, f->low, FORK_ROWS_MAX, add_row, &r->left);
	history_epochs(store, find_common, f);
	r->kind = FORK_SPLIT;
	r->seq = f->low;
	r->sp = f->low && own_row(f, f->low, &row) && row.seq == f->low ? row.sp : 0;
	r->left.major = is_major(&r->common, &r->left.nl);
	r->right.major = is_major(&r->common, &r->right.nl);
	finish(f, a);
}

static void ask_who(struct fork *f, struct ask *a)
{
	struct sync_message who = { .type = SYNC_WHO };
	struct node_view view;

	f->host->look(f->host->arg, &view);
	who.place = view.position;
	memcpy(who.pool, view.nl->pool, sizeof(who.pool));
	f->report.left.place = view.position;
	f->report.left.nl = *view.nl;
	f->tries++;
	ask_send(a, &who);
}

/* What came a moment ago may not be settled yet. */
static void ask_again(struct fork *f, struct ask *a)
{
	static const struct timeval pause = { .tv_usec = PAUSE_US };

	if (f->tries < TRIES_MAX)
		event_add(f->again, &pause);
	else
		give_up(f, a, "it is not clear how the histories stand to each other: ask again");
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct fork *f = arg;

	(void)fd;
	(void)what;
	ask_who(f, f->ask);
}

/* What one has forgotten is old, and common; what one has not settled yet is not known. */
static void take_rows(struct fork *f, struct ask *a, const struct sync_message *m)
{
	struct fork_side theirs = { .n = 0 };
	struct fork_row own;

	if (!f->probe) {
		found(f, a, m);
		return;
	}
	read_rows(m, &theirs);
	if (!theirs.n || !own_row(f, f->probe, &own)) {
		ask_again(f, a);
		return;
	}
	if (theirs.row[0].seq == f->probe && own.seq == f->probe && theirs.row[0].sp != own.sp)
		f->high = f->probe - 1;
	else
		f->low = f->probe;
	search(f, a);
}

static void take_here(struct fork *f, struct ask *a, const struct sync_message *m)
{
	struct store *store = f->host->store(f->host->arg);
	const struct position *p = &m->place;
	struct fork_report *r = &f->report;
	int answer;

	r->right.place = *p;
	r->right.nl = m->nl;
	if (!m->nl.n || memcmp(m->pool, r->left.nl.pool, sizeof(m->pool))) {
		r->kind = FORK_STRANGER;
		finish(f, a);
		return;
	}
	answer = p->seq == r->left.place.seq && p->sp == r->left.place.sp ? HISTORY_HAS :
		 history_find(store, p->seq, p->sp, p->chain);
	if (m->answer == HISTORY_HAS || answer == HISTORY_HAS) {
		r->kind = FORK_SAME;
		finish(f, a);
	} else if (m->answer == HISTORY_LACKS || answer == HISTORY_LACKS) {
		f->low = 0;
		f->high = p->seq < r->left.place.seq ? p->seq : r->left.place.seq;
		search(f, a);
	} else {
		ask_again(f, a);
	}
}

static void on_opened(void *arg, struct ask *a)
{
	ask_who(arg, a);
}

static void on_message(void *arg, struct ask *a, const struct sync_message *m)
{
	struct fork *f = arg;

	if (!f->host->store(f->host->arg))
		give_up(f, a, "a Live-Sync onto this node has begun: ask again later");
	else if (m->type == SYNC_HERE)
		take_here(f, a, m);
	else if (m->type == SYNC_ROWS)
		take_rows(f, a, m);
}

static void on_failed(void *arg, struct ask *a, const char *why)
{
	(void)a;
	give_up(arg, NULL, why);
}

static const struct ask_ops ops = {
	.opened = on_opened, .message = on_message, .failed = on_failed,
};

bool fork_begin(const struct sync_host *host, const struct member *whom, fork_fn done, void *arg,
		uint64_t request)
{
	struct fork *f = calloc(1, sizeof(*f));

	if (!f)
		return false;
	f->host = host;
	f->done = done;
	f->arg = arg;
	f->request = request;
	f->report.whom = *whom;
	f->again = evtimer_new(host->base, on_pause, f);
	if (f->again)
		f->ask = ask_begin(host, whom, &ops, f);
	if (f->ask)
		return true;
	if (f->again)
		event_free(f->again);
	free(f);
	return false;
}
