// SPDX-License-Identifier: GPL-2.0
/* Messages and batches decode to what was encoded; cut or bent, they are refused or harmless. */
#include <check.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "batch.h"
#include "wire.h"

#define FRAME_MAX 4096

static size_t put_tl(uint8_t *buf, uint64_t seq, uint64_t sp, uint64_t tid)
{
	struct hsmrepl_tl tl = {
		.len = htole32(sizeof(tl) + 72), .format = htole16(1),
		.kind = htole16(HSMREPL_TL_DATA), .tid = htole64(tid), .sync_point = htole64(sp),
		.seq = htole64(seq), .epoch = htole64(3), .coordinator = htole16(2),
		.n_ops = htole16(1), .n_voters = htole16(2), .voters = { htole16(1), htole16(2) },
	};

	memset(buf, 0, sizeof(tl) + 72);
	memcpy(buf, &tl, sizeof(tl));
	return sizeof(tl) + 72;
}

static struct bytes two_tls(uint8_t *buf)
{
	size_t n = put_tl(buf, 8, 0xa0, 0x0b);

	n += put_tl(buf + n, 9, 0xab, 0xff);
	return (struct bytes){ buf, n };
}

static const struct message samples[] = {
	{ .type = MSG_HELLO, .epoch = 4, .turn = { 9, 3 },
	  .hello = { .pool = "0123456789abcde", .position = { 4, 17, 0xfeed, 0xd1, "chain" },
		     .slot = { 2, 1ull << 32 | 5 }, .slot_seq = 18, .slot_sp = 0xbeef,
		     .flags = HELLO_ANSWER, .sent_ms = 1000, .echo_ms = 900 } },
	{ .type = MSG_VOTE, .epoch = 4, .batch = { 1, 77 }, .turn = { 1, 1 }, .yes = true },
	{ .type = MSG_VOTE, .epoch = 4, .batch = { 1, 77 }, .refusal = REFUSAL_INVALID,
	  .error = 28 },
	{ .type = MSG_COMMIT, .epoch = 4, .batch = { 1, 77 }, .turn = { 5, 2 }, .seq = 3,
	  .sp = ~0ull },
	{ .type = MSG_ABORT, .epoch = 4, .batch = { 1, 77 } },
	{ .type = MSG_ABORTED, .epoch = 4, .batch = { 65535, ~0ull } },
	{ .type = MSG_INQUIRE, .epoch = 4, .batch = { 1, 77 } },
	{ .type = MSG_WANT, .epoch = 4 },
	{ .type = MSG_TURN, .epoch = 4, .turn = { 5, 2 } },
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static size_t encode(int i, uint8_t *buf)
{
	struct message m = { .type = MSG_PREPARE, .batch = { 2, 5 }, .n_tls = 2 };
	uint8_t tls[FRAME_MAX];
	size_t n;

	if (i < (int)SAMPLES)
		return wire_encode(&samples[i], buf);
	m.tls = two_tls(tls);
	n = wire_encode(&m, buf);
	memcpy(buf + n, tls, m.tls.n);
	return n + m.tls.n;
}

START_TEST(test_round_trip)
{
	uint8_t buf[FRAME_MAX], again[FRAME_MAX];
	size_t n = encode(_i, buf);
	struct message m;

	ck_assert(wire_decode((struct bytes){ buf, n }, &m));
	ck_assert_uint_eq(wire_encode(&m, again) + m.tls.n, n);
	ck_assert_mem_eq(again, buf, n - m.tls.n);
	if (_i < (int)SAMPLES)
		ck_assert_mem_eq(&m, &samples[_i], sizeof(m));
}
END_TEST

START_TEST(test_cut)
{
	uint8_t buf[FRAME_MAX];
	size_t n = encode(_i, buf);
	struct message m;

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *exact = malloc(cut + 1);	/* the sanitizer sees a read past the cut */

		memcpy(exact, buf, cut);
		ck_assert(!wire_decode((struct bytes){ exact, cut }, &m));
		if (cut >= 4) {		/* also with a length that fits the cut */
			uint32_t len = htole32((uint32_t)cut);
			struct batch b;

			memcpy(exact, &len, 4);
			if (wire_decode((struct bytes){ exact, cut }, &m))
				ck_assert(m.type == MSG_PREPARE && !batch_read(m.tls, m.n_tls, &b));
		}
		free(exact);
	}
	ck_assert(!wire_decode((struct bytes){ buf, n + 1 }, &m));
}
END_TEST

START_TEST(test_bent)
{
	uint8_t buf[FRAME_MAX];
	size_t n = encode(_i, buf);
	struct message m;
	struct batch b;

	for (size_t at = 0; at < n; at++)
		for (int bit = 0; bit < 8; bit++) {
			buf[at] ^= (uint8_t)(1u << bit);
			if (wire_decode((struct bytes){ buf, n }, &m) && m.type == MSG_PREPARE)
				batch_read(m.tls, m.n_tls, &b);
			if (at < 8 && !(at >= 4 && at < 6))	/* length, reserved */
				ck_assert(!wire_decode((struct bytes){ buf, n }, &m));
			buf[at] ^= (uint8_t)(1u << bit);
		}
}
END_TEST

START_TEST(test_batch_facts)
{
	uint8_t buf[FRAME_MAX];
	struct bytes tls = two_tls(buf);
	struct batch b;

	ck_assert(batch_read(tls, 2, &b));
	ck_assert_uint_eq(b.coordinator, 2);
	ck_assert_uint_eq(b.before.seq, 7);
	ck_assert_uint_eq(b.before.sp, 0xa0);
	ck_assert_uint_eq(b.after.seq, 9);
	ck_assert_uint_eq(b.after.sp, 0xa0 ^ 0x0b ^ 0xff);
	ck_assert_uint_eq(b.tids[1], 0xff);
	ck_assert(batch_has_voter(&b, 1) && batch_has_voter(&b, 2) && !batch_has_voter(&b, 3));
	ck_assert(!batch_read(tls, 1, &b));
	ck_assert(!batch_read(tls, 3, &b));
	ck_assert(!batch_read(tls, 0, &b));
}
END_TEST

/* Each row bends one field of the second TL so that it does not follow on the first. */
START_TEST(test_batch_chain)
{
	static const size_t field[] = {
		offsetof(struct hsmrepl_tl, len), offsetof(struct hsmrepl_tl, format),
		offsetof(struct hsmrepl_tl, kind), offsetof(struct hsmrepl_tl, sync_point),
		offsetof(struct hsmrepl_tl, seq), offsetof(struct hsmrepl_tl, epoch),
		offsetof(struct hsmrepl_tl, coordinator), offsetof(struct hsmrepl_tl, n_voters),
		offsetof(struct hsmrepl_tl, voters),
	};
	uint8_t buf[FRAME_MAX];
	struct bytes tls = two_tls(buf);
	struct batch b;

	buf[tls.n / 2 + field[_i]] ^= 2;
	ck_assert(!batch_read(tls, 2, &b));
}
END_TEST

START_TEST(test_node_list)
{
	struct node_list nl = { .pool = { 7 }, .epoch = 1, .n = 2 }, back;
	struct hsmrepl_nl raw;

	nl.node[0] = (struct member){ 3, "n3", "127.0.0.1:1" };
	nl.node[1] = (struct member){ 9, "n9", "127.0.0.1:2" };
	nl_encode(&nl, &raw);
	ck_assert(nl_decode((struct bytes){ &raw, sizeof(raw) }, &back));
	ck_assert_mem_eq(&nl, &back, sizeof(nl));
	ck_assert(!nl_decode((struct bytes){ &raw, sizeof(raw) - 1 }, &back));
	raw.nodes[1].id = raw.nodes[0].id;
	ck_assert(!nl_decode((struct bytes){ &raw, sizeof(raw) }, &back));
	nl_encode(&nl, &raw);
	raw.n_nodes = htole16(HSMREPL_NODES_MAX + 1);
	ck_assert(!nl_decode((struct bytes){ &raw, sizeof(raw) }, &back));
	nl_encode(&nl, &raw);
	memset(raw.pool, 0, sizeof(raw.pool));
	ck_assert(!nl_decode((struct bytes){ &raw, sizeof(raw) }, &back));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *frames = tcase_create("frames");
	TCase *batches = tcase_create("batches");

	tcase_add_loop_test(frames, test_round_trip, 0, SAMPLES + 1);
	tcase_add_loop_test(frames, test_cut, 0, SAMPLES + 1);
	tcase_add_loop_test(frames, test_bent, 0, SAMPLES + 1);
	tcase_add_test(batches, test_batch_facts);
	tcase_add_loop_test(batches, test_batch_chain, 0, 9);
	tcase_add_test(batches, test_node_list);
	suite_add_tcase(suite, frames);
	suite_add_tcase(suite, batches);
	return suite_run(suite);
}
