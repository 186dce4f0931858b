// SPDX-License-Identifier: GPL-2.0
/* Service messages and items decode to what was encoded; cut or bent, they are harmless. */
#include <check.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "item.h"
#include "message.h"

#define FRAME_MAX 8192
#define LABEL "a label"

static const struct position place = { 4, 17, 0xfeed, 0xd1, "chain" };

static struct node_list two_nodes(void)
{
	struct node_list nl = { .pool = { 7 }, .epoch = 4, .n = 2 };

	nl.node[0] = (struct member){ 3, "n3", "127.0.0.1:1" };
	nl.node[1] = (struct member){ 9, "n9", "127.0.0.1:2" };
	return nl;
}

/* One of each type, with every field that it has. */
static struct sync_message sample(int i)
{
	struct sync_message m = { .type = (enum sync_type)(SYNC_WHO + i) };

	switch (m.type) {
	case SYNC_WHO:
		m = (struct sync_message){ m.type, .flags = SYNC_PEERS, .pool = "a pool",
					   .place = place };
		break;
	case SYNC_HERE:
		m = (struct sync_message){ m.type, .node = 3, .mode = 1, .state = 3, .answer = 2,
					   .clock_ms = 5, .pool = "a pool", .place = place,
					   .count = 1, .address = "127.0.0.1:1",
					   .nl = two_nodes(), .data = { "tail", 4 } };
		break;
	case SYNC_JOIN:
		m = (struct sync_message){ m.type, .flags = SYNC_OVERWRITE, .pool = "a pool",
					   .place = place, .have = 9, .at = place,
					   .address = "127.0.0.1:1" };
		break;
	case SYNC_PLAN:
		m = (struct sync_message){ m.type, .place = place, .kind = SYNC_KIND_DELTA,
					   .have = 9, .at = place, .tls = 5, .bytes = 6,
					   .rows = 7, .nl = two_nodes() };
		break;
	case SYNC_NO:
		m.flags = SYNC_LATER;
		m.data = (struct bytes){ "why: what", 9 };
		break;
	case SYNC_FED:
		m.flags = SYNC_LIVE;
		m.seq = 9;
		break;
	case SYNC_END:
		m.place = place;
		break;
	case SYNC_TAIL:
	case SYNC_FEED:
	case SYNC_HISTORY:
		m.seq = 9;
		break;
	case SYNC_TLS:
		m.seq = 12;
		m.count = 2;
		m.data = (struct bytes){ "some", 4 };
		break;
	case SYNC_AGAIN:
		m.data = (struct bytes){ "why", 3 };
		break;
	case SYNC_ITEMS:
	case SYNC_DIGESTS:
	case SYNC_BUCKETS:
		m.count = 2;
		m.data = (struct bytes){ "some", 4 };
		break;
	case SYNC_ROWS:
	case SYNC_BEGAN:
	case SYNC_ENTRIES:
		m.flags = SYNC_LAST;
		m.count = 2;
		m.data = (struct bytes){ "some", 4 };
		break;
	case SYNC_ADMIT:
	case SYNC_ADMITTED:
	case SYNC_EPOCHS:
	case SYNC_END_TYPES:
		break;
	}
	return m;
}
#define SAMPLES (SYNC_END_TYPES - SYNC_WHO)

static size_t encode(int i, uint8_t *buf)
{
	struct sync_message m = sample(i);
	size_t n = sync_encode(&m, buf);

	if (m.data.n)
		memcpy(buf + n, m.data.p, m.data.n);
	return n + m.data.n;
}

START_TEST(test_round_trip)
{
	uint8_t buf[FRAME_MAX], again[FRAME_MAX];
	struct sync_message m, want = sample(_i);
	size_t n = encode(_i, buf);

	ck_assert(sync_decode((struct bytes){ buf, n }, &m));
	ck_assert_uint_eq(m.data.n, want.data.n);
	ck_assert_uint_eq(sync_encode(&m, again) + m.data.n, n);
	ck_assert_mem_eq(again, buf, n - m.data.n);
	m.data = want.data;
	ck_assert_mem_eq(&m, &want, sizeof(m));
	ck_assert_str_ne(sync_type_name(m.type), "?");
}
END_TEST

START_TEST(test_cut)
{
	uint8_t buf[FRAME_MAX];
	struct sync_message m, want = sample(_i);
	size_t n = encode(_i, buf);

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *exact = malloc(cut + 1);	/* the sanitizer sees a read past the cut */

		memcpy(exact, buf, cut);
		ck_assert(!sync_decode((struct bytes){ exact, cut }, &m));
		if (cut >= 4) {		/* also with a length that fits the cut */
			uint32_t len = htole32((uint32_t)cut);

			memcpy(exact, &len, 4);
			if (sync_decode((struct bytes){ exact, cut }, &m))
				ck_assert_uint_ge(cut, n - want.data.n);
		}
		free(exact);
	}
	ck_assert(!sync_decode((struct bytes){ buf, n + 1 }, &m));
}
END_TEST

/* Bytes behind the last field are refused, unless the type has data. */
START_TEST(test_longer)
{
	uint8_t buf[FRAME_MAX] = { 0 };
	size_t n = encode(_i, buf);
	uint32_t len = htole32((uint32_t)n + 1);
	struct sync_message m, want = sample(_i);

	memcpy(buf, &len, 4);
	ck_assert(sync_decode((struct bytes){ buf, n + 1 }, &m) == (want.data.n > 0));
}
END_TEST

START_TEST(test_bent)
{
	uint8_t buf[FRAME_MAX];
	size_t n = encode(_i, buf);
	struct sync_message m;

	for (size_t at = 0; at < n; at++)
		for (int bit = 0; bit < 8; bit++) {
			bool ok;

			buf[at] ^= (uint8_t)(1u << bit);
			ok = sync_decode((struct bytes){ buf, n }, &m);
			if (at < 8 && !(at >= 4 && at < 6))	/* length, reserved */
				ck_assert(!ok);
			buf[at] ^= (uint8_t)(1u << bit);
		}
}
END_TEST

START_TEST(test_text)
{
	const struct sync_message m = { .type = SYNC_NO, .data = { "a\nb\0c", 5 } };
	char text[SYNC_TEXT_MAX + 1];

	sync_text(&m, text);
	ck_assert_str_eq(text, "a?b?c");
}
END_TEST

static struct snapshot_item item_sample(enum snapshot_kind kind)
{
	static const struct snapshot_live live[2] = {
		{ 1, 4, "an id", "rsa" }, { 7, 1, "another id", "aes" },
	};
	static struct history_epoch epoch;

	epoch.position = place;
	epoch.nl.epoch = htole64(4);
	switch (kind) {
	case SNAP_GONE:
		return (struct snapshot_item){ kind, .label = { LABEL, strlen(LABEL) } };
	case SNAP_EPOCH:
		return (struct snapshot_item){ kind, .epoch = &epoch };
	case SNAP_ROW:
		return (struct snapshot_item){ kind, .row = { 8, 0xa0, 0xab, true, "chain" } };
	case SNAP_TL:
		return (struct snapshot_item){ kind, .tl = { 8, 0xa0, 0xab, { "the TL", 6 } },
					       .n_live = 2, .live = live };
	case SNAP_NOTHING:
		break;
	}
	return (struct snapshot_item){ SNAP_NOTHING };
}

static void same_item(const struct snapshot_item *a, const struct snapshot_item *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->label.n, b->label.n);
	ck_assert(!a->label.n || !memcmp(a->label.p, b->label.p, a->label.n));
	ck_assert_uint_eq(a->row.seq, b->row.seq);
	ck_assert_uint_eq(a->row.tid, b->row.tid);
	ck_assert_uint_eq(a->row.sp, b->row.sp);
	ck_assert(a->row.has_chain == b->row.has_chain);
	ck_assert_mem_eq(a->row.chain, b->row.chain, sizeof(a->row.chain));
	ck_assert_uint_eq(a->tl.seq, b->tl.seq);
	ck_assert_uint_eq(a->tl.tid, b->tl.tid);
	ck_assert_uint_eq(a->tl.sp, b->tl.sp);
	ck_assert_uint_eq(a->tl.tl.n, b->tl.tl.n);
	ck_assert(!a->tl.tl.n || !memcmp(a->tl.tl.p, b->tl.tl.p, a->tl.tl.n));
	ck_assert_uint_eq(a->n_live, b->n_live);
	for (unsigned int i = 0; i < a->n_live; i++) {
		ck_assert_uint_eq(a->live[i].op, b->live[i].op);
		ck_assert_uint_eq(a->live[i].version, b->live[i].version);
		ck_assert_mem_eq(a->live[i].id, b->live[i].id, HSMREPL_ID_LEN);
		ck_assert_mem_eq(a->live[i].type, b->live[i].type, HSMREPL_TYPE_MAX);
	}
	if (a->kind == SNAP_EPOCH)
		ck_assert_mem_eq(a->epoch, b->epoch, sizeof(*a->epoch));
}

/* All items in one run, and nothing is left. */
START_TEST(test_items)
{
	uint8_t *buf = malloc(4 * ITEM_MAX);
	struct item_room *room = malloc(sizeof(*room));
	struct snapshot_item item, want;
	struct bytes left = { buf, 0 };

	for (enum snapshot_kind kind = SNAP_NOTHING; kind <= SNAP_TL; kind++) {
		want = item_sample(kind);
		left.n += item_encode(&want, buf + left.n);
	}
	for (enum snapshot_kind kind = SNAP_GONE; kind <= SNAP_TL; kind++) {
		want = item_sample(kind);
		ck_assert(item_decode(&left, room, &item));
		same_item(&item, &want);
	}
	ck_assert_uint_eq(left.n, 0);
	ck_assert(!item_decode(&left, room, &item));
	free(room);
	free(buf);
}
END_TEST

START_TEST(test_item_cut)
{
	struct snapshot_item item, want = item_sample((enum snapshot_kind)_i);
	struct item_room *room = malloc(sizeof(*room));
	uint8_t *buf = malloc(ITEM_MAX);
	size_t n = item_encode(&want, buf);

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *exact = malloc(cut + 1);
		struct bytes left = { exact, cut };
		uint32_t len = htole32((uint32_t)cut);

		memcpy(exact, buf, cut);
		ck_assert(!item_decode(&left, room, &item));
		if (cut >= 4) {
			memcpy(exact, &len, 4);
			left = (struct bytes){ exact, cut };
			if (item_decode(&left, room, &item))
				ck_assert(_i == SNAP_GONE || _i == SNAP_TL);
		}
		free(exact);
	}
	free(buf);
	free(room);
}
END_TEST

START_TEST(test_item_bent)
{
	struct snapshot_item item, want = item_sample((enum snapshot_kind)_i);
	struct item_room *room = malloc(sizeof(*room));
	uint8_t *buf = malloc(ITEM_MAX);
	size_t n = item_encode(&want, buf);

	for (size_t at = 0; at < n; at++)
		for (int bit = 0; bit < 8; bit++) {
			struct bytes left = { buf, n };

			buf[at] ^= (uint8_t)(1u << bit);
			if (item_decode(&left, room, &item))
				ck_assert_uint_le(item.n_live, HSMREPL_OPS_MAX);
			buf[at] ^= (uint8_t)(1u << bit);
		}
	free(buf);
	free(room);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sync message");
	TCase *frames = tcase_create("frames");
	TCase *items = tcase_create("items");

	tcase_add_loop_test(frames, test_round_trip, 0, SAMPLES);
	tcase_add_loop_test(frames, test_cut, 0, SAMPLES);
	tcase_add_loop_test(frames, test_longer, 0, SAMPLES);
	tcase_add_loop_test(frames, test_bent, 0, SAMPLES);
	tcase_add_test(frames, test_text);
	tcase_add_test(items, test_items);
	tcase_add_loop_test(items, test_item_cut, SNAP_GONE, SNAP_TL + 1);
	tcase_add_loop_test(items, test_item_bent, SNAP_GONE, SNAP_TL + 1);
	suite_add_tcase(suite, frames);
	suite_add_tcase(suite, items);
	return suite_run(suite);
}
