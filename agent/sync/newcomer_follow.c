// SPDX-License-Identifier: GPL-2.0
/* A learner follows what the pool commits, and asks to be a member when it stands there. */
#include "newcomer_private.h"

#include <string.h>

#include "batch.h"
#include "history.h"
#include "log.h"
#include "post.h"
#include "service.h"

#define ADMIT_MS	300	/* before it asks again to be admitted */
#define STANDSTILL_MS	5000	/* nothing came for so long: it asks for the tail again */

static bool behind(const struct newcomer *n)
{
	return history_behind(n->host->store(n->host->arg));
}

void newcomer_follow(struct newcomer *n)
{
	struct node_view view;

	n->host->look(n->host->arg, &view);
	n->seq = view.position.seq;
	n->learnt = true;
	n->passed_by = false;
	n->paused = false;
	n->ended = false;
	newcomer_move(n, NEWCOMER_CATCHING_UP);
	post(n->service, &(struct sync_message){ .type = SYNC_TAIL, .seq = n->seq });
}

/*
 * Did the pool commit our NODE_ADD without our yes? A node-down did, that took us out again. No
 * learner applies that.
 */
static bool passes_by(const struct node_view *view, const struct event *ev)
{
	struct batch b;

	return view->learner && view->slot == SLOT_FREE && batch_read(ev->data, ev->n_tls, &b) &&
	       b.adds && nl_has(&b.nl, view->id) && b.before.seq == view->position.seq;
}

void newcomer_learn(struct newcomer *n, const struct sync_message *m)
{
	struct bytes left = m->data;
	unsigned int tls = (unsigned int)m->count;
	struct node_view view;

	while (tls) {
		struct event ev = { .type = EV_LEARN, .data = { left.p, 0 } };

		ev.n_tls = batch_run(left, tls, &ev.data.n);
		if (!ev.n_tls) {
			newcomer_fail(n, "a malformed transaction came" SYNC_SAME_VERSION);
			return;
		}
		n->host->look(n->host->arg, &view);
		n->passed_by = passes_by(&view, &ev);
		if (n->passed_by) {
			newcomer_retry(n, "the pool went on without it: what it lacks is fetched");
			return;
		}
		n->host->tell(n->host->arg, &ev);
		left.p = (const uint8_t *)left.p + ev.data.n;
		left.n -= ev.data.n;
		tls -= ev.n_tls;
	}
	n->bytes += m->data.n;
	n->tls += m->count;
	n->ended = m->count == 0;
	n->host->look(n->host->arg, &view);
	if (view.position.seq != n->seq)
		n->moved_ms = n->now_ms;
	n->seq = view.position.seq;
	n->attempt = 0;
	if (behind(n) && !n->paused) {
		n->paused = true;
		service_pause(n->service);
	}
}

static void go_on(struct newcomer *n)
{
	n->moved_ms = n->now_ms;
	if (behind(n))
		return;
	n->paused = false;
	service_resume(n->service);
}

static void ask_admission(struct newcomer *n)
{
	if (n->state == NEWCOMER_CATCHING_UP)
		newcomer_move(n, NEWCOMER_ADMITTING);
	if (behind(n) || n->seq < n->goal) {
		n->due_ms = n->now_ms;
		return;
	}
	n->due_ms = UINT64_MAX;
	post(n->service, &(struct sync_message){ .type = SYNC_ADMIT });
}

void newcomer_take_fed(struct newcomer *n, const struct sync_message *m)
{
	if (!(m->flags & SYNC_LIVE)) {
		newcomer_follow(n);
		return;
	}
	n->goal = m->seq;
	ask_admission(n);
}

void newcomer_take_again(struct newcomer *n, const struct sync_message *m)
{
	char text[SYNC_TEXT_MAX + 1];

	sync_text(m, text);
	if (strcmp(text, n->trouble))
		log_info(n->host->log, "live-sync: not a member yet: %s", text);
	newcomer_trouble(n, text);
	n->due_ms = n->now_ms + ADMIT_MS;
}

void newcomer_follow_tick(struct newcomer *n)
{
	struct node_view view;

	n->host->look(n->host->arg, &view);
	if (view.position.seq != n->seq)
		n->moved_ms = n->now_ms;
	n->seq = view.position.seq;
	if (n->paused)
		go_on(n);
	else if (n->now_ms - n->moved_ms >= STANDSTILL_MS)
		newcomer_follow(n);
	else if (n->state == NEWCOMER_CATCHING_UP && n->ended)
		post(n->service, &(struct sync_message){ .type = SYNC_FEED, .seq = n->seq });
	else if (n->state == NEWCOMER_ADMITTING && n->now_ms >= n->due_ms)
		ask_admission(n);
}
