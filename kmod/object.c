// SPDX-License-Identifier: GPL-2.0
/* One version of one object; see object.h. */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "object.h"

static struct kmem_cache *object_cache;

/**
 * hsm_object_setup() - the slab of all objects; once per process or module
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_object_setup(void)
{
	object_cache = KMEM_CACHE(hsm_object, 0);
	return object_cache ? 0 : -ENOMEM;
}

/* Waits until no object is on its way to be freed. */
void hsm_object_teardown(void)
{
	rcu_barrier();
	kmem_cache_destroy(object_cache);
}

static void object_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(object_cache, container_of(rcu, struct hsm_object, rcu));
}

/* The last reference is gone. */
void hsm_object_free(struct hsm_object *object)
{
	kvfree_sensitive(object->payload, object->payload_len);
	call_rcu(&object->rcu, object_free_rcu);
}

/**
 * hsm_object_build() - make an object
 * @entry: whose version it will be; its label is what the digest covers
 * @content: its fields; the payload is copied
 * @key: of the digest
 *
 * Return: one reference, in no table; NULL: no memory.
 */
struct hsm_object *hsm_object_build(struct hsm_entry *entry, const struct hsm_content *content,
				    const siphash_key_t *key)
{
	struct hsm_object *object = kmem_cache_alloc(object_cache, GFP_KERNEL);

	if (!object)
		return NULL;
	object->payload = NULL;
	if (content->payload_len) {
		object->payload = kvmalloc(content->payload_len, GFP_KERNEL);
		if (!object->payload) {
			kmem_cache_free(object_cache, object);
			return NULL;
		}
		memcpy(object->payload, content->payload, content->payload_len);
	}
	refcount_set(&object->refs, 1);
	object->payload_len = content->payload_len;
	object->entry = entry;
	object->digest = hsm_digest(content, key);
	object->attrs = content->attrs;
	object->version = content->version;
	object->seq = content->seq;
	memcpy(object->id, content->id, sizeof(object->id));
	memcpy(object->type, content->type, sizeof(object->type));
	return object;
}

void hsm_object_show(const struct hsm_object *object, struct hsmrepl_get *get)
{
	get->payload_len = object->payload_len;
	get->version = object->version;
	get->seq = object->seq;
	get->attrs = object->attrs;
	memcpy(get->id, object->id, sizeof(get->id));
	memcpy(get->type, object->type, sizeof(get->type));
}

void hsm_object_list(const struct hsm_object *object, const char *label, u32 label_len,
		     union hsm_list_room *room)
{
	struct hsmrepl_list_entry *entry = &room->entry;

	memset(room, 0, sizeof(*room));
	entry->len = ALIGN(sizeof(*entry) + label_len, HSM_ALIGN);
	entry->label_len = label_len;
	entry->payload_len = object->payload_len;
	entry->version = object->version;
	entry->seq = object->seq;
	entry->attrs = object->attrs;
	memcpy(entry->id, object->id, sizeof(entry->id));
	memcpy(entry->type, object->type, sizeof(entry->type));
	memcpy(room->bytes + sizeof(*entry), label, label_len);
}
