// SPDX-License-Identifier: GPL-2.0
#include "dial.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "address.h"
#include "clock.h"
#include "../core/types.h"

#define LOOKUP_MS 10000	/* patience with name servers */

/**
 * struct lookup - one question to the name server
 * @dial: who asked, NULL if it is no longer interested
 *
 * Freed by its answer, which comes even after a cancel.
 */
struct lookup {
	struct dial *dial;
};

/**
 * struct dial - one peer to reach
 * @base: event loop
 * @timer: next try, or the end of patience with @lookup
 * @names: resolver, made when there is a name to look up
 * @lookup: waits for an answer, or NULL
 * @request: the resolver's handle of @lookup
 * @address: the owner's
 * @ops: the owner's
 * @arg: the owner's
 * @pause_ms: next pause, a quarter more or less
 */
struct dial {
	struct event_base *base;
	struct event *timer;
	struct evdns_base *names;
	struct lookup *lookup;
	struct evdns_getaddrinfo_request *request;
	const char *address;
	const struct dial_ops *ops;
	void *arg;
	unsigned int pause_ms;
};

static void try_in(struct dial *d, unsigned int ms)
{
	struct timeval tv = clock_interval(ms);

	event_add(d->timer, &tv);
}

/* The answer is not wanted any more. */
static void forget(struct dial *d)
{
	if (!d->lookup)
		return;
	d->lookup->dial = NULL;
	d->lookup = NULL;
	evdns_getaddrinfo_cancel(d->request);
	d->request = NULL;
}

static void on_answer(int error, struct evutil_addrinfo *list, void *arg)
{
	struct lookup *lookup = arg;
	struct dial *d = lookup->dial;
	char why[128];

	free(lookup);
	if (d) {
		d->lookup = NULL;
		d->request = NULL;
		event_del(d->timer);
	}
	if (d && !error && list) {
		d->ops->connect(d->arg, list->ai_addr, (socklen_t)list->ai_addrlen);
	} else if (d) {
		snprintf(why, sizeof(why), "its name cannot be looked up: %s",
			 evutil_gai_strerror(error));
		d->ops->failed(d->arg, why);
	}
	if (list)
		evutil_freeaddrinfo(list);
}

/* Without a resolv.conf there still are the names of /etc/hosts. */
static struct evdns_base *resolver(struct event_base *base)
{
	struct evdns_base *names = evdns_base_new(base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
						  EVDNS_BASE_DISABLE_WHEN_INACTIVE);

	if (names)
		return names;
	names = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (names)
		evdns_base_load_hosts(names, "/etc/hosts");
	return names;
}

/* Asks for the host of "host:port"; the answer may come at once. */
static void ask(struct dial *d)
{
	struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP,
	};
	const char *colon = strrchr(d->address, ':');
	struct evdns_getaddrinfo_request *request;
	char host[HSMREPL_ADDRESS_MAX];

	if (!d->names)
		d->names = resolver(d->base);
	d->lookup = calloc(1, sizeof(*d->lookup));
	if (!d->names || !d->lookup || !colon) {
		free(d->lookup);
		d->lookup = NULL;
		d->ops->failed(d->arg, "its name cannot be looked up: give a numeric address");
		return;
	}
	d->lookup->dial = d;
	try_in(d, LOOKUP_MS);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - d->address), d->address);
	request = evdns_getaddrinfo(d->names, host, colon + 1, &hints, on_answer, d->lookup);
	if (d->lookup)
		d->request = request;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	struct sockaddr_storage addr;
	socklen_t len;

	(void)fd;
	(void)what;
	if (d->lookup) {
		forget(d);
		d->ops->failed(d->arg, "its name cannot be looked up: no answer");
		return;
	}
	if (address_parse(d->address, &addr, &len))
		d->ops->connect(d->arg, (struct sockaddr *)&addr, len);
	else
		ask(d);
}

struct dial *dial_new(struct event_base *base, const char *address, const struct dial_ops *ops,
		      void *arg)
{
	struct dial *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->base = base;
	d->address = address;
	d->ops = ops;
	d->arg = arg;
	d->pause_ms = DIAL_PAUSE_MIN_MS;
	d->timer = evtimer_new(base, on_timer, d);
	if (!d->timer) {
		free(d);
		return NULL;
	}
	return d;
}

void dial_free(struct dial *d)
{
	if (!d)
		return;
	forget(d);
	if (d->names)
		evdns_base_free(d->names, 1);
	event_free(d->timer);
	free(d);
}

void dial_now(struct dial *d)
{
	forget(d);
	try_in(d, 0);
}

void dial_later(struct dial *d)
{
	unsigned int spread = d->pause_ms / 2;
	uint32_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	try_in(d, d->pause_ms - spread / 2 + random % spread);
	d->pause_ms = d->pause_ms * 2 < DIAL_PAUSE_MAX_MS ? d->pause_ms * 2 : DIAL_PAUSE_MAX_MS;
}

void dial_after(struct dial *d, unsigned int ms)
{
	forget(d);
	try_in(d, ms);
}

void dial_reset(struct dial *d)
{
	d->pause_ms = DIAL_PAUSE_MIN_MS;
}
