// SPDX-License-Identifier: GPL-2.0
/* A checkpoint flushes the file a little at a time, and fails with such a flush. */
#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sqlite3.h>

#include "../suite.h"
#include "trickle.h"

#define ROWS		4000	/* of a page each: far more than goes without a flush */
#define AT_ONCE		(1u << 20)	/* less than a request that holds up others */
#define NAME		"/db"

static char dir[32], path[sizeof(dir) + sizeof(NAME)];
static sqlite3 *db;
static struct trickle *trickle;

/**
 * struct seen - of the file, not of the WAL
 * @unflushed: bytes written since the last flush
 * @most: the most that this was
 * @written: bytes in all
 * @error: errno of the next flush, 0 for none
 */
static struct {
	size_t unflushed;
	size_t most;
	size_t written;
	int error;
} seen;

static bool is_file(int fd)
{
	char link[64], name[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	name[n > 0 ? n : 0] = '\0';
	return !strcmp(name, path);
}

/* In place of libc's, for SQLite. */
ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	if (is_file(fd)) {
		seen.unflushed += n;
		seen.written += n;
		if (seen.unflushed > seen.most)
			seen.most = seen.unflushed;
	}
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return pwrite64(fd, buf, n, at);
}

int fdatasync(int fd)
{
	if (is_file(fd)) {
		seen.unflushed = 0;
		errno = seen.error;
		seen.error = 0;
		if (errno)
			return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void ck_exec(const char *sql)
{
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int checkpoint(void)
{
	return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void setup(void)
{
	char insert[128];

	strcpy(dir, "/tmp/trickle.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s" NAME, dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(n INTEGER PRIMARY KEY, x BLOB)");
	ck_assert_int_eq(checkpoint(), SQLITE_OK);
	trickle = trickle_new(db);
	ck_assert_ptr_nonnull(trickle);
	snprintf(insert, sizeof(insert), "WITH RECURSIVE c(n) AS (VALUES(1) UNION ALL SELECT n + 1"
		 " FROM c LIMIT %d) INSERT INTO t SELECT n, zeroblob(4000) FROM c", ROWS);
	ck_exec(insert);
	memset(&seen, 0, sizeof(seen));
}

static void teardown(void)
{
	char remove[sizeof(dir) + 16];

	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	trickle_free(trickle);
	snprintf(remove, sizeof(remove), "rm -r %s", dir);
	ck_assert_int_eq(system(remove), 0);
}

START_TEST(little_is_written_without_a_flush)
{
	ck_assert_int_eq(checkpoint(), SQLITE_OK);
	ck_assert_uint_gt(seen.written, 4000u * ROWS);
	ck_assert_uint_lt(seen.most, AT_ONCE);
	ck_assert_uint_eq(seen.unflushed, 0);
}
END_TEST

/* The flush amid it fails: what was committed stays in the WAL, and the next one brings it over. */
START_TEST(a_failed_flush_fails_the_checkpoint)
{
	seen.error = EIO;
	ck_assert_int_ne(checkpoint(), SQLITE_OK);
	ck_assert_int_eq(seen.error, 0);
	ck_assert_uint_lt(seen.written, AT_ONCE);
	seen.written = 0;
	ck_assert_int_eq(checkpoint(), SQLITE_OK);
	ck_assert_uint_gt(seen.written, 4000u * ROWS);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("trickle");
	Suite *s = suite_create("trickle");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, little_is_written_without_a_flush);
	tcase_add_test(tc, a_failed_flush_fails_the_checkpoint);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
