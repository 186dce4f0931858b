/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes: words wherever they lie, whether all are zero, whether two are the same. */
#ifndef HSM_BYTES_H
#define HSM_BYTES_H

#include <linux/string.h>
#include <linux/types.h>

static inline u64 hsm_word(const void *at)
{
	u64 word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline u32 hsm_half_word(const void *at)
{
	u32 half;

	memcpy(&half, at, sizeof(half));
	return half;
}

/* Whether len bytes are all zero. */
static inline bool hsm_all_zero(const void *data, size_t len)
{
	const u8 *bytes = data;
	u8 seen = 0;

	while (len--)
		seen |= *bytes++;
	return !seen;
}

/* Whether len bytes are the same; for few of them, unlike memcmp(). */
static inline bool hsm_same(const void *one, const void *other, size_t len)
{
	const u8 *a = one, *b = other, *last;

	if (len < sizeof(u64)) {
		for (; len && *a == *b; len--, a++, b++)
			;
		return !len;
	}
	for (last = a + len - sizeof(u64); a < last; a += sizeof(u64), b += sizeof(u64)) {
		if (hsm_word(a) != hsm_word(b))
			return false;
	}
	return hsm_word(last) == hsm_word(b - (a - last));
}

#endif
