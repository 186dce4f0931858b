/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Long work, a piece at a time: the next piece comes at once, or after a pause that is owed to
 * others. Finer than the event loop's own timers, whose ticks are 1 to 4 ms.
 */
#ifndef HSM_SYNC_PACER_H
#define HSM_SYNC_PACER_H

#include <stdint.h>

struct event_base;
struct pacer;

/**
 * pacer_new() - something that calls
 * @base: event loop, which makes the calls
 * @fn: works for a short while
 * @arg: of the call
 *
 * Returns NULL without memory or descriptors.
 */
struct pacer *pacer_new(struct event_base *base, void (*fn)(void *arg), void *arg);
void pacer_free(struct pacer *p);

/* One call of @fn, as soon as nothing is owed; none more if one is to come already. */
void pacer_go(struct pacer *p);

/* None is to come, and nothing is owed. */
void pacer_stop(struct pacer *p);

/* A pause of @ns is owed; little is saved up. */
void pacer_owe(struct pacer *p, uint64_t ns);

#endif /* HSM_SYNC_PACER_H */
