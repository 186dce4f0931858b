/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A node's kernel: the module's core, and callers that wait in it. Power off, and all of it is
 * gone.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "hsm.h"
#include "history.h"

/**
 * struct caller - one thread that calls the device, one call at a time
 * @call: what is under way, NULL for nothing
 * @txn: write: its transaction, while it waits
 * @waiting: in machine.getters, or decided: in machine.ready
 */
struct caller {
	struct call *call;
	struct hsm_txn *txn;
	struct list_head waiting;
};

/**
 * struct machine - a kernel
 * @hsm: replica, while @powered
 * @powered: the kernel runs
 * @work: the agent may have something to read
 * @changed: @getters want another try
 * @ready: callers whose transaction is decided or given up
 * @getters: callers whose get waits
 */
struct machine {
	struct hsm hsm;
	bool powered;
	bool work;
	bool changed;
	struct list_head ready;
	struct list_head getters;
};

void machine_on(struct machine *m, u32 grace_ms);
/* No caller may wait any more. */
void machine_off(struct machine *m);

/*
 * A call; 0: it waits, or get: it is done and call->end is set; else the errno with which it
 * ended. Payloads begin with the change's value, @pad bytes follow.
 */
int machine_submit(struct machine *m, struct caller *who, const unsigned int pad[CHANGES_MAX]);
int machine_get(struct machine *m, struct caller *who);

/* The next caller whose transaction ended, NULL for none; @error: 0 or errno. */
struct caller *machine_ended(struct machine *m, int *error);
/* All gets that wait are tried again. Returns the next caller that is done, NULL for none. */
struct caller *machine_retry(struct machine *m, struct list_head *tries, int *error);
/* The caller waits no longer. */
void machine_leave(struct caller *who);

/* The version of a label as committed, 0 if there is none. */
u64 machine_peek(struct machine *m, unsigned int label);

#endif /* SIM_MACHINE_H */
