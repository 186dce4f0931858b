// SPDX-License-Identifier: GPL-2.0
/* AUTH and REFUSE: encoded and decoded; cut or bent at any byte, refused or harmless. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "auth.h"

static const struct auth sample = {
	.protocol_min = 1, .protocol_max = 3, .node = 0x1234, .mode = 1,
	.purpose = AUTH_PROBE,
	.proof = "0123456789abcdef0123456789abcde",
};

/* A copy of exactly @len bytes, so that the sanitizer sees every byte read past its end. */
static bool decode(const uint8_t *frame, size_t len, struct auth *a)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	memcpy(copy, frame, len);
	ok = auth_decode(copy, len, a);
	free(copy);
	return ok;
}

START_TEST(auth_decodes_to_the_same)
{
	uint8_t frame[AUTH_LEN];
	struct auth a;

	auth_encode(&sample, frame);
	ck_assert(decode(frame, sizeof(frame), &a));
	ck_assert_uint_eq(a.protocol_min, 1);
	ck_assert_uint_eq(a.protocol_max, 3);
	ck_assert_uint_eq(a.node, 0x1234);
	ck_assert_uint_eq(a.mode, 1);
	ck_assert_uint_eq(a.purpose, AUTH_PROBE);
	ck_assert_mem_eq(a.proof, sample.proof, AUTH_PROOF_LEN);
}
END_TEST

/* Documentation/wire.md */
START_TEST(auth_has_the_documented_layout)
{
	static const uint8_t begin[] = {
		56, 0, 0, 0, 1, 0, 0, 0, 'H', 'S', 'M', 'R', 1, 0, 3, 0, 0x34, 0x12, 1,
		2, 0, 0, 0, 0, '0', '1', '2', '3',
	};
	uint8_t frame[AUTH_LEN];

	auth_encode(&sample, frame);
	ck_assert_mem_eq(frame, begin, sizeof(begin));
}
END_TEST

START_TEST(auth_cut_at_every_byte_is_refused)
{
	uint8_t frame[AUTH_LEN];
	struct auth a;

	auth_encode(&sample, frame);
	for (size_t n = 0; n < sizeof(frame); n++) {
		ck_assert(!decode(frame, n, &a));
		/* also if it says itself that it is so short */
		auth_encode(&sample, frame);
		frame[0] = (uint8_t)n;
		ck_assert(!decode(frame, n, &a));
		auth_encode(&sample, frame);
	}
}
END_TEST

START_TEST(auth_bent_at_every_byte_is_refused_or_another)
{
	uint8_t frame[AUTH_LEN];
	struct auth a;

	for (size_t at = 0; at < AUTH_LEN; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			auth_encode(&sample, frame);
			frame[at] ^= (uint8_t)(1U << bit);
			if (at < 12 || (at >= 20 && at < 24))
				ck_assert_msg(!decode(frame, AUTH_LEN, &a), "byte %zu", at);
			else if (decode(frame, AUTH_LEN, &a))
				ck_assert(a.node && a.protocol_min &&
					  a.protocol_min <= a.protocol_max);
		}
}
END_TEST

START_TEST(auth_of_a_later_version_may_be_longer)
{
	uint8_t frame[AUTH_FRAME_MAX + 1] = { 0 };
	struct auth a;

	for (size_t n = AUTH_LEN; n <= sizeof(frame); n++) {
		auth_encode(&sample, frame);
		frame[0] = (uint8_t)n;
		frame[1] = (uint8_t)(n >> 8);
		ck_assert_int_eq(decode(frame, n, &a), n <= AUTH_FRAME_MAX);
	}
}
END_TEST

START_TEST(refuse_carries_printable_text_only)
{
	char text[REFUSE_TEXT_MAX + 1], long_text[2 * REFUSE_TEXT_MAX];
	uint8_t frame[REFUSE_FRAME_MAX];
	uint64_t epoch;
	size_t n = refuse_encode(7, "a \x1b[2J\n\xc3\xbc%s", frame);

	ck_assert_uint_eq(n, 16 + 11);
	ck_assert(refuse_decode(frame, n, &epoch, text));
	ck_assert_str_eq(text, "a ?[2J???%s");
	ck_assert_uint_eq(epoch, 7);
	/* a sender that does not care */
	frame[17] = '\0';
	frame[18] = '\n';
	ck_assert(refuse_decode(frame, n, &epoch, text));
	ck_assert_str_eq(text, "a??[2J???%s");
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	n = refuse_encode(7, long_text, frame);
	ck_assert_uint_eq(n, REFUSE_FRAME_MAX);
	ck_assert(refuse_decode(frame, n, &epoch, text));
	ck_assert_uint_eq(strlen(text), REFUSE_TEXT_MAX);
	n = refuse_encode(7, "", frame);
	ck_assert(refuse_decode(frame, n, &epoch, text));
	ck_assert_str_eq(text, "no reason given");
}
END_TEST

START_TEST(refuse_cut_is_refused)
{
	char text[REFUSE_TEXT_MAX + 1];
	uint8_t frame[REFUSE_FRAME_MAX], *copy;
	uint64_t epoch;
	size_t len = refuse_encode(7, "reason", frame);

	for (size_t n = 0; n < len; n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, frame, n);
		ck_assert(!refuse_decode(copy, n, &epoch, text));
		free(copy);
	}
	auth_encode(&sample, frame);
	ck_assert(!refuse_decode(frame, AUTH_LEN, &epoch, text));
}
END_TEST

START_TEST(proof_depends_on_everything)
{
	uint8_t secret[AUTH_KEY_LEN] = { 1 }, exporter[AUTH_EXPORTER_LEN] = { 2 };
	uint8_t key[AUTH_KEY_LEN];
	uint8_t proof[8][AUTH_PROOF_LEN];

	ck_assert_int_eq(auth_key(secret, key), 0);
	ck_assert(memcmp(secret, key, sizeof(key)));
	ck_assert_int_eq(auth_proof(key, exporter, 1, 2, AUTH_DIALLER, proof[0]), 0);
	ck_assert_int_eq(auth_proof(key, exporter, 2, 1, AUTH_DIALLER, proof[1]), 0);
	ck_assert_int_eq(auth_proof(key, exporter, 1, 2, AUTH_LISTENER, proof[2]), 0);
	ck_assert_int_eq(auth_proof(key, exporter, 1, 3, AUTH_DIALLER, proof[3]), 0);
	ck_assert_int_eq(auth_proof(key, exporter, 257, 2, AUTH_DIALLER, proof[4]), 0);
	exporter[AUTH_EXPORTER_LEN - 1] ^= 1;
	ck_assert_int_eq(auth_proof(key, exporter, 1, 2, AUTH_DIALLER, proof[5]), 0);
	exporter[AUTH_EXPORTER_LEN - 1] ^= 1;
	key[AUTH_KEY_LEN - 1] ^= 1;
	ck_assert_int_eq(auth_proof(key, exporter, 1, 2, AUTH_DIALLER, proof[6]), 0);
	key[AUTH_KEY_LEN - 1] ^= 1;
	for (unsigned int i = 0; i < 7; i++)
		for (unsigned int j = 0; j < i; j++)
			ck_assert_mem_ne(proof[i], proof[j], AUTH_PROOF_LEN);
	ck_assert_int_eq(auth_proof(key, exporter, 1, 2, AUTH_DIALLER, proof[7]), 0);
	ck_assert_mem_eq(proof[0], proof[7], AUTH_PROOF_LEN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("auth");
	TCase *t = tcase_create("auth");

	tcase_add_test(t, auth_decodes_to_the_same);
	tcase_add_test(t, auth_has_the_documented_layout);
	tcase_add_test(t, auth_cut_at_every_byte_is_refused);
	tcase_add_test(t, auth_bent_at_every_byte_is_refused_or_another);
	tcase_add_test(t, auth_of_a_later_version_may_be_longer);
	tcase_add_test(t, refuse_carries_printable_text_only);
	tcase_add_test(t, refuse_cut_is_refused);
	tcase_add_test(t, proof_depends_on_everything);
	suite_add_tcase(s, t);
	return suite_run(s);
}
