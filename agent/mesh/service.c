// SPDX-License-Identifier: GPL-2.0
#include "service.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"
#include "conn.h"
#include "dial.h"
#include "mesh_private.h"

/**
 * struct service - one service connection
 * @entry: in mesh.services
 * @mesh: whose
 * @conn: its connection; NULL while the address is looked up
 * @dial: looks the address up, NULL for one from outside
 * @timer: is it idle, or (with @why) did it fail
 * @sink: the owner's
 * @arg: the owner's
 * @opened: reported
 * @full: more than SERVICE_HIGH_WATER waited
 * @keep: may be idle
 * @purpose: AUTH_SERVICE, or one of the mesh's own
 * @since_ms: when something passed last
 * @why: it failed before it had a connection
 * @address: that was dialled, or that it came from
 */
struct service {
	TAILQ_ENTRY(service) entry;
	struct mesh *mesh;
	struct conn *conn;
	struct dial *dial;
	struct event *timer;
	const struct service_sink *sink;
	void *arg;
	bool opened;
	bool full;
	bool keep;
	enum auth_purpose purpose;
	uint64_t since_ms;
	char why[TLS_WHY_MAX];
	char address[HSMREPL_ADDRESS_MAX];
};

static void free_service(struct service *s)
{
	TAILQ_REMOVE(&s->mesh->services, s, entry);
	dial_free(s->dial);
	if (s->timer)
		event_free(s->timer);
	free(s);
}

static void wait(struct service *s, uint64_t ms)
{
	struct timeval tv = clock_interval(ms);

	event_add(s->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;
	uint64_t idle_ms = clock_ms() - s->since_ms;
	char why[TLS_WHY_MAX];

	(void)fd;
	(void)what;
	if (*s->why) {
		service_over(s, s->why);
		return;
	}
	if (!s->opened || s->keep)
		return;
	if (idle_ms < s->mesh->idle_ms) {
		wait(s, s->mesh->idle_ms - idle_ms);
		return;
	}
	snprintf(why, sizeof(why), "nothing was said for %u s: begin anew",
		 s->mesh->idle_ms / 1000);
	conn_close(s->conn, 0, why);
}

static struct service *new_service(struct mesh *m, const char *address,
				   const struct service_sink *sink, void *arg)
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->mesh = m;
	s->sink = sink;
	s->arg = arg;
	snprintf(s->address, sizeof(s->address), "%s", address);
	TAILQ_INSERT_TAIL(&m->services, s, entry);
	s->timer = evtimer_new(m->base, on_timer, s);
	if (s->timer)
		return s;
	free_service(s);
	return NULL;
}

/* Not at once: we may be within the dial, or service_dial(). */
static void fail(struct service *s, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	wait(s, 0);
}

static void on_connect(void *arg, const struct sockaddr *addr, socklen_t len)
{
	struct service *s = arg;
	struct mesh *m = s->mesh;
	struct conn *c = conn_new(m);

	if (!c) {
		fail(s, "no memory");
		return;
	}
	c->dialled = true;
	c->purpose = s->purpose;
	snprintf(c->key, sizeof(c->key), "%s", s->address);
	snprintf(c->who, sizeof(c->who), "%s", s->address);
	c->link = link_dial(m->base, m->ctx, addr, len, &conn_ops, c);
	if (!c->link) {
		conn_free(c);
		fail(s, "no memory or no file descriptor left");
		return;
	}
	c->service = s;
	s->conn = c;
}

static void on_failed(void *arg, const char *why)
{
	struct service *s = arg;

	log_warning(s->mesh->log, "cannot connect to %s: %s", s->address, why);
	fail(s, why);
}

static const struct dial_ops dial_ops = {
	.connect = on_connect,
	.failed = on_failed,
};

struct service *service_begin(struct mesh *m, const char *address, enum auth_purpose purpose,
			      const struct service_sink *sink, void *arg)
{
	struct service *s = new_service(m, address, sink, arg);

	if (!s)
		return NULL;
	s->purpose = purpose;
	s->dial = dial_new(m->base, s->address, &dial_ops, s);
	if (!s->dial) {
		free_service(s);
		return NULL;
	}
	dial_now(s->dial);
	return s;
}

struct service *service_dial(struct mesh *m, const char *address, const struct service_sink *sink,
			     void *arg)
{
	return service_begin(m, address, AUTH_SERVICE, sink, arg);
}

void mesh_serve(struct mesh *m, const struct service_sink *sink, void *arg)
{
	m->serve = sink;
	m->serve_arg = arg;
}

static unsigned int incoming(const struct mesh *m)
{
	const struct service *s;
	unsigned int n = 0;

	TAILQ_FOREACH(s, &m->services, entry)
		n += !s->dial;
	return n;
}

int service_accept(struct conn *c, char why[TLS_WHY_MAX])
{
	struct mesh *m = c->mesh;
	bool probe = c->purpose == AUTH_PROBE;
	const struct service_sink *sink = probe ? &probe_host_sink : m->serve;

	if (!sink || (probe && !m->probe_host.place))
		snprintf(why, TLS_WHY_MAX, "%s serves no such connections: try again when its "
					   "agent has started, or update it",
			 m->config.node_name);
	else if (incoming(m) >= SERVICE_INCOMING_MAX)
		snprintf(why, TLS_WHY_MAX, "%s serves %d connections already: try again later",
			 m->config.node_name, SERVICE_INCOMING_MAX);
	else if (!(c->service = new_service(m, link_where(c->link), sink,
					      probe ? m : m->serve_arg)))
		snprintf(why, TLS_WHY_MAX, "%s has no memory for it: try again later",
			 m->config.node_name);
	if (!c->service)
		return -1;
	c->service->conn = c;
	return 0;
}

void service_open(struct service *s)
{
	s->opened = true;
	s->since_ms = clock_ms();
	wait(s, s->mesh->idle_ms);
	s->sink->opened(s->arg, s);
}

void service_greeted(struct service *s, const struct auth *a)
{
	if (s->purpose == AUTH_PROBE)
		probe_greeted(s->arg, s->conn, a);
}

bool service_reached(const struct service *s)
{
	return s->conn && link_ssl(s->conn->link);
}

void service_take(struct service *s, const void *frame, size_t len)
{
	s->since_ms = clock_ms();
	s->sink->frame(s->arg, s, frame, len);
}

void service_drained(struct service *s)
{
	s->since_ms = clock_ms();
	if (!s->full)
		return;
	s->full = false;
	s->sink->drained(s->arg, s);
}

void service_over(struct service *s, const char *why)
{
	if (s->conn)
		s->conn->service = NULL;
	s->sink->closed(s->arg, s, why);
	free_service(s);
}

void services_free(struct mesh *m)
{
	struct service *s;

	while ((s = TAILQ_FIRST(&m->services)))
		free_service(s);
}

void service_send(struct service *s, struct bytes head, struct bytes tail)
{
	assert(s->opened);
	s->since_ms = clock_ms();
	s->conn->mesh->count.frames_out++;
	s->conn->mesh->count.bytes_out += head.n + tail.n;
	link_send(s->conn->link, head, tail);
	if (service_waiting(s) > SERVICE_HIGH_WATER)
		s->full = true;
}

size_t service_waiting(const struct service *s)
{
	return s->opened ? link_waiting(s->conn->link) : 0;
}

void service_pause(struct service *s)
{
	if (s->opened)
		link_pause(s->conn->link);
}

void service_resume(struct service *s)
{
	if (s->opened)
		link_resume(s->conn->link);
}

void service_keep(struct service *s)
{
	s->keep = true;
}

void service_close(struct service *s, const char *why)
{
	struct conn *c = s->conn;

	free_service(s);
	if (!c)
		return;
	c->service = NULL;
	if (why)
		conn_close(c, 0, why);
	else
		conn_finish(c);
}

uint16_t service_node(const struct service *s)
{
	return s->conn ? s->conn->peer : 0;
}

const char *service_name(const struct service *s)
{
	return s->conn ? s->conn->whom.name : "";
}

const char *service_address(const struct service *s)
{
	return s->address;
}
