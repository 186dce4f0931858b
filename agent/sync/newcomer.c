// SPDX-License-Identifier: GPL-2.0
#include "newcomer_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "batch.h"
#include "home.h"
#include "log.h"
#include "post.h"
#include "priority.h"
#include "service.h"

#define RETRY_MIN_MS	200	/* before a member is dialled again: the first time, */
#define RETRY_MAX_MS	5000	/* and after many times */
#define FATE_MS		5000	/* how long members may take to tell what became of its NODE_ADD */

/* @percent of the whole is done when a state begins. @bulk: much is done at a time in it. */
static const struct {
	const char *phase;
	unsigned int percent;
	bool bulk;
} states[NEWCOMER_STATES] = {
	[NEWCOMER_IDLE] = { "idle", 0 },
	[NEWCOMER_WAITING] = { "waiting", 0 },
	[NEWCOMER_DIALLING] = { "connecting", 0 },
	[NEWCOMER_PLANNING] = { "planning", 0 },
	[NEWCOMER_IMPORTING] = { "receiving", 0, true },
	[NEWCOMER_LOADING] = { "loading", 90, true },
	[NEWCOMER_CATCHING_UP] = { "catching up", 97 },
	[NEWCOMER_ADMITTING] = { "joining", 99 },
	[NEWCOMER_DONE] = { "done", 100 },
	[NEWCOMER_FAILED] = { "failed", 0 },
};

#define TO(state) (1u << NEWCOMER_##state)
#define OVER (TO(IDLE) | TO(DONE) | TO(FAILED))

static const unsigned int moves[NEWCOMER_STATES] = {
	[NEWCOMER_IDLE] = TO(WAITING),
	[NEWCOMER_WAITING] = TO(DIALLING) | TO(LOADING) | TO(WAITING) | OVER,
	[NEWCOMER_DIALLING] = TO(PLANNING) | TO(WAITING) | OVER,
	[NEWCOMER_PLANNING] = TO(IMPORTING) | TO(CATCHING_UP) | TO(WAITING) | OVER,
	[NEWCOMER_IMPORTING] = TO(LOADING) | TO(WAITING) | OVER,
	[NEWCOMER_LOADING] = TO(CATCHING_UP) | TO(WAITING) | OVER,
	[NEWCOMER_CATCHING_UP] = TO(CATCHING_UP) | TO(ADMITTING) | TO(WAITING) | OVER,
	[NEWCOMER_ADMITTING] = TO(CATCHING_UP) | TO(WAITING) | OVER,
	[NEWCOMER_DONE] = TO(WAITING) | TO(IDLE),
	[NEWCOMER_FAILED] = TO(WAITING) | TO(IDLE),
};

struct newcomer *newcomer_new(const struct sync_host *host)
{
	struct newcomer *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->host = host;
	n->step = evtimer_new(host->base, newcomer_step, n);
	if (n->step)
		return n;
	free(n);
	return NULL;
}

void newcomer_free(struct newcomer *n)
{
	if (!n)
		return;
	intake_close(n->intake);
	event_free(n->step);
	free(n);
}

static unsigned int percent_of(const struct newcomer *n)
{
	unsigned int from = states[n->state].percent;

	if (n->state == NEWCOMER_IMPORTING && n->total) {
		uint64_t done = n->bytes < n->total ? n->bytes : n->total;

		return (unsigned int)(done * states[NEWCOMER_LOADING].percent / n->total);
	}
	return from;
}

void newcomer_report(struct newcomer *n)
{
	unsigned int percent = percent_of(n);

	if (percent == n->percent)
		return;
	n->percent = percent;
	n->host->progress(n->host->arg, n->via.id, percent);
}

void newcomer_move(struct newcomer *n, enum newcomer_state to)
{
	assert(moves[n->state] & 1u << to);
	n->state = to;
	n->moved_ms = n->now_ms;
	priority_prompt(!states[to].bulk);
	newcomer_report(n);
}

static bool is_running(const struct newcomer *n)
{
	return n->state != NEWCOMER_IDLE && n->state != NEWCOMER_DONE &&
	       n->state != NEWCOMER_FAILED;
}

static void hang_up(struct newcomer *n)
{
	if (n->service)
		service_close(n->service, NULL);
	n->service = NULL;
}

void newcomer_trouble(struct newcomer *n, const char *why)
{
	snprintf(n->trouble, sizeof(n->trouble), "%s", why);
}

void newcomer_retry(struct newcomer *n, const char *why)
{
	uint64_t pause = RETRY_MIN_MS << (n->attempt < 5 ? n->attempt : 5);

	hang_up(n);
	intake_close(n->intake);
	n->intake = NULL;
	if (strcmp(n->trouble, why))
		log_about(n->host->log, LOG_LEVEL_WARNING, n->via.name,
			  "live-sync: %s: %s: trying again", n->via.name, why);
	newcomer_trouble(n, why);
	n->attempt++;
	n->due_ms = n->now_ms + (pause < RETRY_MAX_MS ? pause : RETRY_MAX_MS);
	newcomer_move(n, NEWCOMER_WAITING);
}

bool newcomer_unpark(struct newcomer *n)
{
	char error[SYNC_ERROR_MAX];

	if (!n->parked)
		return true;
	if (n->host->resume(n->host->arg, error) == 0) {
		n->parked = false;
		return true;
	}
	log_error(n->host->log, "live-sync: %s", error);
	n->host->fatal(n->host->arg);
	return false;
}

static void drop_order(struct newcomer *n)
{
	int ret = order_drop(n->host->config->state_dir);

	if (ret)
		log_warning(n->host->log,
			    "live-sync: %s/%s cannot be removed: %s: remove it by hand",
			    n->host->config->state_dir, ORDER_FILE, strerror(-ret));
}

void newcomer_fail(struct newcomer *n, const char *why)
{
	if (n->service)
		post_no(n->service, 0, why);
	hang_up(n);
	intake_close(n->intake);
	n->intake = NULL;
	drop_order(n);
	newcomer_trouble(n, why);
	newcomer_move(n, NEWCOMER_FAILED);
	log_about(n->host->log, LOG_LEVEL_ERROR, n->via.name, "live-sync from %s: %s",
		  n->via.name, why);
	newcomer_unpark(n);
}

/* Whom to dial. */

/* The manual list says best where a node is. */
static void locate(const struct newcomer *n, struct member *m)
{
	const struct config *c = n->host->config;

	for (unsigned int i = 0; i < c->n_peers; i++)
		if (c->peer[i].id == m->id)
			memcpy(m->address, c->peer[i].address, sizeof(m->address));
}

/* The donor that was named; every other time another member, once the pool is known. */
static void choose(struct newcomer *n)
{
	uint16_t own = n->host->config->node_id;
	unsigned int at = n->attempt / 2;

	n->via = n->order.donor;
	if (n->attempt % 2 == 0)
		return;
	for (unsigned int i = 0; i < n->pool.n; i++) {
		const struct member *m = &n->pool.node[(at + i) % n->pool.n];

		if (m->id == own || m->id == n->order.donor.id)
			continue;
		n->via = *m;
		locate(n, &n->via);
		return;
	}
}

static const struct service_sink sink;

/*
 * A learner whose slot is taken waits for its fate: it may be a member already. If it is not,
 * perhaps nobody connects to it any more: then it asks for the tail, which tells.
 */
static bool slot_is_free(const struct newcomer *n)
{
	struct node_view view;

	if (n->parked)
		return true;
	n->host->look(n->host->arg, &view);
	return !view.learner || view.slot == SLOT_FREE;
}

static void dial(struct newcomer *n)
{
	bool decided = slot_is_free(n);

	if (!decided && n->now_ms - n->moved_ms < FATE_MS)
		return;
	choose(n);
	if (!decided || !intake_found(n->host, &n->had))
		n->had.exists = false;
	if (newcomer_go_on_loading(n) || n->state != NEWCOMER_WAITING)
		return;
	newcomer_move(n, NEWCOMER_DIALLING);
	n->service = service_dial(n->host->mesh, n->via.address, &sink, n);
	if (!n->service)
		newcomer_retry(n, "no memory for a connection");
}

/* Joining. */

static void send_join(struct newcomer *n)
{
	struct sync_message join = { .type = SYNC_JOIN };
	struct node_view view;

	n->host->look(n->host->arg, &view);
	if (!n->parked) {
		join.place = view.position;
		memcpy(join.pool, view.nl->pool, sizeof(join.pool));
		join.flags = view.learner && !n->passed_by ? SYNC_LEARNER : 0;
	}
	if (n->order.overwrite)
		join.flags |= SYNC_OVERWRITE;
	if (n->had.exists) {
		join.have = n->had.k;
		join.at = n->had.at;
	}
	snprintf(join.address, sizeof(join.address), "%s", n->host->config->address);
	post(n->service, &join);
	newcomer_move(n, NEWCOMER_PLANNING);
}

static void on_opened(void *arg, struct service *s)
{
	struct newcomer *n = arg;
	char why[SYNC_ERROR_MAX];

	service_keep(s);
	if (service_node(s) == n->via.id) {
		send_join(n);
		return;
	}
	snprintf(why, sizeof(why), "node %u %s answers at %s: correct the address of %s",
		 service_node(s), service_name(s), n->via.address, n->via.name);
	newcomer_fail(n, why);
}

static void take_no(struct newcomer *n, const struct sync_message *m)
{
	char text[SYNC_TEXT_MAX + 1];

	sync_text(m, text);
	hang_up(n);		/* whoever says no needs not hear it */
	if (m->flags & SYNC_LATER)
		newcomer_retry(n, text);
	else
		newcomer_fail(n, text);
}

static void out_of_turn(struct newcomer *n, const struct sync_message *m)
{
	char why[SYNC_ERROR_MAX];

	snprintf(why, sizeof(why), "the donor sent %s while this node was %s"
		 SYNC_SAME_VERSION, sync_type_name(m->type), states[n->state].phase);
	newcomer_fail(n, why);
}

/* What may come in which state. */
static void take(struct newcomer *n, const struct sync_message *m)
{
	bool follows = n->state == NEWCOMER_CATCHING_UP || n->state == NEWCOMER_ADMITTING;

	if (m->type == SYNC_NO)
		take_no(n, m);
	else if (m->type == SYNC_PLAN && n->state == NEWCOMER_PLANNING)
		newcomer_take_plan(n, m);
	else if (m->type == SYNC_ITEMS && n->state == NEWCOMER_IMPORTING)
		newcomer_take_items(n, m);
	else if (m->type == SYNC_END && n->state == NEWCOMER_IMPORTING)
		newcomer_load(n);
	else if (m->type == SYNC_TLS && follows)
		newcomer_learn(n, m);
	else if (m->type == SYNC_FED && follows)
		newcomer_take_fed(n, m);
	else if (m->type == SYNC_AGAIN && follows)
		newcomer_take_again(n, m);
	else if (m->type != SYNC_ADMITTED)
		out_of_turn(n, m);
}

static void on_frame(void *arg, struct service *s, const void *frame, size_t len)
{
	struct newcomer *n = arg;
	struct sync_message m;

	(void)s;
	if (sync_decode((struct bytes){ frame, len }, &m))
		take(n, &m);
	else
		newcomer_fail(n, "the donor sent a malformed message" SYNC_SAME_VERSION);
}

static void on_drained(void *arg, struct service *s)
{
	(void)arg;
	(void)s;
}

static void on_closed(void *arg, struct service *s, const char *why)
{
	struct newcomer *n = arg;

	(void)s;
	n->service = NULL;
	if (n->state != NEWCOMER_LOADING)
		newcomer_retry(n, why);
}

static const struct service_sink sink = {
	.opened = on_opened,
	.frame = on_frame,
	.drained = on_drained,
	.closed = on_closed,
};

/* Time. */

/* This node and the donor are members of one pool, and all is well: nothing is to be done. */
static bool is_well(const struct newcomer *n, uint16_t donor)
{
	struct node_view view;

	if (n->parked)
		return false;
	n->host->look(n->host->arg, &view);
	return view.state == HSMREPL_MEMBER && nl_has(view.nl, view.id) &&
	       nl_has(view.nl, donor);
}

/* A learner that finds itself in the list is a member, though others may have failed since. */
static bool has_joined(const struct newcomer *n)
{
	struct node_view view;

	if (n->parked)
		return false;
	n->host->look(n->host->arg, &view);
	return n->learnt && nl_has(view.nl, view.id);
}

static void done(struct newcomer *n)
{
	hang_up(n);
	drop_order(n);
	n->trouble[0] = '\0';
	newcomer_move(n, NEWCOMER_DONE);
	log_info(n->host->log, "live-sync: this node is a member: %llu transactions, %llu bytes in "
		 "%llu.%llu s", (unsigned long long)n->tls, (unsigned long long)n->bytes,
		 (unsigned long long)(n->now_ms - n->begun_ms) / 1000,
		 (unsigned long long)(n->now_ms - n->begun_ms) / 100 % 10);
}

void newcomer_tick(struct newcomer *n, uint64_t now_ms)
{
	n->now_ms = now_ms;
	if (!is_running(n))
		return;
	if (!n->begun_ms)	/* an order that goes on begins before the first tick */
		n->begun_ms = now_ms;
	if (has_joined(n) || (n->state == NEWCOMER_WAITING && is_well(n, n->order.donor.id)))
		done(n);
	else if (n->state == NEWCOMER_WAITING && now_ms >= n->due_ms)
		dial(n);
	else if (n->state == NEWCOMER_CATCHING_UP || n->state == NEWCOMER_ADMITTING)
		newcomer_follow_tick(n);
}

/* Beginning. */

static void start(struct newcomer *n, const struct order *order)
{
	n->order = *order;
	n->via = order->donor;
	n->attempt = 0;
	n->due_ms = 0;
	n->learnt = false;
	n->passed_by = false;
	n->begun_ms = 0;
	n->bytes = 0;
	n->total = 0;
	n->tls = 0;
	n->trouble[0] = '\0';
	n->quarantine[0] = '\0';
	newcomer_move(n, NEWCOMER_WAITING);
}

int newcomer_begin(struct newcomer *n, const struct order *order, char why[SYNC_ERROR_MAX])
{
	int ret;

	if (is_running(n) && n->state != NEWCOMER_WAITING) {
		snprintf(why, SYNC_ERROR_MAX,
			 "a Live-Sync from %s is under way: see it with status, wait for it",
			 n->via.name);
		return EBUSY;
	}
	if (is_well(n, order->donor.id)) {
		snprintf(why, SYNC_ERROR_MAX,
			 "this node is a member of its pool: there is nothing to do");
		return EEXIST;
	}
	ret = order_write(n->host->config->state_dir, order);
	if (ret) {
		snprintf(why, SYNC_ERROR_MAX, "%s/%s cannot be written: %s",
			 n->host->config->state_dir, ORDER_FILE, strerror(-ret));
		return -ret;
	}
	start(n, order);
	return 0;
}

void newcomer_wake(struct newcomer *n)
{
	const struct sync_host *host = n->host;
	struct node_view view;
	struct order order;
	int ret = order_read(host->config->state_dir, &order);

	if (ret == 0)
		return;
	if (ret < 0) {
		log_warning(host->log, "live-sync: %s/%s: %s: run live-sync again",
			    host->config->state_dir, ORDER_FILE, strerror(-ret));
		return;
	}
	host->look(host->arg, &view);
	if (view.learner)
		n->pool = *view.nl;
	locate(n, &order.donor);
	log_info(host->log, "live-sync from %s goes on", order.donor.name);
	start(n, &order);
	n->learnt = view.learner;
}

void newcomer_forget(struct newcomer *n)
{
	hang_up(n);
	drop_order(n);
	if (n->state != NEWCOMER_IDLE)
		newcomer_move(n, NEWCOMER_IDLE);
}

void newcomer_look(const struct newcomer *n, struct newcomer_view *view)
{
	uint64_t fresh = n->bytes > n->base ? n->bytes - n->base : 0;
	uint64_t ms = n->now_ms - n->import_ms;

	memset(view, 0, sizeof(*view));
	view->state = n->state;
	view->phase = states[n->state].phase;
	memcpy(view->donor, n->via.name, sizeof(view->donor));
	view->percent = percent_of(n);
	view->bytes = n->bytes;
	view->bytes_total = n->total;
	view->tls = n->tls;
	if (n->state == NEWCOMER_IMPORTING && ms) {
		view->rate = fresh * 1000 / ms;
		if (view->rate && n->total > n->bytes)
			view->left_s = (n->total - n->bytes) / view->rate;
	}
	memcpy(view->trouble, n->trouble, sizeof(view->trouble));
	memcpy(view->quarantine, n->quarantine, sizeof(view->quarantine));
}
