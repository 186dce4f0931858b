/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SIPHASH_H
#define SHIM_LINUX_SIPHASH_H

#include <asm/byteorder.h>
#include <linux/string.h>
#include <linux/types.h>

typedef struct {
	u64 key[2];
} siphash_key_t;

static inline u64 shim_rotate(u64 x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void shim_sip_rounds(u64 v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[1] = shim_rotate(v[1], 13) ^ v[0];
		v[0] = shim_rotate(v[0], 32);
		v[2] += v[3];
		v[3] = shim_rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = shim_rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = shim_rotate(v[1], 17) ^ v[2];
		v[2] = shim_rotate(v[2], 32);
	}
}

/* SipHash-2-4, as in the kernel. */
static inline u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	u64 v[4] = {
		key->key[0] ^ 0x736f6d6570736575ULL, key->key[1] ^ 0x646f72616e646f6dULL,
		key->key[0] ^ 0x6c7967656e657261ULL, key->key[1] ^ 0x7465646279746573ULL,
	};
	const u8 *at = data;
	u64 last = (u64)len << 56, word;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, at + i, 8);
		word = le64_to_cpu(word);
		v[3] ^= word;
		shim_sip_rounds(v, 2);
		v[0] ^= word;
	}
	for (; i < len; i++)
		last |= (u64)at[i] << (i % 8 * 8);
	v[3] ^= last;
	shim_sip_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	shim_sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
