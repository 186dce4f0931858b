// SPDX-License-Identifier: GPL-2.0
/* Boxes and keyed hashes: opened by the right key only, no nonce twice. */
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "seal.h"

#define PLAIN	40
#define BOX	(PLAIN + SEAL_OVERHEAD)
#define BOXES	1000

static const uint8_t secret[SEAL_KEY_LEN] = "one secret";
static const uint8_t other[SEAL_KEY_LEN] = "an other secret";

START_TEST(keys_differ_by_secret_node_and_purpose)
{
	struct seal_keys a, b, c;

	ck_assert_int_eq(seal_keys_derive(&a, secret, 1), 0);
	ck_assert_int_eq(seal_keys_derive(&b, secret, 2), 0);
	ck_assert_int_eq(seal_keys_derive(&c, other, 1), 0);
	ck_assert_mem_ne(a.tl, b.tl, SEAL_KEY_LEN);
	ck_assert_mem_ne(a.tl, c.tl, SEAL_KEY_LEN);
	ck_assert_mem_ne(a.tl, a.object, SEAL_KEY_LEN);
	ck_assert_mem_ne(a.log, a.label, SEAL_KEY_LEN);
	ck_assert_mem_ne(a.check, c.check, SEAL_HASH_LEN);
	ck_assert_int_eq(seal_keys_derive(&b, secret, 1), 0);
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

/* Extract and expand of RFC 5869, computed step by step with another implementation of HMAC. */
START_TEST(derivation_is_hkdf)
{
	static const uint8_t want[32] = {
		0x20, 0x81, 0x84, 0x51, 0x61, 0x08, 0x96, 0xc0, 0x7e, 0x77, 0xbc, 0x9e, 0xa5, 0xf0,
		0x6a, 0x4d, 0xb9, 0x22, 0xb2, 0xc7, 0x26, 0xad, 0xda, 0x1a, 0xf6, 0xc0, 0xa7, 0x79,
		0xdf, 0xe0, 0x44, 0x6a,
	};
	uint8_t key[SEAL_KEY_LEN], out[32];

	memset(key, 0x0b, sizeof(key));
	ck_assert_int_eq(seal_derive(key, "salt", 4, "info", 4, out, sizeof(out)), 0);
	ck_assert_mem_eq(out, want, sizeof(out));
}
END_TEST

START_TEST(boxes_open)
{
	struct sealer *s = sealer_new(secret, 7);
	struct opener *o = opener_new(secret);
	uint8_t plain[PLAIN] = "key material", box[BOX], out[PLAIN];

	sealer_seal(s, "aad", 3, plain, PLAIN, box);
	ck_assert_int_eq(opener_open(o, "aad", 3, box, BOX, out), 0);
	ck_assert_mem_eq(out, plain, PLAIN);
	ck_assert_ptr_null(memmem(box, BOX, "key material", 12));
	ck_assert_int_eq(opener_open(o, "abc", 3, box, BOX, out), -EBADMSG);
	ck_assert_int_eq(opener_open(o, "aad", 2, box, BOX, out), -EBADMSG);
	sealer_free(s);
	opener_free(o);
}
END_TEST

START_TEST(every_bent_bit_and_cut_is_noticed)
{
	struct sealer *s = sealer_new(secret, 7);
	struct opener *o = opener_new(secret);
	uint8_t plain[PLAIN] = "key material", box[BOX], out[PLAIN];

	sealer_seal(s, "aad", 3, plain, PLAIN, box);
	for (size_t bit = 0; bit < 8 * BOX; bit++) {
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(opener_open(o, "aad", 3, box, BOX, out), -EBADMSG);
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < BOX; n++)
		ck_assert_int_eq(opener_open(o, "aad", 3, box, n, out), -EBADMSG);
	ck_assert_int_eq(opener_open(o, "aad", 3, box, BOX, out), 0);
	sealer_free(s);
	opener_free(o);
}
END_TEST

START_TEST(another_secret_opens_nothing)
{
	struct sealer *s = sealer_new(secret, 7);
	struct opener *o = opener_new(other);
	uint8_t plain[PLAIN] = "", box[BOX], out[PLAIN];

	sealer_seal(s, "", 0, plain, PLAIN, box);
	ck_assert_int_eq(opener_open(o, "", 0, box, BOX, out), -EBADMSG);
	sealer_free(s);
	opener_free(o);
}
END_TEST

/* More sealers than an opener keeps keys for. */
START_TEST(one_opener_for_many_sealers)
{
	struct opener *o = opener_new(secret);
	uint8_t plain[PLAIN] = "", box[20][BOX], out[PLAIN];

	for (unsigned int i = 0; i < 20; i++) {
		struct sealer *s = sealer_new(secret, i);

		plain[0] = (uint8_t)i;
		sealer_seal(s, "", 0, plain, PLAIN, box[i]);
		sealer_free(s);
	}
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < 20; i++) {
			ck_assert_int_eq(opener_open(o, "", 0, box[i], BOX, out), 0);
			ck_assert_uint_eq(out[0], i);
		}
	opener_free(o);
}
END_TEST

static int by_head(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct seal_head));
}

/* Even sealers of one incarnation, as after a directory was put back from a copy. */
START_TEST(no_salt_and_nonce_twice)
{
	static struct seal_head heads[2 * BOXES];
	struct sealer *s[2] = { sealer_new(secret, 7), sealer_new(secret, 7) };
	uint8_t box[SEAL_OVERHEAD];

	for (unsigned int i = 0; i < 2 * BOXES; i++) {
		ck_assert_uint_eq(sealer_next(s[i % 2]), i / 2 + 1);
		sealer_seal(s[i % 2], "", 0, "", 0, box);
		memcpy(&heads[i], box, sizeof(heads[i]));
		ck_assert_uint_eq(le64toh(heads[i].counter), i / 2 + 1);
		ck_assert_uint_eq(le32toh(heads[i].incarnation), 7);
	}
	qsort(heads, 2 * BOXES, sizeof(heads[0]), by_head);
	for (unsigned int i = 1; i < 2 * BOXES; i++)
		ck_assert_int_ne(by_head(&heads[i - 1], &heads[i]), 0);
	sealer_free(s[0]);
	sealer_free(s[1]);
}
END_TEST

START_TEST(hashes_are_keyed_and_repeatable)
{
	struct hasher *a = hasher_new(secret), *b = hasher_new(other);
	uint8_t one[SEAL_HASH_LEN], two[SEAL_HASH_LEN];

	hasher_hash(a, "label", 5, NULL, 0, one);
	hasher_hash(a, "lab", 3, "el", 2, two);
	ck_assert_mem_eq(one, two, SEAL_HASH_LEN);
	hasher_hash(a, "label", 5, NULL, 0, two);
	ck_assert_mem_eq(one, two, SEAL_HASH_LEN);
	hasher_hash(a, "labem", 5, NULL, 0, two);
	ck_assert_mem_ne(one, two, SEAL_HASH_LEN);
	hasher_hash(b, "label", 5, NULL, 0, two);
	ck_assert_mem_ne(one, two, SEAL_HASH_LEN);
	hasher_free(a);
	hasher_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seal");
	TCase *t = tcase_create("seal");

	tcase_add_test(t, keys_differ_by_secret_node_and_purpose);
	tcase_add_test(t, derivation_is_hkdf);
	tcase_add_test(t, boxes_open);
	tcase_add_test(t, every_bent_bit_and_cut_is_noticed);
	tcase_add_test(t, another_secret_opens_nothing);
	tcase_add_test(t, one_opener_for_many_sealers);
	tcase_add_test(t, no_salt_and_nonce_twice);
	tcase_add_test(t, hashes_are_keyed_and_repeatable);
	suite_add_tcase(s, t);
	return suite_run(s);
}
