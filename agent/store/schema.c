// SPDX-License-Identifier: GPL-2.0
/* Makes the tables, or brings them up to date. Documentation/store.md lists them. */
#include <stdio.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "schema.h"
#include "table.h"

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

/*
 * From format 2 to 3: no body in here, nothing keyed by what is random. The bodies are moved out by
 * move_bodies() between the two.
 */
static const char third[] =
	"DROP INDEX IF EXISTS tl_tid;"
	"ALTER TABLE tl ADD COLUMN file INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tl ADD COLUMN at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tl ADD COLUMN len INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE file(number INTEGER PRIMARY KEY, bytes INTEGER NOT NULL,"
	" held INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);";

static const char third_moved[] =
	"DROP TABLE body;"
	"ALTER TABLE object RENAME TO old;"
	"CREATE TABLE object(n INTEGER PRIMARY KEY, label BLOB NOT NULL, version INTEGER NOT NULL,"
	" sealed BLOB);"
	"INSERT INTO object SELECT seq << 8 | op, label, version, sealed FROM old ORDER BY seq, op;"
	"DROP TABLE old;"
	"DROP TABLE IF EXISTS staged;";	/* of an import */

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

static int make_facts(struct sqlite3 *db, const struct schema_owner *owner)
{
	static const uint8_t no_chain[HSMREPL_CHAIN_LEN];
	sqlite3_stmt *row = NULL;
	int rc;

	if (sqlite3_prepare_v2(db, "INSERT INTO meta VALUES(1, ?1, ?2, ?3, 0, 0, 0, 0, 0, 0, 0,"
			       " ?4, 0, 0, NULL, 0, 0, NULL)",
			       -1, &row, NULL) != SQLITE_OK)
		return -1;
	sqlite3_bind_int64(row, 1, owner->node_id);
	sqlite3_bind_blob(row, 2, owner->keys->check, SEAL_HASH_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(row, 3, owner->first_incarnation);
	sqlite3_bind_blob(row, 4, no_chain, HSMREPL_CHAIN_LEN, SQLITE_STATIC);
	rc = sqlite3_step(row);
	sqlite3_finalize(row);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int make(struct sqlite3 *db, const struct schema_owner *owner)
{
	return run(db, first) ? -1 : make_facts(db, owner);
}

int schema_finalise(struct table *t)
{
	char text[64];

	if (!t->state.nl.protocol || t->before.nl.protocol)
		return 0;
	snprintf(text, sizeof(text), "PRAGMA user_version = %d", TABLE_FORMAT_FINALISED);
	return run(t->db, text) ? table_errno(sqlite3_errcode(t->db)) : 0;
}

/* The body that @from is at goes into a file, and @to says where. */
static int move_body(struct table *t, sqlite3_stmt *from, sqlite3_stmt *to)
{
	const struct bytes sealed = { sqlite3_column_blob(from, 1),
				      (size_t)sqlite3_column_bytes(from, 1) };
	struct body_place place;
	uint64_t seq = (uint64_t)sqlite3_column_int64(from, 0);
	int ret = bodies_append(&t->bodies, t->db, seq, sealed, &place);

	if (ret)
		return ret;
	sqlite3_bind_int64(to, 1, (sqlite3_int64)seq);
	sqlite3_bind_int64(to, 2, (sqlite3_int64)place.file);
	sqlite3_bind_int64(to, 3, (sqlite3_int64)place.at);
	sqlite3_bind_int64(to, 4, (sqlite3_int64)place.len);
	ret = table_errno(sqlite3_step(to));
	sqlite3_reset(to);
	return ret;
}

static int move_bodies(struct table *t)
{
	sqlite3_stmt *from = NULL, *to = NULL;
	int rc = SQLITE_ERROR, ret = 0;

	if (sqlite3_prepare_v2(t->db, "SELECT seq, sealed FROM body ORDER BY seq", -1, &from,
			       NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(t->db, "UPDATE tl SET file = ?2, at = ?3, len = ?4 WHERE seq = ?1",
			       -1, &to, NULL) == SQLITE_OK)
		while (!ret && (rc = sqlite3_step(from)) == SQLITE_ROW)
			ret = move_body(t, from, to);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	if (ret || rc != SQLITE_DONE)
		return -1;
	return bodies_flush(&t->bodies, t->db) ? -1 : 0;
}

static int bring_up(struct table *t, int format, const struct schema_owner *owner)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d", TABLE_FORMAT);
	/* A large store is sorted: not in memory. */
	if (run(t->db, "PRAGMA temp_store = FILE; BEGIN IMMEDIATE") ||
	    (format < 1 && make(t->db, owner)) ||
	    (format < 2 && run(t->db, second)) ||
	    (format < 3 && (run(t->db, third) || move_bodies(t) || run(t->db, third_moved))) ||
	    run(t->db, version) || run(t->db, "COMMIT"))
		return -1;
	bodies_keep(&t->bodies);
	/* What the bodies leave behind is most of the file; without room for that it stays so. */
	if (format)
		run(t->db, "VACUUM");
	return run(t->db, "PRAGMA temp_store = MEMORY");
}

/* Before anything is changed. */
static int check_owner(struct sqlite3 *db, const char *path, const struct schema_owner *owner,
		       char error[STORE_ERROR_MAX])
{
	sqlite3_stmt *row = NULL;
	int ret = -1;

	if (sqlite3_prepare_v2(db, "SELECT node, secret FROM meta", -1, &row, NULL) != SQLITE_OK ||
	    sqlite3_step(row) != SQLITE_ROW)
		snprintf(error, STORE_ERROR_MAX, "%s: %s", path, sqlite3_errmsg(db));
	else if (sqlite3_column_int64(row, 0) != owner->node_id)
		snprintf(error, STORE_ERROR_MAX,
			 "%s belongs to node %lld, this is node %u: correct node-id or "
			 "state-dir", path,
			 (long long)sqlite3_column_int64(row, 0), owner->node_id);
	else if (sqlite3_column_bytes(row, 1) != SEAL_HASH_LEN ||
		 CRYPTO_memcmp(sqlite3_column_blob(row, 1), owner->keys->check, SEAL_HASH_LEN))
		snprintf(error, STORE_ERROR_MAX, "%s was sealed under another key set: name the "
			 "file it was made with in key-set", path);
	else
		ret = 0;
	sqlite3_finalize(row);
	return ret;
}

int schema_open(struct table *t, const char *path, enum table_use use,
		const struct schema_owner *owner, char error[STORE_ERROR_MAX])
{
	int format = format_of(t->db);

	if (format > TABLE_FORMAT_FINALISED) {
		snprintf(error, STORE_ERROR_MAX,
			 "%s has format %d, this agent knows up to %d: install the newer agent "
			 "again",
			 path, format, TABLE_FORMAT_FINALISED);
		return -1;
	}
	if (format > 0 && check_owner(t->db, path, owner, error))
		return -1;
	if (format >= TABLE_FORMAT)
		return 0;
	if (format > 0 && use == TABLE_IMPORT) {
		snprintf(error, STORE_ERROR_MAX, "%s was begun by an older agent: start the "
			 "Live-Sync anew", path);
		return -1;
	}
	if (format >= 0 && !bring_up(t, format, owner))
		return 0;
	snprintf(error, STORE_ERROR_MAX, "%s: cannot be brought up to format %d: %s: free or "
		 "repair the disk", path, TABLE_FORMAT, sqlite3_errmsg(t->db));
	return -1;
}
