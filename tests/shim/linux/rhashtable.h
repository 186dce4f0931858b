/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_RHASHTABLE_H
#define SHIM_LINUX_RHASHTABLE_H

#include <linux/errno.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include <linux/types.h>

struct rhash_head {
	struct rhash_head *next;
};

struct rhashtable_compare_arg {
	const void *key;
};

struct rhashtable_params {
	size_t head_offset;
	size_t key_offset;
	size_t key_len;
	bool automatic_shrinking;
	u32 (*hashfn)(const void *key, u32 len, u32 seed);
	u32 (*obj_hashfn)(const void *object, u32 len, u32 seed);
	int (*obj_cmpfn)(struct rhashtable_compare_arg *arg, const void *object);
};

/* Chains; doubles when as many objects are in as buckets. */
struct rhashtable {
	struct rhash_head **buckets;
	size_t size;
	size_t used;
};

#define SHIM_RHASHTABLE_SIZE	64

static inline int rhashtable_init(struct rhashtable *ht, const struct rhashtable_params *params)
{
	(void)params;
	ht->size = SHIM_RHASHTABLE_SIZE;
	ht->used = 0;
	ht->buckets = kvcalloc(ht->size, sizeof(*ht->buckets), GFP_KERNEL);
	return ht->buckets ? 0 : -ENOMEM;
}

static inline void rhashtable_destroy(struct rhashtable *ht)
{
	kvfree(ht->buckets);
}

static inline void *shim_rht_object(struct rhash_head *head, const struct rhashtable_params *p)
{
	return (char *)head - p->head_offset;
}

static inline u32 shim_rht_hash_key(const void *key, const struct rhashtable_params *p)
{
	return p->hashfn ? p->hashfn(key, p->key_len, 0) : jhash(key, p->key_len, 0);
}

static inline u32 shim_rht_hash(struct rhash_head *head, const struct rhashtable_params *p)
{
	const char *object = shim_rht_object(head, p);

	if (p->obj_hashfn)
		return p->obj_hashfn(object, p->key_len, 0);
	return shim_rht_hash_key(object + p->key_offset, p);
}

static inline struct rhash_head **shim_rht_bucket(const struct rhashtable *ht, u32 hash)
{
	return &ht->buckets[hash & (ht->size - 1)];
}

static inline void *rhashtable_lookup_fast(struct rhashtable *ht, const void *key,
					   const struct rhashtable_params p)
{
	struct rhashtable_compare_arg arg = { .key = key };
	struct rhash_head *head = *shim_rht_bucket(ht, shim_rht_hash_key(key, &p));
	char *object;

	for (; head; head = head->next) {
		object = shim_rht_object(head, &p);
		if (p.obj_cmpfn ? !p.obj_cmpfn(&arg, object) :
				  !memcmp(key, object + p.key_offset, p.key_len))
			return object;
	}
	return NULL;
}

static inline int shim_rht_grow(struct rhashtable *ht, const struct rhashtable_params *p)
{
	struct rhashtable bigger = { .size = ht->size * 2, .used = ht->used };
	struct rhash_head *head, *next, **bucket;
	size_t i;

	bigger.buckets = kvcalloc(bigger.size, sizeof(*bigger.buckets), GFP_KERNEL);
	if (!bigger.buckets)
		return -ENOMEM;
	for (i = 0; i < ht->size; i++) {
		for (head = ht->buckets[i]; head; head = next) {
			next = head->next;
			bucket = shim_rht_bucket(&bigger, shim_rht_hash(head, p));
			head->next = *bucket;
			*bucket = head;
		}
	}
	kvfree(ht->buckets);
	*ht = bigger;
	return 0;
}

/* As the kernel's: does not look whether the key is there. */
static inline int rhashtable_insert_fast(struct rhashtable *ht, struct rhash_head *head,
					 const struct rhashtable_params p)
{
	struct rhash_head **bucket;

	if (ht->used == ht->size && shim_rht_grow(ht, &p))
		return -ENOMEM;
	bucket = shim_rht_bucket(ht, shim_rht_hash(head, &p));
	head->next = *bucket;
	*bucket = head;
	ht->used++;
	return 0;
}

static inline struct rhash_head **shim_rht_link(struct rhashtable *ht, struct rhash_head *head,
						const struct rhashtable_params *p)
{
	struct rhash_head **link = shim_rht_bucket(ht, shim_rht_hash(head, p));

	while (*link && *link != head)
		link = &(*link)->next;
	return link;
}

static inline int rhashtable_remove_fast(struct rhashtable *ht, struct rhash_head *head,
					 const struct rhashtable_params p)
{
	struct rhash_head **link = shim_rht_link(ht, head, &p);

	if (!*link)
		return -ENOENT;
	*link = head->next;
	ht->used--;
	return 0;
}

static inline int rhashtable_replace_fast(struct rhashtable *ht, struct rhash_head *old,
					  struct rhash_head *head,
					  const struct rhashtable_params p)
{
	struct rhash_head **link = shim_rht_link(ht, old, &p);

	if (!*link)
		return -ENOENT;
	head->next = old->next;
	*link = head;
	return 0;
}

#endif
