// SPDX-License-Identifier: GPL-2.0
#include "sync.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "inspect.h"
#include "log.h"
#include "message.h"
#include "post.h"
#include "service.h"

/**
 * struct sync - both sides of Live-Sync
 * @host: the agent
 * @donor: serves a newcomer
 * @newcomer: this node joins
 * @lookout: looks out for a split brain
 * @inspect: others compare their content
 * @compare: this node compares its own, NULL if not
 * @compared: whom to tell
 * @compared_arg: of @compared
 */
struct sync {
	struct sync_host host;
	struct donor *donor;
	struct newcomer *newcomer;
	struct lookout *lookout;
	struct inspect *inspect;
	struct compare *compare;
	compare_fn compared;
	void *compared_arg;
};

static void on_opened(void *arg, struct service *service)
{
	(void)arg;
	(void)service;
}

static void on_frame(void *arg, struct service *service, const void *frame, size_t len)
{
	struct sync *s = arg;
	struct sync_message m;

	if (!sync_decode((struct bytes){ frame, len }, &m)) {
		service_close(service, "a malformed message" SYNC_SAME_VERSION);
		return;
	}
	if (!answer(&s->host, service, &m) && !inspect_frame(s->inspect, service, &m))
		donor_frame(s->donor, service, &m);
}

static void on_drained(void *arg, struct service *service)
{
	struct sync *s = arg;

	donor_drained(s->donor, service);
}

static void on_closed(void *arg, struct service *service, const char *why)
{
	struct sync *s = arg;

	donor_closed(s->donor, service, why);
	inspect_closed(s->inspect, service);
}

static const struct service_sink sink = {
	.opened = on_opened, .frame = on_frame, .drained = on_drained, .closed = on_closed,
};

struct sync *sync_new(const struct sync_host *host)
{
	struct sync *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->host = *host;
	s->donor = donor_new(&s->host);
	s->newcomer = newcomer_new(&s->host);
	s->lookout = lookout_new(&s->host);
	s->inspect = inspect_new(&s->host);
	if (!s->donor || !s->newcomer || !s->lookout || !s->inspect) {
		sync_free(s);
		return NULL;
	}
	mesh_serve(host->mesh, &sink, s);
	return s;
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	donor_free(s->donor);
	newcomer_free(s->newcomer);
	lookout_free(s->lookout);
	inspect_free(s->inspect);
	free(s);
}

void sync_start(struct sync *s)
{
	newcomer_wake(s->newcomer);
}

void sync_tick(struct sync *s, uint64_t now_ms)
{
	donor_tick(s->donor);
	newcomer_tick(s->newcomer, now_ms);
	lookout_tick(s->lookout, now_ms);
}

void sync_append(struct sync *s, const struct action *act, const struct position *after)
{
	donor_append(s->donor, act, after);
}

void sync_answer(struct sync *s, const struct action *act)
{
	donor_answer(s->donor, act);
}

void sync_stop(struct sync *s)
{
	donor_stop(s->donor, "the donor gives up what it holds");
	inspect_stop(s->inspect);
	if (s->compare)
		compare_stop(s->compare, "this node is to hold something else: ask again later");
}

static void on_compared(void *arg, uint64_t request, const struct compare_report *r)
{
	struct sync *s = arg;

	s->compare = NULL;
	s->compared(s->compared_arg, request, r);
}

bool sync_compare(struct sync *s, const struct member *whom, bool one_history, compare_fn done,
		  void *arg, uint64_t request, char error[SYNC_ERROR_MAX])
{
	if (s->compare) {
		snprintf(error, SYNC_ERROR_MAX,
			 "another comparison is under way: try again when it is done");
		return false;
	}
	s->compared = done;
	s->compared_arg = arg;
	s->compare = compare_begin(&s->host, whom, one_history, on_compared, s, request, error);
	return s->compare;
}

struct donor *sync_donor(struct sync *s)
{
	return s->donor;
}

struct newcomer *sync_newcomer(struct sync *s)
{
	return s->newcomer;
}

struct lookout *sync_lookout(struct sync *s)
{
	return s->lookout;
}

const struct sync_host *sync_host(const struct sync *s)
{
	return &s->host;
}
