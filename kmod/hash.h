/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash of labels and ids, which callers choose: who does not know the key finds no two that always
 * meet. Words are multiplied to twice their width, and the halves folded, as wyhash does.
 */
#ifndef HSM_HASH_H
#define HSM_HASH_H

#include <linux/math64.h>
#include <linux/types.h>
#include "bytes.h"

/**
 * struct hsm_hash_key - of one table
 * @word: random
 */
struct hsm_hash_key {
	u64 word[2];
};

static inline u64 hsm_hash_fold(u64 a, u64 b)
{
	return a * b ^ mul_u64_u64_shr(a, b, 64);
}

static __always_inline u32 hsm_hash(const void *data, u32 len, const struct hsm_hash_key *key)
{
	u64 hash = key->word[0] ^ len, first = 0, last = 0;
	const u8 *at = data;

	for (; len > 2 * sizeof(u64); len -= 2 * sizeof(u64), at += 2 * sizeof(u64))
		hash = hsm_hash_fold(hsm_word(at) ^ key->word[1],
				     hsm_word(at + sizeof(u64)) ^ hash);
	if (len >= sizeof(u64)) {
		first = hsm_word(at);
		last = hsm_word(at + len - sizeof(u64));
	} else if (len >= sizeof(u32)) {
		first = hsm_half_word(at);
		last = hsm_half_word(at + len - sizeof(u32));
	} else if (len) {
		first = at[0] | at[len / 2] << 8 | at[len - 1] << 16;
	}
	hash = hsm_hash_fold(first ^ key->word[1], last ^ hash);
	return hash ^ hash >> 32;
}

#endif
