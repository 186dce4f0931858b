// SPDX-License-Identifier: GPL-2.0
/* What the donor sends becomes this node's store and its device's content. */
#include "newcomer_private.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "log.h"

static bool park(struct newcomer *n)
{
	char error[SYNC_ERROR_MAX];

	if (n->parked || n->host->park(n->host->arg, error) == 0) {
		n->parked = true;
		return true;
	}
	newcomer_fail(n, error);
	return false;
}

static bool is_resumed(const struct newcomer *n, const struct sync_message *plan)
{
	return n->had.exists && plan->have == n->had.k && plan->at.seq == n->had.at.seq &&
	       plan->at.sp == n->had.at.sp;
}

static void begin_import(struct newcomer *n, const struct sync_message *plan)
{
	bool resume = is_resumed(n, plan);
	char error[SYNC_ERROR_MAX];

	if (!park(n))
		return;
	n->intake = intake_open(n->host, plan, &n->via, resume, n->order.overwrite, error);
	if (!n->intake) {
		newcomer_fail(n, error);
		return;
	}
	intake_count(n->intake, &n->tls, &n->base);
	n->bytes = n->base;
	n->total = n->base + plan->bytes;
	n->import_ms = n->now_ms;
	log_info(n->host->log, "live-sync: %s sends %s%llu transactions, %llu bytes, seq %llu",
		 n->via.name, resume ? "the rest: " : "", (unsigned long long)plan->tls,
		 (unsigned long long)plan->bytes, (unsigned long long)plan->place.seq);
	newcomer_move(n, NEWCOMER_IMPORTING);
}

void newcomer_take_plan(struct newcomer *n, const struct sync_message *plan)
{
	if (!plan->nl.n) {
		newcomer_fail(n, "the donor has no node list" SYNC_SAME_VERSION);
		return;
	}
	n->pool = plan->nl;
	n->trouble[0] = '\0';
	if (plan->kind == SYNC_KIND_TAIL)
		newcomer_follow(n);
	else
		begin_import(n, plan);
}

void newcomer_take_items(struct newcomer *n, const struct sync_message *m)
{
	char error[SYNC_ERROR_MAX];

	if (intake_items(n->intake, m, error) != 0) {
		newcomer_fail(n, error);
		return;
	}
	intake_count(n->intake, &n->tls, &n->bytes);
	n->attempt = 0;
	n->moved_ms = n->now_ms;
	newcomer_report(n);
}

static void loaded(struct newcomer *n)
{
	uint64_t objects;
	const char *path = intake_quarantine(n->intake, &objects);

	if (path[0]) {
		snprintf(n->quarantine, sizeof(n->quarantine), "%s", path);
		log_warning(n->host->log,
			    "live-sync: %llu objects that the pool lacks or has otherwise were put "
			    "aside in %s", (unsigned long long)objects, path);
	}
	intake_close(n->intake);
	n->intake = NULL;
	if (!newcomer_unpark(n))
		return;
	if (n->service)
		newcomer_follow(n);
	else
		newcomer_retry(n, "the connection was lost meanwhile");
}

/* LOADING, a bounded step at a time; only the last one, which fills the device, takes longer. */
void newcomer_step(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval at_once;
	struct newcomer *n = arg;
	char error[SYNC_ERROR_MAX];
	int ret;

	(void)fd;
	(void)what;
	if (n->state != NEWCOMER_LOADING)
		return;
	ret = intake_step(n->intake, error);
	if (ret < 0)
		newcomer_fail(n, error);
	else if (ret)
		event_add(n->step, &at_once);
	else
		loaded(n);
}

void newcomer_load(struct newcomer *n)
{
	static const struct timeval at_once;

	newcomer_move(n, NEWCOMER_LOADING);
	event_add(n->step, &at_once);
}

bool newcomer_go_on_loading(struct newcomer *n)
{
	char error[SYNC_ERROR_MAX];

	if (!n->had.exists || !n->had.complete || !park(n))
		return false;
	n->intake = intake_open(n->host, NULL, &n->via, true, n->order.overwrite, error);
	if (n->intake)
		newcomer_load(n);
	else
		newcomer_fail(n, error);
	return true;
}
