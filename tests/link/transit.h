/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that are under way in one direction: each comes out a while after it came in, in order. */
#ifndef _TRANSIT_H
#define _TRANSIT_H

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;
struct event_base;
struct transit;

/**
 * typedef transit_fn - the first bytes are there
 * @arg: as given to transit_new()
 * @bytes: to be taken from the front of this: the first @len
 * @len: 0 for the end alone
 *
 * May free the transit.
 */
typedef void (*transit_fn)(void *arg, struct evbuffer *bytes, size_t len);

/** transit_new() - nothing under way; NULL without memory */
struct transit *transit_new(struct event_base *base, transit_fn there, void *arg);

/** transit_free() - what is under way is lost */
void transit_free(struct transit *transit);

/**
 * transit_put() - all of @bytes sets out, and is there in @delay_us, and not before what set out
 * earlier; nothing in it stands for the end
 *
 * Returns false without memory.
 */
bool transit_put(struct transit *transit, struct evbuffer *bytes, unsigned int delay_us);

/** transit_size() - what is under way, with what it costs beside its bytes */
size_t transit_size(const struct transit *transit);

#endif /* _TRANSIT_H */
