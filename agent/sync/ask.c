// SPDX-License-Identifier: GPL-2.0
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "post.h"
#include "service.h"

/**
 * struct ask - one conversation
 * @ops: of the asker
 * @arg: of the asker
 * @id: whom it is for
 * @service: to it
 * @silence: it said nothing for too long
 */
struct ask {
	const struct ask_ops *ops;
	void *arg;
	uint16_t id;
	struct service *service;
	struct event *silence;
};

static void expect(struct ask *a)
{
	const struct timeval tv = { .tv_sec = ASK_SILENCE_MS / 1000 };

	event_add(a->silence, &tv);
}

static void forget(struct ask *a)
{
	if (a->silence)
		event_free(a->silence);
	free(a);
}

void ask_end(struct ask *a)
{
	if (!a)
		return;
	if (a->service)
		service_close(a->service, NULL);
	forget(a);
}

static void fail(struct ask *a, const char *why)
{
	if (a->service)
		service_close(a->service, NULL);
	a->ops->failed(a->arg, a, why);
	forget(a);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fail(arg, "it does not answer: look at its log");
}

static void on_opened(void *arg, struct service *s)
{
	struct ask *a = arg;
	char why[SYNC_ERROR_MAX];

	expect(a);
	if (service_node(s) == a->id) {
		a->ops->opened(a->arg, a);
		return;
	}
	snprintf(why, sizeof(why), "node %u %s answers there: correct the address",
		 service_node(s), service_name(s));
	fail(a, why);
}

static void on_frame(void *arg, struct service *s, const void *frame, size_t len)
{
	struct ask *a = arg;
	struct sync_message m;
	char text[SYNC_TEXT_MAX + 1];

	(void)s;
	expect(a);
	if (!sync_decode((struct bytes){ frame, len }, &m)) {
		fail(a, "it sent a malformed message" SYNC_SAME_VERSION);
	} else if (m.type == SYNC_NO) {
		sync_text(&m, text);
		fail(a, text);
	} else {
		a->ops->message(a->arg, a, &m);
	}
}

static void on_drained(void *arg, struct service *s)
{
	(void)arg;
	(void)s;
}

static void on_closed(void *arg, struct service *s, const char *why)
{
	struct ask *a = arg;

	(void)s;
	a->service = NULL;
	fail(a, why);
}

static const struct service_sink sink = {
	.opened = on_opened, .frame = on_frame, .drained = on_drained, .closed = on_closed,
};

/* The manual list says best where a node is. */
static const char *address_of(const struct sync_host *host, const struct member *whom)
{
	for (unsigned int i = 0; i < host->config->n_peers; i++)
		if (host->config->peer[i].id == whom->id)
			return host->config->peer[i].address;
	return whom->address;
}

struct ask *ask_begin(const struct sync_host *host, const struct member *whom,
		      const struct ask_ops *ops, void *arg)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->ops = ops;
	a->arg = arg;
	a->id = whom->id;
	a->silence = evtimer_new(host->base, on_silence, a);
	if (a->silence)
		a->service = service_dial(host->mesh, address_of(host, whom), &sink, a);
	if (a->service) {
		expect(a);
		return a;
	}
	forget(a);
	return NULL;
}

void ask_send(struct ask *a, const struct sync_message *m)
{
	post(a->service, m);
}
