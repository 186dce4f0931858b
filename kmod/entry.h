/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of the store: its entries, its tables. All under the lock, but for hsm_entry_find(). */
#ifndef HSM_ENTRY_H
#define HSM_ENTRY_H

#include "store.h"

hsm_table_hash hsm_label_hash, hsm_id_hash;

struct hsm_entry *hsm_entry_find(struct hsm_store *store, const char *label, u32 label_len);
struct hsm_entry *hsm_entry_add(struct hsm_store *store, const char *label, u32 label_len);
struct hsm_entry *hsm_entry_touch(struct hsm_store *store, const struct hsmrepl_op *op);
void hsm_entry_release(struct hsm_store *store, struct hsm_entry *entry);
struct hsm_object *hsm_entry_newest(const struct hsm_entry *entry);
void hsm_entry_commit(struct hsm_store *store, struct hsm_entry *entry,
		      struct hsm_object *object);

u64 hsm_object_cost(const struct hsm_object *object);
struct hsm_view hsm_object_view(const struct hsm_object *object);

struct hsm_object *hsm_id_find(struct hsm_store *store, const u8 *id);
void hsm_id_add(struct hsm_store *store, struct hsm_object *object);
void hsm_id_remove(struct hsm_store *store, struct hsm_object *object);
void hsm_id_replace(struct hsm_store *store, struct hsm_object *old, struct hsm_object *object);

#endif
