/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_JHASH_H
#define SHIM_LINUX_JHASH_H

#include <linux/types.h>

/* FNV-1a: any hash will do here. */
static inline u32 jhash(const void *data, u32 len, u32 seed)
{
	const u8 *bytes = data;
	u32 hash = seed ^ 2166136261u;

	while (len--)
		hash = (hash ^ *bytes++) * 16777619u;
	return hash;
}

#endif
