/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <linux/string.h>
#include <linux/types.h>
#include <stdlib.h>

#define GFP_KERNEL	0
#define __GFP_NOWARN	0

/* Tests set it to n to make the nth allocation from now fail; 0: none does. */
__attribute__((weak)) unsigned long shim_fail_nth;

static inline bool shim_fails(void)
{
	return shim_fail_nth && !--shim_fail_nth;
}

static inline void *kmalloc(size_t size, gfp_t flags)
{
	(void)flags;
	return shim_fails() ? NULL : malloc(size);
}

static inline void *kzalloc(size_t size, gfp_t flags)
{
	(void)flags;
	return shim_fails() ? NULL : calloc(1, size);
}

#define kvzalloc	kzalloc

static inline void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	(void)flags;
	return shim_fails() ? NULL : calloc(n, size);
}

#define kvmalloc	kmalloc
#define kfree(p)	free((void *)(p))
#define kvfree(p)	free((void *)(p))

static inline void kvfree_sensitive(const void *data, size_t len)
{
	if (data)
		explicit_bzero((void *)data, len);
	free((void *)data);
}

struct kmem_cache {
	size_t size;
};

static inline struct kmem_cache *shim_cache(size_t size)
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	if (cache)
		cache->size = size;
	return cache;
}

#define KMEM_CACHE(name, flags)	shim_cache(sizeof(struct name))

static inline void kmem_cache_destroy(struct kmem_cache *cache)
{
	free(cache);
}

static inline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	return kmalloc(cache->size, flags);
}

static inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	(void)cache;
	free(object);
}

#endif
