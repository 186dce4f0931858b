// SPDX-License-Identifier: GPL-2.0
#include "conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dial.h"
#include "mesh_private.h"

#define STABLE_MS 2000	/* a connection that lasted so long was a good one: dial again soon */

/* A line that repeats at most once a minute, unless all is well: "@before WHO @after @why". */
static void complain(struct conn *c, const char *before, const char *after, const char *why)
{
	struct mesh *m = c->mesh;
	unsigned int hidden;

	if (!strcmp(why, GREET_DIALS)) {
		log_debug(m->log, "%s%s%s%s", before, c->who, after, why);
		return;
	}
	if (!refusal_due(&m->refusals, c->key, why, clock_ms(), &hidden))
		return;
	if (hidden)
		log_about(m->log, LOG_LEVEL_WARNING, c->whom.name,
			  "%s%s%s%s (%u lines about connections not shown before)", before, c->who,
			  after, why, hidden);
	else
		log_about(m->log, LOG_LEVEL_WARNING, c->whom.name, "%s%s%s%s", before, c->who,
			  after, why);
}

/*
 * The connection is nobody's business any more: its peer is down and will be dialled again. Whoever
 * calls this also ends the link, or was told that it ended.
 */
static void over(struct conn *c, const char *why)
{
	struct peer *p = mesh_peer(c->mesh, c->peer ? c->peer : c->guess);
	bool was_up = c->up;

	if (c->over)
		return;
	c->over = true;
	c->up = false;
	if (c->purpose != AUTH_PEER) {
		if (c->service)
			service_over(c->service, why);
		return;
	}
	if (p && p->conn == c) {
		p->conn = NULL;
		if (was_up && clock_ms() - c->since_ms >= STABLE_MS)
			dial_reset(p->dial);
		peer_retry(p);
	}
	if (p && !p->conn)
		snprintf(p->trouble, sizeof(p->trouble), "%s", why);
	if (was_up)
		c->mesh->sink.down(c->mesh->sink.arg, c->peer, why);
}

/*
 * Log that we refuse it, tell it so, and be done with it. @why reads the same on both sides. @epoch
 * as in refuse_encode().
 */
static void refuse(struct conn *c, uint64_t epoch, const char *why)
{
	complain(c, "refused ", ": ", why);
	link_refuse(c->link, epoch, why);
	over(c, why);
}

void conn_close(struct conn *c, uint64_t epoch, const char *why)
{
	complain(c, "closing the connection to ", ": ", why);
	link_refuse(c->link, epoch, why);
	over(c, why);
}

void conn_finish(struct conn *c)
{
	link_finish(c->link);
	over(c, "done");
}

static void on_lost(void *arg, enum tls_failure failure, const char *why)
{
	struct conn *c = arg;

	if (c->over)
		return;
	switch (failure) {
	case TLS_REFUSED:
		complain(c, "refused ", ": ", why);
		break;
	case TLS_REFUSED_US:
		complain(c, "", " ", why);
		break;
	case TLS_LOST:
		if (c->up && c->service)
			break;
		complain(c, c->up ? "lost " : c->dialled ? "cannot connect to " : "dropped ",
			 ": ", why);
		break;
	}
	over(c, why);
}

void conn_lose(struct conn *c, const char *why)
{
	on_lost(c, TLS_LOST, why);
	if (c->link)
		link_cut(c->link);
}

static void send_auth(struct conn *c)
{
	uint8_t frame[AUTH_LEN];

	if (greet_frame(c, frame))
		refuse(c, 0, "the proof of the key set cannot be computed: see the OpenSSL "
			       "configuration");
	else
		link_send(c->link, (struct bytes){ frame, sizeof(frame) }, (struct bytes){ 0 });
}

/* Of two nodes the one with the greater id dials; the other one asks when it hears nothing. */
static void answer_question(const struct conn *c)
{
	struct peer *p = mesh_peer(c->mesh, c->whom.id);

	if (c->dialled || c->purpose != AUTH_PEER || !p || p->asks || p->conn)
		return;
	dial_reset(p->dial);
	dial_now(p->dial);
}

/* Returns 0, or -1 after it was refused. If our pool does without that node, it is told so. */
static int check_identity(struct conn *c)
{
	struct mesh *m = c->mesh;
	char why[TLS_WHY_MAX];
	bool unlisted;

	if (!greet_identity(c, why))
		return 0;
	answer_question(c);
	unlisted = c->purpose == AUTH_PEER && c->whom.id != m->config.node_id &&
		   !mesh_peer(m, c->whom.id);
	refuse(c, unlisted ? m->epoch : 0, why);
	return -1;
}

/* What one from outside is for, and so whether we want it, is seen when its AUTH comes. */
static void on_secured(void *arg)
{
	struct conn *c = arg;
	X509 *cert = SSL_get1_peer_certificate(link_ssl(c->link));
	char why[TLS_WHY_MAX];
	int bad;

	assert(cert);
	bad = tls_identity(cert, &c->whom, why) || !tls_bound(link_ssl(c->link), why);
	X509_free(cert);
	if (bad) {
		refuse(c, 0, why);
		return;
	}
	snprintf(c->key, sizeof(c->key), "%s", c->whom.name);
	snprintf(c->who, sizeof(c->who), "%s (%s)", c->whom.name, link_where(c->link));
	if (c->dialled && check_identity(c))
		return;
	c->peer = c->whom.id;
	if (c->dialled)
		send_auth(c);
}

static void become_up(struct conn *c)
{
	struct mesh *m = c->mesh;
	struct peer *p = mesh_peer(m, c->peer);
	struct conn *old = p->conn;

	if (old && old != c) {
		log_info(m->log, "%s: a newer connection replaces the one of %s", c->who,
			 link_where(old->link));
		link_refuse(old->link, 0, "replaced by a newer connection of the same node");
		over(old, "replaced by a newer connection");
	}
	p->conn = c;
	p->trouble[0] = '\0';
	c->up = true;
	c->since_ms = clock_ms();
	link_settle(c->link);
	p->expiry = c->whom.expiry;
	expiry_peer(m, p);
	refusal_forget(&m->refusals, c->key);
	log_about(m->log, LOG_LEVEL_INFO, c->whom.name, "connected to %s, %s, protocol %u", c->who,
		  SSL_get_cipher_name(link_ssl(c->link)), c->protocol);
	m->sink.up(m->sink.arg, c->peer);
}

/* Both sides are content with each other. */
static void settle(struct conn *c, const struct auth *a)
{
	uint16_t own = c->mesh->protocol_max;

	c->protocol = a->protocol_max < own ? a->protocol_max : own;
	if (c->purpose == AUTH_PEER) {
		become_up(c);
		return;
	}
	c->up = true;
	link_settle(c->link);
	link_bulk(c->link, SERVICE_LOW_WATER, SERVICE_SILENCE_MS);
	log_debug(c->mesh->log, "service connection with %s", c->who);
	service_open(c->service);
}

/* Its AUTH says what it is for: do we want that? Returns 0, or -1 after it was refused. */
static int greet_dialler(struct conn *c, const struct auth *a)
{
	char why[TLS_WHY_MAX];

	c->purpose = a->purpose;
	if (check_identity(c))
		return -1;
	/* a probe is to learn all conditions, not only the first that is not met */
	if (c->purpose == AUTH_PROBE)
		send_auth(c);
	if (c->over)
		return -1;
	if (greet_auth(c, a, why) || (c->purpose != AUTH_PEER && service_accept(c, why))) {
		refuse(c, 0, why);
		return -1;
	}
	if (c->purpose != AUTH_PROBE)
		send_auth(c);
	return c->over ? -1 : 0;
}

/* The answer to our AUTH. */
static int greet_listener(struct conn *c, const struct auth *a)
{
	char why[TLS_WHY_MAX];

	if (c->service)
		service_greeted(c->service, a);
	if (!greet_auth(c, a, why))
		return 0;
	refuse(c, 0, why);
	return -1;
}

static void greet(struct conn *c, const void *frame, size_t len)
{
	struct auth a;

	if (!c->peer || !auth_decode(frame, len, &a))
		refuse(c, 0, "the first frame is no AUTH: run the same version on all nodes");
	else if (c->dialled ? a.purpose != c->purpose : a.purpose >= AUTH_PURPOSES)
		refuse(c, 0, "a connection for an unknown purpose: run the same version on "
				  "all nodes");
	else if (!(c->dialled ? greet_listener(c, &a) : greet_dialler(c, &a)))
		settle(c, &a);
}

static void on_frame(void *arg, const void *frame, size_t len)
{
	char text[REFUSE_TEXT_MAX + 1];
	struct conn *c = arg;
	uint64_t epoch;

	if (c->over)
		return;
	c->mesh->count.frames_in += c->up;
	c->mesh->count.bytes_in += c->up ? len : 0;
	if (refuse_decode(frame, len, &epoch, text)) {
		complain(c, "", c->up ? " closed the connection: " : " refused us: ", text);
		link_cut(c->link);
		over(c, text);
		if (c->purpose == AUTH_PEER && c->peer && c->mesh->epoch && epoch > c->mesh->epoch)
			c->mesh->sink.removed(c->mesh->sink.arg, c->peer);
	} else if (c->up && c->service) {
		service_take(c->service, frame, len);
	} else if (c->up) {
		c->mesh->sink.frame(c->mesh->sink.arg, c->peer, frame, len);
	} else {
		greet(c, frame, len);
	}
}

struct conn *conn_new(struct mesh *m)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->mesh = m;
	c->since_ms = clock_ms();
	TAILQ_INSERT_TAIL(&m->conns, c, entry);
	return c;
}

void conn_free(struct conn *c)
{
	link_free(c->link);
	TAILQ_REMOVE(&c->mesh->conns, c, entry);
	free(c);
}

static void on_gone(void *arg)
{
	struct conn *c = arg;

	c->link = NULL;
	conn_free(c);
}

static void on_drained(void *arg)
{
	struct conn *c = arg;

	if (c->service)
		service_drained(c->service);
}

const struct link_ops conn_ops = {
	.secured = on_secured,
	.frame = on_frame,
	.drained = on_drained,
	.lost = on_lost,
	.gone = on_gone,
};
