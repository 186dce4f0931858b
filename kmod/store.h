/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects: committed content, what an undecided batch would make of it, what the queue expects.
 */
#ifndef HSM_STORE_H
#define HSM_STORE_H

#include <linux/rcupdate.h>
#include <linux/xarray.h>
#include "object.h"
#include "table.h"

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
 * @label_len: bytes of @label
 * @label: no NUL at its end
 */
struct hsm_entry {
	struct hsm_link by_label;
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

/* What it rests on that an operation is foreseen to fit or not. */
enum hsm_ground {
	HSM_GROUND_COMMITTED,	/* nobody is about to change the label */
	HSM_GROUND_QUEUED,	/* transactions before it, which may still be aborted */
	HSM_GROUND_NONE,	/* another node's batch, or what was dropped: nobody knows */
};

/**
 * struct hsm_store - the objects of one device
 * @labels: entries by label
 * @ids: objects by id, staged creates included: while a batch deletes an object and creates another
 *	one with its id, both stand there
 * @entries: entries by index
 * @key: of the digest
 * @digest: XOR of the digests of all committed objects
 * @objects: committed objects
 * @bytes: their cost, see hsm_cost()
 * @staged_objects: by how much the slot would change @objects
 * @staged_bytes: by how much the slot would change @bytes
 * @staged_digest: by what the slot would change @digest (XOR)
 * @objects_max: limit
 * @bytes_max: limit
 *
 * Locking: the owner serializes all calls but hsm_store_get(), hsm_store_list_next() and
 * hsm_object_put(), which need no lock and take none. Counters are written with WRITE_ONCE so
 * that sysfs may read them without the lock.
 */
struct hsm_store {
	struct hsm_table labels;
	struct hsm_table ids;
	struct xarray entries;
	siphash_key_t key;
	u64 digest;
	u64 objects;
	u64 bytes;
	s64 staged_objects;
	s64 staged_bytes;
	u64 staged_digest;
	u64 objects_max;
	u64 bytes_max;
};

int hsm_store_init(struct hsm_store *store, u64 objects_max, u64 bytes_max);
void hsm_store_clear(struct hsm_store *store);
void hsm_store_destroy(struct hsm_store *store);

/* Reads; no lock. */

struct hsm_object *hsm_store_get(struct hsm_store *store, const char *label, u32 label_len,
				 bool *undecided);
struct hsm_object *hsm_store_list_next(struct hsm_store *store, u64 *cursor, const char *prefix,
				       u32 prefix_len, char *label, u32 *label_len);

/* What the queue expects. */

int hsm_store_foresee(struct hsm_store *store, const struct hsmrepl_op *op,
		      struct hsm_view *view, enum hsm_ground *ground);
struct hsm_entry *hsm_store_expect(struct hsm_store *store, const struct hsmrepl_op *op,
				   const struct hsm_view *view, bool doubt);
void hsm_store_unexpect(struct hsm_store *store, struct hsm_entry *entry, bool doubt);

/* What the slot holds: stage allocates; unstage, apply and settle neither allocate nor fail. */

int hsm_store_room(const struct hsm_store *store, s64 objects, s64 bytes);
int hsm_store_stage(struct hsm_store *store, const struct hsmrepl_op *op, u64 seq, bool own,
		    struct hsm_stage *stage);
void hsm_store_unstage(struct hsm_store *store, struct hsm_stage *stage);
void hsm_store_apply(struct hsm_store *store, struct hsm_stage *stage);
void hsm_store_settle(struct hsm_store *store, struct hsm_stage *stage);

/* Restored content. */

void hsm_store_fetch(struct hsm_store *store, const char *label, u32 label_len, const u8 *id,
		     bool items);
int hsm_store_load(struct hsm_store *store, const struct hsmrepl_load_entry *entry);
void hsm_store_unload(struct hsm_store *store, const struct hsmrepl_load_entry *entry);

#endif
