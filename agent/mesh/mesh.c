// SPDX-License-Identifier: GPL-2.0
#include "mesh_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <openssl/crypto.h>

#include "clock.h"
#include "conn.h"
#include "dial.h"

#define EXPIRY_EVERY_S		86400	/* so often certificates are looked at */
#define KICK_MS			200	/* mesh_kick() leaves younger attempts alone */
#define ASK_MS			3000	/* a peer that should dial, and does not, is asked why */

uint16_t mesh_lowest(const struct mesh *m)
{
	return m->floor > m->protocol_min ? m->floor : m->protocol_min;
}

struct peer *mesh_peer(const struct mesh *m, uint16_t id)
{
	for (unsigned int i = 0; i < m->n_peers; i++)
		if (m->peer[i]->member.id == id)
			return m->peer[i];
	return NULL;
}

void peer_retry(struct peer *p)
{
	if (p->asks)
		dial_after(p->dial, ASK_MS);
	else
		dial_later(p->dial);
}

static void on_dial(void *arg, const struct sockaddr *addr, socklen_t len)
{
	struct peer *p = arg;
	struct conn *c;

	if (p->conn)
		return;
	c = conn_new(p->mesh);
	if (!c) {
		peer_retry(p);
		return;
	}
	c->dialled = true;
	c->peer = p->member.id;
	snprintf(c->key, sizeof(c->key), "%s", p->member.name);
	snprintf(c->who, sizeof(c->who), "%s (%s)", p->member.name, p->member.address);
	c->link = link_dial(p->mesh->base, p->mesh->ctx, addr, len, &conn_ops, c);
	p->conn = c;
	if (!c->link) {
		conn_lose(c, "no memory or no file descriptor left");
		conn_free(c);
	}
}

static void on_dial_failed(void *arg, const char *why)
{
	struct peer *p = arg;
	unsigned int hidden;

	if (refusal_due(&p->mesh->refusals, p->member.name, why, clock_ms(), &hidden))
		log_about(p->mesh->log, LOG_LEVEL_WARNING, p->member.name,
			  "cannot connect to %s (%s): %s", p->member.name, p->member.address, why);
	snprintf(p->trouble, sizeof(p->trouble), "%s", why);
	peer_retry(p);
}

static const struct dial_ops dial_ops = {
	.connect = on_dial,
	.failed = on_dial_failed,
};

int mesh_reload(struct mesh *m, const struct config *c, char error[CONFIG_ERROR_MAX])
{
	struct config want = m->config;
	struct tls_identity own;
	char text[TLS_WHY_MAX];
	SSL_CTX *ctx;

	strcpy(want.ca, c->ca);
	strcpy(want.certificate, c->certificate);
	strcpy(want.private_key, c->private_key);
	ctx = tls_context(&want, &own, error);
	if (!ctx)
		return -1;
	/* At start there is nothing better to keep. */
	if (m->ctx && tls_verify_own(ctx, &want, error)) {
		SSL_CTX_free(ctx);
		return -1;
	}
	m->config = want;
	SSL_CTX_free(m->ctx);
	m->ctx = ctx;
	m->own = own;
	tls_describe(ctx, text);
	log_info(m->log, "%s", text);
	expiry_own(m);
	return 0;
}

struct mesh *mesh_new(struct event_base *base, const struct config *c,
		      const uint8_t secret[MESH_SECRET_LEN], struct log *log,
		      const struct mesh_sink *sink, char error[CONFIG_ERROR_MAX])
{
	struct mesh *m = calloc(1, sizeof(*m));

	static_assert(MESH_SECRET_LEN == AUTH_KEY_LEN, "auth_key() takes the secret");
	if (!m) {
		snprintf(error, CONFIG_ERROR_MAX, "no memory for connections");
		return NULL;
	}
	m->base = base;
	m->config = *c;
	m->log = log;
	m->sink = *sink;
	m->idle_ms = SERVICE_IDLE_MS;
	m->protocol_min = PROTOCOL_MIN;
	m->protocol_max = PROTOCOL_MAX;
	TAILQ_INIT(&m->conns);
	TAILQ_INIT(&m->services);
	TAILQ_INIT(&m->probes);
	if (auth_key(secret, m->key)) {
		snprintf(error, CONFIG_ERROR_MAX, "no key can be derived by HKDF-SHA-256: see the "
						  "OpenSSL configuration");
		mesh_free(m);
		return NULL;
	}
	if (expiry_watch(m, EXPIRY_EVERY_S)) {
		snprintf(error, CONFIG_ERROR_MAX, "no memory for connections");
		mesh_free(m);
		return NULL;
	}
	if (mesh_reload(m, c, error) || gate_open(m, error)) {
		mesh_free(m);
		return NULL;
	}
	if (c->tls_profile == TLS_PROFILE_AES128_SHA1)
		log_warning(log, "tls-profile = aes128-sha1: connections are protected by TLS 1.2 "
				 "with SHA-1: remove it as soon as all nodes can do without");
	return m;
}

static void peer_free(struct peer *p)
{
	dial_free(p->dial);
	free(p);
}

void mesh_free(struct mesh *m)
{
	struct conn *c;

	if (!m)
		return;
	probes_free(m);
	services_free(m);
	while ((c = TAILQ_FIRST(&m->conns)))
		conn_free(c);
	for (unsigned int i = 0; i < m->n_peers; i++)
		peer_free(m->peer[i]);
	gate_close(m);
	if (m->daily)
		event_free(m->daily);
	SSL_CTX_free(m->ctx);
	OPENSSL_cleanse(m->key, sizeof(m->key));
	free(m);
}

static bool listed(const struct listing *list, const struct member *who)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->member[i].id == who->id && !strcmp(list->member[i].name, who->name))
			return true;
	return false;
}

static bool has_id(const struct listing *list, uint16_t id)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->member[i].id == id)
			return true;
	return false;
}

static void remove_peer(struct mesh *m, unsigned int at)
{
	struct peer *p = m->peer[at];
	char why[TLS_WHY_MAX];
	struct conn *c;

	snprintf(why, sizeof(why), "node %u %s is no longer in the node list of %s", p->member.id,
		 p->member.name, m->config.node_name);
	TAILQ_FOREACH(c, &m->conns, entry)
		if (c->purpose == AUTH_PEER && c->peer == p->member.id && !c->over)
			conn_close(c, m->epoch, why);
	m->peer[at] = m->peer[--m->n_peers];
	peer_free(p);
}

static void add_peer(struct mesh *m, const struct member *member)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert(m->n_peers < PEERS_ROOM);
	if (!p) {
		log_error(m->log, "no memory for a connection to %s", member->name);
		return;
	}
	p->mesh = m;
	p->member = *member;
	p->asks = member->id > m->config.node_id;
	p->dial = dial_new(m->base, p->member.address, &dial_ops, p);
	if (!p->dial) {
		log_error(m->log, "no memory for a connection to %s", member->name);
		free(p);
		return;
	}
	if (p->asks)
		dial_after(p->dial, ASK_MS);
	else
		dial_now(p->dial);
	snprintf(p->trouble, sizeof(p->trouble), "%s",
		 p->asks ? "it has not connected yet" : "connecting");
	m->peer[m->n_peers++] = p;
}

static void move_peer(struct peer *p, const struct member *member)
{
	if (!strcmp(p->member.address, member->address))
		return;
	p->member = *member;
	if (p->asks || (p->conn && p->conn->up))
		return;
	if (p->conn)
		conn_lose(p->conn, "its address changed");
	dial_reset(p->dial);
	dial_now(p->dial);
}

static void take_peer(struct mesh *m, const struct member *member)
{
	struct peer *p = mesh_peer(m, member->id);

	if (member->id == m->config.node_id)
		return;
	if (p)
		move_peer(p, member);
	else
		add_peer(m, member);
}

/* Of a node that is in both lists the one among the members counts. */
static void set_list(struct mesh *m, struct listing *list, const struct member *member,
		     unsigned int n)
{
	assert(n <= LISTING_MAX);
	list->n = n;
	if (n)
		memcpy(list->member, member, n * sizeof(*member));
	for (unsigned int i = m->n_peers; i-- > 0;) {
		const struct member *who = &m->peer[i]->member;

		if (!listed(&m->members, who) &&
		    (has_id(&m->members, who->id) || !listed(&m->extra, who)))
			remove_peer(m, i);
	}
	for (unsigned int i = 0; i < m->members.n; i++)
		take_peer(m, &m->members.member[i]);
	for (unsigned int i = 0; i < m->extra.n; i++)
		if (!has_id(&m->members, m->extra.member[i].id))
			take_peer(m, &m->extra.member[i]);
}

void mesh_set_peers(struct mesh *m, const struct member *peer, unsigned int n)
{
	set_list(m, &m->members, peer, n);
}

void mesh_set_extra(struct mesh *m, const struct member *member, unsigned int n)
{
	assert(n <= MESH_EXTRA_MAX);
	set_list(m, &m->extra, member, n);
}

void mesh_set_epoch(struct mesh *m, uint64_t epoch)
{
	m->epoch = epoch;
}

void mesh_set_protocol(struct mesh *m, uint16_t floor, uint16_t max)
{
	char why[TLS_WHY_MAX];
	struct conn *c;

	m->floor = floor;
	m->protocol_max = max;
	TAILQ_FOREACH(c, &m->conns, entry) {
		if (c->purpose != AUTH_PEER || !c->up || c->over || c->protocol >= mesh_lowest(m))
			continue;
		greet_below(m, c->whom.name, c->protocol, why);
		conn_close(c, 0, why);
	}
}

void mesh_send(struct mesh *m, uint16_t peer, struct bytes head, struct bytes tail)
{
	struct peer *p = mesh_peer(m, peer);

	if (!p || !p->conn || !p->conn->up)
		return;
	m->count.frames_out++;
	m->count.bytes_out += head.n + tail.n;
	link_send(p->conn->link, head, tail);
}

size_t mesh_waiting(struct mesh *m, uint16_t peer)
{
	const struct peer *p = mesh_peer(m, peer);

	return p && p->conn && p->conn->up ? link_waiting(p->conn->link) : 0;
}

void mesh_drop(struct mesh *m, uint16_t peer, const char *why)
{
	struct peer *p = mesh_peer(m, peer);
	struct conn *c = p ? p->conn : NULL;

	if (c)
		conn_close(c, 0, why);
}

void mesh_kick(struct mesh *m)
{
	for (unsigned int i = 0; i < m->n_peers; i++) {
		struct peer *p = m->peer[i];
		struct conn *c = p->conn;

		if (p->asks)
			continue;
		if (c && (!link_connecting(c->link) || clock_ms() - c->since_ms < KICK_MS))
			continue;
		if (c)
			conn_lose(c, "the network changed, trying again");
		dial_reset(p->dial);
		dial_now(p->dial);
	}
}

void mesh_count(const struct mesh *m, struct mesh_counters *c)
{
	*c = m->count;
}

time_t mesh_expiry(const struct mesh *m, uint16_t peer)
{
	const struct peer *p = mesh_peer(m, peer);

	if (peer == m->config.node_id)
		return m->own.expiry;
	return p ? p->expiry : 0;
}

unsigned int mesh_protocol(const struct mesh *m, uint16_t peer)
{
	const struct peer *p = mesh_peer(m, peer);

	if (peer == m->config.node_id)
		return m->protocol_max;
	return p && p->conn && p->conn->up ? p->conn->protocol : 0;
}

unsigned int mesh_pool_protocol(const struct mesh *m)
{
	unsigned int lowest = m->protocol_max;

	for (unsigned int i = 0; i < m->members.n; i++) {
		unsigned int version = mesh_protocol(m, m->members.member[i].id);

		if (version && version < lowest)
			lowest = version;
	}
	return lowest;
}

const char *mesh_trouble(const struct mesh *m, uint16_t peer)
{
	const struct peer *p = mesh_peer(m, peer);

	return p ? p->trouble : "it is not in the node list";
}
