// SPDX-License-Identifier: GPL-2.0
/* Transactions of this node; see queue.h. */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include "hsm.h"

static_assert(sizeof(struct hsm_txn) - offsetof(struct hsm_txn, by_tid) >= HSM_ITEM_MIN);

static u64 tid_at(const struct hsm_link *link)
{
	return container_of(link, struct hsm_txn, by_tid)->tid;
}

/* TIDs of this node are drawn at random: their low bits are a hash. */
static u32 tid_hash(const struct hsm_link *link, const struct hsm_hash_key *key)
{
	return tid_at(link);
}

/**
 * hsm_queue_init() - an empty queue
 * @queue: to be set up
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_queue_init(struct hsm_queue *queue)
{
	*queue = (struct hsm_queue){ };
	INIT_LIST_HEAD(&queue->waiting);
	return hsm_table_init(&queue->by_tid, tid_hash);
}

/* It is empty. */
void hsm_queue_destroy(struct hsm_queue *queue)
{
	WARN_ON(queue->n_waiting || queue->bytes_waiting || queue->objects || queue->bytes);
	hsm_table_destroy(&queue->by_tid);
}

/**
 * hsm_txn_alloc() - room for a transaction
 * @kind: enum hsmrepl_tl_kind
 * @n_ops: operations
 * @ops_len: their bytes
 *
 * The caller fills hsm_txn_ops(), then calls hsm_txn_complete(), then hsm_submit().
 *
 * Return: one reference. ERR_PTR: EINVAL, EMSGSIZE, ENOMEM.
 */
struct hsm_txn *hsm_txn_alloc(u32 kind, u32 n_ops, u32 ops_len)
{
	struct hsm_txn *txn;

	if (!n_ops)
		return ERR_PTR(-EINVAL);
	if (n_ops > HSMREPL_OPS_MAX || ops_len > HSMREPL_TL_MAX - sizeof(struct hsmrepl_tl))
		return ERR_PTR(-EMSGSIZE);
	txn = kzalloc(struct_size(txn, stages, n_ops), GFP_KERNEL);
	if (!txn)
		return ERR_PTR(-ENOMEM);
	txn->tl = kvmalloc(sizeof(*txn->tl) + ops_len, GFP_KERNEL);
	if (!txn->tl) {
		kfree(txn);
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&txn->refs, 1);
	txn->kind = kind;
	txn->n_ops = n_ops;
	txn->ops_len = ops_len;
	INIT_LIST_HEAD(&txn->node);
	INIT_LIST_HEAD(&txn->owned);
	return txn;
}

static u32 tl_len(const struct hsm_txn *txn)
{
	return sizeof(*txn->tl) + txn->ops_len;
}

static void tl_free(struct hsm_txn *txn)
{
	kvfree_sensitive(txn->tl, tl_len(txn));
	txn->tl = NULL;
}

/**
 * hsm_txn_complete() - judge the operations, draw ids
 * @txn: filled
 * @payload_max: bytes of one payload
 *
 * Return: 0 or an error of hsm_ops_check().
 */
int hsm_txn_complete(struct hsm_txn *txn, u32 payload_max)
{
	struct hsmrepl_op *op = hsm_txn_ops(txn);
	u8 id[HSMREPL_ID_LEN];
	u32 i;
	int err;

	err = hsm_ops_check(txn->kind, op, txn->ops_len, txn->n_ops, payload_max);
	if (err)
		return err;
	for (i = 0; i < txn->n_ops; i++) {
		if (le16_to_cpu(op->code) == HSMREPL_OP_CREATE) {
			memcpy(id, op->id, sizeof(id));
			while (hsm_id_is_zero(id))
				get_random_bytes(id, sizeof(id));
			hsm_op_complete(op, id);
		}
		op = (struct hsmrepl_op *)hsm_op_next(op);
	}
	return 0;
}

/**
 * hsm_txn_put() - give a reference back
 * @txn: no longer used by the caller
 */
void hsm_txn_put(struct hsm_txn *txn)
{
	if (!refcount_dec_and_test(&txn->refs))
		return;
	if (txn->tl)
		tl_free(txn);
	kfree(txn);
}

static void waiting_count(struct hsm_queue *queue, const struct hsm_txn *txn, int sign)
{
	WRITE_ONCE(queue->n_waiting, queue->n_waiting + sign);
	queue->bytes_waiting += sign * (s64)tl_len(txn);
	queue->objects += sign * txn->objects;
	queue->bytes += sign * txn->bytes;
}

static int submit_allowed(const struct hsm *hsm, const struct hsm_txn *txn)
{
	if (!hsm->agent)
		return -ENOTCONN;
	if (hsm->state == HSMREPL_REMOVED || hsm->state == HSMREPL_DIVERGED ||
	    hsm->state == HSMREPL_HALTED)
		return -EROFS;
	if (txn->kind != HSMREPL_TL_DATA) {
		if (hsm->loading)
			return -EBUSY;
		return hsm_nl_follows(txn->kind, hsm_op_payload(hsm_tl_ops(txn->tl)), &hsm->nl,
				      hsm->point.epoch);
	}
	/* Until the agent has loaded content, nobody knows whether this node is in a pool. */
	if (!hsm->loaded)
		return -ENOTCONN;
	/* A learner holds the content of a pool, whose list is without this node. */
	return hsm_nl_has(&hsm->nl, hsm->node_id) ? 0 : -ENONET;
}

static int queue_room(const struct hsm *hsm, const struct hsm_txn *txn)
{
	/* The agent's own must pass a queue that callers have filled. */
	u32 max = hsm->limits.queue_max + (txn->kind == HSMREPL_TL_DATA ? 0 : HSM_QUEUE_AGENT);

	if (hsm->queue.n_waiting >= max ||
	    hsm->queue.bytes_waiting + tl_len(txn) > HSM_QUEUE_BYTES)
		return -EAGAIN;
	return 0;
}

/* The entries let go of the first n operations. */
static void unexpect(struct hsm *hsm, struct hsm_txn *txn, u32 n, bool doubt)
{
	u32 i;

	for (i = 0; i < n; i++)
		hsm_store_unexpect(&hsm->store, txn->stages[i].entry, doubt);
}

/*
 * Foresees one operation. A refusal that rests on what is committed is final and told at once. One
 * that rests on what may still be aborted is not: the operation is left to the claim, which judges
 * it when all before it is decided.
 */
static int expect_op(struct hsm *hsm, struct hsm_txn *txn, const struct hsmrepl_op *op,
		     struct hsm_stage *stage)
{
	struct hsm_view before, after;
	enum hsm_ground ground;
	bool doubt;
	int err;

	err = hsm_store_foresee(&hsm->store, op, &before, &ground);
	after = before;
	if (!err && ground != HSM_GROUND_NONE)
		err = hsm_op_step(op, &after);
	if (err && ground == HSM_GROUND_COMMITTED && !hsm_readable(hsm, false))
		return err;
	doubt = err || ground == HSM_GROUND_NONE;
	if (!doubt) {
		txn->objects += after.exists - before.exists;
		txn->bytes += (s64)after.cost - (s64)before.cost;
	}
	stage->entry = hsm_store_expect(&hsm->store, op, &after, doubt);
	return stage->entry ? 0 : -ENOMEM;
}

/* Validates against what is committed and what comes before it. */
static int expect(struct hsm *hsm, struct hsm_txn *txn)
{
	const struct hsmrepl_op *op = hsm_txn_ops(txn);
	struct hsm_queue *queue = &hsm->queue;
	u32 i, n = hsm_txn_stages(txn);
	int err;

	for (i = 0; i < n; i++) {
		err = expect_op(hsm, txn, op, &txn->stages[i]);
		if (err)
			goto err_unexpect;
		op = hsm_op_next(op);
	}
	err = hsm_store_room(&hsm->store, txn->objects > 0 ? queue->objects + txn->objects : 0,
			     txn->bytes > 0 ? queue->bytes + txn->bytes : 0);
	if (err)
		goto err_unexpect;
	return 0;

err_unexpect:
	unexpect(hsm, txn, i, true);
	return err;
}

/* Whether a TID is undecided or among the known outcomes here. */
static bool tid_known(struct hsm *hsm, u64 tid)
{
	return hsm_txn_pending(hsm, tid) || hsm_slot_has(hsm, tid) ||
	       hsm_outcomes_find(&hsm->outcomes, tid);
}

/**
 * hsm_submit() - validate and queue a transaction
 * @hsm: replica
 * @txn: passed hsm_txn_complete(); its owner, async and cookie are set
 *
 * On success the queue holds a reference of its own, and tid is set.
 *
 * Return: 0 or an error of mutations (uapi header); then the transaction is the caller's alone.
 */
int hsm_submit(struct hsm *hsm, struct hsm_txn *txn)
{
	int err;

	lockdep_assert_held(&hsm->lock);
	err = submit_allowed(hsm, txn) ?: queue_room(hsm, txn) ?: expect(hsm, txn);
	if (err)
		return err;
	do {
		txn->tid = get_random_u64();
	} while (!txn->tid || tid_known(hsm, txn->tid));
	hsm_table_add(&hsm->queue.by_tid, &txn->by_tid);
	refcount_inc(&txn->refs);
	txn->state = HSM_TXN_QUEUED;
	list_add_tail(&txn->node, &hsm->queue.waiting);
	waiting_count(&hsm->queue, txn, 1);
	hsm->ops->work(hsm);
	return 0;
}

/* Whether a transaction of this node is queued or claimed. */
bool hsm_txn_pending(struct hsm *hsm, u64 tid)
{
	struct hsm_link *link;

	hsm_table_for_each(link, &hsm->queue.by_tid, (u32)tid) {
		if (tid_at(link) == tid)
			return true;
	}
	return false;
}

/**
 * hsm_outcome() - HSMREPL_IOC_OUTCOME, without its waiting
 * @hsm: replica
 * @arg: fills in the out fields
 *
 * Return: 0; -ENOENT: not known here.
 */
int hsm_outcome(struct hsm *hsm, struct hsmrepl_outcome *arg)
{
	const struct hsm_outcome *known;

	lockdep_assert_held(&hsm->lock);
	arg->error = 0;
	arg->seq = 0;
	arg->sync_point = 0;
	if (hsm_txn_pending(hsm, arg->tid) || hsm_slot_has(hsm, arg->tid)) {
		arg->outcome = HSMREPL_OUTCOME_PENDING;
		return 0;
	}
	known = arg->tid ? hsm_outcomes_find(&hsm->outcomes, arg->tid) : NULL;
	if (!known)
		return -ENOENT;
	arg->outcome = known->error ? HSMREPL_OUTCOME_ABORTED : HSMREPL_OUTCOME_COMMITTED;
	arg->error = -known->error;
	arg->seq = known->seq;
	arg->sync_point = known->sync_point;
	return 0;
}

/* Moves the first waiting one into the slot, once it is staged. */
void hsm_txn_claim(struct hsm *hsm, struct hsm_txn *txn)
{
	waiting_count(&hsm->queue, txn, -1);
	txn->state = HSM_TXN_CLAIMED;
	txn->handed = true;
	list_move_tail(&txn->node, &hsm->slot.own);
}

/* Back to the head; call for the last one of a batch first. Its stages are undone. */
void hsm_txn_requeue(struct hsm *hsm, struct hsm_txn *txn)
{
	txn->state = HSM_TXN_QUEUED;
	list_move(&txn->node, &hsm->queue.waiting);
	waiting_count(&hsm->queue, txn, 1);
}

/* Takes a transaction out of queue and tables; the core's reference goes to the caller. */
static void txn_leave(struct hsm *hsm, struct hsm_txn *txn, bool doubt)
{
	if (txn->state == HSM_TXN_QUEUED)
		waiting_count(&hsm->queue, txn, -1);
	txn->state = HSM_TXN_DONE;
	list_del_init(&txn->node);
	hsm_table_remove(&hsm->queue.by_tid, &txn->by_tid);
	unexpect(hsm, txn, hsm_txn_stages(txn), doubt);
	tl_free(txn);
}

/* Once. */
static void tell_owner(struct hsm *hsm, struct hsm_txn *txn)
{
	if (txn->owner)
		hsm->ops->done(hsm, txn);
	txn->owner = NULL;
}

/**
 * hsm_txn_done() - a transaction is decided
 * @hsm: replica
 * @txn: queued, or claimed with its stages settled or undone
 * @error: 0 committed, with its seq and sync_point set; else negative errno
 */
void hsm_txn_done(struct hsm *hsm, struct hsm_txn *txn, int error)
{
	txn_leave(hsm, txn, error);
	txn->error = error;
	if (error)
		hsm_outcomes_add(&hsm->outcomes, txn->tid, error, 0, 0);
	tell_owner(hsm, txn);
	hsm_txn_put(txn);
}

/* Its owner, if any, is told that the outcome is pending. */
static void give_up(struct hsm *hsm, struct hsm_txn *txn)
{
	txn->given_up = true;
	tell_owner(hsm, txn);
}

/**
 * hsm_txn_forget() - let go of a transaction whose outcome cannot be known here any more
 * @hsm: replica
 * @txn: queued, or claimed with its stages undone
 */
void hsm_txn_forget(struct hsm *hsm, struct hsm_txn *txn)
{
	txn_leave(hsm, txn, true);
	txn->error = -EINPROGRESS;
	give_up(hsm, txn);
	hsm_txn_put(txn);
}

/**
 * hsm_withdraw() - nobody shall wait any longer
 * @hsm: replica
 * @error: negative errno for transactions that no other node can know of: these are aborted
 *
 * All others, in the slot or back from it, stay where they are; their owners are told that
 * the outcome is pending.
 */
void hsm_withdraw(struct hsm *hsm, int error)
{
	struct hsm_txn *txn, *next;

	lockdep_assert_held(&hsm->lock);
	list_for_each_entry(txn, &hsm->slot.own, node)
		give_up(hsm, txn);
	list_for_each_entry_safe(txn, next, &hsm->queue.waiting, node) {
		if (txn->handed)
			give_up(hsm, txn);
		else
			hsm_txn_done(hsm, txn, error);
	}
	hsm->ops->changed(hsm);
}
