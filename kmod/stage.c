// SPDX-License-Identifier: GPL-2.0
/* Operations of the undecided batch; see store.h. */
#include <linux/err.h>
#include <linux/errno.h>
#include "entry.h"

/* Adds to the staged counters what a stage changes, or with sign -1 takes it away. */
static void stage_count(struct hsm_store *store, const struct hsm_object *from,
			const struct hsm_object *to, int sign)
{
	store->staged_objects += sign * (!!to - !!from);
	store->staged_bytes += sign * ((to ? (s64)hsm_object_cost(to) : 0) -
				       (from ? (s64)hsm_object_cost(from) : 0));
	store->staged_digest ^= (to ? to->digest : 0) ^ (from ? from->digest : 0);
}

/* The object that an update or create leaves. ERR_PTR: EEXIST, ENOMEM. */
static struct hsm_object *stage_build(struct hsm_store *store, struct hsm_entry *entry,
				      const struct hsmrepl_op *op, u64 version, u64 seq)
{
	const struct hsm_object *base = hsm_entry_newest(entry);
	struct hsm_object *object;
	struct hsm_content content = {
		.label = entry->label,
		.label_len = entry->label_len,
		.payload = hsm_op_payload(op),
		.payload_len = le32_to_cpu(op->payload_len),
		.version = version,
		.seq = seq,
		.attrs = le64_to_cpu(op->attrs),
		.id = base ? base->id : op->id,
		.type = base && !op->type[0] ? base->type : op->type,
	};

	if (!base && hsm_id_find(store, op->id))
		return ERR_PTR(-EEXIST);
	object = hsm_object_build(entry, &content, &store->key);
	if (!object)
		return ERR_PTR(-ENOMEM);
	if (!base)
		hsm_id_add(store, object);
	return object;
}

/**
 * hsm_store_stage() - validate one operation of a batch and take all that applying it needs
 * @store: the store
 * @op: checked operation, complete (see hsm_op_complete())
 * @seq: of its TL
 * @own: hsm_store_expect() counted it; its entry is in @stage
 * @stage: out
 *
 * Operations stage on top of each other in the order of the batch.
 *
 * Return: 0; -EEXIST, -ENOENT, -ESTALE, -ENOSPC, -ENOMEM: nothing was changed.
 */
int hsm_store_stage(struct hsm_store *store, const struct hsmrepl_op *op, u64 seq, bool own,
		    struct hsm_stage *stage)
{
	struct hsm_entry *entry = own ? stage->entry : hsm_entry_touch(store, op);
	struct hsm_object *object = NULL, *base;
	struct hsm_view from, to;
	struct hsm_touch *touch;
	int err;

	if (!entry)
		return -ENOMEM;
	base = hsm_entry_newest(entry);
	from = hsm_object_view(base);
	to = from;
	err = hsm_op_step(op, &to) ?:
	      hsm_store_room(store, to.exists - from.exists, (s64)to.cost - (s64)from.cost);
	if (err)
		goto err_release;
	if (to.exists) {
		object = stage_build(store, entry, op, to.version, seq);
		if (IS_ERR(object)) {
			err = PTR_ERR(object);
			goto err_release;
		}
	}
	touch = entry->touch;
	stage->entry = entry;
	stage->object = object;
	stage->before = touch->staged;
	stage_count(store, base, object, 1);
	touch->staged = object;
	touch->stages++;
	if (!own)
		touch->doubt = touch->queue_ops;
	WRITE_ONCE(entry->undecided, true);
	return 0;

err_release:
	hsm_entry_release(store, entry);
	return err;
}

/* One stage less on its entry; with the last one reads go on. */
static void stage_end(struct hsm_store *store, struct hsm_entry *entry)
{
	struct hsm_touch *touch = entry->touch;

	if (!--touch->stages) {
		touch->staged = NULL;
		/* Pairs with hsm_store_get(). */
		smp_store_release(&entry->undecided, false);
	}
	hsm_entry_release(store, entry);
}

/**
 * hsm_store_unstage() - undo hsm_store_stage(); the newest stage first
 * @store: the store
 * @stage: from hsm_store_stage()
 */
void hsm_store_unstage(struct hsm_store *store, struct hsm_stage *stage)
{
	struct hsm_entry *entry = stage->entry;
	struct hsm_object *object = stage->object, *base;

	entry->touch->staged = stage->before;
	if (entry->touch->stages > 1)
		base = stage->before;
	else
		base = rcu_dereference_protected(entry->current_object, true);
	stage_count(store, base, object, -1);
	if (object) {
		if (!base)
			hsm_id_remove(store, object);
		hsm_object_put(object);
		stage->object = NULL;
	}
	stage_end(store, entry);
}

/**
 * hsm_store_apply() - commit one stage; the oldest first
 * @store: the store
 * @stage: from hsm_store_stage(); its object goes over to the store
 */
void hsm_store_apply(struct hsm_store *store, struct hsm_stage *stage)
{
	struct hsm_object *old = rcu_dereference_protected(stage->entry->current_object, true);
	struct hsm_object *object = stage->object;

	stage_count(store, old, object, -1);
	if (old && object)
		hsm_id_replace(store, old, object);
	else if (old)
		hsm_id_remove(store, old);
	hsm_entry_commit(store, stage->entry, object);
	stage->object = NULL;
}

/**
 * hsm_store_settle() - let reads go on, once the whole batch is applied
 * @store: the store
 * @stage: after hsm_store_apply()
 */
void hsm_store_settle(struct hsm_store *store, struct hsm_stage *stage)
{
	stage_end(store, stage->entry);
}
