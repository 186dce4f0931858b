/* SPDX-License-Identifier: GPL-2.0 */
/* Transactions submitted at this node, from SUBMIT to their outcome. */
#ifndef HSM_QUEUE_H
#define HSM_QUEUE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include "store.h"

#define HSM_QUEUE_BYTES	(64 * 1024 * 1024)	/* of TLs that wait, per device; then EAGAIN */

struct hsm;

enum hsm_txn_state {
	HSM_TXN_NEW,		/* belongs to the caller of hsm_txn_alloc() */
	HSM_TXN_QUEUED,
	HSM_TXN_CLAIMED,	/* in the slot */
	HSM_TXN_DONE,		/* decided; error, seq, sync_point, version, id are final */
};

/**
 * struct hsm_txn - one transaction submitted here
 * @refs: one for queue or slot, one for whoever waits
 * @state: enum hsm_txn_state
 * @kind: enum hsmrepl_tl_kind
 * @n_ops: operations
 * @ops_len: their bytes
 * @node: in hsm_queue.waiting or hsm_slot.own
 * @by_tid: in hsm_queue.by_tid while queued or claimed
 * @tl: room for the header, then the caller's operations; the claim fills in the header; NULL once done
 * @stages: one per operation: the entry from submit on, the object from the claim on; NULL once done
 * @objects: by how much it would change the number of objects, as foreseen
 * @bytes: by how much it would change their cost, as foreseen
 * @tid: not 0 once queued
 * @error: done: 0 committed, else negative errno
 * @seq: committed
 * @sync_point: committed: after it
 * @version: committed: of the first operation's object after it, 0 for delete
 * @id: committed: of the first operation's object
 * @given_up: the grace time ended while it was claimed: nobody waits, the outcome is pending
 * @async: belongs to the front end, like all below: completes by a record
 * @cookie: for that record
 * @owner: whom to tell; NULL for nobody
 * @owned: in a list of the owner
 */
struct hsm_txn {
	refcount_t refs;
	enum hsm_txn_state state;
	u32 kind;
	u32 n_ops;
	u32 ops_len;
	struct list_head node;
	struct rhash_head by_tid;
	struct hsmrepl_tl *tl;
	struct hsm_stage *stages;
	s64 objects;
	s64 bytes;
	u64 tid;
	int error;
	u64 seq;
	u64 sync_point;
	u64 version;
	u8 id[HSMREPL_ID_LEN];
	bool given_up;
	bool async;
	u64 cookie;
	void *owner;
	struct list_head owned;
};

/**
 * struct hsm_queue - transactions of this node that are not decided
 * @waiting: queued ones, in the order in which they will be claimed
 * @by_tid: queued and claimed ones
 * @n_waiting: in @waiting; written with WRITE_ONCE
 * @bytes_waiting: of their TLs
 * @objects: foreseen change of the number of objects by queued and claimed ones
 * @bytes: foreseen change of their cost
 * @noticed: the agent was told since the last claim that transactions wait
 */
struct hsm_queue {
	struct list_head waiting;
	struct rhashtable by_tid;
	u32 n_waiting;
	u64 bytes_waiting;
	s64 objects;
	s64 bytes;
	bool noticed;
};

int hsm_queue_init(struct hsm_queue *queue);
void hsm_queue_destroy(struct hsm_queue *queue);

/*
 * A transaction for n_ops operations in ops_len bytes, one reference. The caller fills
 * hsm_txn_ops(), then calls hsm_txn_check(); no lock is needed for these. ERR_PTR: EINVAL, EMSGSIZE, ENOMEM.
 */
struct hsm_txn *hsm_txn_alloc(u32 kind, u32 n_ops, u32 ops_len);
void *hsm_txn_ops(struct hsm_txn *txn);
int hsm_txn_check(struct hsm_txn *txn, u32 payload_max);
void hsm_txn_put(struct hsm_txn *txn);

/*
 * Under the lock from here on.
 *
 * hsm_submit() validates and queues; from then on the queue holds a reference of its own.
 * Errors: see "Errors of mutations" in the uapi header; the transaction then is the caller's alone.
 */
int hsm_submit(struct hsm *hsm, struct hsm_txn *txn);
struct hsm_txn *hsm_txn_find(struct hsm *hsm, u64 tid);
/* HSMREPL_IOC_OUTCOME without its waiting: fills the out fields. 0 or -ENOENT. */
int hsm_outcome(struct hsm *hsm, struct hsmrepl_outcome *arg);
/*
 * End of the grace time: queued transactions are aborted with ENOTCONN, claimed ones given up
 * (hsm_ops.done is called for both; they stay in the slot).
 */
void hsm_withdraw(struct hsm *hsm);
/* All queued ones are aborted with -error (a negative errno). */
void hsm_queue_abort(struct hsm *hsm, int error);

/* For the slot. */
void hsm_txn_done(struct hsm *hsm, struct hsm_txn *txn, int error);
void hsm_txn_requeue(struct hsm *hsm, struct hsm_txn *txn);

#endif
