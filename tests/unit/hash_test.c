// SPDX-License-Identifier: GPL-2.0
/* The hash of labels and ids, and the comparison: every byte counts, none beyond them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../kmod/hash.h"
#include "../suite.h"

#define LEN_MAX	70	/* four steps of the hash and all kinds of rest */
#define LABELS	100000
#define BUCKETS	65536

static const struct hsm_hash_key key = { { 0x84c73d01b9e2f65a, 0x2fa96c1d7e50b384 } };

/* Their own allocation, so that no byte beyond can be read unseen. */
static u8 *bytes(u32 len)
{
	u8 *all = malloc(len);
	u32 i;

	for (i = 0; i < len; i++)
		all[i] = (u8)(i * 37 + 1);
	return all;
}

START_TEST(every_byte_counts)
{
	u32 len, at;

	for (len = 1; len <= LEN_MAX; len++) {
		u8 *one = bytes(len), *other = bytes(len);

		ck_assert(hsm_same(one, other, len));
		ck_assert_uint_eq(hsm_hash(one, len, &key), hsm_hash(other, len, &key));
		for (at = 0; at < len; at++) {
			other[at] ^= 0x80;
			ck_assert_msg(!hsm_same(one, other, len), "byte %u of %u", at, len);
			ck_assert_msg(hsm_hash(one, len, &key) != hsm_hash(other, len, &key),
				      "byte %u of %u", at, len);
			other[at] ^= 0x80;
		}
		free(one);
		free(other);
	}
	ck_assert(hsm_same("", "", 0));
}
END_TEST

START_TEST(length_and_key_count)
{
	const struct hsm_hash_key another = { { key.word[0], key.word[1] + 1 } };
	static const u8 zeros[LEN_MAX];
	u32 len;

	for (len = 1; len <= LEN_MAX; len++) {
		ck_assert_uint_ne(hsm_hash(zeros, len, &key), hsm_hash(zeros, len - 1, &key));
		ck_assert_uint_ne(hsm_hash(zeros, len, &key), hsm_hash(zeros, len, &another));
	}
}
END_TEST

/* At random exp(-LABELS / BUCKETS) of the buckets stay empty, 21.7 %, and the longest has 11. */
START_TEST(numbered_labels_spread)
{
	static const char *const forms[] = {
		"%u", "get-%u", "a rather long label with number %u", "%08u-and-what-comes-behind",
	};
	static u32 count[BUCKETS];
	char label[64];
	u32 f, i, empty, longest;

	for (f = 0; f < 4; f++) {
		memset(count, 0, sizeof(count));
		for (i = 0; i < LABELS; i++) {
			u32 len = (u32)snprintf(label, sizeof(label), forms[f], i);

			count[hsm_hash(label, len, &key) % BUCKETS]++;
		}
		for (i = empty = longest = 0; i < BUCKETS; i++) {
			empty += !count[i];
			longest = count[i] > longest ? count[i] : longest;
		}
		ck_assert_msg(empty > BUCKETS / 5 && empty < BUCKETS / 4, "%s: %u empty",
			      forms[f], empty);
		ck_assert_msg(longest < 16, "%s: %u in one", forms[f], longest);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tcase = tcase_create("hash");

	tcase_add_test(tcase, every_byte_counts);
	tcase_add_test(tcase, length_and_key_count);
	tcase_add_test(tcase, numbered_labels_spread);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
