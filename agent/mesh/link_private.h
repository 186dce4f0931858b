/* SPDX-License-Identifier: GPL-2.0 */
/* Inside a link: link.c (its life), frames.c (what passes). */
#ifndef HSM_MESH_LINK_PRIVATE_H
#define HSM_MESH_LINK_PRIVATE_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "address.h"
#include "link.h"

enum phase {
	PHASE_CONNECTING,	/* TCP */
	PHASE_HANDSHAKE,	/* TLS */
	PHASE_OPEN,		/* frames flow */
	PHASE_ENDING,		/* failed; reported when what was received before is delivered */
	PHASE_FLUSHING,		/* the last words are going out */
	PHASE_DRAINING,		/* our half is closed; input is thrown away until theirs is */
	PHASE_DEAD,		/* waits to be freed from the event loop */
	PHASES
};

/**
 * struct link - one connection
 * @ops: the owner's
 * @arg: the owner's
 * @ctx: referenced
 * @ssl: NULL before PHASE_HANDSHAKE
 * @bev: reads and writes @ssl; NULL before PHASE_HANDSHAKE, and from PHASE_DRAINING on
 * @raw: waits on @fd for connect, and for the end of input; NULL otherwise
 * @timer: deadline of the phase
 * @base: event loop
 * @fd: socket
 * @phase: see enum phase
 * @dialled: we connected to the other side
 * @settled: authenticated
 * @broken: nothing more can be said over TLS
 * @bulk: see link_bulk()
 * @paused: see link_pause()
 * @turn: bytes read since frames were delivered last
 * @spare: room in the piece that was sent last, while any of it waits
 * @failure: PHASE_ENDING: for @ops->lost
 * @why: PHASE_ENDING: for @ops->lost
 * @where: the other side
 */
struct link {
	const struct link_ops *ops;
	void *arg;
	SSL_CTX *ctx;
	SSL *ssl;
	struct bufferevent *bev;
	struct event *raw;
	struct event *timer;
	struct event_base *base;
	int fd;
	enum phase phase;
	bool dialled;
	bool settled;
	bool broken;
	bool bulk;
	bool paused;
	size_t turn;
	size_t spare;
	enum tls_failure failure;
	char why[TLS_WHY_MAX];
	char where[ADDRESS_TEXT_MAX];
};

/* Calls the timer of the present phase after @ms. */
void link_timer(struct link *l, unsigned int ms);

/* Notes a failure; it is reported from the event loop, after what libevent still delivers. */
void link_end(struct link *l, enum tls_failure failure, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies a frame out; straight to the socket if nothing waits, for a loop's turn less. */
void link_put(struct link *l, struct bytes head, struct bytes tail);

/* Something came: libevent's callback. */
void frames_read(struct bufferevent *bev, void *arg);

/*
 * Bytes of it came. libevent reads as long as there are any; this keeps it to TURN_MAX, and a
 * record.
 */
void frames_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg);

/* Is there input that link_pause() keeps from the owner? */
bool frames_held(const struct link *l);

#endif /* HSM_MESH_LINK_PRIVATE_H */
