/* SPDX-License-Identifier: GPL-2.0 */
/* One version of one object. */
#ifndef HSM_OBJECT_H
#define HSM_OBJECT_H

#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include "core.h"
#include "table.h"

#define HSM_LIST_ROOM_MIN	512	/* bytes: the longest entry fits, see the uapi header */

struct hsm_entry;

/* An entry of LIST with its label. */
union hsm_list_room {
	struct hsmrepl_list_entry entry;
	u8 bytes[ALIGN(sizeof(struct hsmrepl_list_entry) + HSMREPL_LABEL_MAX, HSM_ALIGN)];
};

static_assert(sizeof(union hsm_list_room) <= HSM_LIST_ROOM_MIN);

/**
 * struct hsm_object - one version of one object; never changes once built
 * @refs: one for the store, one per reader
 * @payload_len: bytes at @payload
 * @payload: own allocation, wiped and freed with the last reference; NULL when empty
 * @entry: whose version it is
 * @digest: what it adds to the content digest
 * @attrs: attribute bits
 * @version: object version
 * @seq: TL that wrote it
 * @rcu: once @refs is 0, until no reader can look at @refs any more
 * @by_id: in hsm_store.ids while it is the newest one of its id; only walked under the lock
 * @id: object id
 * @type: object type
 */
struct hsm_object {
	refcount_t refs;
	u32 payload_len;
	void *payload;
	struct hsm_entry *entry;
	u64 digest;
	u64 attrs;
	union {
		struct {
			u64 version;
			u64 seq;
		};
		struct rcu_head rcu;
	};
	struct hsm_link by_id;
	u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

int hsm_object_setup(void);
void hsm_object_teardown(void);

struct hsm_object *hsm_object_build(struct hsm_entry *entry, const struct hsm_content *content,
				    const siphash_key_t *key);
void hsm_object_free(struct hsm_object *object);

/* What GET and LIST say of an object, beside its payload; its label is not in it. */
void hsm_object_show(const struct hsm_object *object, struct hsmrepl_get *get);
void hsm_object_list(const struct hsm_object *object, const char *label, u32 label_len,
		     union hsm_list_room *room);

/* Gives a reference back; no lock needed. */
static inline void hsm_object_put(struct hsm_object *object)
{
	if (refcount_dec_and_test(&object->refs))
		hsm_object_free(object);
}

#endif
