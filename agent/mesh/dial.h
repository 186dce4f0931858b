/* SPDX-License-Identifier: GPL-2.0 */
/* When, and at which address, to try to reach one peer: back-off with jitter, names looked up. */
#ifndef HSM_MESH_DIAL_H
#define HSM_MESH_DIAL_H

#include <sys/socket.h>

#define DIAL_PAUSE_MIN_MS 100
#define DIAL_PAUSE_MAX_MS 2000

struct event_base;
struct dial;

/**
 * struct dial_ops - what the owner is told
 * @connect: time to try, there
 * @failed: no address: @why; the owner calls dial_later() as after a connection that failed
 */
struct dial_ops {
	void (*connect)(void *arg, const struct sockaddr *addr, socklen_t len);
	void (*failed)(void *arg, const char *why);
};

/**
 * dial_new() - prepare to reach @address; nothing happens before dial_now() or dial_later()
 * @base: event loop
 * @address: "host:port", outlives the dial
 * @ops: outlives the dial
 * @arg: of the callbacks
 * Returns NULL without memory.
 */
struct dial *dial_new(struct event_base *base, const char *address, const struct dial_ops *ops,
		      void *arg);
void dial_free(struct dial *d);

/* Try from the next turn of the event loop. */
void dial_now(struct dial *d);

/* Try after a pause, each time a longer one. */
void dial_later(struct dial *d);

/* Try after @ms. */
void dial_after(struct dial *d, unsigned int ms);

/* Begin with the shortest pause again. */
void dial_reset(struct dial *d);

#endif /* HSM_MESH_DIAL_H */
