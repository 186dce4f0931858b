/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mutual TLS connections to all peers. Of each pair, the node with the greater id dials. The other
 * one, when it hears nothing, connects as well, only to be told why: it may have been removed from
 * the pool.
 * After the TLS handshake both sides prove the key set (an HMAC bound to the TLS session by an
 * RFC 5705 exporter) and tell protocol range and mode; then the peer is up, and frames flow.
 */
#ifndef HSM_MESH_MESH_H
#define HSM_MESH_MESH_H

#include <time.h>

#include "config.h"
#include "log.h"
#include "../core/step.h"

#define MESH_SECRET_LEN 32
/* A frame begins with its length, __le32, these four bytes included. */
#define MESH_FRAME_MAX (HSMREPL_BATCH_MAX + 4096)
#define MESH_EXTRA_MAX 4
#define MESH_EXPIRY_WARNING_S (30 * 86400)	/* before a certificate expires */
#define MESH_BACKLOG_MAX (4 * MESH_FRAME_MAX)	/* bytes waiting for one peer; more drops it */

struct event_base;
struct mesh;

/**
 * struct mesh_sink - where the mesh reports what happened
 * @up: an authenticated connection; frames may follow and be sent
 * @down: it is gone (also after mesh_drop()); @why is for people
 * @frame: one whole frame, borrowed for the call
 * @removed: it is in a later epoch than ours (mesh_set_epoch()), and we are not in its node list
 * @arg: handed to all of them
 *
 * The functions only take note (the pump queues events); they must not call back into the mesh,
 * except for mesh_send(). mesh_drop() and mesh_set_peers() report down() before they return;
 * mesh_free() reports nothing.
 */
struct mesh_sink {
	void (*up)(void *arg, uint16_t peer);
	void (*down)(void *arg, uint16_t peer, const char *why);
	void (*frame)(void *arg, uint16_t peer, const void *frame, size_t len);
	void (*removed)(void *arg, uint16_t peer);
	void *arg;
};

/**
 * mesh_new() - read certificates, listen, prepare to dial
 * @base: event loop
 * @c: copied
 * @secret: of the key set; only a key derived from it is kept
 * @log: where lines go
 * @sink: copied
 * @error: what is wrong and what to do (CONFIG_ERROR_MAX bytes)
 *
 * The process must ignore SIGPIPE. Returns NULL with @error set.
 */
struct mesh *mesh_new(struct event_base *base, const struct config *c,
		      const uint8_t secret[MESH_SECRET_LEN], struct log *log,
		      const struct mesh_sink *sink, char error[CONFIG_ERROR_MAX]);
void mesh_free(struct mesh *m);

/**
 * mesh_set_peers() - who may connect, and whom to dial
 * @m: the mesh
 * @peer: @n members; this node is skipped if it is among them
 * @n: entries of @peer
 *
 * At most HSMREPL_NODES_MAX without this node. Connections to nodes no longer listed are closed.
 */
void mesh_set_peers(struct mesh *m, const struct member *peer, unsigned int n);

/**
 * mesh_set_extra() - who may connect besides: a candidate that is joining
 * @m: the mesh
 * @member: @n nodes, at most MESH_EXTRA_MAX; those that are among the peers count as peers
 * @n: entries of @member
 *
 * The rules are the same as for peers. A node that moves from here to mesh_set_peers(), or back,
 * keeps its connection if it is named in one of both all the time.
 */
void mesh_set_extra(struct mesh *m, const struct member *member, unsigned int n);

/*
 * Of which epoch's node list the peers are, 0 for a manual list. Whoever is refused for not being
 * in it is told. Call it before mesh_set_peers().
 */
void mesh_set_epoch(struct mesh *m, uint64_t epoch);

/**
 * mesh_set_protocol() - what a connection must run on
 * @m: the mesh
 * @floor: the pool was finalised at this version: nobody who speaks less is let in any more
 * @max: highest version that this node speaks, if its device limits it
 *
 * Connections that run on less than @floor are closed, with the reason.
 */
void mesh_set_protocol(struct mesh *m, uint16_t floor, uint16_t max);

/**
 * mesh_send() - queue one frame to a peer that is up; nothing happens if it is not
 * @m: the mesh
 * @peer: node id
 * @head: first part, copied
 * @tail: second part, copied; may be empty
 */
void mesh_send(struct mesh *m, uint16_t peer, struct bytes head, struct bytes tail);

/* Bytes that were sent to a peer and wait in this process; 0 if it is not up. */
size_t mesh_waiting(struct mesh *m, uint16_t peer);

/*
 * Close the connection to a peer; @why is logged here and told to it in a REFUSE frame. Then it is
 * dialled again after a pause.
 */
void mesh_drop(struct mesh *m, uint16_t peer, const char *why);

/*
 * Read certificate, key and CA bundle from the files that @c names, for connections made from now
 * on. Returns 0, or -1 with @error, keeping the old ones: also for a certificate that peers with
 * these CAs would refuse.
 */
int mesh_reload(struct mesh *m, const struct config *c, char error[CONFIG_ERROR_MAX]);

/* Link or address changed (rtnetlink): dial at once whoever is not connected. */
void mesh_kick(struct mesh *m);

/**
 * struct mesh_counters - for tests and metrics: frames and bytes since start
 * @frames_out: frames sent
 * @frames_in: frames received
 * @bytes_out: bytes sent
 * @bytes_in: bytes received
 */
struct mesh_counters {
	uint64_t frames_out, frames_in, bytes_out, bytes_in;
};
void mesh_count(const struct mesh *m, struct mesh_counters *c);

/* End of validity of a peer's certificate; 0 if it never connected. @peer may be this node. */
time_t mesh_expiry(const struct mesh *m, uint16_t peer);

/*
 * Protocol version that the connection to a peer runs on, 0 if it is not up: the highest one that
 * both speak. @peer may be this node: its highest one.
 */
unsigned int mesh_protocol(const struct mesh *m, uint16_t peer);

/* Version of the pool, as far as this node is connected: the highest one that all speak. */
unsigned int mesh_pool_protocol(const struct mesh *m);

/* Last reason why this peer is not connected, empty if it is. */
const char *mesh_trouble(const struct mesh *m, uint16_t peer);

#endif /* HSM_MESH_MESH_H */
