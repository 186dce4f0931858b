/* SPDX-License-Identifier: GPL-2.0 */
/* Transactions submitted at this node, from SUBMIT to their outcome. */
#ifndef HSM_QUEUE_H
#define HSM_QUEUE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include "store.h"

#define HSM_QUEUE_BYTES	(64 * 1024 * 1024)	/* of TLs that wait, per device; then EAGAIN */
#define HSM_QUEUE_AGENT	16	/* places in the queue for the agent beyond those for callers */

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
 * @tl: room for the header, then the caller's operations; the claim fills in the header; wiped and
 *	freed once done
 * @objects: by how much it would change the number of objects, as foreseen
 * @bytes: by how much it would change their cost, as foreseen
 * @tid: not 0 once queued
 * @error: done: 0 committed, else negative errno
 * @seq: committed
 * @sync_point: committed: after it
 * @version: committed: of the first operation's object after it, 0 for delete
 * @id: committed: of the first operation's object
 * @handed: was in the slot once: only the agent can still tell that it is aborted
 * @given_up: nobody waits any more, the outcome is pending
 * @async: belongs to the front end, like all below: completes by a record
 * @cookie: for that record
 * @owner: whom to tell; NULL for nobody
 * @owned: in a list of the owner
 * @stages: DATA: one per operation: the entry while queued or claimed, the object while claimed
 */
struct hsm_txn {
	refcount_t refs;
	enum hsm_txn_state state;
	u32 kind;
	u32 n_ops;
	u32 ops_len;
	struct list_head node;
	struct hsm_link by_tid;
	struct hsmrepl_tl *tl;
	s64 objects;
	s64 bytes;
	u64 tid;
	int error;
	u64 seq;
	u64 sync_point;
	u64 version;
	u8 id[HSMREPL_ID_LEN];
	bool handed;
	bool given_up;
	bool async;
	u64 cookie;
	void *owner;
	struct list_head owned;
	struct hsm_stage stages[];
};

/**
 * struct hsm_queue - transactions of this node that are not decided
 * @waiting: queued ones, in the order in which they will be claimed
 * @by_tid: queued and claimed ones
 * @n_waiting: in @waiting; written with WRITE_ONCE
 * @bytes_waiting: of their TLs
 * @objects: by how much those in @waiting would change the number of objects, as foreseen
 * @bytes: by how much they would change the cost of all objects
 * @noticed: the agent was told since the last grant that transactions wait
 */
struct hsm_queue {
	struct list_head waiting;
	struct hsm_table by_tid;
	u32 n_waiting;
	u64 bytes_waiting;
	s64 objects;
	s64 bytes;
	bool noticed;
};

int hsm_queue_init(struct hsm_queue *queue);
void hsm_queue_destroy(struct hsm_queue *queue);

/* No lock needed. */

struct hsm_txn *hsm_txn_alloc(u32 kind, u32 n_ops, u32 ops_len);
int hsm_txn_complete(struct hsm_txn *txn, u32 payload_max);
void hsm_txn_put(struct hsm_txn *txn);

/* Where the caller of hsm_txn_alloc() puts ops_len bytes of operations. */
static inline void *hsm_txn_ops(struct hsm_txn *txn)
{
	return hsm_tl_ops(txn->tl);
}

/* Operations on objects, for each of which there is a stage. */
static inline u32 hsm_txn_stages(const struct hsm_txn *txn)
{
	return txn->kind == HSMREPL_TL_DATA ? txn->n_ops : 0;
}

/* Under the lock. */

int hsm_submit(struct hsm *hsm, struct hsm_txn *txn);
int hsm_outcome(struct hsm *hsm, struct hsmrepl_outcome *arg);
void hsm_withdraw(struct hsm *hsm, int error);

/* For slot and load. */

bool hsm_txn_pending(struct hsm *hsm, u64 tid);
void hsm_txn_claim(struct hsm *hsm, struct hsm_txn *txn);
void hsm_txn_requeue(struct hsm *hsm, struct hsm_txn *txn);
void hsm_txn_done(struct hsm *hsm, struct hsm_txn *txn, int error);
void hsm_txn_forget(struct hsm *hsm, struct hsm_txn *txn);

#endif
