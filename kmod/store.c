// SPDX-License-Identifier: GPL-2.0
/* Objects; see store.h. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "entry.h"

#define SCAN_MAX	1024	/* entries that a list looks at in one go */

/**
 * hsm_store_init() - an empty store
 * @store: to be set up
 * @objects_max: committed objects
 * @bytes_max: their cost
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_store_init(struct hsm_store *store, u64 objects_max, u64 bytes_max)
{
	int err;

	*store = (struct hsm_store){ .objects_max = objects_max, .bytes_max = bytes_max };
	err = hsm_table_init(&store->labels, hsm_label_hash);
	if (err)
		return err;
	err = hsm_table_init(&store->ids, hsm_id_hash);
	if (err) {
		hsm_table_destroy(&store->labels);
		return err;
	}
	xa_init_flags(&store->entries, XA_FLAGS_ALLOC);
	return 0;
}

/* Drops the committed object of an entry that nothing touches, and the entry. */
static void entry_drop(struct hsm_store *store, struct hsm_entry *entry)
{
	struct hsm_object *object = rcu_dereference_protected(entry->current_object, true);

	WARN_ON(entry->touch || !object);
	hsm_id_remove(store, object);
	hsm_entry_commit(store, entry, NULL);
	hsm_entry_release(store, entry);
}

/**
 * hsm_store_clear() - drop all entries; the key stays
 * @store: nothing may be staged or queued
 */
void hsm_store_clear(struct hsm_store *store)
{
	struct hsm_entry *entry;
	unsigned long index;

	xa_for_each(&store->entries, index, entry) {
		entry_drop(store, entry);
		cond_resched();
	}
	WARN_ON(store->objects || store->bytes || store->digest);
}

void hsm_store_destroy(struct hsm_store *store)
{
	hsm_store_clear(store);
	xa_destroy(&store->entries);
	hsm_table_destroy(&store->ids);
	hsm_table_destroy(&store->labels);
	memzero_explicit(&store->key, sizeof(store->key));
}

/* A reference to the committed object; NULL for none. Under rcu_read_lock(). */
static inline struct hsm_object *entry_get(const struct hsm_entry *entry)
{
	struct hsm_object *object;

	do {
		object = rcu_dereference(entry->current_object);
	} while (object && !refcount_inc_not_zero(&object->refs));
	return object;
}

/**
 * hsm_store_get() - the committed object of a label
 * @store: the store
 * @label: label
 * @label_len: bytes
 * @undecided: out, also when there is no object: the slot holds an operation on the label. Wait for
 *	hsm_ops.changed and look again, unless the last committed version is wanted
 *
 * Return: a reference, NULL for none.
 */
struct hsm_object *hsm_store_get(struct hsm_store *store, const char *label, u32 label_len,
				 bool *undecided)
{
	struct hsm_object *object = NULL;
	struct hsm_entry *entry;

	*undecided = false;
	rcu_read_lock();
	entry = hsm_entry_find(store, label, label_len);
	if (entry) {
		/* Pairs with hsm_store_settle(): once decided, the new object is seen. */
		*undecided = smp_load_acquire(&entry->undecided);
		object = entry_get(entry);
	}
	rcu_read_unlock();
	return object;
}

/*
 * Looks at up to SCAN_MAX entries from *cursor on. True: *object is a reference to the first object
 * whose label begins with prefix, *entry its entry; or *object stays NULL, at the end. Under
 * rcu_read_lock().
 */
static bool list_scan(struct hsm_store *store, u64 *cursor, const char *prefix, u32 prefix_len,
		      struct hsm_entry **entry, struct hsm_object **object)
{
	unsigned long index = *cursor;
	u32 scanned = 0;

	xa_for_each_start(&store->entries, index, *entry, index) {
		*cursor = index + 1;
		if ((*entry)->label_len >= prefix_len &&
		    !memcmp((*entry)->label, prefix, prefix_len)) {
			*object = entry_get(*entry);
			if (*object)
				return true;
		}
		if (++scanned == SCAN_MAX)
			return false;
	}
	return true;
}

/**
 * hsm_store_list_next() - walk the committed objects
 * @store: the store
 * @cursor: in and out; 0 to begin
 * @prefix: labels must begin with it
 * @prefix_len: bytes, 0 for all
 * @label: out, HSMREPL_LABEL_MAX bytes of room
 * @label_len: out
 *
 * Return: a reference to the next object, NULL at the end.
 */
struct hsm_object *hsm_store_list_next(struct hsm_store *store, u64 *cursor, const char *prefix,
				       u32 prefix_len, char *label, u32 *label_len)
{
	struct hsm_object *object = NULL;
	struct hsm_entry *entry = NULL;
	bool found = false;

	while (!found && *cursor <= U32_MAX) {
		rcu_read_lock();
		found = list_scan(store, cursor, prefix, prefix_len, &entry, &object);
		if (object) {
			*label_len = entry->label_len;
			memcpy(label, entry->label, entry->label_len);
		}
		rcu_read_unlock();
		cond_resched();
	}
	return object;
}

/**
 * hsm_store_foresee() - what an operation would meet after slot and queue
 * @store: the store
 * @op: checked operation
 * @view: out
 * @ground: out: what @view rests on
 *
 * Return: 0; -EEXIST: a create's id is taken by another object, and that is committed.
 */
int hsm_store_foresee(struct hsm_store *store, const struct hsmrepl_op *op,
		      struct hsm_view *view, enum hsm_ground *ground)
{
	struct hsm_entry *entry;
	struct hsm_object *same_id;

	*ground = HSM_GROUND_COMMITTED;
	*view = (struct hsm_view){ };
	if (!hsm_id_is_zero(op->id)) {
		same_id = hsm_id_find(store, op->id);
		if (same_id && !same_id->entry->touch)
			return -EEXIST;
	}
	entry = hsm_entry_find(store, hsm_op_label(op), le16_to_cpu(op->label_len));
	if (!entry)
		return 0;
	if (!entry->touch) {
		*view = hsm_object_view(rcu_dereference_protected(entry->current_object, true));
	} else if (entry->touch->queue_ops && !entry->touch->doubt) {
		*view = entry->touch->queued;
		*ground = HSM_GROUND_QUEUED;
	} else {
		*ground = HSM_GROUND_NONE;
	}
	return 0;
}

/**
 * hsm_store_expect() - count an operation of the queue on its entry
 * @store: the store
 * @op: checked operation
 * @view: the object after it, unless @doubt
 * @doubt: @view is worth nothing: the claim will judge
 *
 * Return: the entry, which stays until hsm_store_unexpect(); NULL: no memory.
 */
struct hsm_entry *hsm_store_expect(struct hsm_store *store, const struct hsmrepl_op *op,
				   const struct hsm_view *view, bool doubt)
{
	struct hsm_entry *entry = hsm_entry_touch(store, op);

	if (!entry)
		return NULL;
	entry->touch->queue_ops++;
	entry->touch->queued = *view;
	entry->touch->doubt = doubt;
	return entry;
}

/**
 * hsm_store_unexpect() - the operation was decided or dropped
 * @store: the store
 * @entry: from hsm_store_expect()
 * @doubt: it did not happen: what the queue expects behind it is unsure
 */
void hsm_store_unexpect(struct hsm_store *store, struct hsm_entry *entry, bool doubt)
{
	entry->touch->queue_ops--;
	entry->touch->doubt |= doubt;
	hsm_entry_release(store, entry);
}

/**
 * hsm_store_room() - whether content may grow
 * @store: the store
 * @objects: by so many objects beyond what is committed and staged
 * @bytes: by so much cost
 *
 * What does not grow always has room. Return: 0 or -ENOSPC.
 */
int hsm_store_room(const struct hsm_store *store, s64 objects, s64 bytes)
{
	if (objects > 0 && store->objects + store->staged_objects + objects > store->objects_max)
		return -ENOSPC;
	if (bytes > 0 && store->bytes + store->staged_bytes + bytes > store->bytes_max)
		return -ENOSPC;
	return 0;
}

/**
 * hsm_store_fetch() - have at hand what is about to be looked up
 * @store: the store
 * @label: label
 * @label_len: bytes
 * @id: HSMREPL_ID_LEN bytes
 * @items: what is in the buckets; in an earlier round, the buckets
 */
void hsm_store_fetch(struct hsm_store *store, const char *label, u32 label_len, const u8 *id,
		     bool items)
{
	hsm_table_fetch(&store->labels, hsm_hash(label, label_len, &store->labels.key), items);
	hsm_table_fetch(&store->ids, hsm_hash(id, HSMREPL_ID_LEN, &store->ids.key), items);
}

/**
 * hsm_store_load() - add one restored object
 * @store: the store
 * @data: passed hsm_load_entry_check()
 *
 * Return: 0; -EEXIST: label or id stand there already; -ENOSPC, -ENOMEM.
 */
int hsm_store_load(struct hsm_store *store, const struct hsmrepl_load_entry *data)
{
	struct hsm_content content = {
		.label = (const char *)(data + 1),
		.label_len = le16_to_cpu(data->label_len),
		.payload = (const u8 *)(data + 1) + le16_to_cpu(data->label_len),
		.payload_len = le32_to_cpu(data->payload_len),
		.version = le64_to_cpu(data->version),
		.seq = le64_to_cpu(data->seq),
		.attrs = le64_to_cpu(data->attrs),
		.id = data->id,
		.type = data->type,
	};
	struct hsm_object *object;
	struct hsm_entry *entry;

	if (hsm_store_room(store, 1, hsm_cost(content.label_len, content.payload_len)))
		return -ENOSPC;
	if (hsm_entry_find(store, content.label, content.label_len) ||
	    hsm_id_find(store, content.id))
		return -EEXIST;
	entry = hsm_entry_add(store, content.label, content.label_len);
	if (!entry)
		return -ENOMEM;
	object = hsm_object_build(entry, &content, &store->key);
	if (!object) {
		hsm_entry_release(store, entry);
		return -ENOMEM;
	}
	hsm_id_add(store, object);
	hsm_entry_commit(store, entry, object);
	return 0;
}

/**
 * hsm_store_unload() - take back hsm_store_load()
 * @store: the store
 * @data: an object that was added
 */
void hsm_store_unload(struct hsm_store *store, const struct hsmrepl_load_entry *data)
{
	struct hsm_entry *entry = hsm_entry_find(store, (const char *)(data + 1),
					     le16_to_cpu(data->label_len));

	if (!WARN_ON(!entry))
		entry_drop(store, entry);
}
