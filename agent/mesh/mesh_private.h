/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the mesh: mesh.c (peers), gate.c (who connects from outside), conn.c and greet.c. */
#ifndef HSM_MESH_MESH_PRIVATE_H
#define HSM_MESH_MESH_PRIVATE_H

#include <sys/queue.h>

#include "address.h"
#include "auth.h"
#include "link.h"
#include "mesh.h"
#include "refusal.h"
#include "tls.h"

#define WHO_MAX (HSMREPL_NAME_MAX + ADDRESS_TEXT_MAX + 16)

struct dial;
struct evconnlistener;
struct event;

/**
 * struct conn - one connection, authenticated or not
 * @entry: in mesh.conns, oldest first
 * @mesh: whose
 * @link: the connection itself
 * @peer: node id; 0 while its certificate was not seen
 * @dialled: by this node
 * @listed: from outside, but from the address of a listed peer
 * @guess: from outside: id of the only listed peer at that address, 0 if there is none
 * @up: authenticated and reported up
 * @over: nobody's business any more; ends by itself
 * @since_ms: when it began, or got up
 * @key: whom it is about, for the log's limit: name or host
 * @who: whom it is about, for people: "n2 (10.77.0.2:4327)", or the address alone
 */
struct conn {
	TAILQ_ENTRY(conn) entry;
	struct mesh *mesh;
	struct link *link;
	uint16_t peer;
	uint16_t guess;
	bool dialled;
	bool listed;
	bool up;
	bool over;
	uint64_t since_ms;
	char key[ADDRESS_TEXT_MAX];
	char who[WHO_MAX];
};

/**
 * struct peer - one listed node
 * @mesh: whose
 * @member: as listed
 * @dial: to it
 * @asks: it is not ours to dial: after MESH_ASK_MS without a word we ask whether we are wanted
 * @conn: the connection that is up, or that we are making
 * @expiry: of its certificate, 0 if it never connected
 * @trouble: why it is not up
 */
struct peer {
	struct mesh *mesh;
	struct member member;
	struct dial *dial;
	bool asks;
	struct conn *conn;
	time_t expiry;
	char trouble[TLS_WHY_MAX];
};

/**
 * struct mesh - all connections of a node
 * @conns: all, until they are gone
 * @listener: accepts
 * @breath: lets @listener go on after a pause
 * @ctx: for connections made from now on
 * @own: from our certificate
 * @key: of the proofs
 * @peer: listed, @n_peers of them, each allocated
 * @epoch: of the node list that they are from, 0 for a manual list
 * @count: see mesh_count()
 * @refusals: limits the log
 */
struct mesh {
	struct event_base *base;
	struct config config;
	struct log *log;
	struct mesh_sink sink;
	TAILQ_HEAD(conns, conn) conns;
	struct evconnlistener *listener;
	struct event *breath;
	SSL_CTX *ctx;
	struct tls_identity own;
	uint8_t key[AUTH_KEY_LEN];
	unsigned int n_peers;
	struct peer *peer[HSMREPL_NODES_MAX];
	uint64_t epoch;
	struct mesh_counters count;
	struct refusals refusals;
};

uint64_t mesh_now_ms(void);

/* The listed peer with that id, or NULL. */
struct peer *mesh_peer(const struct mesh *m, uint16_t id);

/* Listen where the configuration says. Returns 0, or -1 with @error set. */
int gate_open(struct mesh *m, char error[CONFIG_ERROR_MAX]);
void gate_close(struct mesh *m);

/* A connection in the list of its mesh, without link yet; NULL without memory. */
struct conn *conn_new(struct mesh *m);

/* Without a word; its link, if there is one, is freed as well. */
void conn_free(struct conn *c);

/* What the link of a connection reports to. */
extern const struct link_ops conn_ops;

/*
 * Log that we refuse it, tell it so, and be done with it. @why reads the same on both sides. @epoch
 * as in refuse_encode().
 */
void conn_refuse(struct conn *c, uint64_t epoch, const char *why);

/* Log that we end it, tell it so, and be done with it. */
void conn_close(struct conn *c, uint64_t epoch, const char *why);

/* The connection to @p, or the attempt, is over: try again in time. */
void peer_retry(struct peer *p);

/* End it without a word to the other side; @why is for our log. It may be without link. */
void conn_lose(struct conn *c, const char *why);

/**
 * greet_identity() - the TLS handshake is done: is it a node that we want there?
 * @who: whom the certificate names
 * @why: why not, and what to do
 * Returns 0, or -1 with @why set.
 */
int greet_identity(const struct conn *c, const struct tls_identity *who, char why[TLS_WHY_MAX]);

/* The same about its AUTH frame. */
int greet_auth(const struct conn *c, const struct auth *a, char why[TLS_WHY_MAX]);

/* Our AUTH frame for it. Returns 0, or -1 if the crypto library fails. */
int greet_frame(const struct conn *c, uint8_t frame[AUTH_LEN]);

#endif /* HSM_MESH_MESH_PRIVATE_H */
