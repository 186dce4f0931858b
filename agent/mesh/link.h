/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection: TCP, TLS, frames with a length in front, and an orderly end that lets the other
 * side learn why. Knows no peers and no policy; whoever owns it decides.
 */
#ifndef HSM_MESH_LINK_H
#define HSM_MESH_LINK_H

#include <stdbool.h>
#include <sys/socket.h>

#include "tls.h"
#include "../core/step.h"

#define LINK_FRAME_MIN		8	/* bytes */
#define LINK_PATIENCE_MS	5000	/* for connect, handshake and authentication together */
#define LINK_LINGER_MS		1000	/* for the last bytes to go out, and again to be taken */
#define LINK_SILENCE_MS		10000	/* without acknowledgement of what was sent */

struct event_base;
struct link;

/**
 * struct link_ops - what a connection tells its owner
 * @secured: the TLS handshake is done; link_send() and link_ssl() work
 * @frame: one whole frame, borrowed for the call
 * @drained: after link_bulk(): little waits to go out, after more did
 * @lost: it ended without the owner's doing; tls_explain() says what @failure and @why are
 * @gone: last call; the link is freed after it
 *
 * Within the calls all functions below may be called but link_free().
 */
struct link_ops {
	void (*secured)(void *arg);
	void (*frame)(void *arg, const void *frame, size_t len);
	void (*drained)(void *arg);
	void (*lost)(void *arg, enum tls_failure failure, const char *why);
	void (*gone)(void *arg);
};

/**
 * link_dial() - connect
 * @base: event loop
 * @ctx: from tls_context(); a reference is taken
 * @addr: where to
 * @addr_len: its bytes
 * @ops: must outlive the link
 * @arg: of @ops
 *
 * A connect that fails at once is reported by @ops->lost later. Returns NULL without memory or
 * descriptors.
 */
struct link *link_dial(struct event_base *base, SSL_CTX *ctx, const struct sockaddr *addr,
		       socklen_t addr_len, const struct link_ops *ops, void *arg);

/**
 * link_accept() - take over a connected socket
 * @base: event loop
 * @ctx: from tls_context(); a reference is taken
 * @fd: non-blocking; the link's from now on, also on failure
 * @addr: the other side
 * @ops: must outlive the link
 * @arg: of @ops
 * Returns NULL without memory.
 */
struct link *link_accept(struct event_base *base, SSL_CTX *ctx, int fd, const struct sockaddr *addr,
			 const struct link_ops *ops, void *arg);

/* At once, without any call to the owner. */
void link_free(struct link *l);

/* The other side is authenticated: no more deadline, frames up to MESH_FRAME_MAX. */
void link_settle(struct link *l);

/**
 * link_bulk() - make the most of the bandwidth, not of each frame's time
 * @l: link
 * @low_water: @drained comes when so many bytes, or fewer, wait
 * @silence_ms: in place of LINK_SILENCE_MS
 *
 * Frames are collected and written from the event loop.
 */
void link_bulk(struct link *l, size_t low_water, unsigned int silence_ms);

/* Bytes that are not written yet. */
size_t link_waiting(const struct link *l);

/* Stop reading; no frame comes before link_resume(), which brings none before it returns. */
void link_pause(struct link *l);
void link_resume(struct link *l);

/**
 * link_send() - send one frame
 * @l: link
 * @head: first part, copied; begins with the length of both
 * @tail: second part, copied; may be empty
 *
 * Written at once if nothing waits. If too much waits, or memory is short, the link ends: @lost
 * follows.
 */
void link_send(struct link *l, struct bytes head, struct bytes tail);

/*
 * Send a REFUSE frame (see refuse_encode()), then end; only @gone follows. Before TLS it just
 * ends.
 */
void link_refuse(struct link *l, uint64_t epoch, const char *text);

/* End when all is written that was sent; only @gone follows. Before TLS it just ends. */
void link_finish(struct link *l);

/* End without a word; only @gone follows. */
void link_cut(struct link *l);

SSL *link_ssl(const struct link *l);

/* The other side as "address:port". */
const char *link_where(const struct link *l);

/* Is TCP not connected yet? */
bool link_connecting(const struct link *l);

#endif /* HSM_MESH_LINK_H */
