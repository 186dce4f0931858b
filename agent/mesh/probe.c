// SPDX-License-Identifier: GPL-2.0
#include "probe.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "conn.h"
#include "mesh_private.h"
#include "service.h"
#include "verdict.h"

/* Frame types between AUTH and those of the protocol core. */
enum {
	FRAME_ASK = 3,
	FRAME_ANSWER = 4,
};

/**
 * struct probe_frame - question and answer, little-endian (Documentation/wire.md)
 * @clock_ms: wall clock of the sender, since 1970
 * @known: FRAME_ANSWER: enum probe_known about the place in the question
 */
struct probe_frame {
	uint32_t len;
	uint16_t type;
	uint16_t zero;
	uint8_t pool[HSMREPL_POOL_LEN];
	uint64_t epoch;
	uint64_t seq;
	uint64_t sp;
	uint8_t chain[HSMREPL_CHAIN_LEN];
	int64_t clock_ms;
	uint8_t known;
	uint8_t zero2[7];
} __attribute__((packed));

static_assert(sizeof(struct probe_frame) == 96, "layout of wire.md");

/**
 * struct probe - one under way
 * @entry: in mesh.probes
 * @mesh: whose
 * @service: its connection
 * @timer: end of patience
 * @done: the owner's
 * @arg: the owner's
 * @id: the owner's
 * @asked_ms: wall clock at the question
 * @report: so far
 */
struct probe {
	TAILQ_ENTRY(probe) entry;
	struct mesh *mesh;
	struct service *service;
	struct event *timer;
	void (*done)(void *arg, uint64_t id, const struct probe_report *r);
	void *arg;
	uint64_t id;
	int64_t asked_ms;
	struct probe_report report;
};

const char *probe_condition_name(enum probe_condition c)
{
	static const char *const names[PROBE_CONDITIONS] = {
		[PROBE_REACHABLE] = "reachable", [PROBE_CERTIFICATE] = "certificate",
		[PROBE_PROTOCOL] = "protocol", [PROBE_MODE] = "mode",
		[PROBE_KEY_SET] = "key_set", [PROBE_CLOCK] = "clock", [PROBE_POOL] = "pool",
		[PROBE_EPOCH] = "epoch", [PROBE_HISTORY] = "history",
	};

	return names[c];
}

static int64_t wall_ms(const struct mesh *m)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + m->clock_shift_ms;
}

static void send_frame(struct mesh *m, struct service *s, unsigned int type, enum probe_known known)
{
	struct probe_frame f = {
		.len = htole32(sizeof(f)), .type = htole16((uint16_t)type),
		.clock_ms = (int64_t)htole64((uint64_t)wall_ms(m)), .known = (uint8_t)known,
	};
	struct probe_place own;

	m->probe_host.place(m->probe_host.arg, &own);
	memcpy(f.pool, own.pool, sizeof(f.pool));
	f.epoch = htole64(own.epoch);
	f.seq = htole64(own.seq);
	f.sp = htole64(own.sp);
	memcpy(f.chain, own.chain, sizeof(f.chain));
	service_send(s, (struct bytes){ &f, sizeof(f) }, (struct bytes){ 0 });
}

static bool read_frame(const void *frame, size_t len, unsigned int type, struct probe_frame *f,
		       struct probe_place *place)
{
	static const uint8_t zero[sizeof(f->zero2)];

	if (len != sizeof(*f))
		return false;
	memcpy(f, frame, sizeof(*f));
	memcpy(place->pool, f->pool, sizeof(place->pool));
	memcpy(place->chain, f->chain, sizeof(place->chain));
	place->epoch = le64toh(f->epoch);
	place->seq = le64toh(f->seq);
	place->sp = le64toh(f->sp);
	f->clock_ms = (int64_t)le64toh((uint64_t)f->clock_ms);
	return le16toh(f->type) == type && !f->zero && f->known <= PROBE_KNOWN_NO &&
	       !memcmp(f->zero2, zero, sizeof(zero));
}

#define BAD_FRAME "it sent a frame that is no probe's: run the same version on all nodes"

/* Who is asked. */

static void host_opened(void *arg, struct service *s)
{
	(void)arg;
	(void)s;
}

static void host_frame(void *arg, struct service *s, const void *frame, size_t len)
{
	struct mesh *m = arg;
	struct probe_place theirs;
	struct probe_frame f;

	if (read_frame(frame, len, FRAME_ASK, &f, &theirs))
		send_frame(m, s, FRAME_ANSWER, m->probe_host.knows(m->probe_host.arg, &theirs));
	else
		service_close(s, BAD_FRAME);
}

static void host_closed(void *arg, struct service *s, const char *why)
{
	(void)arg;
	(void)s;
	(void)why;
}

const struct service_sink probe_host_sink = {
	.opened = host_opened,
	.frame = host_frame,
	.drained = host_opened,
	.closed = host_closed,
};

void mesh_host_probes(struct mesh *m, const struct probe_host *host)
{
	m->probe_host = *host;
}

/* Who asks. */

static void free_probe(struct probe *p)
{
	TAILQ_REMOVE(&p->mesh->probes, p, entry);
	if (p->timer)
		event_free(p->timer);
	free(p);
}

/* The service is gone, or is none of ours any more. */
static void finish(struct probe *p)
{
	struct probe_report report = p->report;
	void (*done)(void *arg, uint64_t id, const struct probe_report *r) = p->done;
	uint64_t id = p->id;
	void *arg = p->arg;

	free_probe(p);
	done(arg, id, &report);
}

/* What was not tested first is what failed. */
static void give_up(struct probe *p, const char *why)
{
	for (unsigned int i = 0; i < PROBE_CONDITIONS; i++) {
		if (p->report.result[i].verdict == PROBE_NOT_OK)
			break;
		if (p->report.result[i].verdict == PROBE_OK)
			continue;
		verdict_bad(&p->report, i, "%s", why);
		break;
	}
	finish(p);
}

static void judge_certificate(struct probe_report *r, const struct tls_identity *who)
{
	char until[32];
	struct tm tm;

	gmtime_r(&who->expiry, &tm);
	strftime(until, sizeof(until), "%Y-%m-%d", &tm);
	verdict_ok(r, PROBE_CERTIFICATE, "node %u %s, valid until %s%s", who->id, who->name, until,
		   difftime(who->expiry, time(NULL)) < MESH_EXPIRY_WARNING_S ?
		   ": issue a new one soon" : "");
}

/* Its AUTH is there: each condition on its own. */
void probe_greeted(struct probe *p, const struct conn *c, const struct auth *a)
{
	static const struct {
		enum greet_condition condition;
		enum probe_condition result;
		const char *note;
	} tests[] = {
		{ GREET_PROTOCOL, PROBE_PROTOCOL, "" },
		{ GREET_MODE, PROBE_MODE, "" },
		{ GREET_KEY_SET, PROBE_KEY_SET, "the same" },
	};
	struct probe_report *r = &p->report;
	char why[TLS_WHY_MAX];

	r->node = c->whom.id;
	snprintf(r->name, sizeof(r->name), "%s", c->whom.name);
	verdict_ok(r, PROBE_REACHABLE, "%s", link_where(c->link));
	judge_certificate(r, &c->whom);
	if (greet_condition(c, a, GREET_ID, why))
		verdict_bad(r, PROBE_CERTIFICATE, "%s", why);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (greet_condition(c, a, tests[i].condition, why))
			verdict_bad(r, tests[i].result, "%s", why);
		else
			verdict_ok(r, tests[i].result, "%s", tests[i].note);
}

static void on_opened(void *arg, struct service *s)
{
	struct probe *p = arg;

	p->asked_ms = wall_ms(p->mesh);
	send_frame(p->mesh, s, FRAME_ASK, PROBE_KNOWN_UNSURE);
}

static void on_frame(void *arg, struct service *s, const void *frame, size_t len)
{
	struct probe *p = arg;
	const struct probe_host *host = &p->mesh->probe_host;
	int64_t now_ms = wall_ms(p->mesh);
	struct probe_place own, theirs;
	struct probe_frame f;

	if (!read_frame(frame, len, FRAME_ANSWER, &f, &theirs)) {
		service_close(s, BAD_FRAME);
		give_up(p, BAD_FRAME);
		return;
	}
	service_close(s, NULL);
	host->place(host->arg, &own);
	verdict_clock(&p->report, f.clock_ms - (p->asked_ms + (now_ms - p->asked_ms) / 2));
	verdict_places(&p->report, &own, &theirs, host->knows(host->arg, &theirs), f.known);
	finish(p);
}

static void on_drained(void *arg, struct service *s)
{
	(void)arg;
	(void)s;
}

static void on_closed(void *arg, struct service *s, const char *why)
{
	struct probe *p = arg;
	char text[TLS_WHY_MAX];

	if (service_reached(s) && !p->report.node)
		verdict_ok(&p->report, PROBE_REACHABLE, "%s", service_address(s));
	/* A mere errno says nothing of what to do. */
	snprintf(text, sizeof(text), "%s%s", why, service_reached(s) || strstr(why, ": ") ? "" :
		 ": start hsmrepld there, or correct the address");
	give_up(p, text);
}

static const struct service_sink probe_sink = {
	.opened = on_opened,
	.frame = on_frame,
	.drained = on_drained,
	.closed = on_closed,
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)what;
	service_close(p->service, NULL);
	give_up(p, "no answer: look at the log of that node, and at the network between");
}

static unsigned int under_way(const struct mesh *m)
{
	const struct probe *p;
	unsigned int n = 0;

	TAILQ_FOREACH(p, &m->probes, entry)
		n++;
	return n;
}

int probe_start(struct mesh *m, const char *address,
		void (*done)(void *arg, uint64_t id, const struct probe_report *r), void *arg,
		uint64_t id)
{
	struct timeval tv = { .tv_sec = PROBE_PATIENCE_MS / 1000 };
	struct probe *p;

	assert(m->probe_host.place);
	p = under_way(m) < PROBES_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p)
		return -1;
	p->mesh = m;
	p->done = done;
	p->arg = arg;
	p->id = id;
	TAILQ_INSERT_TAIL(&m->probes, p, entry);
	p->timer = evtimer_new(m->base, on_timer, p);
	if (p->timer)
		p->service = service_begin(m, address, AUTH_PROBE, &probe_sink, p);
	if (!p->service) {
		free_probe(p);
		return -1;
	}
	event_add(p->timer, &tv);
	return 0;
}

void probes_free(struct mesh *m)
{
	struct probe *p;

	while ((p = TAILQ_FIRST(&m->probes)))
		free_probe(p);
}
