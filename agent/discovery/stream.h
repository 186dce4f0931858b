/* SPDX-License-Identifier: GPL-2.0 */
/* Messages over TCP, both ways: requests that we answer, and those whose answer was cut (6.2). */
#ifndef HSM_DISCOVERY_STREAM_H
#define HSM_DISCOVERY_STREAM_H

#include <stdbool.h>

#include "../slp/slp_ua.h"

#define STREAMS_MAX 16	/* connections; one more ends the oldest */

struct event_base;
struct streams;

/**
 * struct streams_ops - what the owner is asked and told
 * @welcome: may this one connect?
 * @request: a message came in from there to our address @here; returns the bytes of the answer that
 * was written to @answer (SLP_STREAM_MAX bytes), 0 for none
 * @reply: the answer to streams_ask()
 */
struct streams_ops {
	bool (*welcome)(void *arg, uint32_t from);
	size_t (*request)(void *arg, uint32_t from, uint32_t here, struct bytes data,
			  uint8_t *answer);
	void (*reply)(void *arg, uint32_t from, struct bytes data);
};

/* Listen to @port on all interfaces. @ops outlives it. Returns NULL with @error set to an errno. */
struct streams *streams_new(struct event_base *base, uint16_t port, const struct streams_ops *ops,
			    void *arg, int *error);
void streams_free(struct streams *s);

/* Send a request to @request->to, and report its answer, if one comes. */
void streams_ask(struct streams *s, const struct slp_send *request);

#endif /* HSM_DISCOVERY_STREAM_H */
