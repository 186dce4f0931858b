// SPDX-License-Identifier: GPL-2.0
/* The agent's store, case by case: what it reports, keeps, refuses and wipes. */
#include <check.h>
#include <errno.h>
#include <signal.h>

#include <sqlite3.h>
#include <sys/resource.h>

#include "../suite.h"
#include "disk_bed.h"

#define LABEL	"Label-That-Must-Not-Show"
#define PAYLOAD	"Payload-That-Must-Not-Show"
#define OPENS	100

static struct bed *b;

static void setup(void)
{
	b = bed_new();
	ck_assert_msg(bed_open(b), "%s", b->error);
}

static void teardown(void)
{
	bed_free(b);
}

/**
 * struct seen - the objects of one walk
 */
struct seen {
	unsigned int n;
	struct store_object last;
	char label[HSMREPL_LABEL_MAX + 1];
	char payload[64];
};

static int see(void *arg, const struct store_object *o)
{
	struct seen *seen = arg;

	seen->n++;
	seen->last = *o;
	memcpy(seen->label, o->label, o->label_len);
	seen->label[o->label_len] = '\0';
	snprintf(seen->payload, sizeof(seen->payload), "%.*s", (int)o->payload_len,
		 (const char *)o->payload);
	return 0;
}

static struct seen walk(void)
{
	struct seen seen = { 0 };

	ck_assert_int_eq(store_each(b->store, see, &seen), 0);
	return seen;
}

START_TEST(a_new_store_is_empty)
{
	ck_assert_uint_eq(b->image.nl.n, 0);
	ck_assert_uint_eq(b->image.position.seq, 0);
	ck_assert_uint_eq(b->image.slot_id.coordinator, 0);
	ck_assert_uint_eq(b->image.last.coordinator, 0);
	ck_assert_uint_eq(b->image.n_refused, 0);
	ck_assert_uint_eq(b->image.objects, 0);
	ck_assert_uint_eq(b->image.incarnation, 1);
	ck_assert_uint_eq(walk().n, 0);
}
END_TEST

START_TEST(a_commit_is_there_after_a_restart)
{
	struct seen seen;

	ck_assert_int_eq(bed_create(b, LABEL, PAYLOAD, strlen(PAYLOAD)), 0);
	bed_reopen(b);
	ck_assert_mem_eq(&b->image.position, &b->position, sizeof(b->position));
	ck_assert_uint_eq(b->image.last.number, b->number);
	ck_assert_uint_eq(b->image.objects, 1);
	seen = walk();
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_str_eq(seen.label, LABEL);
	ck_assert_str_eq(seen.payload, PAYLOAD);
	ck_assert_uint_eq(seen.last.version, 1);
	ck_assert_uint_eq(seen.last.seq, 1);
	ck_assert_uint_eq(seen.last.attrs, 7);
	ck_assert_str_eq(seen.last.type, "aes");
	ck_assert_int_eq(strncmp((const char *)seen.last.id, "idLabel", 7), 0);
}
END_TEST

static void add_create(uint64_t tid, const char *label)
{
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, tid), HSMREPL_OP_CREATE, label, "x", 1, 0, "");
}

START_TEST(an_undecided_yes_is_the_slot)
{
	for (unsigned int round = 0; round < 3; round++) {
		if (!round) {
			bed_begin(b);
			add_create(5, "a");
			add_create(6, "b");
			ck_assert_int_eq(bed_yes(b), 0);
		}
		bed_reopen(b);
		ck_assert_uint_eq(b->image.slot_id.number, b->number);
		ck_assert_uint_eq(b->image.slot_n_tls, 2);
		ck_assert_uint_eq(b->image.slot.n, b->len);
		ck_assert_mem_eq(b->image.slot.p, b->tls, b->len);
		ck_assert_uint_eq(b->image.position.seq, 0);
	}
	/* The device knew that it was committed. */
	bed_commit(b);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.slot_id.coordinator, 0);
	ck_assert_uint_eq(b->image.position.seq, 2);
	ck_assert_uint_eq(walk().n, 2);
}
END_TEST

START_TEST(a_recovered_slot_can_be_refused)
{
	uint64_t seq, sp;

	bed_begin(b);
	add_create(5, "a");
	ck_assert_int_eq(bed_yes(b), 0);
	bed_reopen(b);
	ck_assert_int_eq(bed_refuse(b), 0);
	ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), HSMREPL_OUTCOME_PENDING);
	bed_abort(b);
	ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), HSMREPL_OUTCOME_ABORTED);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.slot_id.coordinator, 0);
	ck_assert_uint_eq(b->image.n_refused, 1);
	ck_assert_uint_eq(b->image.refused[0].coordinator, BED_NODE);
	ck_assert_uint_eq(b->image.refused[0].number, b->number);
	ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), HSMREPL_OUTCOME_ABORTED);
}
END_TEST

START_TEST(the_highest_refusal_of_each_coordinator)
{
	static const struct batch_id refused[] = { { 3, 70 }, { 2, 9 }, { 3, 71 }, { 2, 8 } };
	struct store_done done;

	for (unsigned int i = 0; i < 4; i++)
		store_append(b->store, RECORD_REFUSED, refused[i], (struct bytes){ 0 }, 0, NULL);
	for (unsigned int i = 0; i < 4; i++) {
		ck_assert(bed_done(b, &done));
		ck_assert_int_eq(done.record, RECORD_REFUSED);
		ck_assert_uint_eq(done.batch.number, refused[i].number);
		ck_assert_int_eq(done.error, 0);
	}
	bed_reopen(b);
	ck_assert_uint_eq(b->image.n_refused, 2);
	ck_assert_uint_eq(b->image.refused[0].number, 9);
	ck_assert_uint_eq(b->image.refused[1].number, 71);
}
END_TEST

/* A batch refused and tried again under a new number: its TID is committed, not aborted. */
START_TEST(outcomes_of_a_retry)
{
	uint64_t seq = 0, sp = 0;

	ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), 0);
	bed_begin(b);
	add_create(5, "a");
	ck_assert_int_eq(bed_yes(b), 0);
	ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), HSMREPL_OUTCOME_PENDING);
	ck_assert_int_eq(bed_refuse(b), 0);
	ck_assert_int_eq(bed_create(b, "c", "z", 1), 0);
	bed_begin(b);
	add_create(5, "a");
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
	for (unsigned int round = 0; round < 2; round++) {
		ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), HSMREPL_OUTCOME_COMMITTED);
		ck_assert_uint_eq(seq, 2);
		ck_assert_uint_eq(sp, b->position.sp);
		ck_assert_int_eq(store_outcome(b->store, 77, &seq, &sp), 0);
		bed_reopen(b);
	}
}
END_TEST

/* A list of this node alone is in force, in the next epoch. */
static void take_list(enum hsmrepl_tl_kind kind, uint16_t protocol)
{
	uint64_t epoch = b->position.epoch + 1;
	struct hsmrepl_nl nl = {
		.pool = "pool", .epoch = htole64(epoch), .n_nodes = htole16(1),
		.protocol = htole16(protocol),
	};

	nl.nodes[0].id = htole16(BED_NODE);
	strcpy(nl.nodes[0].name, "n1");
	strcpy(nl.nodes[0].address, "h:1");
	bed_begin(b);
	bed_op(b, bed_tl(b, kind, 4 + epoch), HSMREPL_OP_NODES, "", &nl, sizeof(nl), 0, "");
	b->after.epoch = epoch;
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

START_TEST(a_node_list_takes_effect)
{
	take_list(HSMREPL_TL_FORM, 0);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.nl.n, 1);
	ck_assert_uint_eq(b->image.nl.epoch, 1);
	ck_assert_str_eq(b->image.nl.node[0].name, "n1");
	ck_assert_uint_eq(b->image.position.epoch, 1);
	ck_assert_uint_eq(b->image.objects, 0);
}
END_TEST

START_TEST(a_wrong_secret_node_or_second_agent_changes_nothing)
{
	uint8_t wrong[STORE_KEY_LEN] = "another key set";
	struct store_image image;

	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	ck_assert_ptr_null(store_open(b->dir, bed_secret, BED_NODE, NULL, b->log, &image,
				      b->error));
	ck_assert_ptr_nonnull(strstr(b->error, "another agent"));
	bed_close(b);
	ck_assert_ptr_null(store_open(b->dir, wrong, BED_NODE, NULL, b->log, &image,
				      b->error));
	ck_assert_ptr_nonnull(strstr(b->error, "another key set"));
	ck_assert_ptr_null(store_open(b->dir, bed_secret, 2, NULL, b->log, &image, b->error));
	ck_assert_ptr_nonnull(strstr(b->error, "belongs to node 1"));
	ck_assert(bed_open(b));
	ck_assert_uint_eq(b->image.incarnation, 2);
	ck_assert_uint_eq(walk().n, 1);
}
END_TEST

static void run_sql(const char *text)
{
	char path[BED_PATH + 16];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/" TABLE_FILE, b->dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(a_newer_format_is_refused)
{
	bed_close(b);
	run_sql("PRAGMA user_version = 99");
	ck_assert(!bed_open(b));
	ck_assert_ptr_nonnull(strstr(b->error, "format 99"));
}
END_TEST

static int format(void)
{
	char path[BED_PATH + 16];
	sqlite3_stmt *row;
	sqlite3 *db;
	int n;

	snprintf(path, sizeof(path), "%s/" TABLE_FILE, b->dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
	n = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return n;
}

/* A pool that was finalised has a format of its own: agents that know nothing of it keep off. */
START_TEST(a_finalised_pool_raises_the_format)
{
	take_list(HSMREPL_TL_FORM, 0);
	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	bed_settle(b);
	ck_assert_int_eq(format(), 3);
	take_list(HSMREPL_TL_FINALISE, 2);
	bed_settle(b);
	ck_assert_int_eq(format(), 4);
	for (unsigned int round = 0; round < 2; round++) {
		bed_reopen(b);
		ck_assert_uint_eq(b->image.nl.protocol, 2);
		ck_assert_uint_eq(b->image.position.epoch, 2);
		ck_assert_int_eq(format(), 4);
	}
	ck_assert_int_eq(store_zeroize(b->store), 0);
	bed_reopen(b);
	ck_assert_int_eq(format(), 3);
}
END_TEST

START_TEST(rows_that_were_changed_are_noticed)
{
	static const char *const changes[] = {
		"UPDATE object SET version = version + 1",
		"UPDATE object SET label = zeroblob(16)",
		"UPDATE object SET n = n + 1",
		"UPDATE tl SET at = at + 8",
		"UPDATE tl SET len = len - 8",
		"UPDATE tl SET len = 0",
		"UPDATE tl SET file = file + 1",
		"DELETE FROM object",
	};
	struct seen seen = { 0 };
	bool object_gone = _i == 7;

	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	bed_close(b);
	run_sql(changes[_i]);
	ck_assert(bed_open(b));
	/* An object that is gone altogether shows in the digest, which is the device's to check. */
	ck_assert_int_eq(store_each(b->store, see, &seen), object_gone ? 0 : -EBADMSG);
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

START_TEST(incarnations_rise_and_nonces_never_repeat)
{
	static struct seal_head heads[OPENS];

	for (uint32_t i = 1; i <= OPENS; i++) {
		struct record_cursor c;
		struct record_part part;

		ck_assert_uint_eq(b->image.incarnation, i);
		bed_begin(b);
		add_create(i, "a");
		ck_assert_int_eq(bed_yes(b), 0);
		c = (struct record_cursor){ .r = &b->store->slot->rec };
		ck_assert_int_eq(record_next(&c, &part), 1);
		memcpy(&heads[i - 1], (const uint8_t *)part.sealed.p + sizeof(struct record_tl),
		       sizeof(heads[0]));
		for (uint32_t j = 0; j + 1 < i; j++) {
			ck_assert_mem_ne(heads[j].salt, heads[i - 1].salt, SEAL_SALT_LEN);
			ck_assert_uint_ne(heads[j].incarnation, heads[i - 1].incarnation);
		}
		ck_assert_int_eq(bed_refuse(b), 0);
		bed_reopen(b);
	}
}
END_TEST

static bool contains(const char *path, const char *needle)
{
	FILE *f = fopen(path, "r");
	bool found;
	char *buf;
	long n;

	ck_assert_ptr_nonnull(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	buf = malloc((size_t)n + 1);
	ck_assert_uint_eq(fread(buf, 1, (size_t)n, f), (size_t)n);
	found = memmem(buf, (size_t)n, needle, strlen(needle)) != NULL;
	free(buf);
	fclose(f);
	return found;
}

static void nothing_shows(void)
{
	static const char *const needles[] = {
		LABEL, PAYLOAD, "secret-type", "the key set that", "idLabel",
	};
	DIR *d = opendir(b->dir);
	struct dirent *e;
	unsigned int files = 0;

	while ((e = readdir(d))) {
		char path[BED_PATH * 2];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", b->dir, e->d_name);
		for (unsigned int i = 0; i < 5; i++)
			ck_assert_msg(!contains(path, needles[i]), "%s in %s", needles[i], path);
		files++;
	}
	closedir(d);
	ck_assert_uint_ge(files, 1);
}

START_TEST(zeroize_leaves_the_incarnation_only)
{
	uint64_t seq, sp;
	uint32_t incarnation;

	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 5), HSMREPL_OP_CREATE, LABEL, PAYLOAD,
	       strlen(PAYLOAD), 0, "secret-type");
	ck_assert_int_eq(bed_yes(b), 0);
	nothing_shows();
	bed_commit(b);
	ck_assert_int_eq(bed_create(b, "b", PAYLOAD, strlen(PAYLOAD)), 0);
	bed_reopen(b);
	nothing_shows();
	incarnation = b->image.incarnation;
	ck_assert_int_eq(store_zeroize(b->store), 0);
	nothing_shows();
	bed_reopen(b);
	nothing_shows();
	ck_assert_uint_eq(b->image.incarnation, incarnation + 1);
	ck_assert_uint_eq(b->image.position.seq, 0);
	ck_assert_uint_eq(b->image.position.sp, 0);
	ck_assert_uint_eq(b->image.objects, 0);
	ck_assert_uint_eq(b->image.nl.n, 0);
	ck_assert_uint_eq(walk().n, 0);
	ck_assert_int_eq(store_outcome(b->store, 5, &seq, &sp), 0);
	memset(&b->position, 0, sizeof(b->position));
	ck_assert_int_eq(bed_create(b, "again", "x", 1), 0);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.objects, 1);
}
END_TEST

/*
 * Cut off right after its note was written, or with the database gone: the next start finishes
 * it.
 */
START_TEST(a_zeroize_that_was_cut_off_is_finished)
{
	char path[BED_PATH + 32];
	FILE *note;

	ck_assert_int_eq(bed_create(b, LABEL, PAYLOAD, strlen(PAYLOAD)), 0);
	bed_close(b);
	snprintf(path, sizeof(path), "%s/zeroize", b->dir);
	note = fopen(path, "w");
	fputs("incarnation 41\n", note);
	fclose(note);
	if (_i) {
		snprintf(path, sizeof(path), "%s/" TABLE_FILE, b->dir);
		unlink(path);
	}
	ck_assert_msg(bed_open(b), "%s", b->error);
	ck_assert_uint_eq(b->image.incarnation, 42);
	ck_assert_uint_eq(b->image.objects, 0);
	nothing_shows();
	bed_reopen(b);
	ck_assert_uint_eq(b->image.incarnation, 43);
}
END_TEST

/* Whatever the disk says to a write, it is told, and so is every later one. */
START_TEST(a_failed_write_fails_all_later_ones)
{
	struct rlimit none = { .rlim_max = RLIM_INFINITY };
	struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(bed_create(b, "a", "x", 1), 0);
	setrlimit(RLIMIT_FSIZE, &none);
	ck_assert_int_eq(bed_create(b, "b", "x", 1), EFBIG);
	ck_assert_int_eq(bed_refuse(b), EFBIG);
	setrlimit(RLIMIT_FSIZE, &any);
	ck_assert_int_eq(bed_refuse(b), EFBIG);
	bed_reopen(b);
	/* The COMMIT was never waited for: it may be lost, then its batch is the slot. */
	ck_assert_uint_eq(b->image.position.seq + !!b->image.slot_id.coordinator, 1);
	ck_assert_uint_eq(b->image.slot_id.coordinator ? b->image.slot_id.number : 1, 1);
	ck_assert_uint_eq(b->image.n_refused, 0);
}
END_TEST

/* SQLite cannot be written: the log takes what it can, then says so, and nothing told is lost. */
START_TEST(without_room_appends_fail_and_nothing_is_lost)
{
	char path[BED_PATH + 16], label[16], payload[4000] = "x";
	unsigned int told = 0;
	sqlite3 *db;
	int error = 0;

	snprintf(path, sizeof(path), "%s/" TABLE_FILE, b->dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	while (!error && told < 1000) {
		snprintf(label, sizeof(label), "o%u", told);
		error = bed_create(b, label, payload, sizeof(payload));
		told += !error;
	}
	ck_assert_int_eq(error, ENOSPC);
	ck_assert_uint_ge(told, 50);
	sqlite3_close(db);
	bed_reopen(b);
	ck_assert_uint_ge(b->image.position.seq, told - 1);
	ck_assert_uint_eq(b->image.position.seq + !!b->image.slot_id.coordinator, told);
	ck_assert_uint_eq(walk().n, b->image.position.seq);
}
END_TEST

/* Far more goes through than memory and segments hold. */
START_TEST(what_waits_is_bounded)
{
	char label[16], payload[8000] = "x";
	struct store_done done;
	unsigned int files = 0;
	struct dirent *e;
	DIR *d;

	for (unsigned int i = 0; i < 600; i++) {
		snprintf(label, sizeof(label), "o%u", i % 7);
		bed_begin(b);
		bed_op(b, bed_tl(b, HSMREPL_TL_DATA, i + 1),
		       i < 7 ? HSMREPL_OP_CREATE : HSMREPL_OP_UPDATE, label, payload,
		       sizeof(payload), 0, "");
		b->number++;
		store_append(b->store, RECORD_YES, bed_id(b), (struct bytes){ b->tls, b->len }, 1,
			     NULL);
		ck_assert(bed_done(b, &done));
		ck_assert_int_eq(done.error, 0);
		bed_commit(b);
	}
	d = opendir(b->dir);
	while ((e = readdir(d)))
		files += !strncmp(e->d_name, "segment-", 8);
	closedir(d);
	ck_assert_uint_le(files, SEGMENTS_MAX);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.position.seq, 600);
	ck_assert_uint_eq(walk().n, 7);
	ck_assert_uint_eq(walk().last.version, 86);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, a_new_store_is_empty);
	tcase_add_test(t, a_commit_is_there_after_a_restart);
	tcase_add_test(t, an_undecided_yes_is_the_slot);
	tcase_add_test(t, a_recovered_slot_can_be_refused);
	tcase_add_test(t, the_highest_refusal_of_each_coordinator);
	tcase_add_test(t, outcomes_of_a_retry);
	tcase_add_test(t, a_node_list_takes_effect);
	tcase_add_test(t, a_wrong_secret_node_or_second_agent_changes_nothing);
	tcase_add_test(t, a_newer_format_is_refused);
	tcase_add_test(t, a_finalised_pool_raises_the_format);
	tcase_add_loop_test(t, rows_that_were_changed_are_noticed, 0, 8);
	tcase_add_test(t, incarnations_rise_and_nonces_never_repeat);
	tcase_add_test(t, zeroize_leaves_the_incarnation_only);
	tcase_add_loop_test(t, a_zeroize_that_was_cut_off_is_finished, 0, 2);
	tcase_add_test(t, a_failed_write_fails_all_later_ones);
	tcase_add_test(t, without_room_appends_fail_and_nothing_is_lost);
	tcase_add_test(t, what_waits_is_bounded);
}

int main(void)
{
	Suite *s = suite_create("disk");
	TCase *t = tcase_create("disk");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	add_tests(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
