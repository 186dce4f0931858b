/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects: committed content, what an undecided batch would make of it, what the queue expects.
 */
#ifndef HSM_STORE_H
#define HSM_STORE_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include "core.h"

/**
 * struct hsm_object - one version of one object; never changes once built
 * @refs: one for the store, one per reader
 * @payload_len: bytes at @payload
 * @payload: own allocation, wiped and freed with the last reference; NULL when empty
 * @entry: whose version it is
 * @digest: what it adds to the content digest
 * @by_id: in hsm_store.ids from building until it is dropped; only walked under the lock
 * @rcu: after that, until no reader can look at @refs any more
 */
struct hsm_object {
	refcount_t refs;
	u32 payload_len;
	void *payload;
	struct hsm_entry *entry;
	u64 version;
	u64 seq;
	u64 attrs;
	u64 digest;
	union {
		struct rhlist_head by_id;
		struct rcu_head rcu;
	};
	u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/**
 * struct hsm_touch - what undecided and queued transactions make of an entry
 * @staged: as the batch in the slot would leave it: an object, or NULL for deleted; while @stages
 * @stages: operations of the slot on this entry
 * @queued: as the queue would leave it; while @queue_ops and not @doubt
 * @queue_ops: operations of queued and own claimed transactions on this entry
 * @doubt: another node's batch or a dropped transaction made @queued unsure: the claim decides
 */
struct hsm_touch {
	struct hsm_object *staged;
	u32 stages;
	u32 queue_ops;
	struct hsm_view queued;
	bool doubt;
};

/**
 * struct hsm_entry - one label; lives while it has an object or is touched
 * @by_label: in hsm_store.labels
 * @current_object: committed object; NULL while there is none
 * @touch: NULL while nothing undecided or queued concerns it
 * @index: place in hsm_store.entries, stable: the cursor of a list
 * @rcu: once removed
 * @undecided: the slot holds an operation on it: reads wait
 */
struct hsm_entry {
	struct rhash_head by_label;
	struct hsm_object __rcu *current_object;
	union {
		struct {
			struct hsm_touch *touch;
			u32 index;
		};
		struct rcu_head rcu;
	};
	bool undecided;
	u8 label_len;
	char label[];
};

/**
 * struct hsm_stage - one operation of an undecided batch, with all that applying it needs
 * @entry: touched entry
 * @object: what it becomes; NULL for delete
 * @before: what hsm_touch.staged was; for undoing a transaction that fails half way
 */
struct hsm_stage {
	struct hsm_entry *entry;
	struct hsm_object *object;
	struct hsm_object *before;
};

/**
 * struct hsm_store - the objects of one device
 * @labels: entries by label
 * @ids: objects by id, staged ones included; the same id may stand there twice while undecided
 * @entries: entries by index
 * @key: of the digest
 * @digest: XOR of the digests of all committed objects
 * @objects: committed objects
 * @bytes: their cost, see hsm_cost()
 * @staged_objects: by how much the slot would change @objects
 * @staged_bytes: by how much the slot would change @bytes
 * @objects_max: limit
 * @bytes_max: limit
 *
 * Locking: the owner serializes all calls but hsm_store_get(), hsm_store_list_next() and
 * hsm_object_put(), which need no lock and take none. Counters are written with WRITE_ONCE so
 * that sysfs may read them without the lock.
 */
struct hsm_store {
	struct rhashtable labels;
	struct rhltable ids;
	struct xarray entries;
	siphash_key_t key;
	u64 digest;
	u64 objects;
	u64 bytes;
	s64 staged_objects;
	s64 staged_bytes;
	u64 objects_max;
	u64 bytes_max;
};

/* Slabs of all stores; once per process or module. 0 or -ENOMEM. */
int hsm_store_setup(void);
/* Waits until no object is on its way to be freed. */
void hsm_store_teardown(void);

int hsm_store_init(struct hsm_store *store, u64 objects_max, u64 bytes_max);
/* Drops all entries; nothing may be staged or queued. The key stays. */
void hsm_store_clear(struct hsm_store *store);
void hsm_store_destroy(struct hsm_store *store);

/*
 * Reads, without lock. get: a reference, or NULL for none. *undecided tells (also with NULL) that
 * the slot holds an operation on the label: wait for hsm_ops.resolved and look again, unless the
 * caller wants the last committed version.
 */
struct hsm_object *hsm_store_get(struct hsm_store *store, const char *label, u32 label_len,
				 bool *undecided);
void hsm_object_put(struct hsm_object *object);
/*
 * The next committed object at or after *cursor whose label begins with prefix, as a reference,
 * with its label copied to label (HSMREPL_LABEL_MAX bytes); *cursor then stands after it. NULL at
 * the end.
 */
struct hsm_object *hsm_store_list_next(struct hsm_store *store, u64 *cursor, const char *prefix,
				       u32 prefix_len, char *label, u32 *label_len);

/* Entries for the queue: finds or makes the entry and counts an operation of the queue on it. */
struct hsm_entry *hsm_store_expect(struct hsm_store *store, const struct hsmrepl_op *op);
void hsm_store_unexpect(struct hsm_store *store, struct hsm_entry *entry, bool doubt);
int hsm_store_foresee(struct hsm_store *store, const struct hsmrepl_op *op,
		      struct hsm_view *view, bool *doubt);

/* The slot: stage allocates, commit and drop neither allocate nor fail. */
int hsm_store_stage(struct hsm_store *store, const struct hsmrepl_op *op, u64 seq,
		    bool own, struct hsm_stage *stage);
void hsm_store_unstage(struct hsm_store *store, struct hsm_stage *stage);
void hsm_store_apply(struct hsm_store *store, struct hsm_stage *stage);
void hsm_store_settle(struct hsm_store *store, struct hsm_stage *stage);

/* Restored content: adds one checked entry. EEXIST, ENOSPC, ENOMEM. */
int hsm_store_load(struct hsm_store *store, const struct hsmrepl_load_entry *entry);
/* Recomputes the digest over all committed objects. */
u64 hsm_store_recompute(struct hsm_store *store);

#endif
