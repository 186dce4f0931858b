/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_XARRAY_H
#define SHIM_LINUX_XARRAY_H

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/types.h>

/* Entries by index, and the indices that are free below @used. */
struct xarray {
	void **entries;
	u32 *free;
	size_t size;
	size_t used;
	size_t n_free;
};

#define XA_FLAGS_ALLOC	0
#define xa_limit_32b	0
#define SHIM_XARRAY_SIZE	64

static inline void xa_init_flags(struct xarray *xa, gfp_t flags)
{
	(void)flags;
	*xa = (struct xarray){ };
}

static inline int shim_xa_grow(struct xarray *xa)
{
	size_t size = xa->size ? xa->size * 2 : SHIM_XARRAY_SIZE;
	void **entries = kvcalloc(size, sizeof(*entries), GFP_KERNEL);
	u32 *free_indices = kvcalloc(size, sizeof(*free_indices), GFP_KERNEL);

	if (!entries || !free_indices) {
		kvfree(entries);
		kvfree(free_indices);
		return -ENOMEM;
	}
	if (xa->size) {
		memcpy(entries, xa->entries, xa->used * sizeof(*entries));
		memcpy(free_indices, xa->free, xa->n_free * sizeof(*free_indices));
	}
	kvfree(xa->entries);
	kvfree(xa->free);
	xa->entries = entries;
	xa->free = free_indices;
	xa->size = size;
	return 0;
}

static inline int xa_alloc(struct xarray *xa, u32 *index, void *entry, int limit, gfp_t flags)
{
	(void)limit;
	(void)flags;
	if (!xa->n_free && xa->used == xa->size && shim_xa_grow(xa))
		return -ENOMEM;
	*index = xa->n_free ? xa->free[--xa->n_free] : xa->used++;
	xa->entries[*index] = entry;
	return 0;
}

static inline void xa_erase(struct xarray *xa, unsigned long index)
{
	xa->entries[index] = NULL;
	xa->free[xa->n_free++] = index;
}

static inline void xa_destroy(struct xarray *xa)
{
	kvfree(xa->entries);
	kvfree(xa->free);
}

static inline void *shim_xa_find(const struct xarray *xa, unsigned long *index)
{
	while (*index < xa->used && !xa->entries[*index])
		++*index;
	return *index < xa->used ? xa->entries[*index] : NULL;
}

#define xa_for_each_start(xa, index, entry, start)			\
	for (index = (start), entry = shim_xa_find(xa, &index); entry;	\
	     index++, entry = shim_xa_find(xa, &index))

#define xa_for_each(xa, index, entry)	xa_for_each_start(xa, index, entry, 0)

#endif
