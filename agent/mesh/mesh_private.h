/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the mesh: mesh.c (peers), gate.c (who connects from outside), and what conn.h names.
 */
#ifndef HSM_MESH_MESH_PRIVATE_H
#define HSM_MESH_MESH_PRIVATE_H

#include <sys/queue.h>

#include "auth.h"
#include "mesh.h"
#include "probe.h"
#include "refusal.h"
#include "service.h"
#include "tls.h"

#define LISTING_MAX (HSMREPL_NODES_MAX + 1)	/* this node may be among them */
#define PEERS_ROOM (HSMREPL_NODES_MAX + MESH_EXTRA_MAX)

struct conn;
struct dial;
struct evconnlistener;
struct event;

/**
 * struct peer - one listed node
 * @mesh: whose
 * @member: as listed
 * @dial: to it
 * @asks: it is not ours to dial: after MESH_ASK_MS without a word we ask whether we are wanted
 * @conn: the connection that is up, or that we are making
 * @expiry: of its certificate, 0 if it never connected
 * @warned: end of validity that was warned of
 * @trouble: why it is not up
 */
struct peer {
	struct mesh *mesh;
	struct member member;
	struct dial *dial;
	bool asks;
	struct conn *conn;
	time_t expiry;
	time_t warned;
	char trouble[TLS_WHY_MAX];
};

/**
 * struct listing - nodes that may have a connection for the protocol
 * @n: how many
 * @member: they
 */
struct listing {
	unsigned int n;
	struct member member[LISTING_MAX];
};

/**
 * struct mesh - all connections of a node
 * @base: event loop
 * @config: as read at start
 * @log: where lines go
 * @sink: who is told
 * @conns: all, until they are gone
 * @services: all
 * @serve: who answers services from outside, or NULL
 * @serve_arg: for @serve
 * @idle_ms: SERVICE_IDLE_MS, less in tests
 * @probes: that we started
 * @probe_host: see mesh_host_probes()
 * @clock_shift_ms: 0; in tests, how far our clock is ahead
 * @listener: accepts
 * @breath: lets @listener go on after a pause
 * @protocol_min: PROTOCOL_MIN, another one in tests
 * @protocol_max: PROTOCOL_MAX, or see mesh_set_protocol()
 * @floor: see mesh_set_protocol()
 * @ctx: for connections made from now on
 * @daily: looks at certificates that run out
 * @own: from our certificate
 * @key: of the proofs
 * @members: see mesh_set_peers()
 * @extra: see mesh_set_extra()
 * @n_peers: entries of @peer
 * @peer: of both lists, @n_peers of them, each allocated
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
	TAILQ_HEAD(services, service) services;
	const struct service_sink *serve;
	void *serve_arg;
	unsigned int idle_ms;
	TAILQ_HEAD(probes, probe) probes;
	struct probe_host probe_host;
	int64_t clock_shift_ms;
	struct evconnlistener *listener;
	struct event *breath;
	uint16_t protocol_min;
	uint16_t protocol_max;
	uint16_t floor;
	SSL_CTX *ctx;
	struct event *daily;
	struct tls_identity own;
	uint8_t key[AUTH_KEY_LEN];
	struct listing members;
	struct listing extra;
	unsigned int n_peers;
	struct peer *peer[PEERS_ROOM];
	uint64_t epoch;
	struct mesh_counters count;
	struct refusals refusals;
};

/* The lowest version that we run a connection on. */
uint16_t mesh_lowest(const struct mesh *m);

/* A peer speaks up to @speaks, which is below the floor: what both logs say. */
void greet_below(const struct mesh *m, const char *name, uint16_t speaks, char why[TLS_WHY_MAX]);

/* The listed peer with that id, or NULL. */
struct peer *mesh_peer(const struct mesh *m, uint16_t id);

/* Our certificate, or that of a peer that has just connected, may run out: then say so. */
void expiry_own(struct mesh *m);
void expiry_peer(struct mesh *m, struct peer *p);

/* Look at all of them every @every_s seconds. Returns 0, or -1 without memory. */
int expiry_watch(struct mesh *m, unsigned int every_s);

/* Listen where the configuration says. Returns 0, or -1 with @error set. */
int gate_open(struct mesh *m, char error[CONFIG_ERROR_MAX]);
void gate_close(struct mesh *m);

/* The connection to @p, or the attempt, is over: try again in time. */
void peer_retry(struct peer *p);

/* All probes, and all services, without a word. */
void probes_free(struct mesh *m);
void services_free(struct mesh *m);

#endif /* HSM_MESH_MESH_PRIVATE_H */
