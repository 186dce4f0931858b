// SPDX-License-Identifier: GPL-2.0
/* The undecided batch; see slot.h. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "hsm.h"

static void slot_move(struct hsm_slot *slot, enum hsm_slot_event event)
{
	int state = hsm_slot_move(slot->state, event);

	if (!WARN_ON(state < 0))
		slot->state = state;
}

/* What the agent's next read has to do, apart from administrative requests. */
enum hsm_work hsm_work(const struct hsm *hsm)
{
	if (!hsm->agent)
		return HSM_WORK_NONE;
	if (hsm->slot.next)
		return HSM_WORK_TLS;
	if (list_empty(&hsm->queue.waiting))
		return HSM_WORK_NONE;
	if (hsm->grant.batch)
		return hsm->slot.state == HSMREPL_SLOT_FREE ? HSM_WORK_CLAIM : HSM_WORK_NONE;
	return hsm->queue.noticed ? HSM_WORK_NONE : HSM_WORK_NOTICE;
}

/**
 * hsm_grant() - HSMREPL_IOC_GRANT
 * @hsm: replica
 * @arg: as in the uapi header
 *
 * Return: 0; -EINVAL: a limit out of its range; -ESTALE: not the epoch in force; -EROFS: this
 * node is not in the node list; -EBUSY: the slot is taken (taking a grant back: by a batch of this
 * node, which was claimed before), or content is being loaded.
 */
int hsm_grant(struct hsm *hsm, const struct hsmrepl_grant *arg)
{
	lockdep_assert_held(&hsm->lock);
	if (!arg->batch) {
		if (hsm->slot.state == HSMREPL_SLOT_CLAIMED)
			return -EBUSY;
		hsm->grant.batch = 0;
		hsm->queue.noticed = false;
		hsm->ops->work(hsm);
		return 0;
	}
	if (!arg->max_tls || arg->max_tls > HSMREPL_BATCH_TLS_MAX ||
	    !arg->max_bytes || arg->max_bytes > HSMREPL_BATCH_MAX)
		return -EINVAL;
	if (arg->epoch != hsm->point.epoch)
		return -ESTALE;
	if (arg->epoch && !hsm_nl_has(&hsm->nl, hsm->node_id))
		return -EROFS;
	if (hsm->loading || hsm->slot.state != HSMREPL_SLOT_FREE)
		return -EBUSY;
	hsm->queue.noticed = false;
	hsm->grant.batch = arg->batch;
	hsm->grant.max_tls = arg->max_tls;
	hsm->grant.max_bytes = arg->max_bytes;
	hsm->ops->work(hsm);
	return 0;
}

/* The newest stage first. */
static void unstage(struct hsm *hsm, struct hsm_stage *stages, u32 n)
{
	while (n)
		hsm_store_unstage(&hsm->store, &stages[--n]);
}

/* Stages the object operations of one TL, all or none. */
static int stage(struct hsm *hsm, const struct hsmrepl_op *op, u32 n, u64 seq, bool own,
		 struct hsm_stage *stages)
{
	u32 i;
	int err;

	for (i = 0; i < n; i++) {
		err = hsm_store_stage(&hsm->store, op, seq, own, &stages[i]);
		if (err) {
			unstage(hsm, stages, i);
			return err;
		}
		op = hsm_op_next(op);
	}
	return 0;
}

/* Id and version that the submitter will be told. */
static void note_result(struct hsm_txn *txn)
{
	const struct hsm_stage *first = &txn->stages[0];
	const struct hsm_object *current_object;

	if (!hsm_txn_stages(txn))
		return;
	txn->version = first->object ? first->object->version : 0;
	current_object = first->object ?: first->before ?:
			 rcu_dereference_protected(first->entry->current_object, true);
	memcpy(txn->id, current_object->id, sizeof(txn->id));
}

/* Makes the transaction a TL on point and takes it into the slot; goes over it. */
static int claim_one(struct hsm *hsm, struct hsm_txn *txn, struct hsm_point *point)
{
	struct hsmrepl_tl *tl = txn->tl;
	int err;

	if (txn->kind == HSMREPL_TL_DATA)
		err = stage(hsm, hsm_txn_ops(txn), txn->n_ops, point->seq + 1, true, txn->stages);
	else
		err = hsm_nl_follows(txn->kind, hsm_tl_nl(tl), &hsm->nl, point->epoch);
	if (err)
		return err;
	note_result(txn);
	tl->len = cpu_to_le32(sizeof(*tl) + txn->ops_len);
	tl->kind = cpu_to_le16(txn->kind);
	tl->tid = cpu_to_le64(txn->tid);
	tl->n_ops = cpu_to_le16(txn->n_ops);
	hsm_tl_cut(tl, point, &hsm->nl, hsm->node_id);
	hsm_point_step(point, tl);
	hsm_txn_claim(hsm, txn);
	return 0;
}

/* Whether the next transaction still goes into a batch of n TLs in bytes. */
static bool batch_takes(const struct hsm *hsm, const struct hsm_txn *txn, u32 n, u64 bytes)
{
	if (!n)
		return true;
	/* A node list changes who votes: such a TL is a batch of its own. */
	return txn->kind == HSMREPL_TL_DATA && n < hsm->grant.max_tls &&
	       bytes + sizeof(*txn->tl) + txn->ops_len <= hsm->grant.max_bytes;
}

/**
 * hsm_claim() - take the slot for a batch of this node
 * @hsm: replica
 *
 * A transaction that does not validate is left for the next batch, or as the first one of its
 * batch, judged by what is committed, completed with its error; with ENOMEM not if other nodes may
 * know of it.
 *
 * Return: 0; -EAGAIN: no grant, slot taken, or nothing is left to claim; -ENOMEM: no memory for
 * a transaction that must not be completed, nothing was claimed.
 */
int hsm_claim(struct hsm *hsm)
{
	struct hsm_point point = hsm->point;
	struct hsm_slot *slot = &hsm->slot;
	struct hsm_txn *txn, *next;
	u64 bytes = 0;
	u32 n = 0;
	int err = 0;

	lockdep_assert_held(&hsm->lock);
	if (!hsm->grant.batch || hsm_slot_move(slot->state, HSM_SLOT_CLAIM) < 0)
		return -EAGAIN;
	list_for_each_entry_safe(txn, next, &hsm->queue.waiting, node) {
		if (!batch_takes(hsm, txn, n, bytes))
			break;
		err = claim_one(hsm, txn, &point);
		/* After others of this batch, which may still be aborted, nothing is refused. */
		if (err && (n || (err == -ENOMEM && txn->handed)))
			break;
		if (err) {
			hsm_txn_done(hsm, txn, err);
			hsm->ops->changed(hsm);
			err = 0;
			continue;
		}
		n++;
		bytes += sizeof(*txn->tl) + txn->ops_len;
		if (txn->kind != HSMREPL_TL_DATA)
			break;
	}
	if (!n)
		return err ?: -EAGAIN;
	slot_move(slot, HSM_SLOT_CLAIM);
	slot->batch = hsm->grant.batch;
	slot->coordinator = hsm->node_id;
	slot->n_tls = n;
	slot->next = list_first_entry(&slot->own, struct hsm_txn, node);
	hsm->grant.batch = 0;
	return 0;
}

/**
 * hsm_claim_peek() - the claimed TL that the agent reads next
 * @hsm: replica
 * @last: out: it is the last one of its batch
 *
 * Return: the TL, stays until hsm_resolve(); NULL: the agent has them all.
 */
const struct hsmrepl_tl *hsm_claim_peek(const struct hsm *hsm, bool *last)
{
	const struct hsm_txn *next = hsm->slot.next;

	if (!next)
		return NULL;
	*last = list_is_last(&next->node, &hsm->slot.own);
	return next->tl;
}

/* The agent has taken it. */
void hsm_claim_consume(struct hsm *hsm)
{
	struct hsm_slot *slot = &hsm->slot;

	if (list_is_last(&slot->next->node, &slot->own))
		slot->next = NULL;
	else
		slot->next = list_next_entry(slot->next, node);
}

/* Whether a batch of another coordinator holds a TID. */
bool hsm_slot_has(const struct hsm *hsm, u64 tid)
{
	const struct hsmrepl_tl *tl = hsm->slot.tls;
	u32 i;

	if (hsm->slot.state != HSMREPL_SLOT_PREPARED)
		return false;
	for (i = 0; i < hsm->slot.n_tls; i++, tl = hsm_tl_next(tl)) {
		if (le64_to_cpu(tl->tid) == tid)
			return true;
	}
	return false;
}

static u32 tl_stages(const struct hsmrepl_tl *tl)
{
	return le16_to_cpu(tl->kind) == HSMREPL_TL_DATA ? le16_to_cpu(tl->n_ops) : 0;
}

/* Form of all TLs of a batch. Object operations in it, or an error. */
static int batch_check(const struct hsm *hsm, const struct hsmrepl_prepare *arg, const void *tls)
{
	const struct hsmrepl_tl *tl = tls;
	size_t left = arg->tls_len;
	int err, stages = 0;
	u32 i;

	if (!arg->batch || !arg->coordinator || arg->coordinator > U16_MAX || !arg->n_tls ||
	    arg->n_tls > HSMREPL_BATCH_TLS_MAX)
		return -EINVAL;
	if (arg->tls_len > HSMREPL_BATCH_MAX)
		return -EMSGSIZE;
	for (i = 0; i < arg->n_tls; i++) {
		err = hsm_tl_check(tl, left, hsm->limits.payload_max);
		if (err)
			return err;
		left -= le32_to_cpu(tl->len);
		stages += tl_stages(tl);
		tl = hsm_tl_next(tl);
	}
	return left ? -EBADMSG : stages;
}

/* Stages all TLs of a batch, or none. */
static int batch_stage(struct hsm *hsm, const struct hsmrepl_tl *tl, u32 n_tls,
		       struct hsm_stage *stages)
{
	const struct hsmrepl_nl *nl = &hsm->nl;
	struct hsm_point point = hsm->point;
	u32 i, n = 0;
	int err;

	for (i = 0; i < n_tls; i++, tl = hsm_tl_next(tl)) {
		err = hsm_tl_fits(tl, &point, nl);
		/* A TID comes once in a history. */
		if (!err && (hsm_txn_pending(hsm, le64_to_cpu(tl->tid)) ||
			     hsm_outcomes_find(&hsm->outcomes, le64_to_cpu(tl->tid))))
			err = -EBADMSG;
		if (!err)
			err = stage(hsm, hsm_tl_ops(tl), tl_stages(tl), le64_to_cpu(tl->seq), false,
				    &stages[n]);
		if (err) {
			unstage(hsm, stages, n);
			return err;
		}
		n += tl_stages(tl);
		hsm_point_step(&point, tl);
		if (le16_to_cpu(tl->kind) != HSMREPL_TL_DATA)
			nl = hsm_tl_nl(tl);
	}
	return 0;
}

/* Where a commit of the slot leads; the chain is kept, to be hashed once. */
static void foretell(struct hsm *hsm, struct hsmrepl_prepare *arg)
{
	struct hsm_slot *slot = &hsm->slot;
	const struct hsmrepl_tl *tl = slot->tls;
	struct hsm_point point = hsm->point;
	u32 i;

	for (i = 0; i < slot->n_tls; i++, tl = hsm_tl_next(tl))
		hsm_point_advance(&point, tl);
	memcpy(slot->chain, point.chain, sizeof(slot->chain));
	slot->foretold = true;
	arg->epoch = point.epoch;
	arg->seq = point.seq;
	arg->sync_point = point.sync_point;
	arg->digest = hsm->store.digest ^ hsm->store.staged_digest;
	memcpy(arg->chain, point.chain, sizeof(arg->chain));
}

/**
 * hsm_prepare() - HSMREPL_IOC_PREPARE
 * @hsm: replica
 * @arg: as in the uapi header; the out fields are filled in on success
 * @tls: arg->tls_len bytes, 8-byte aligned, from kvmalloc(); taken over on success
 *
 * Return: 0 or an error as in the uapi header: nothing was changed then.
 */
int hsm_prepare(struct hsm *hsm, struct hsmrepl_prepare *arg, void *tls)
{
	struct hsm_slot *slot = &hsm->slot;
	struct hsm_stage *stages = NULL;
	int n, err;

	lockdep_assert_held(&hsm->lock);
	if (hsm->loading)
		return -EBUSY;
	err = hsm_slot_move(slot->state, HSM_SLOT_PREPARE);
	if (err < 0)
		return err;
	n = batch_check(hsm, arg, tls);
	if (n < 0)
		return n;
	if (n) {
		stages = kvcalloc(n, sizeof(*stages), GFP_KERNEL);
		if (!stages)
			return -ENOMEM;
	}
	err = batch_stage(hsm, tls, arg->n_tls, stages);
	if (err) {
		kvfree(stages);
		return err;
	}
	slot_move(slot, HSM_SLOT_PREPARE);
	slot->batch = arg->batch;
	slot->coordinator = arg->coordinator;
	slot->n_tls = arg->n_tls;
	slot->tls = tls;
	slot->tls_len = arg->tls_len;
	slot->stages = stages;
	slot->n_stages = n;
	if (arg->size >= sizeof(*arg))
		foretell(hsm, arg);
	return 0;
}

/* Applies one TL. */
static void apply(struct hsm *hsm, const struct hsmrepl_tl *tl, struct hsm_stage *stages,
		  struct hsm_decided *decided)
{
	u64 tid = le64_to_cpu(tl->tid);
	u32 i;

	for (i = 0; i < tl_stages(tl); i++)
		hsm_store_apply(&hsm->store, &stages[i]);
	if (hsm->slot.foretold)
		hsm_point_step(&hsm->point, tl);
	else
		hsm_point_advance(&hsm->point, tl);
	if (le16_to_cpu(tl->kind) != HSMREPL_TL_DATA) {
		hsm->nl = *hsm_tl_nl(tl);
		hsm->grant.batch = 0;
		decided->new_epoch = true;
	}
	hsm_outcomes_add(&hsm->outcomes, tid, 0, hsm->point.seq, hsm->point.sync_point);
	decided->tls++;
	decided->tid = tid;
}

static void settle(struct hsm *hsm, struct hsm_stage *stages, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		hsm_store_settle(&hsm->store, &stages[i]);
}

static void commit(struct hsm *hsm, struct hsm_decided *decided)
{
	struct hsm_slot *slot = &hsm->slot;
	const struct hsmrepl_tl *tl = slot->tls;
	struct hsm_txn *txn;
	u32 i, n = 0;

	list_for_each_entry(txn, &slot->own, node) {
		apply(hsm, txn->tl, txn->stages, decided);
		txn->seq = hsm->point.seq;
		txn->sync_point = hsm->point.sync_point;
	}
	for (i = 0; tl && i < slot->n_tls; i++, tl = hsm_tl_next(tl)) {
		apply(hsm, tl, &slot->stages[n], decided);
		n += tl_stages(tl);
	}
	if (slot->foretold)
		memcpy(hsm->point.chain, slot->chain, sizeof(hsm->point.chain));
	list_for_each_entry(txn, &slot->own, node)
		settle(hsm, txn->stages, hsm_txn_stages(txn));
	settle(hsm, slot->stages, slot->n_stages);
	WRITE_ONCE(hsm->loaded, true);
	hsm_update_readable(hsm);
}

/* The newest first. */
static void undo(struct hsm *hsm)
{
	struct hsm_slot *slot = &hsm->slot;
	struct hsm_txn *txn;

	list_for_each_entry_reverse(txn, &slot->own, node)
		unstage(hsm, txn->stages, hsm_txn_stages(txn));
	unstage(hsm, slot->stages, slot->n_stages);
}

/* After commit or undo, and once @own is empty. */
static void slot_free(struct hsm *hsm, enum hsm_slot_event event)
{
	struct hsm_slot *slot = &hsm->slot;

	WARN_ON(!list_empty(&slot->own));
	slot_move(slot, event);
	kvfree_sensitive(slot->tls, slot->tls_len);
	kvfree(slot->stages);
	slot->tls = NULL;
	slot->tls_len = 0;
	slot->stages = NULL;
	slot->n_stages = 0;
	slot->next = NULL;
	slot->n_tls = 0;
	slot->foretold = false;
	hsm->ops->changed(hsm);
	hsm->ops->work(hsm);
}

static int resolve_check(const struct hsm *hsm, const struct hsmrepl_resolve *arg)
{
	if (arg->resolution < HSMREPL_COMMIT || arg->resolution > HSMREPL_REQUEUE ||
	    arg->error > HSM_ERRNO_MAX)
		return -EINVAL;
	if (hsm_slot_move(hsm->slot.state, HSM_SLOT_RESOLVE) < 0 ||
	    hsm->slot.batch != arg->batch || hsm->slot.coordinator != arg->coordinator)
		return -ENOENT;
	return 0;
}

/**
 * hsm_resolve() - HSMREPL_IOC_RESOLVE
 * @hsm: replica
 * @arg: as in the uapi header; the out fields are filled in on success
 * @decided: out: what was applied
 *
 * Return: 0; -EINVAL; -ENOENT: the slot does not hold that batch.
 */
int hsm_resolve(struct hsm *hsm, struct hsmrepl_resolve *arg, struct hsm_decided *decided)
{
	struct hsm_slot *slot = &hsm->slot;
	struct hsm_txn *txn, *next;
	int err;

	lockdep_assert_held(&hsm->lock);
	*decided = (struct hsm_decided){ };
	err = resolve_check(hsm, arg);
	if (err)
		return err;
	switch ((enum hsmrepl_resolution)arg->resolution) {
	case HSMREPL_COMMIT:
		commit(hsm, decided);
		break;
	case HSMREPL_ABORT:
	case HSMREPL_REQUEUE:
		undo(hsm);
		break;
	}
	if (arg->resolution == HSMREPL_ABORT)
		err = arg->error ? -(int)arg->error : -ECANCELED;
	list_for_each_entry_safe_reverse(txn, next, &slot->own, node) {
		if (arg->resolution == HSMREPL_REQUEUE)
			hsm_txn_requeue(hsm, txn);
	}
	list_for_each_entry_safe(txn, next, &slot->own, node)
		hsm_txn_done(hsm, txn, err);
	slot_free(hsm, HSM_SLOT_RESOLVE);
	arg->epoch = hsm->point.epoch;
	arg->seq = hsm->point.seq;
	arg->sync_point = hsm->point.sync_point;
	arg->digest = hsm->store.digest;
	memcpy(arg->chain, hsm->point.chain, sizeof(arg->chain));
	return 0;
}

/**
 * hsm_slot_drop() - forget the slot without a decision
 * @hsm: replica
 *
 * Content is replaced or torn down. The slot's own transactions are forgotten with it.
 */
void hsm_slot_drop(struct hsm *hsm)
{
	struct hsm_txn *txn, *next;

	if (hsm->slot.state == HSMREPL_SLOT_FREE)
		return;
	undo(hsm);
	list_for_each_entry_safe(txn, next, &hsm->slot.own, node)
		hsm_txn_forget(hsm, txn);
	slot_free(hsm, HSM_SLOT_DROP);
}
