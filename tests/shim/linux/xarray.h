/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_XARRAY_H
#define SHIM_LINUX_XARRAY_H

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/types.h>

#define XA_FLAGS_ALLOC	0
#define xa_limit_32b	0
#define SHIM_XARRAY_CHUNK	4096	/* entries; nothing is moved when more are needed */

/*
 * Entries by index, below @used, in chunks. A free place holds the one freed before it, plus 1 and
 * marked by its lowest bit; @free is the last of them, plus 1.
 */
struct xarray {
	void ***chunk;
	size_t n_chunks;
	size_t room;
	size_t used;
	size_t free;
};

static inline void xa_init_flags(struct xarray *xa, gfp_t flags)
{
	(void)flags;
	*xa = (struct xarray){ };
}

static inline void **shim_xa_place(const struct xarray *xa, size_t index)
{
	return &xa->chunk[index / SHIM_XARRAY_CHUNK][index % SHIM_XARRAY_CHUNK];
}

static inline int shim_xa_enlarge(struct xarray *xa)
{
	size_t room = xa->room ? xa->room * 2 : 1;
	void ***chunk = kvcalloc(room, sizeof(*chunk), GFP_KERNEL);

	if (!chunk)
		return -ENOMEM;
	if (xa->n_chunks)
		memcpy(chunk, xa->chunk, xa->n_chunks * sizeof(*chunk));
	kvfree(xa->chunk);
	xa->chunk = chunk;
	xa->room = room;
	return 0;
}

static inline int shim_xa_grow(struct xarray *xa)
{
	void **chunk;

	if (xa->n_chunks == xa->room && shim_xa_enlarge(xa))
		return -ENOMEM;
	chunk = kvcalloc(SHIM_XARRAY_CHUNK, sizeof(*chunk), GFP_KERNEL);
	if (!chunk)
		return -ENOMEM;
	xa->chunk[xa->n_chunks++] = chunk;
	return 0;
}

static inline int xa_alloc(struct xarray *xa, u32 *index, void *entry, int limit, gfp_t flags)
{
	void **place;

	(void)limit;
	(void)flags;
	if (xa->free) {
		*index = xa->free - 1;
		place = shim_xa_place(xa, *index);
		xa->free = (uintptr_t)*place >> 1;
	} else {
		if (xa->used == xa->n_chunks * SHIM_XARRAY_CHUNK && shim_xa_grow(xa))
			return -ENOMEM;
		*index = xa->used++;
		place = shim_xa_place(xa, *index);
	}
	*place = entry;
	return 0;
}

static inline void xa_erase(struct xarray *xa, unsigned long index)
{
	*shim_xa_place(xa, index) = (void *)((uintptr_t)xa->free << 1 | 1);
	xa->free = index + 1;
}

static inline void xa_destroy(struct xarray *xa)
{
	while (xa->n_chunks)
		kvfree(xa->chunk[--xa->n_chunks]);
	kvfree(xa->chunk);
}

static inline void *shim_xa_find(const struct xarray *xa, unsigned long *index)
{
	for (; *index < xa->used; ++*index) {
		void *entry = *shim_xa_place(xa, *index);

		if (entry && !((uintptr_t)entry & 1))
			return entry;
	}
	return NULL;
}

#define xa_for_each_start(xa, index, entry, start)			\
	for (index = (start), entry = shim_xa_find(xa, &index); entry;	\
	     index++, entry = shim_xa_find(xa, &index))

#define xa_for_each(xa, index, entry)	xa_for_each_start(xa, index, entry, 0)

#endif
