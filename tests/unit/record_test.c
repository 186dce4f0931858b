// SPDX-License-Identifier: GPL-2.0
/* Records of the log and operations of a TL: cut and bent at every byte. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "ops.h"
#include "record.h"

#define TLS	3
#define TL_LEN	64
#define ROOM	4096

static const uint8_t key[SEAL_KEY_LEN] = "a key";
static struct hasher *hasher;
static struct sealer *sealer;
static struct opener *opener;
static uint8_t buf[ROOM];
static uint8_t scratch[HSMREPL_TL_MAX];

static void setup(void)
{
	hasher = hasher_new(key);
	sealer = sealer_new(key, 3);
	opener = opener_new(key);
	memset(buf, 0, sizeof(buf));
}

static void teardown(void)
{
	hasher_free(hasher);
	sealer_free(sealer);
	opener_free(opener);
}

static struct record make(unsigned int type, size_t body)
{
	return (struct record){
		.type = type,
		.batch = { 2, 0x100000007 },
		.lsn = 41,
		.durable = 40,
		.generation = 0x300000001,
		.body = { buf + sizeof(struct record_header), body },
	};
}

/* A YES in @buf; returns its length. */
static size_t make_yes(void)
{
	struct record r = make(RECORD_YES, 0);
	uint8_t tl[TL_LEN];

	r.n_tls = TLS;
	r.incarnation = 3;
	r.counter = sealer_next(sealer);
	for (unsigned int i = 0; i < TLS; i++) {
		struct record_part part = { .tid = 9 + i, .seq = 5 + i, .tl_len = TL_LEN };

		memset(tl, 'a' + (int)i, sizeof(tl));
		r.body.n += record_tl_seal(sealer, &part, tl, (uint8_t *)r.body.p + r.body.n);
	}
	record_finish(hasher, &r);
	return record_len(&r);
}

static size_t make_commit(void)
{
	struct record r = make(RECORD_COMMIT, sizeof(struct record_position));
	struct position p = { 1, 2, 3, 4, { 5, 6, 7 } };

	record_position_write(&p, (struct record_position *)(buf + sizeof(struct record_header)));
	record_finish(hasher, &r);
	return record_len(&r);
}

static bool good(size_t n)
{
	struct record r;

	return record_read(hasher, buf, n, &r) &&
	       (r.type != RECORD_YES || !record_check_body(opener, &r, scratch));
}

START_TEST(round_trip)
{
	struct record r;
	struct record_cursor c = { .r = &r };
	struct record_part part;
	struct position p;
	size_t len = make_yes();

	ck_assert(record_read(hasher, buf, ROOM, &r));
	ck_assert_uint_eq(record_len(&r), len);
	ck_assert_uint_eq(r.type, RECORD_YES);
	ck_assert_uint_eq(r.n_tls, TLS);
	ck_assert_uint_eq(r.batch.coordinator, 2);
	ck_assert_uint_eq(r.batch.number, 0x100000007);
	ck_assert_uint_eq(r.lsn, 41);
	ck_assert_uint_eq(r.durable, 40);
	ck_assert_uint_eq(r.generation, 0x300000001);
	for (unsigned int i = 0; i < TLS; i++) {
		ck_assert_int_eq(record_next(&c, &part), 1);
		ck_assert_uint_eq(part.tid, 9 + i);
		ck_assert_uint_eq(part.seq, 5 + i);
		ck_assert_uint_eq(part.tl_len, TL_LEN);
		ck_assert_int_eq(record_tl_open(opener, part.sealed, scratch), 0);
		ck_assert_uint_eq(scratch[0], 'a' + i);
	}
	ck_assert_int_eq(record_next(&c, &part), 0);
	make_commit();
	ck_assert(record_read(hasher, buf, ROOM, &r));
	record_position_read(r.body.p, &p);
	ck_assert_uint_eq(p.seq, 2);
	ck_assert_uint_eq(p.chain[2], 7);
}
END_TEST

START_TEST(cut_at_every_byte)
{
	size_t (*const makers[])(void) = { make_yes, make_commit };

	for (unsigned int m = 0; m < 2; m++) {
		size_t len = makers[m]();

		for (size_t n = 0; n < len; n++)
			ck_assert(!good(n));
		ck_assert(good(len));
		/* Torn: what follows is still zero. */
		for (size_t n = 0; n < len; n++) {
			uint8_t rest[ROOM];

			if (!memcmp(buf + n, (uint8_t[ROOM]){ 0 }, len - n))
				continue;
			memcpy(rest, buf + n, len - n);
			memset(buf + n, 0, len - n);
			ck_assert(!good(ROOM));
			memcpy(buf + n, rest, len - n);
		}
	}
}
END_TEST

START_TEST(bent_at_every_bit)
{
	size_t (*const makers[])(void) = { make_yes, make_commit };

	for (unsigned int m = 0; m < 2; m++) {
		size_t len = makers[m]();

		for (size_t bit = 0; bit < 8 * len; bit++) {
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_msg(!good(len), "record %u, bit %zu", m, bit);
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		ck_assert(good(len));
	}
}
END_TEST

/* The same batch sealed anew: its header with any 8-byte step of the older body behind it. */
START_TEST(an_older_body_is_not_taken)
{
	uint8_t old[ROOM];
	size_t len = make_yes();

	memcpy(old, buf, len);
	ck_assert_uint_eq(make_yes(), len);
	for (size_t at = sizeof(struct record_header); at < len; at += RECORD_ALIGN) {
		uint8_t fresh[ROOM];

		memcpy(fresh, buf, len);
		memcpy(buf + at, old + at, len - at);
		ck_assert_msg(!good(len), "old from byte %zu on", at);
		memcpy(buf, fresh, len);
	}
	ck_assert(good(len));
}
END_TEST

START_TEST(another_key_reads_nothing)
{
	struct record r;
	size_t len = make_commit();

	hasher_free(hasher);
	hasher = hasher_new((const uint8_t[SEAL_KEY_LEN]){ 1 });
	ck_assert(!record_read(hasher, buf, len, &r));
}
END_TEST

/* A TL of two operations; returns its length. */
static size_t make_tl(uint8_t *p)
{
	struct hsmrepl_tl tl = { .n_ops = htole16(2) };
	struct hsmrepl_op op = { .len = htole32(sizeof(op) + 16), .code = htole16(1),
				 .label_len = htole16(5), .payload_len = htole32(9) };
	size_t len = sizeof(tl) + 2 * (sizeof(op) + 16);

	tl.len = htole32((uint32_t)len);
	memset(p, 0, len);
	memcpy(p, &tl, sizeof(tl));
	for (unsigned int i = 0; i < 2; i++) {
		memcpy(p + sizeof(tl) + i * (sizeof(op) + 16), &op, sizeof(op));
		memcpy(p + sizeof(tl) + i * (sizeof(op) + 16) + sizeof(op), "labelpayload9", 13);
	}
	return len;
}

/*
 * Whatever a TL says, no operation reaches beyond it; with sanitizers, in a buffer of just its
 * size.
 */
START_TEST(operations_stay_inside)
{
	uint8_t tl[512];
	size_t len = make_tl(tl);

	for (size_t n = 0; n <= len; n++)
		for (unsigned int value = 0; value < 256; value += 51) {
			uint8_t *exact = malloc(len);
			struct ops o;
			struct op op;
			int ret;

			memcpy(exact, tl, len);
			if (n < len)
				exact[n] = (uint8_t)value;
			ret = ops_begin(&o, exact, len);
			while (!ret && (ret = ops_next(&o, &op)) > 0) {
				ck_assert(op.payload + op.payload_len <= exact + len);
				ret = 0;
			}
			if (n == len)
				ck_assert_int_eq(ret, 0);
			free(exact);
		}
	for (size_t n = 0; n < len; n++) {
		struct ops o;

		ck_assert_int_eq(ops_begin(&o, tl, n), -EBADMSG);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, round_trip);
	tcase_add_test(t, cut_at_every_byte);
	tcase_add_test(t, bent_at_every_bit);
	tcase_add_test(t, an_older_body_is_not_taken);
	tcase_add_test(t, another_key_reads_nothing);
	tcase_add_test(t, operations_stay_inside);
	suite_add_tcase(s, t);
	return suite_run(s);
}
