/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection inside the mesh, for whatever purpose: conn.c (its life), greet.c (is the other
 * side whom it should be), service.c (those that are not for the protocol).
 */
#ifndef HSM_MESH_CONN_H
#define HSM_MESH_CONN_H

#include <sys/queue.h>

#include "address.h"
#include "auth.h"
#include "link.h"
#include "tls.h"

#define WHO_MAX (HSMREPL_NAME_MAX + ADDRESS_TEXT_MAX + 16)

struct mesh;
struct probe;
struct service;
struct service_sink;

/**
 * struct conn - one connection, authenticated or not
 * @entry: in mesh.conns, oldest first
 * @mesh: whose
 * @link: the connection itself
 * @purpose: from outside PEER until its AUTH says more
 * @service: whose it is, unless it is for PEER
 * @peer: node id; 0 while its certificate was not seen
 * @whom: from its certificate
 * @protocol: version that both speak; 0 before the other one's AUTH
 * @dialled: by this node
 * @listed: from outside, but from the address of a listed peer
 * @guess: from outside: id of the only listed peer at that address, 0 if there is none
 * @up: authenticated, and reported
 * @over: nobody's business any more; ends by itself
 * @since_ms: when it began, or got up
 * @key: whom it is about, for the log's limit: name or host
 * @who: whom it is about, for people: "n2 (10.77.0.2:4327)", or the address alone
 */
struct conn {
	TAILQ_ENTRY(conn) entry;
	struct mesh *mesh;
	struct link *link;
	enum auth_purpose purpose;
	struct service *service;
	struct tls_identity whom;
	uint16_t peer;
	uint16_t guess;
	uint16_t protocol;
	bool dialled;
	bool listed;
	bool up;
	bool over;
	uint64_t since_ms;
	char key[ADDRESS_TEXT_MAX];
	char who[WHO_MAX];
};

/* A connection in the list of its mesh, without link yet; NULL without memory. */
struct conn *conn_new(struct mesh *m);

/* Without a word; its link, if there is one, is freed as well. */
void conn_free(struct conn *c);

/* What the link of a connection reports to. */
extern const struct link_ops conn_ops;

/* Log that we end it, tell it so, and be done with it. @epoch as in refuse_encode(). */
void conn_close(struct conn *c, uint64_t epoch, const char *why);

/* End it without a word to the other side; @why is for our log. It may be without link. */
void conn_lose(struct conn *c, const char *why);

/* End it when all is written that was sent, without a word in our log. */
void conn_finish(struct conn *c);

/**
 * service_begin() - service_dial(), for a purpose of the mesh's own
 * @m: the mesh
 * @address: "host:port"
 * @purpose: AUTH_SERVICE or AUTH_PROBE
 * @sink: who is told
 * @arg: of @sink
 */
struct service *service_begin(struct mesh *m, const char *address, enum auth_purpose purpose,
			      const struct service_sink *sink, void *arg);

/**
 * service_accept() - someone from outside is to have a service
 * @c: connection
 * @why: why not, and what to do
 * Returns 0 with @c->service set, or -1 with @why set.
 */
int service_accept(struct conn *c, char why[TLS_WHY_MAX]);

/*
 * Its connection is authenticated; has the listener's AUTH, good or not; has a frame; has sent most
 * of what waited; is over.
 */
void service_open(struct service *s);
void service_greeted(struct service *s, const struct auth *a);
void service_take(struct service *s, const void *frame, size_t len);
void service_drained(struct service *s);
void service_over(struct service *s, const char *why);

/* Was there somebody at the address? */
bool service_reached(const struct service *s);

/* Probes from outside; @arg is the mesh. */
extern const struct service_sink probe_host_sink;

/* The listener's AUTH came, good or not. */
void probe_greeted(struct probe *p, const struct conn *c, const struct auth *a);

/*
 * Why a node is refused that is wanted: it had to ask, and is dialled now. All is well, unless that
 * fails. It is known by its words: both sides see the same.
 */
#define GREET_DIALS "of two nodes the one with the greater id dials: it was asked to, and its " \
		    "log says if it cannot"

/**
 * greet_identity() - is it a node that we want there, for its purpose?
 * @c: connection
 * @why: why not, and what to do
 *
 * The certificate (@c->whom) is known. For PEER the node must be listed, and the right one of both
 * must have dialled. Returns 0, or -1 with @why set.
 */
int greet_identity(const struct conn *c, char why[TLS_WHY_MAX]);

/* What an AUTH must meet, but for its purpose. */
enum greet_condition {
	GREET_ID,
	GREET_PROTOCOL,
	GREET_MODE,
	GREET_KEY_SET,
	GREET_CONDITIONS
};

/* Does it? Returns 0, or -1 with @why set. */
int greet_condition(const struct conn *c, const struct auth *a, enum greet_condition condition,
		    char why[TLS_WHY_MAX]);

/* All of them, up to the first that is not met. */
int greet_auth(const struct conn *c, const struct auth *a, char why[TLS_WHY_MAX]);

/* Our AUTH frame for it. Returns 0, or -1 if the crypto library fails. */
int greet_frame(const struct conn *c, uint8_t frame[AUTH_LEN]);

#endif /* HSM_MESH_CONN_H */
