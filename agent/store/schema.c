// SPDX-License-Identifier: GPL-2.0
/* Makes the tables, or brings them up to date. Documentation/store.md lists them. */
#include <stdio.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "schema.h"
#include "seal.h"

static const char first[] =
	"CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK (one = 1), node INTEGER NOT NULL,"
	" secret BLOB NOT NULL, incarnation INTEGER NOT NULL, settled INTEGER NOT NULL,"
	" decided INTEGER NOT NULL, tail INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, sp INTEGER NOT NULL, digest INTEGER NOT NULL, chain BLOB NOT NULL,"
	" last_coordinator INTEGER NOT NULL, last_number INTEGER NOT NULL, nl BLOB,"
	" promised INTEGER NOT NULL, accepted INTEGER NOT NULL, value BLOB);"
	"CREATE TABLE tl(seq INTEGER PRIMARY KEY, tid INTEGER NOT NULL, sp INTEGER NOT NULL,"
	" refs INTEGER NOT NULL);"
	"CREATE INDEX tl_tid ON tl(tid);"
	"CREATE TABLE body(seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL);"
	"CREATE TABLE object(label BLOB PRIMARY KEY, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
	" version INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE aborted(n INTEGER PRIMARY KEY, tid INTEGER NOT NULL UNIQUE);"
	"CREATE TABLE refused(coordinator INTEGER PRIMARY KEY, number INTEGER NOT NULL);";

/*
 * From format 1 to 2. Whatever has no live object was dropped at once until now: the window begins
 * here. The epoch in force is known from here on.
 */
static const char second[] =
	"ALTER TABLE meta ADD COLUMN window INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE meta ADD COLUMN swept INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE meta ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE meta ADD COLUMN live INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE meta ADD COLUMN counter INTEGER NOT NULL DEFAULT 0;"
	"UPDATE meta SET window = seq, swept = seq,"
	" live = (SELECT count(*) FROM tl WHERE refs > 0);"
	"ALTER TABLE tl ADD COLUMN chain BLOB;"
	"CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sp INTEGER NOT NULL,"
	" chain BLOB NOT NULL, nl BLOB NOT NULL);"
	"INSERT INTO epoch SELECT epoch, seq, sp, chain, nl FROM meta WHERE nl IS NOT NULL;";

static int run(struct sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

/* -1 for trouble, else the format, 0 for a file without content. */
static int format_of(struct sqlite3 *db)
{
	sqlite3_stmt *row = NULL;
	int format = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		format = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	return format;
}

static int make_facts(struct sqlite3 *db, const struct seal_keys *keys, uint16_t node_id,
		      uint32_t first_incarnation)
{
	static const uint8_t no_chain[HSMREPL_CHAIN_LEN];
	sqlite3_stmt *row = NULL;
	int rc;

	if (sqlite3_prepare_v2(db, "INSERT INTO meta VALUES(1, ?1, ?2, ?3, 0, 0, 0, 0, 0, 0, 0,"
			       " ?4, 0, 0, NULL, 0, 0, NULL)",
			       -1, &row, NULL) != SQLITE_OK)
		return -1;
	sqlite3_bind_int64(row, 1, node_id);
	sqlite3_bind_blob(row, 2, keys->check, SEAL_HASH_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(row, 3, first_incarnation);
	sqlite3_bind_blob(row, 4, no_chain, HSMREPL_CHAIN_LEN, SQLITE_STATIC);
	rc = sqlite3_step(row);
	sqlite3_finalize(row);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int make(struct sqlite3 *db, const struct seal_keys *keys, uint16_t node_id,
		uint32_t first_incarnation)
{
	return run(db, first) ? -1 : make_facts(db, keys, node_id, first_incarnation);
}

static int bring_up(struct sqlite3 *db, int format, const struct seal_keys *keys,
		    uint16_t node_id, uint32_t first_incarnation)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d", TABLE_FORMAT);
	if (run(db, "BEGIN IMMEDIATE") ||
	    (format < 1 && make(db, keys, node_id, first_incarnation)) ||
	    (format < 2 && run(db, second)) || run(db, version))
		return -1;
	return run(db, "COMMIT");
}

/* Before anything is changed. */
static int check_owner(struct sqlite3 *db, const char *path, const struct seal_keys *keys,
		       uint16_t node_id, char error[STORE_ERROR_MAX])
{
	sqlite3_stmt *row = NULL;
	int ret = -1;

	if (sqlite3_prepare_v2(db, "SELECT node, secret FROM meta", -1, &row, NULL) != SQLITE_OK ||
	    sqlite3_step(row) != SQLITE_ROW)
		snprintf(error, STORE_ERROR_MAX, "%s: %s", path, sqlite3_errmsg(db));
	else if (sqlite3_column_int64(row, 0) != node_id)
		snprintf(error, STORE_ERROR_MAX,
			 "%s belongs to node %lld, this is node %u: correct node-id or "
			 "state-dir", path,
			 (long long)sqlite3_column_int64(row, 0), node_id);
	else if (sqlite3_column_bytes(row, 1) != SEAL_HASH_LEN ||
		 CRYPTO_memcmp(sqlite3_column_blob(row, 1), keys->check, SEAL_HASH_LEN))
		snprintf(error, STORE_ERROR_MAX, "%s was sealed under another key set: name the "
			 "file it was made with in key-set", path);
	else
		ret = 0;
	sqlite3_finalize(row);
	return ret;
}

int schema_open(struct sqlite3 *db, const char *path, const struct seal_keys *keys,
		uint16_t node_id, uint32_t first_incarnation, char error[STORE_ERROR_MAX])
{
	int format = format_of(db);

	if (format > TABLE_FORMAT) {
		snprintf(error, STORE_ERROR_MAX,
			 "%s has format %d, this agent knows up to %d: install the newer agent "
			 "again",
			 path, format, TABLE_FORMAT);
		return -1;
	}
	if (format > 0 && check_owner(db, path, keys, node_id, error))
		return -1;
	if (format == TABLE_FORMAT)
		return 0;
	if (format >= 0 && !bring_up(db, format, keys, node_id, first_incarnation))
		return 0;
	snprintf(error, STORE_ERROR_MAX, "%s: %s", path, sqlite3_errmsg(db));
	return -1;
}
