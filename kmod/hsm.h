/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One replica: the state behind one device node.
 *
 * format.c core.c object.c table.c entry.c store.c stage.c outcome.c queue.c slot.c load.c hsm.c
 * make it up; they compile in the kernel and, behind tests/shim, in userspace. Front ends (device.c
 * here, the software device) bring callers' memory, waiting and permissions.
 */
#ifndef HSM_HSM_H
#define HSM_HSM_H

#include <linux/mutex.h>
#include "core.h"
#include "outcome.h"
#include "queue.h"
#include "slot.h"
#include "store.h"

#define HSM_ERRNO_MAX	4095	/* as in the kernel's ERR_PTR */

/**
 * struct hsm_limits - what a device takes
 * @payload_max: bytes of one payload, up to HSMREPL_PAYLOAD_MAX
 * @queue_max: transactions in the queue
 * @grace_ms: how long callers wait on for an agent that went away
 * @outcomes: outcomes kept, HSM_OUTCOMES unless many replicas share a process
 * @objects_max: committed objects
 * @bytes_max: their cost
 */
struct hsm_limits {
	u32 payload_max;
	u32 queue_max;
	u32 grace_ms;
	u32 outcomes;
	u64 objects_max;
	u64 bytes_max;
};

/**
 * struct hsm_ops - facts for the front end; called under the lock, must not call back or sleep
 * @done: a transaction with an owner was decided (state HSM_TXN_DONE) or given up (given_up: its
 *	outcome is pending): wake its caller or queue a completion record. The owner is then
 *	cleared: there is no second call
 * @work: the agent may have something to read
 * @changed: point or state changed, or the slot was resolved: look again (get, state, outcome)
 */
struct hsm_ops {
	void (*done)(struct hsm *hsm, struct hsm_txn *txn);
	void (*work)(struct hsm *hsm);
	void (*changed)(struct hsm *hsm);
};

/**
 * struct hsm - one replica
 * @lock: see below
 * @ops: of the front end
 * @limits: fixed
 * @minor: instance number
 * @store: committed objects
 * @queue: transactions that wait
 * @slot: undecided batch
 * @grant: leave to claim
 * @outcomes: newest fates
 * @point: place in the history
 * @nl: node list in force; all zero at epoch 0
 * @state: enum hsmrepl_node_state, as reported
 * @mode: enum hsmrepl_mode
 * @node_id: 0 before an agent ever attached
 * @nodes_up: as reported
 * @agent: one is attached
 * @loaded: content is complete (LOAD END came, or something was applied)
 * @loading: between LOAD BEGIN and END
 * @readable: see hsm_readable()
 * @name: of this node
 * @last_error: as reported
 *
 * Locking: @lock guards everything here but what struct hsm_store says needs no lock, and
 * @readable and @loaded, which are written under it and read anywhere. Nothing is copied from or
 * to a caller's memory under it.
 */
struct hsm {
	struct mutex lock;
	const struct hsm_ops *ops;
	struct hsm_limits limits;
	u32 minor;
	struct hsm_store store;
	struct hsm_queue queue;
	struct hsm_slot slot;
	struct hsm_grant grant;
	struct hsm_outcomes outcomes;
	struct hsm_point point;
	struct hsmrepl_nl nl;
	u32 state;
	u32 mode;
	u32 node_id;
	u32 nodes_up;
	bool agent;
	bool loaded;
	bool loading;
	int readable;
	char name[HSMREPL_NAME_MAX];
	char last_error[HSMREPL_ERROR_MAX];
};

int hsm_init(struct hsm *hsm, u32 minor, const struct hsm_limits *limits,
	     const struct hsm_ops *ops);
void hsm_destroy(struct hsm *hsm);

/* Under the lock. */

void hsm_info(const struct hsm *hsm, struct hsmrepl_info *arg);
void hsm_state(const struct hsm *hsm, struct hsmrepl_state *arg);
int hsm_attach(struct hsm *hsm, struct hsmrepl_attach *arg);
void hsm_detach(struct hsm *hsm);
int hsm_report(struct hsm *hsm, const struct hsmrepl_report *arg, bool *new_state);
int hsm_load(struct hsm *hsm, const struct hsmrepl_load *arg, const void *entries,
	     const struct hsmrepl_nl *nl);
void hsm_drop_content(struct hsm *hsm);
void hsm_update_readable(struct hsm *hsm);

/*
 * Whether a get may answer from committed content. 0: yes. -EAGAIN: not while an agent starts or
 * catches up: the pool may be ahead of this node; GET waits as for an undecided batch. -ENOTCONN:
 * nothing is loaded, and no agent is there to do so. A caller that wants the last committed version
 * (@committed) takes what is loaded, whatever the pool holds. No lock needed.
 */
static inline int hsm_readable(const struct hsm *hsm, bool committed)
{
	return committed && READ_ONCE(hsm->loaded) ? 0 : READ_ONCE(hsm->readable);
}

#endif
