/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_JHASH_H
#define SHIM_LINUX_JHASH_H

#include <linux/string.h>
#include <linux/types.h>

/* Eight bytes at a time: any hash will do here. */
static inline u32 jhash(const void *data, u32 len, u32 seed)
{
	const u8 *bytes = data;
	u64 hash = seed ^ len, word;
	u32 n;

	for (; len; bytes += n, len -= n) {
		n = len < sizeof(word) ? len : sizeof(word);
		word = 0;
		memcpy(&word, bytes, n);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

#endif
