/* SPDX-License-Identifier: GPL-2.0 */
/* What is due when: a heap by time; what is due at the same time keeps its order. */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

enum due_type {
	DUE_TICK,	/* host: EV_TICK */
	DUE_SOON,	/* host: the same, as it wished */
	DUE_RUN,	/* host: events wait in its inbox */
	DUE_READ,	/* host: the device has something to read */
	DUE_FLUSH,	/* host: a flush of its disk ends */
	DUE_IDLE,	/* host: records lie unflushed */
	DUE_START,	/* host: power or agent comes back */
	DUE_GRACE,	/* host: end of the grace time of callers */
	DUE_FRAME,	/* p: frame arrives */
	DUE_CONNECT,	/* nodes try to connect */
	DUE_FORM,	/* the administrator forms the pool */
	DUE_CLIENT,	/* p: a client goes on */
	DUE_TIMEOUT,	/* p: a call has waited long enough */
	DUE_FAULT,	/* next fault */
	DUE_CRASH,	/* host: its agent or its kernel dies */
	DUE_OPERATOR,	/* an administrator looks at the pool */
	DUE_LOOK,	/* he looks once more */
	DUE_FINALISE,	/* an administrator wants the pool finalised */
	DUE_MOVE,	/* an administrator lets a node leave, or join */
	DUE_LIVESYNC,	/* newcomers and donors look at what they are at */
	DUE_NOTE,	/* p: a message of Live-Sync arrives */
	DUE_PHASE,	/* look whether the phase is over */
	DUE_TYPES
};

/**
 * struct due - one entry
 * @at_us: simulated time
 * @order: of two at the same time the lower goes first
 * @type: what
 * @node: host that it is about, 0 for none
 * @life: of that host's power or agent; void if it is not the same any more
 * @p: see the type
 */
struct due {
	uint64_t at_us;
	uint64_t order;
	enum due_type type;
	uint16_t node;
	unsigned int life;
	void *p;
};

struct agenda {
	struct due *heap;
	unsigned int n;
	unsigned int room;
	uint64_t order;
};

/* @due->order is filled in. */
void agenda_add(struct agenda *a, struct due due);
/* False if nothing is due any more. */
bool agenda_next(struct agenda *a, struct due *due);
void agenda_free(struct agenda *a);

#endif /* SIM_AGENDA_H */
