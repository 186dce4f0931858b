// SPDX-License-Identifier: GPL-2.0
/* Entries, and the tables that find entries and objects; see entry.h. */
#include <linux/build_bug.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include "entry.h"

static_assert(sizeof(struct hsm_entry) - offsetof(struct hsm_entry, by_label) >= HSM_ITEM_MIN);
static_assert(sizeof(struct hsm_object) - offsetof(struct hsm_object, by_id) >= HSM_ITEM_MIN);

static struct hsm_entry *entry_at(struct hsm_link *link)
{
	return container_of(link, struct hsm_entry, by_label);
}

static struct hsm_object *object_at(struct hsm_link *link)
{
	return container_of(link, struct hsm_object, by_id);
}

u32 hsm_label_hash(const struct hsm_link *link, const struct hsm_hash_key *key)
{
	const struct hsm_entry *entry = container_of(link, struct hsm_entry, by_label);

	return hsm_hash(entry->label, entry->label_len, key);
}

u32 hsm_id_hash(const struct hsm_link *link, const struct hsm_hash_key *key)
{
	return hsm_hash(container_of(link, struct hsm_object, by_id)->id, HSMREPL_ID_LEN, key);
}

/* The object that the slot would leave. Under the lock. */
struct hsm_object *hsm_entry_newest(const struct hsm_entry *entry)
{
	if (entry->touch && entry->touch->stages)
		return entry->touch->staged;
	return rcu_dereference_protected(entry->current_object, true);
}

struct hsm_entry *hsm_entry_find(struct hsm_store *store, const char *label, u32 label_len)
{
	u32 hash = hsm_hash(label, label_len, &store->labels.key);
	struct hsm_entry *entry;
	struct hsm_link *link;
	unsigned int seen;

	do {
		seen = hsm_table_read_begin(&store->labels);
		hsm_table_for_each(link, &store->labels, hash) {
			entry = entry_at(link);
			if (entry->label_len == label_len &&
			    hsm_same(entry->label, label, label_len))
				return entry;
		}
	} while (hsm_table_read_retry(&store->labels, seen));
	return NULL;
}

struct hsm_entry *hsm_entry_add(struct hsm_store *store, const char *label, u32 label_len)
{
	struct hsm_entry *entry = kzalloc(struct_size(entry, label, label_len), GFP_KERNEL);

	if (!entry)
		return NULL;
	entry->label_len = label_len;
	memcpy(entry->label, label, label_len);
	if (xa_alloc(&store->entries, &entry->index, entry, xa_limit_32b, GFP_KERNEL)) {
		kfree(entry);
		return NULL;
	}
	hsm_table_add(&store->labels, &entry->by_label);
	return entry;
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
	hsm_table_remove(&store->labels, &entry->by_label);
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

/* An id is taken while the newest object of some entry bears it. */
static bool bears_id(const struct hsm_object *object, const u8 *id)
{
	const struct hsm_object *newest;

	if (memcmp(object->id, id, HSMREPL_ID_LEN))
		return false;
	newest = hsm_entry_newest(object->entry);
	return newest && !memcmp(newest->id, id, HSMREPL_ID_LEN);
}

/* Under the lock: the object that bears an id, after the batch in the slot; NULL for none. */
struct hsm_object *hsm_id_find(struct hsm_store *store, const u8 *id)
{
	struct hsm_link *link;

	hsm_table_for_each(link, &store->ids, hsm_hash(id, HSMREPL_ID_LEN, &store->ids.key)) {
		if (bears_id(object_at(link), id))
			return object_at(link);
	}
	return NULL;
}

void hsm_id_add(struct hsm_store *store, struct hsm_object *object)
{
	hsm_table_add(&store->ids, &object->by_id);
}

void hsm_id_remove(struct hsm_store *store, struct hsm_object *object)
{
	hsm_table_remove(&store->ids, &object->by_id);
}

/* The next version of an object takes its place. */
void hsm_id_replace(struct hsm_store *store, struct hsm_object *old, struct hsm_object *object)
{
	hsm_table_replace(&store->ids, &old->by_id, &object->by_id);
}
