// SPDX-License-Identifier: GPL-2.0
/* The settled history: places, the window of whole TLs, epochs, and the older format. */
#include <check.h>
#include <errno.h>

#include <sqlite3.h>

#include "../suite.h"
#include "batch.h"
#include "disk_older.h"
#include "history.h"

#define WINDOW	40	/* TLs */
#define PAYLOAD	200

/* A short window, settled at once. */
static const struct store_options brief = {
	.segment_bytes = 65536,
	.unsettled_max = 1 << 20,
	.settle_ms = 0,
	.window = { WINDOW, 100000, 200000 },
};

static struct bed *b;
static uint8_t payload[PAYLOAD];
static bool created;	/* "a" is there */

static void setup(void)
{
	created = false;
	b = bed_new();
	ck_assert_msg(bed_open_sized(b, &brief), "%s", b->error);
}

static void teardown(void)
{
	bed_free(b);
}

/* A batch of @n TLs that each write the same object. */
static void write_object(unsigned int n)
{
	bed_begin(b);
	while (n--) {
		bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x1000 + b->after.seq),
		       created ? HSMREPL_OP_UPDATE : HSMREPL_OP_CREATE, "a", payload, PAYLOAD, 0,
		       created ? "" : "aes");
		created = true;
	}
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

/* Keeps what is told of the TLs. */
struct told {
	unsigned int n;
	uint64_t first;
	uint64_t last;
	int stop_with;
};

static int tell(void *arg, const struct history_tl *t)
{
	struct told *told = arg;
	struct hsmrepl_tl head;

	memcpy(&head, t->tl.p, sizeof(head));
	ck_assert_uint_eq(le64toh(head.seq), t->seq);
	ck_assert_uint_eq(le64toh(head.tid), t->tid);
	ck_assert_uint_eq(le64toh(head.sync_point) ^ t->tid, t->sp);
	ck_assert_uint_eq(le32toh(head.len), t->tl.n);
	if (!told->n++)
		told->first = t->seq;
	told->last = t->seq;
	return told->stop_with;
}

static int ask(uint64_t seq, uint64_t sp, uint8_t chain)
{
	uint8_t bytes[HSMREPL_CHAIN_LEN];

	memset(bytes, chain, sizeof(bytes));
	return history_find(b->store, seq, sp, bytes);
}

START_TEST(places_are_found)
{
	uint64_t sp[4] = { 0 };

	write_object(1);
	sp[1] = b->position.sp;
	write_object(2);	/* where TL 2 ends, no chain is known */
	sp[3] = b->position.sp;
	sp[2] = sp[3] ^ 0x1002;
	bed_settle(b);
	ck_assert_uint_eq(history_settled(b->store), 3);
	for (unsigned int round = 0; round < 2; round++) {
		ck_assert_int_eq(ask(0, 0, 9), HISTORY_HAS);
		ck_assert_int_eq(ask(0, 1, 0), HISTORY_LACKS);
		ck_assert_int_eq(ask(1, sp[1], 1), HISTORY_HAS);
		ck_assert_int_eq(ask(1, sp[1], 2), HISTORY_LACKS);
		ck_assert_int_eq(ask(1, sp[1] + 1, 1), HISTORY_LACKS);
		ck_assert_int_eq(ask(2, sp[2], 77), HISTORY_HAS);
		ck_assert_int_eq(ask(2, sp[3], 2), HISTORY_LACKS);
		ck_assert_int_eq(ask(3, sp[3], 3), HISTORY_HAS);
		ck_assert_int_eq(ask(4, sp[3], 4), HISTORY_AHEAD);
		bed_reopen_sized(b, &brief);
	}
}
END_TEST

START_TEST(the_tail_is_whole)
{
	struct told told = { 0 };

	write_object(10);
	write_object(5);
	bed_settle(b);
	ck_assert_uint_eq(history_window(b->store), 0);
	ck_assert_int_eq(history_tail(b->store, 0, 1 << 20, tell, &told), 15);
	ck_assert_uint_eq(told.first, 1);
	ck_assert_uint_eq(told.last, 15);
	told = (struct told){ 0 };
	ck_assert_int_eq(history_tail(b->store, 12, 1 << 20, tell, &told), 3);
	ck_assert_uint_eq(told.first, 13);
	ck_assert_int_eq(history_tail(b->store, 15, 1 << 20, tell, &told), 0);
	/* At least one, however few bytes are asked for; no more than fit. */
	told = (struct told){ 0 };
	ck_assert_int_eq(history_tail(b->store, 3, 1, tell, &told), 1);
	ck_assert_uint_eq(told.first, 4);
	ck_assert_int_eq(history_tail(b->store, 3, 3 * (PAYLOAD + 300), tell, &told), 3);
	told = (struct told){ .stop_with = 33 };
	ck_assert_int_eq(history_tail(b->store, 3, 1 << 20, tell, &told), 33);
	ck_assert_uint_eq(told.n, 1);
}
END_TEST

static int64_t count_bodies(void)
{
	char path[BED_PATH + 16];
	int64_t n = -1;
	sqlite3_stmt *q;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/" TABLE_FILE, b->dir);
	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM tl WHERE len > 0", -1, &q,
					    NULL), SQLITE_OK);
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

START_TEST(the_window_moves_on)
{
	struct told told = { 0 };

	for (unsigned int i = 0; i < 30; i++)
		write_object(5);
	bed_settle(b);
	ck_assert_uint_eq(history_settled(b->store), 150);
	ck_assert_uint_eq(history_window(b->store), 150 - WINDOW);
	ck_assert_int_eq(count_bodies(), WINDOW);
	ck_assert_int_eq(history_tail(b->store, 150 - WINDOW, 1 << 20, tell, &told), WINDOW);
	ck_assert_int_eq(history_tail(b->store, 149 - WINDOW, 1 << 20, tell, &told), -ENODATA);
	ck_assert_int_eq(history_tail(b->store, 0, 1 << 20, tell, &told), -ENODATA);
	ck_assert_int_eq(ask(5, 0x1000 ^ 0x1001 ^ 0x1002 ^ 0x1003 ^ 0x1004, 5), HISTORY_HAS);
	bed_reopen_sized(b, &brief);
	ck_assert_uint_eq(history_window(b->store), 150 - WINDOW);
	ck_assert_uint_eq(b->image.objects, 1);
}
END_TEST

/* An object that lives keeps its TL, in the window and behind it. */
START_TEST(live_objects_keep_their_bodies)
{
	ck_assert_int_eq(bed_create(b, "kept", payload, PAYLOAD), 0);
	write_object(1);
	for (unsigned int i = 0; i < 30; i++)
		write_object(5);
	bed_settle(b);
	ck_assert_int_eq(count_bodies(), WINDOW + 1);
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 99), HSMREPL_OP_DELETE, "kept", NULL, 0, 0, "");
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
	bed_settle(b);
	ck_assert_int_eq(count_bodies(), WINDOW);
	bed_reopen_sized(b, &brief);
	ck_assert_uint_eq(b->image.objects, 1);
}
END_TEST

/* Large TLs without live objects shorten the window; small ones do not. */
START_TEST(bytes_bound_the_window)
{
	static uint8_t large[20000];
	struct told told = { 0 };

	ck_assert_int_eq(bed_create(b, "a", large, sizeof(large)), 0);
	for (unsigned int i = 0; i < 20; i++) {
		bed_begin(b);
		bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x2000 + i), HSMREPL_OP_UPDATE, "a", large,
		       sizeof(large), 0, "");
		ck_assert_int_eq(bed_yes(b), 0);
		bed_commit(b);
	}
	bed_settle(b);
	ck_assert_uint_eq(history_settled(b->store), 21);
	ck_assert_uint_eq(history_window(b->store), 21 - 5);
	ck_assert_int_eq(history_tail(b->store, 21 - 5, 1 << 20, tell, &told), 5);
	ck_assert_int_eq(count_bodies(), 5);
}
END_TEST

START_TEST(a_pin_holds_the_window)
{
	struct told told = { 0 };

	write_object(5);
	history_pin(b->store, 5);
	for (unsigned int i = 0; i < 30; i++)
		write_object(5);
	bed_settle(b);
	ck_assert_uint_eq(history_window(b->store), 5);
	ck_assert_int_eq(history_tail(b->store, 5, 1 << 20, tell, &told), 150);
	/* It gives way when it costs too much. */
	for (unsigned int i = 0; i < 100; i++)
		write_object(5);
	bed_settle(b);
	ck_assert_uint_gt(history_window(b->store), 5);
	ck_assert_uint_lt(history_window(b->store), 655 - WINDOW);
	history_unpin(b->store);
	write_object(5);
	bed_settle(b);
	ck_assert_uint_eq(history_window(b->store), 660 - WINDOW);
	ck_assert_int_eq(count_bodies(), WINDOW);
}
END_TEST

static int tell_row(void *arg, const struct history_row *r)
{
	struct history_row *last = arg;

	ck_assert_uint_eq(r->seq, last->seq + 1);
	ck_assert_uint_eq(r->sp, last->sp ^ r->tid);
	ck_assert(r->has_chain == (r->seq % 5 == 0));
	ck_assert(!r->has_chain || r->chain[7] == r->seq);
	*last = *r;
	return r->seq == 23 ? 7 : 0;
}

START_TEST(rows_follow_one_another)
{
	struct history_row last = { 0 };

	for (unsigned int i = 0; i < 6; i++)
		write_object(5);
	bed_settle(b);
	ck_assert_int_eq(history_rows(b->store, 0, 12, tell_row, &last), 12);
	ck_assert_int_eq(history_rows(b->store, last.seq, 10, tell_row, &last), 10);
	ck_assert_int_eq(history_rows(b->store, last.seq, 10, tell_row, &last), 7);
	ck_assert_int_eq(history_rows(b->store, last.seq, 100, tell_row, &last), 7);
	ck_assert_int_eq(history_rows(b->store, last.seq, 100, tell_row, &last), 0);
	ck_assert_uint_eq(last.sp, b->position.sp);
}
END_TEST

static void begin_epoch(void)
{
	const struct node_list list = {
		.pool = { 9 }, .epoch = b->position.epoch + 1, .n = 1,
		.node = { { .id = BED_NODE, .name = "n1", .address = "127.0.0.1:4327" } },
	};
	struct hsmrepl_nl nl;

	nl_encode(&list, &nl);
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_NODE_DOWN, 7700 + list.epoch), HSMREPL_OP_NODES, "", &nl,
	       sizeof(nl), 0, "");
	b->after.epoch = list.epoch;
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

static int tell_epoch(void *arg, const struct history_epoch *e)
{
	struct history_epoch *last = arg;

	ck_assert_uint_eq(e->position.epoch, last->position.epoch + 1);
	ck_assert_uint_eq(le64toh(e->nl.epoch), e->position.epoch);
	*last = *e;
	return 0;
}

START_TEST(epochs_are_remembered)
{
	struct history_epoch last = { 0 };
	struct position second;

	ck_assert_int_eq(history_epochs(b->store, tell_epoch, &last), 0);
	begin_epoch();
	write_object(3);
	begin_epoch();
	second = b->position;
	write_object(3);
	bed_settle(b);
	for (unsigned int round = 0; round < 2; round++) {
		last = (struct history_epoch){ 0 };
		ck_assert_int_eq(history_epochs(b->store, tell_epoch, &last), 2);
		ck_assert_uint_eq(last.position.seq, second.seq);
		ck_assert_uint_eq(last.position.sp, second.sp);
		ck_assert_mem_eq(last.position.chain, second.chain, HSMREPL_CHAIN_LEN);
		bed_reopen_sized(b, &brief);
	}
}
END_TEST

/* What an agent of format 1 left: nothing in it but what lives. */
static void make_first_format(void)
{
	static const char text[] =
		"DELETE FROM body WHERE seq IN (SELECT seq FROM tl WHERE refs = 0);"
		"DROP TABLE epoch; ALTER TABLE tl DROP COLUMN chain;"
		"ALTER TABLE meta DROP COLUMN window; ALTER TABLE meta DROP COLUMN swept;"
		"ALTER TABLE meta DROP COLUMN dead; ALTER TABLE meta DROP COLUMN live;"
		"ALTER TABLE meta DROP COLUMN counter;"
		"PRAGMA user_version = 1";

	bed_close(b);
	older_format_2(b->dir);
	older_sql(b->dir, text);
}

START_TEST(the_first_format_is_brought_up_to_date)
{
	struct history_epoch last = { .position.epoch = 0 };
	static const uint8_t wrong[STORE_KEY_LEN] = "another";
	struct store_image image;
	struct told told = { 0 };

	begin_epoch();
	write_object(1);
	write_object(3);
	make_first_format();
	ck_assert_ptr_null(store_open(b->dir, wrong, BED_NODE, NULL, b->log, &image, b->error));
	ck_assert_msg(bed_open_sized(b, &brief), "%s", b->error);
	ck_assert_mem_eq(&b->image.position, &b->position, sizeof(b->position));
	ck_assert_uint_eq(b->image.objects, 1);
	ck_assert_uint_eq(history_window(b->store), 5);
	ck_assert_int_eq(history_tail(b->store, 4, 1 << 20, tell, &told), -ENODATA);
	ck_assert_int_eq(history_epochs(b->store, tell_epoch, &last), 1);
	ck_assert_uint_eq(last.position.seq, 5);
	/* No chain is known of what came before. */
	ck_assert_int_eq(ask(5, b->position.sp, 99), HISTORY_HAS);
	write_object(2);
	bed_settle(b);
	ck_assert_int_eq(history_tail(b->store, 5, 1 << 20, tell, &told), 2);
	ck_assert_int_eq(ask(7, b->position.sp, 99), HISTORY_LACKS);
	bed_reopen_sized(b, &brief);
	ck_assert_uint_eq(b->image.objects, 1);
	ck_assert_uint_eq(history_window(b->store), 5);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, places_are_found);
	tcase_add_test(t, the_tail_is_whole);
	tcase_add_test(t, the_window_moves_on);
	tcase_add_test(t, live_objects_keep_their_bodies);
	tcase_add_test(t, bytes_bound_the_window);
	tcase_add_test(t, a_pin_holds_the_window);
	tcase_add_test(t, rows_follow_one_another);
	tcase_add_test(t, epochs_are_remembered);
	tcase_add_test(t, the_first_format_is_brought_up_to_date);
}

int main(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	add_tests(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
