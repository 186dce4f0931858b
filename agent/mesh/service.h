/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections for another purpose than the protocol: bulk data, questions. They go to the same
 * port as those of peers. Either side may dial, and the other one need not be in the node list;
 * what it must have is a certificate of the pool's CA with an id and a name of its own, the same
 * mode, the same key set and a common protocol version.
 *
 * Nothing is copied twice on the way out, small frames leave together. Memory stays bounded if the
 * sender waits for drained() whenever more than SERVICE_HIGH_WATER bytes wait, and the receiver
 * calls service_pause() while it cannot take more.
 */
#ifndef HSM_MESH_SERVICE_H
#define HSM_MESH_SERVICE_H

#include "mesh.h"

#define SERVICE_HIGH_WATER	(1024 * 1024)	/* bytes waiting: the sender pauses above it */
#define SERVICE_LOW_WATER	(256 * 1024)	/* below: drained() */
#define SERVICE_INCOMING_MAX	8	/* authenticated ones from outside at a time */
#define SERVICE_IDLE_MS		60000	/* without a frame either way it is closed */
#define SERVICE_SILENCE_MS	60000	/* so long may a receiver pause, or be gone unnoticed */

struct service;

/**
 * struct service_sink - what the owner of service connections is told
 * @opened: both sides are authenticated: frames may be sent, and come
 * @frame: one whole frame, up to MESH_FRAME_MAX, borrowed for the call. Its first 4 bytes are its
 *	length, the 2 after them a type, from 3 on; REFUSE is never seen here
 * @drained: more than SERVICE_HIGH_WATER bytes had waited; now it is less than SERVICE_LOW_WATER
 * @closed: last call, the service is void after it; also instead of opened(). @why is for people
 *
 * They come from the event loop, never from within service_dial(). They may call whatever is here,
 * also service_close(), but not mesh_free(), which reports nothing: services are void after it.
 */
struct service_sink {
	void (*opened)(void *arg, struct service *s);
	void (*frame)(void *arg, struct service *s, const void *frame, size_t len);
	void (*drained)(void *arg, struct service *s);
	void (*closed)(void *arg, struct service *s, const char *why);
};

/**
 * service_dial() - connect
 * @m: the mesh
 * @address: "host:port"; names are looked up
 * @sink: must outlive the service
 * @arg: of the sink
 *
 * One attempt: whoever wants another one dials again after closed(). Returns NULL without memory.
 */
struct service *service_dial(struct mesh *m, const char *address, const struct service_sink *sink,
			     void *arg);

/* Who answers service connections from outside. NULL: nobody, they are refused. */
void mesh_serve(struct mesh *m, const struct service_sink *sink, void *arg);

/**
 * service_send() - queue one frame
 * @s: service
 * @head: first part, copied; begins with the length of both, and a type as in @frame of the sink
 * @tail: second part, copied; may be empty
 *
 * Only between opened() and closed(). More than MESH_BACKLOG_MAX bytes waiting end the connection.
 */
void service_send(struct service *s, struct bytes head, struct bytes tail);

/* Bytes that are not written yet. */
size_t service_waiting(const struct service *s);

/*
 * Take no frames for now, so that the sender waits; go on. After service_pause() no frame() comes
 * before service_resume(), which brings none before it returns.
 */
void service_pause(struct service *s);
void service_resume(struct service *s);

/* It may be idle for longer than SERVICE_IDLE_MS. */
void service_keep(struct service *s);

/*
 * End it, @s is void: closed() is not called. What was sent before still goes out, within
 * LINK_LINGER_MS. @why is logged here and told to the other side, which gets it by closed(); NULL:
 * all is done, nothing is logged.
 */
void service_close(struct service *s, const char *why);

/* The other side, from its certificate; 0 and "" before opened(). */
uint16_t service_node(const struct service *s);
const char *service_name(const struct service *s);

/* Where it is: what was dialled, or where it came from, as "address:port". */
const char *service_address(const struct service *s);

#endif /* HSM_MESH_SERVICE_H */
