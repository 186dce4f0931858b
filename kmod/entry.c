// SPDX-License-Identifier: GPL-2.0
/* Entries, and the tables that find entries and objects; see entry.h. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "entry.h"

/* What entries are found by. */
struct label_key {
	const char *label;
	u32 len;
};

static u32 label_key_hash(const void *data, u32 len, u32 seed)
{
	const struct label_key *key = data;

	return jhash(key->label, key->len, seed);
}

static u32 label_entry_hash(const void *data, u32 len, u32 seed)
{
	const struct hsm_entry *entry = data;

	return jhash(entry->label, entry->label_len, seed);
}

static int label_compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct label_key *key = arg->key;
	const struct hsm_entry *entry = obj;

	return key->len != entry->label_len || memcmp(key->label, entry->label, key->len);
}

const struct rhashtable_params hsm_label_params = {
	.head_offset = offsetof(struct hsm_entry, by_label),
	.hashfn = label_key_hash,
	.obj_hashfn = label_entry_hash,
	.obj_cmpfn = label_compare,
	.automatic_shrinking = true,
};

/* The object that the slot would leave. Under the lock. */
struct hsm_object *hsm_entry_newest(const struct hsm_entry *entry)
{
	if (entry->touch && entry->touch->stages)
		return entry->touch->staged;
	return rcu_dereference_protected(entry->current_object, true);
}

/* An id is taken while the newest object of some entry bears it. */
static int id_compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct hsm_object *object = obj, *newest;

	if (memcmp(arg->key, object->id, HSMREPL_ID_LEN))
		return 1;
	newest = hsm_entry_newest(object->entry);
	return !newest || memcmp(newest->id, object->id, HSMREPL_ID_LEN);
}

const struct rhashtable_params hsm_id_params = {
	.head_offset = offsetof(struct hsm_object, by_id),
	.key_offset = offsetof(struct hsm_object, id),
	.key_len = HSMREPL_ID_LEN,
	.obj_cmpfn = id_compare,
	.automatic_shrinking = true,
};

struct hsm_entry *hsm_entry_find(struct hsm_store *store, const char *label, u32 label_len)
{
	struct label_key key = { .label = label, .len = label_len };

	return rhashtable_lookup_fast(&store->labels, &key, hsm_label_params);
}

struct hsm_entry *hsm_entry_add(struct hsm_store *store, const char *label, u32 label_len)
{
	struct hsm_entry *entry = kzalloc(struct_size(entry, label, label_len), GFP_KERNEL);

	if (!entry)
		return NULL;
	entry->label_len = label_len;
	memcpy(entry->label, label, label_len);
	if (xa_alloc(&store->entries, &entry->index, entry, xa_limit_32b, GFP_KERNEL))
		goto err_free;
	if (rhashtable_insert_fast(&store->labels, &entry->by_label, hsm_label_params))
		goto err_erase;
	return entry;

err_erase:
	xa_erase(&store->entries, entry->index);
err_free:
	/* A list may have seen it in @entries. */
	kfree_rcu(entry, rcu);
	return NULL;
}

/* Forgets what nothing needs any more: the touch, then the entry. */
void hsm_entry_release(struct hsm_store *store, struct hsm_entry *entry)
{
	struct hsm_touch *touch = entry->touch;

	if (touch && !touch->stages && !touch->queue_ops) {
		entry->touch = NULL;
		kfree(touch);
	}
	if (entry->touch || rcu_access_pointer(entry->current_object))
		return;
	rhashtable_remove_fast(&store->labels, &entry->by_label, hsm_label_params);
	xa_erase(&store->entries, entry->index);
	kfree_rcu(entry, rcu);
}

/* The entry of a label with a touch; made if need be. NULL: no memory. */
struct hsm_entry *hsm_entry_touch(struct hsm_store *store, const struct hsmrepl_op *op)
{
	u32 label_len = le16_to_cpu(op->label_len);
	struct hsm_entry *entry = hsm_entry_find(store, hsm_op_label(op), label_len);

	if (!entry)
		entry = hsm_entry_add(store, hsm_op_label(op), label_len);
	if (!entry || entry->touch)
		return entry;
	entry->touch = kzalloc(sizeof(*entry->touch), GFP_KERNEL);
	if (entry->touch)
		return entry;
	hsm_entry_release(store, entry);
	return NULL;
}

u64 hsm_object_cost(const struct hsm_object *object)
{
	return hsm_cost(object->entry->label_len, object->payload_len);
}

struct hsm_view hsm_object_view(const struct hsm_object *object)
{
	if (!object)
		return (struct hsm_view){ };
	return (struct hsm_view){
		.exists = true,
		.version = object->version,
		.cost = hsm_object_cost(object),
	};
}

/* Makes an object the committed one, or with NULL none, and counts. The old one is let go. */
void hsm_entry_commit(struct hsm_store *store, struct hsm_entry *entry,
		      struct hsm_object *object)
{
	struct hsm_object *old = rcu_dereference_protected(entry->current_object, true);
	u64 objects = store->objects, bytes = store->bytes, digest = store->digest;

	rcu_assign_pointer(entry->current_object, object);
	if (object) {
		objects++;
		bytes += hsm_object_cost(object);
		digest ^= object->digest;
	}
	if (old) {
		objects--;
		bytes -= hsm_object_cost(old);
		digest ^= old->digest;
		hsm_object_put(old);
	}
	WRITE_ONCE(store->objects, objects);
	WRITE_ONCE(store->bytes, bytes);
	WRITE_ONCE(store->digest, digest);
}

/* Under the lock: the object that bears an id, after the batch in the slot; NULL for none. */
struct hsm_object *hsm_id_find(struct hsm_store *store, const u8 *id)
{
	return rhashtable_lookup_fast(&store->ids, id, hsm_id_params);
}

/* 0 or -ENOMEM. */
int hsm_id_add(struct hsm_store *store, struct hsm_object *object)
{
	int err = rhashtable_insert_fast(&store->ids, &object->by_id, hsm_id_params);

	return err ? -ENOMEM : 0;
}

void hsm_id_remove(struct hsm_store *store, struct hsm_object *object)
{
	WARN_ON(rhashtable_remove_fast(&store->ids, &object->by_id, hsm_id_params));
}

/* The next version of an object takes its place. */
void hsm_id_replace(struct hsm_store *store, struct hsm_object *old, struct hsm_object *object)
{
	WARN_ON(rhashtable_replace_fast(&store->ids, &old->by_id, &object->by_id, hsm_id_params));
}
