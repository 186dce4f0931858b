/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that wait for their step, bounded, with copies of what they point to. First in, first out;
 * only what a device call came to goes before all others: until the core has heard it, it would
 * judge them by what the device was before.
 */
#ifndef HSM_PUMP_INBOX_H
#define HSM_PUMP_INBOX_H

#include "../core/step.h"

#define INBOX_EVENTS_MAX 4096
/*
 * Events of the node's own devices, which cannot be refused, find this much room when frames do
 * not.
 */
#define INBOX_RESERVE 1024
#define INBOX_BYTES_MAX (32u << 20)	/* of all that events point to */

struct inbox;

/* Returns NULL without memory. */
struct inbox *inbox_new(void);
void inbox_free(struct inbox *in);

/**
 * inbox_put() - append one event
 * @in: inbox
 * @ev: copied, with what data, position and nl point to; recovery must be NULL
 *
 * While an event taken by inbox_get() is in use, only events without data and nl may be put: its
 * own data must stay where it is.
 *
 * Returns false if there is no room: for EV_MESSAGE when only the reserve is left, for others never
 * (that is an assertion).
 */
bool inbox_put(struct inbox *in, const struct event *ev);

/* Has inbox_get() something? */
bool inbox_waits(const struct inbox *in);

/**
 * inbox_get() - take the oldest result of a device call, or else the oldest event
 * @in: inbox
 * @ev: filled in; what it points to stays until the next call
 * Returns false if there is none; the event taken before is then given back.
 */
bool inbox_get(struct inbox *in, struct event *ev);

#endif /* HSM_PUMP_INBOX_H */
