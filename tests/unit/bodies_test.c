// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies in their files: what a power cut leaves of them at any write, how files are emptied and
 * go, that no snapshot loses what it reads, and what an older format becomes.
 */
#include <check.h>
#include <errno.h>
#include <limits.h>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../suite.h"
#include "disk_older.h"
#include "disk_walk.h"
#include "history.h"
#include "places.h"
#include "snapshot.h"

#define CYCLES	40
#define DEATHS	40
#define FILE_BYTES 4096
#define DIED	9

/* Small files, a short window, settled at once. */
static const struct store_options little = {
	.segment_bytes = 65536,
	.unsettled_max = 1 << 20,
	.settle_ms = 0,
	.window = { 8, 4000, 200000 },
	.body_bytes = FILE_BYTES,
};

/* What is decided stays in the log. */
static const struct store_options patient = {
	.segment_bytes = 1 << 20,
	.unsettled_max = 1 << 24,
	.settle_ms = 1000000,
	.window = { 8, 4000, 200000 },
	.body_bytes = FILE_BYTES,
};

static struct world *w;
static char copy[BED_PATH], error[STORE_ERROR_MAX];

static void setup(void)
{
	w = world_new(11, &little);
	snprintf(copy, sizeof(copy), "%.200s-copy", w->b->dir);
}

static void teardown(void)
{
	bed_remove(copy);
	world_free(w);
}

static int count_one(void *arg, int dir_fd, const char *name)
{
	struct stat st;
	uint64_t *bytes = arg;

	ck_assert_int_eq(fstatat(dir_fd, name, &st, 0), 0);
	*bytes += (uint64_t)st.st_size;
	return 0;
}

static uint64_t bytes_in(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t bytes = 0;

	ck_assert_int_eq(home_each(fd, BODIES_PREFIX, count_one, &bytes), 0);
	close(fd);
	return bytes;
}

static int64_t ask(const char *dir, const char *text)
{
	char path[BED_PATH + 16];
	sqlite3_stmt *q;
	sqlite3 *db;
	int64_t n;

	snprintf(path, sizeof(path), "%s/" TABLE_FILE, dir);
	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

/* The accounts of the files are what the rows say. */
static void ck_accounts(const char *dir)
{
	ck_assert_int_eq(ask(dir, "SELECT count(*) FROM (SELECT number, held, (SELECT"
			     " coalesce(sum(len), 0) FROM tl WHERE file = number) AS n FROM file)"
			     " WHERE held <> n"), 0);
	ck_assert_int_eq(ask(dir, "SELECT count(*) FROM tl WHERE len > 0 AND NOT EXISTS(SELECT 1"
			     " FROM file WHERE number = tl.file AND tl.at + tl.len <= bytes"
			     " AND tl.seq BETWEEN first AND last)"), 0);
}

static void ck_world(struct store *s)
{
	struct world_walk walk = { .w = w };

	ck_assert_int_eq(store_each(s, world_see, &walk), 0);
	ck_assert_uint_eq(walk.n, world_count(w));
}

static void reopen(void)
{
	bed_reopen_sized(w->b, &little);
	ck_world(w->b->store);
	ck_accounts(w->b->dir);
}

/* Far more is written than lives: files go, and what lives moves on. */
START_TEST(files_are_emptied_and_go)
{
	uint64_t files = 0;

	for (unsigned int i = 0; i < CYCLES; i++) {
		world_grow(w, 20);
		reopen();
	}
	files = (uint64_t)ask(w->b->dir, "SELECT max(number) & 0xffff FROM file");
	ck_assert_uint_gt(w->b->position.seq, 1000);
	ck_assert_uint_gt(files, 0);
	ck_assert_int_gt(ask(w->b->dir, "SELECT count(*) FROM tl a JOIN tl b ON b.seq > a.seq"
			     " AND b.file < a.file WHERE a.len > 0 AND b.len > 0"), 0);
	ck_assert_uint_lt(bytes_in(w->b->dir), 4 * WORLD_LABELS * (WORLD_PAYLOAD + 400) +
						       20 * FILE_BYTES);
}
END_TEST

/* A snapshot reads all that it holds, however much was written, moved and unlinked since. */
START_TEST(a_snapshot_keeps_its_files)
{
	struct snapshot_item item;
	struct snapshot *snap;
	unsigned int n = 0;
	uint64_t live;
	int ret;

	world_grow(w, 60);
	snap = snapshot_open(w->b->store, 0, 0, error);
	ck_assert_msg(snap != NULL, "%s", error);
	live = snapshot_total(snap).tls;
	for (unsigned int i = 0; i < 10; i++) {
		world_grow(w, 30);
		pthread_mutex_lock(&w->b->store->lock);
		w->b->store->table->wal_pages = UINT32_MAX / 2;
		pthread_cond_signal(&w->b->store->settle_work);
		pthread_mutex_unlock(&w->b->store->lock);
		poll(NULL, 0, 30);
	}
	ck_assert(w->b->store->table->unnamed);
	while ((ret = snapshot_next(snap, &item)) > 0)
		n += item.kind == SNAP_TL;
	ck_assert_int_eq(ret, 0);
	ck_assert_uint_eq(n, live);
	snapshot_close(snap);
	reopen();
}
END_TEST

/* A file that nobody names goes at a start; one that is named does not. */
START_TEST(what_nobody_names_goes)
{
	char path[BED_PATH + 64];
	int fd;

	world_grow(w, 10);
	bed_close(w->b);
	snprintf(path, sizeof(path), "%s/" BODIES_PREFIX "%016x", w->b->dir, 0x77);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
	reopen();
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/*
 * A power cut before the transaction that refers to them: of the bodies anything may be there,
 * none of it, half of it, or something else in its place. The log still has them.
 */
START_TEST(what_was_not_committed_does_not_count)
{
	static uint8_t junk[3 * FILE_BYTES];
	char path[BED_PATH + 64];
	int64_t number, bytes;
	int fd;

	memset(junk, 0x5a, sizeof(junk));
	world_grow(w, 10);
	for (unsigned int i = 0; i < CYCLES; i++) {
		world_grow(w, 1);
		bed_close(w->b);
		number = ask(w->b->dir, "SELECT max(number) FROM file");
		bytes = ask(w->b->dir, "SELECT bytes FROM file ORDER BY number DESC LIMIT 1");
		snprintf(path, sizeof(path), "%s/" BODIES_PREFIX "%016llx", w->b->dir,
			 (unsigned long long)number);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(ftruncate(fd, bytes), 0);
		ck_assert_int_ge(pwrite(fd, junk, i * 97, bytes), 0);
		close(fd);
		reopen();
	}
}
END_TEST

/**
 * struct watch - on what is written, of all files; shared with a child
 * @left: writes and flushes until death, 0: nobody dies
 * @write_error: errno of every write of bodies, 0 for none
 * @flush_error: likewise of every flush
 * @dirty: bodies were written and not flushed
 * @commits: flushes of SQLite's while bodies were clean,
 * @wrong: and while they were not
 */
static struct watch {
	long left;
	int write_error;
	int flush_error;
	unsigned int dirty;
	unsigned int commits;
	unsigned int wrong;
} *watch;

static bool is_named(int fd, const char *what)
{
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, what) != NULL;
}

static bool is_last(void)
{
	return watch && watch->left && !--watch->left;
}

/* In place of libc's, for SQLite as well. */
ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	if (watch && is_named(fd, BODIES_PREFIX)) {
		watch->dirty++;
		errno = watch->write_error;
		if (errno)
			return -1;
	}
	if (!is_last())
		return syscall(SYS_pwrite64, fd, buf, n, at);
	syscall(SYS_pwrite64, fd, buf, n / 2, at);
	_exit(DIED);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return pwrite64(fd, buf, n, at);
}

static int flushed(int fd)
{
	if (!watch)
		return 0;
	if (is_last())
		_exit(DIED);
	if (is_named(fd, BODIES_PREFIX)) {
		errno = watch->flush_error;
		if (errno)
			return -1;
		watch->dirty = 0;
	}
	if (is_named(fd, TABLE_FILE "-wal")) {
		watch->commits++;
		watch->wrong += watch->dirty > 0;
	}
	return 0;
}

int fdatasync(int fd)
{
	return flushed(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return flushed(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

/* To the end of the process: a store that is open writes whenever it likes. */
static void begin_watch(void)
{
	watch = mmap(NULL, sizeof(*watch), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ck_assert(watch != MAP_FAILED);
}

/* No transaction is flushed before the bodies that it refers to are. */
START_TEST(bodies_come_first)
{
	begin_watch();
	world_grow(w, 60);
	reopen();
	ck_assert_uint_gt(watch->commits, 5);
	ck_assert_uint_eq(watch->wrong, 0);
}
END_TEST

/* Opens the copy in a child that dies at write @death: all the log has is settled there. */
static bool die_at(long death)
{
	int status;
	pid_t child = fork();

	if (!child) {
		struct store_image image;
		struct store *s;

		watch->left = death;
		s = store_open_sized(copy, bed_secret, BED_NODE, w->b->log, &little, &image,
				     error);
		death = watch->left;
		watch->left = 0;
		if (s)
			store_close(s);
		watch->left = death;
		_exit(s ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 1, "status %x at %ld", status,
		      death);
	return WEXITSTATUS(status) == DIED;
}

static void ck_copy(uint64_t seq)
{
	struct store_image image;
	struct store *s = store_open_sized(copy, bed_secret, BED_NODE, w->b->log, &little, &image,
					   error);

	ck_assert_msg(s != NULL, "%s", error);
	ck_assert_uint_eq(image.position.seq, seq);
	ck_world(s);
	ck_accounts(copy);
	store_close(s);
}

/* A disk that is full, or does not flush, holds the transaction up; then it is made whole. */
START_TEST(a_bad_disk_is_waited_for)
{
	int error = 0;

	world_grow(w, 10);
	begin_watch();
	watch->write_error = _i ? 0 : ENOSPC;
	watch->flush_error = _i ? EIO : 0;
	for (unsigned int i = 0; i < 10; i++)
		world_batch(w);
	while (!error) {
		pthread_mutex_lock(&w->b->store->lock);
		error = w->b->store->settle_error;
		pthread_mutex_unlock(&w->b->store->lock);
		poll(NULL, 0, 1);
	}
	ck_assert_int_eq(error, _i ? EIO : ENOSPC);
	ck_assert_uint_gt(w->b->store->unsettled, 0);
	watch->write_error = 0;
	watch->flush_error = 0;
	bed_settle(w->b);
	reopen();
	ck_assert_uint_eq(watch->wrong, 0);
}
END_TEST

/* Settled at a start, with files begun and emptied meanwhile; it dies at every few writes. */
START_TEST(dies_at_any_write)
{
	long all;

	world_grow(w, 100);
	bed_reopen_sized(w->b, &patient);
	for (unsigned int i = 0; i < 60; i++)
		world_batch(w);
	bed_rest(w->b);
	bed_copy(w->b->dir, copy);
	bed_close(w->b);
	bed_remove(w->b->dir);
	bed_copy(copy, w->b->dir);
	begin_watch();
	ck_assert(!die_at(LONG_MAX));
	all = LONG_MAX - watch->left;
	ck_assert_int_gt(all, DEATHS);
	for (unsigned int i = 0; i < DEATHS; i++) {
		bed_remove(copy);
		bed_copy(w->b->dir, copy);
		ck_assert(die_at(1 + all * i / (DEATHS + DEATHS / 8) + (long)world_draw(w, 2)));
		watch->left = 0;
		ck_copy(w->b->position.seq);
		ck_copy(w->b->position.seq);
	}
}
END_TEST

/* Nothing but bodies and rows changes when an older store is opened; twice is as once. */
START_TEST(the_second_format_is_brought_up_to_date)
{
	uint64_t window;

	world_grow(w, 60);
	window = history_window(w->b->store);
	bed_close(w->b);
	older_format_2(w->b->dir);
	reopen();
	ck_assert_uint_eq(history_window(w->b->store), window);
	ck_assert_mem_eq(&w->b->image.position, &w->b->position, sizeof(w->b->position));
	world_grow(w, 20);
	reopen();
}
END_TEST

START_TEST(nothing_is_left_by_zeroize)
{
	world_grow(w, 20);
	ck_assert_uint_gt(bytes_in(w->b->dir), 0);
	ck_assert_int_eq(store_zeroize(w->b->store), 0);
	ck_assert_uint_eq(bytes_in(w->b->dir), 0);
}
END_TEST

/* Any order of adding and removing; equal bits are told apart by number. */
START_TEST(places_are_found_again)
{
	static struct places p;
	static bool there[4096];

	for (unsigned int i = 0; i < 50000; i++) {
		unsigned int n = 1 + world_draw(w, 4095);
		uint64_t bits = n % 64 ? n : 7;
		bool found = false;

		for (unsigned int j = 0; places_find(&p, bits, j); j++)
			found |= places_find(&p, bits, j) == n;
		ck_assert_int_eq(found, there[n]);
		if (there[n])
			places_remove(&p, bits, n);
		else
			ck_assert_int_eq(places_add(&p, bits, n), 0);
		there[n] = !there[n];
	}
	places_free(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bodies");
	TCase *t = tcase_create("bodies");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, files_are_emptied_and_go);
	tcase_add_test(t, a_snapshot_keeps_its_files);
	tcase_add_test(t, what_nobody_names_goes);
	tcase_add_test(t, what_was_not_committed_does_not_count);
	tcase_add_test(t, bodies_come_first);
	tcase_add_loop_test(t, a_bad_disk_is_waited_for, 0, 2);
	tcase_add_test(t, dies_at_any_write);
	tcase_add_test(t, the_second_format_is_brought_up_to_date);
	tcase_add_test(t, nothing_is_left_by_zeroize);
	tcase_add_test(t, places_are_found_again);
	suite_add_tcase(s, t);
	return suite_run(s);
}
