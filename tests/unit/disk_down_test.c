// SPDX-License-Identifier: GPL-2.0
/* What the store keeps of a node-down: promises, the accepted value, and for how long. */
#include <check.h>

#include "../suite.h"
#include "disk_bed.h"
#include "batch.h"
#include "wire.h"

#define BALLOT(n)	((uint64_t)(n) << 16 | 2)
#define NAME		"Name-That-Must-Not-Show"

static struct bed *b;
static uint8_t value[DOWN_VALUE_LEN];

static void setup(void)
{
	b = bed_new();
	memset(value, 0x5a, sizeof(value));
	memcpy(value + 100, NAME, sizeof(NAME));
	ck_assert_msg(bed_open(b), "%s", b->error);
}

static void teardown(void)
{
	bed_free(b);
}

/* Append and wait: what completes is what was appended. */
static void append(enum record_type record, uint64_t ballot)
{
	struct bytes tail = { value, record == RECORD_ACCEPT ? sizeof(value) : 0 };
	struct batch_id id = { (uint16_t)ballot, ballot };
	struct store_done done;

	store_append(b->store, record, id, tail, 0, NULL);
	ck_assert(bed_done(b, &done));
	ck_assert_int_eq(done.record, record);
	ck_assert_int_eq(done.error, 0);
	ck_assert(same_batch(done.batch, id));
}

static void ck_image(uint64_t promised, uint64_t accepted)
{
	ck_assert_uint_eq(b->image.promised, promised);
	ck_assert_uint_eq(b->image.accepted, accepted);
	ck_assert(!accepted || b->image.has_value);
	if (accepted)
		ck_assert_mem_eq(b->image.value, value, sizeof(value));
}

/* A batch of one TL that changes the epoch. */
static void end_epoch(void)
{
	struct hsmrepl_nl nl;
	const struct node_list list = {
		.pool = { 9 }, .epoch = b->position.epoch + 1, .n = 1,
		.node = { { .id = BED_NODE, .name = "n1", .address = "127.0.0.1:4327" } },
	};

	nl_encode(&list, &nl);
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_NODE_DOWN, 77 + b->position.seq), HSMREPL_OP_NODES, "", &nl,
	       sizeof(nl), 0, "");
	b->after.epoch = list.epoch;
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

START_TEST(promises_and_values_are_found_again)
{
	ck_image(0, 0);
	append(RECORD_PROMISE, BALLOT(1));
	bed_reopen(b);
	ck_image(BALLOT(1), 0);
	append(RECORD_ACCEPT, BALLOT(1));
	bed_reopen(b);
	ck_image(BALLOT(1), BALLOT(1));
	append(RECORD_PROMISE, BALLOT(2));
	bed_reopen(b);
	ck_image(BALLOT(2), BALLOT(1));
	memset(value, 0x7b, 64);
	append(RECORD_ACCEPT, BALLOT(3));
	bed_reopen(b);
	ck_image(BALLOT(3), BALLOT(3));
	bed_reopen(b);
	ck_image(BALLOT(3), BALLOT(3));
}
END_TEST

/* As a power cut leaves it: only the log has it. */
START_TEST(a_cut_loses_nothing)
{
	char copy[BED_PATH], dir[BED_PATH];

	append(RECORD_PROMISE, BALLOT(4));
	append(RECORD_ACCEPT, BALLOT(4));
	snprintf(copy, sizeof(copy), "%.200s-copy", b->dir);
	bed_copy(b->dir, copy);
	bed_close(b);
	strcpy(dir, b->dir);
	strcpy(b->dir, copy);
	ck_assert_msg(bed_open(b), "%s", b->error);
	ck_image(BALLOT(4), BALLOT(4));
	bed_close(b);
	bed_remove(copy);
	strcpy(b->dir, dir);
}
END_TEST

/* Long after its segment was used again. */
START_TEST(segments_may_go)
{
	static const uint8_t payload[4096];
	char label[32];

	append(RECORD_PROMISE, BALLOT(1));
	append(RECORD_ACCEPT, BALLOT(1));
	for (int i = 0; i < 100; i++) {
		snprintf(label, sizeof(label), "label %d", i);
		ck_assert_int_eq(bed_create(b, label, payload, sizeof(payload)), 0);
	}
	bed_reopen(b);
	ck_image(BALLOT(1), BALLOT(1));
	ck_assert_uint_eq(b->image.objects, 100);
}
END_TEST

/* A yes that is open meanwhile stays open, also if a ballot looks like its number. */
START_TEST(an_open_yes_stays_open)
{
	struct store_done done;

	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 5), HSMREPL_OP_CREATE, "a", "x", 1, 0, "t");
	b->number = BALLOT(1) - 1;
	ck_assert_int_eq(bed_yes(b), 0);
	store_append(b->store, RECORD_PROMISE, bed_id(b), (struct bytes){ NULL, 0 }, 0, NULL);
	ck_assert(bed_done(b, &done));
	append(RECORD_PROMISE, BALLOT(2));
	bed_reopen(b);
	ck_assert(same_batch(b->image.slot_id, bed_id(b)));
	ck_image(BALLOT(2), 0);
}
END_TEST

/* The epoch ends: promise and acceptance are over, its last value can still be told. */
START_TEST(a_new_epoch_forgets)
{
	append(RECORD_PROMISE, BALLOT(1));
	append(RECORD_ACCEPT, BALLOT(1));
	end_epoch();
	bed_reopen(b);
	ck_image(0, 0);
	ck_assert(b->image.has_value);
	ck_assert_mem_eq(b->image.value, value, sizeof(value));
	ck_assert_uint_eq(b->image.position.epoch, 1);
	append(RECORD_PROMISE, BALLOT(1));
	bed_reopen(b);
	ck_image(BALLOT(1), 0);
}
END_TEST

/* A value that leads to epoch 2: a NODE_DOWN TL that stands in epoch 1. */
static void set_value(void)
{
	struct hsmrepl_nl nl;
	struct {
		struct hsmrepl_tl tl;
		struct hsmrepl_op op;
		struct hsmrepl_nl nl;
	} down = {
		.tl = { .len = htole32(DOWN_TL_LEN), .format = htole16(1), .seq = htole64(9),
			.kind = htole16(HSMREPL_TL_NODE_DOWN), .tid = htole64(5),
			.epoch = htole64(1), .coordinator = htole16(BED_NODE), .n_ops = htole16(1),
			.n_voters = htole16(1), .voters = { htole16(BED_NODE) } },
		.op = { .len = htole32(sizeof(down.op) + sizeof(nl)),
			.code = htole16(HSMREPL_OP_NODES), .payload_len = htole32(sizeof(nl)) },
	};
	const struct node_list list = {
		.pool = { 9 }, .epoch = 2, .n = 1, .node = { { .id = BED_NODE, .name = "n1" } },
	};

	nl_encode(&list, &down.nl);
	value_encode(&(struct down_value){ .tl = { &down, sizeof(down) } }, value);
	ck_assert_uint_eq(value_epoch(value), 2);
}

/* Unless it leads beyond the new epoch: then it still binds this node, as does its promise. */
START_TEST(a_value_that_leads_further_stays)
{
	set_value();
	append(RECORD_PROMISE, BALLOT(1));
	append(RECORD_ACCEPT, BALLOT(1));
	append(RECORD_PROMISE, BALLOT(2));
	end_epoch();
	bed_reopen(b);
	ck_assert_uint_eq(b->image.position.epoch, 1);
	ck_image(BALLOT(2), BALLOT(1));
	end_epoch();
	bed_reopen(b);
	ck_assert_uint_eq(b->image.position.epoch, 2);
	ck_image(0, 0);
}
END_TEST

START_TEST(a_commit_in_the_epoch_does_not)
{
	append(RECORD_PROMISE, BALLOT(1));
	append(RECORD_ACCEPT, BALLOT(1));
	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	bed_reopen(b);
	ck_image(BALLOT(1), BALLOT(1));
}
END_TEST

START_TEST(the_value_is_sealed)
{
	char command[BED_PATH + 64];

	append(RECORD_ACCEPT, BALLOT(1));
	bed_reopen(b);
	snprintf(command, sizeof(command), "grep -rqa %s %s", NAME, b->dir);
	ck_assert_int_ne(system(command), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk_down");
	TCase *t = tcase_create("disk_down");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, promises_and_values_are_found_again);
	tcase_add_test(t, a_cut_loses_nothing);
	tcase_add_test(t, segments_may_go);
	tcase_add_test(t, an_open_yes_stays_open);
	tcase_add_test(t, a_new_epoch_forgets);
	tcase_add_test(t, a_value_that_leads_further_stays);
	tcase_add_test(t, a_commit_in_the_epoch_does_not);
	tcase_add_test(t, the_value_is_sealed);
	suite_add_tcase(s, t);
	return suite_run(s);
}
