/* SPDX-License-Identifier: GPL-2.0 */
/* Makes of a store what an older agent would have left. */
#ifndef TESTS_UNIT_DISK_OLDER_H
#define TESTS_UNIT_DISK_OLDER_H

#include <check.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "disk_bed.h"
#include "rows.h"

static inline void older_sql(const char *dir, const char *text)
{
	char path[BED_PATH + 16], *error = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/" TABLE_FILE, dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(bodies_register(db, dir, NULL), 0);
	sqlite3_exec(db, text, NULL, NULL, &error);
	ck_assert_msg(!error, "%s", error);
	sqlite3_close(db);
}

/* The row at the statement goes into the table as it was: by label, each sealed. */
static inline void older_object(struct table *t, sqlite3_stmt *q, sqlite3_stmt *put)
{
	struct object_row row;
	uint8_t label[SEAL_HASH_LEN], sealed[OBJECT_SEALED];
	struct op op;

	memcpy(label, sqlite3_column_blob(q, 0), sizeof(label));
	ck_assert_int_eq(table_find(t, label, &row), 1);
	ck_assert_int_eq(table_content(t, &row, &op), 0);
	object_seal(t->object_sealer, label, &row, sealed);
	sqlite3_bind_blob(put, 1, label, sizeof(label), SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, (sqlite3_int64)row.seq);
	sqlite3_bind_int64(put, 3, row.op);
	sqlite3_bind_int64(put, 4, (sqlite3_int64)row.version);
	sqlite3_bind_blob(put, 5, sealed, sizeof(sealed), SQLITE_STATIC);
	ck_assert_int_eq(sqlite3_step(put), SQLITE_DONE);
	sqlite3_reset(put);
}

static inline void older_objects(const char *dir)
{
	char error[STORE_ERROR_MAX];
	struct seal_keys keys;
	sqlite3_stmt *q, *put;
	struct table *t;

	ck_assert_int_eq(seal_keys_derive(&keys, bed_secret, BED_NODE), 0);
	t = table_open(dir, TABLE_FILE, TABLE_LIVE, &keys, BED_NODE, 0, error);
	ck_assert_msg(t != NULL, "%s", error);
	ck_assert_int_eq(table_start(t, &keys), 0);
	ck_assert_int_eq(table_exec(t, "CREATE TABLE older(label BLOB PRIMARY KEY, seq INTEGER NOT"
				    " NULL, op INTEGER NOT NULL, version INTEGER NOT NULL,"
				    " sealed BLOB NOT NULL) WITHOUT ROWID"), 0);
	ck_assert_int_eq(sqlite3_prepare_v2(t->db, "SELECT label FROM object", -1, &q, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(t->db, "INSERT INTO older VALUES(?1, ?2, ?3, ?4, ?5)",
					    -1, &put, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		older_object(t, q, put);
	sqlite3_finalize(q);
	sqlite3_finalize(put);
	table_close(t);
	OPENSSL_cleanse(&keys, sizeof(keys));
}

static inline int older_unlink(void *arg, int dir_fd, const char *name)
{
	(void)arg;
	return unlinkat(dir_fd, name, 0);
}

/* Format 2: bodies in a table, objects by label, TIDs in an index. The store is closed. */
static inline void older_format_2(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	older_objects(dir);
	older_sql(dir, "CREATE TABLE body(seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL);"
		  "INSERT INTO body SELECT seq, sealed(seq, file, at, len) FROM tl WHERE len > 0;"
		  "DROP TABLE object; ALTER TABLE older RENAME TO object;"
		  "ALTER TABLE tl DROP COLUMN file; ALTER TABLE tl DROP COLUMN at;"
		  "ALTER TABLE tl DROP COLUMN len; DROP TABLE file;"
		  "CREATE INDEX tl_tid ON tl(tid); PRAGMA user_version = 2");
	ck_assert_int_eq(home_each(fd, BODIES_PREFIX, older_unlink, NULL), 0);
	close(fd);
}

#endif /* TESTS_UNIT_DISK_OLDER_H */
