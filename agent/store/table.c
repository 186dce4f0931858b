// SPDX-License-Identifier: GPL-2.0
/* The writing connection: schema, checks at open, transactions, the row of facts. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "history.h"
#include "home.h"
#include "rows.h"
#include "schema.h"
#include "table.h"
#include "trickle.h"
#include "window.h"
#include "../core/batch.h"

static const char *const texts[TABLE_SQLS] = {
	[TABLE_BEGIN] = "BEGIN IMMEDIATE",
	[TABLE_COMMIT] = "COMMIT",
	[TABLE_ROLLBACK] = "ROLLBACK",
	[TABLE_SAVE] = "UPDATE meta SET incarnation=?1, settled=?2, decided=?3, tail=?4, epoch=?5,"
		" seq=?6, sp=?7, digest=?8, chain=?9, last_coordinator=?10, last_number=?11, "
		"nl=?12, promised=?13, accepted=?14, value=?15, window=?16, swept=?17, dead=?18,"
		" live=?19, counter=?20",
	[TABLE_TL_ADD] = "INSERT INTO tl VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[TABLE_TL_UNREF] = "UPDATE tl SET refs = refs - 1 WHERE seq = ?1",
	[TABLE_TL_REFS] = "SELECT refs FROM tl WHERE seq = ?1",
	[TABLE_TL_SWEEP] = "DELETE FROM tl WHERE refs = 0 AND seq > ?1 AND seq <= ?2",
	[TABLE_TL_DROP] = "DELETE FROM tl WHERE seq = ?1",
	[TABLE_DEAD_NEXT] = "SELECT seq FROM tl WHERE seq > ?1 AND seq <= ?2 AND refs = 0"
		" AND len > 0 ORDER BY seq LIMIT 1",
	[TABLE_EPOCH_ADD] = "INSERT OR REPLACE INTO epoch VALUES(?1, ?2, ?3, ?4, ?5)",
	[TABLE_BODY_LEN] = "SELECT len, file FROM tl WHERE seq = ?1",
	[TABLE_BODY_FIND] = "SELECT sealed(seq, file, at, len) FROM tl WHERE seq = ?1",
	[TABLE_BODY_DROP] = "UPDATE tl SET len = 0 WHERE seq = ?1",
	[TABLE_BODY_MOVE] = "UPDATE tl SET file = ?2, at = ?3 WHERE seq = ?1",
	[TABLE_BODY_IN] = "SELECT seq, sealed(seq, file, at, len) FROM tl"
		" WHERE seq > ?1 AND seq <= (SELECT last FROM file WHERE number = ?2)"
		" AND file = ?2 AND len > 0 ORDER BY seq LIMIT 1",
	[TABLE_FILE_LESS] = "UPDATE file SET held = held - ?2 WHERE number = ?1",
	[TABLE_FILE_WORST] = "SELECT number, first FROM file WHERE number <> ?1"
		" AND held > 0 AND held < bytes / 2 ORDER BY held LIMIT 1",
	[TABLE_FILE_DROP] = "DELETE FROM file WHERE held <= 0 AND number <> ?1",
	[TABLE_LABELS] = "SELECT n, label FROM object WHERE n > ?1 ORDER BY n",
	[TABLE_OBJECT_FIND] = "SELECT label, version, sealed FROM object WHERE n = ?1",
	[TABLE_OBJECT_ADD] = "INSERT INTO object VALUES(?1, ?2, ?3, ?4)",
	[TABLE_OBJECT_DROP] = "DELETE FROM object WHERE n = ?1",
	[TABLE_ABORT_ADD] = "INSERT OR REPLACE INTO aborted(tid) VALUES(?1)",
	[TABLE_ABORT_SWEEP] = "DELETE FROM aborted WHERE n <= (SELECT max(n) FROM aborted) - ?1",
	[TABLE_REFUSE] = "INSERT INTO refused VALUES(?1, ?2) ON CONFLICT(coordinator)"
		" DO UPDATE SET number = max(number, excluded.number)",
};

int table_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

const char *table_trouble(const struct table *t, int error)
{
	return sqlite3_errcode(t->db) == SQLITE_OK ? strerror(-error) : sqlite3_errmsg(t->db);
}

int table_run(struct table *t, enum table_sql i)
{
	int rc = sqlite3_step(t->sql[i]);

	sqlite3_reset(t->sql[i]);
	sqlite3_clear_bindings(t->sql[i]);
	return table_errno(rc);
}

int table_exec(struct table *t, const char *text)
{
	return table_errno(sqlite3_exec(t->db, text, NULL, NULL, NULL));
}

static int complain(char error[STORE_ERROR_MAX], const char *path, const char *what)
{
	snprintf(error, STORE_ERROR_MAX, "%.400s: %s", path, what);
	return -1;
}

static int sqlite_trouble(struct table *t, const char *path, char error[STORE_ERROR_MAX])
{
	return complain(error, path, sqlite3_errmsg(t->db));
}

/* SQLite gives its files the mode of this one. */
static int make_file(const char *path, char error[STORE_ERROR_MAX])
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return complain(error, path, strerror(errno));
	close(fd);
	return 0;
}

static void take_row(struct table_state *s, sqlite3_stmt *row)
{
	s->incarnation = (uint32_t)sqlite3_column_int64(row, 0);
	s->settled = (uint64_t)sqlite3_column_int64(row, 1);
	s->decided = (uint64_t)sqlite3_column_int64(row, 2);
	s->tail = (uint64_t)sqlite3_column_int64(row, 3);
	s->position.epoch = (uint64_t)sqlite3_column_int64(row, 4);
	s->position.seq = (uint64_t)sqlite3_column_int64(row, 5);
	s->position.sp = (uint64_t)sqlite3_column_int64(row, 6);
	s->position.digest = (uint64_t)sqlite3_column_int64(row, 7);
	memcpy(s->position.chain, sqlite3_column_blob(row, 8), HSMREPL_CHAIN_LEN);
	s->last.coordinator = (uint16_t)sqlite3_column_int64(row, 9);
	s->last.number = (uint64_t)sqlite3_column_int64(row, 10);
	s->has_nl = sqlite3_column_bytes(row, 11) == sizeof(s->nl);
	if (s->has_nl)
		memcpy(&s->nl, sqlite3_column_blob(row, 11), sizeof(s->nl));
	s->promised = (uint64_t)sqlite3_column_int64(row, 12);
	s->accepted = (uint64_t)sqlite3_column_int64(row, 13);
	s->has_value = sqlite3_column_bytes(row, 14) == sizeof(s->value);
	if (s->has_value)
		memcpy(s->value, sqlite3_column_blob(row, 14), sizeof(s->value));
	s->window = (uint64_t)sqlite3_column_int64(row, 15);
	s->swept = (uint64_t)sqlite3_column_int64(row, 16);
	s->dead = (uint64_t)sqlite3_column_int64(row, 17);
	s->live = (uint64_t)sqlite3_column_int64(row, 18);
	s->counter = (uint64_t)sqlite3_column_int64(row, 19);
}

static int read_row(struct table *t, const char *path, char error[STORE_ERROR_MAX])
{
	sqlite3_stmt *row = NULL;
	int ret = -1;

	if (sqlite3_prepare_v2(t->db,
			       "SELECT incarnation, settled, decided, tail, epoch, seq, sp, digest,"
			       " chain, last_coordinator, last_number, nl, promised, accepted,"
			       " value, window, swept, dead, live,"
			       " counter FROM meta",
			       -1, &row, NULL) != SQLITE_OK || sqlite3_step(row) != SQLITE_ROW) {
		sqlite_trouble(t, path, error);
	} else if (sqlite3_column_bytes(row, 8) != HSMREPL_CHAIN_LEN) {
		complain(error, path, "is damaged: put it back from a copy, or have this node "
				      "made anew from its pool");
	} else {
		take_row(&t->state, row);
		t->before = t->state;
		ret = 0;
	}
	sqlite3_finalize(row);
	return ret;
}

static int prepare_all(struct table *t)
{
	for (unsigned int i = 0; i < TABLE_SQLS; i++)
		if (sqlite3_prepare_v3(t->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &t->sql[i],
				       NULL) != SQLITE_OK)
			return -1;
	return 0;
}

static const char *const pragmas[] = {
	[TABLE_LIVE] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA temp_store = MEMORY; PRAGMA cache_size = -24576;"
		"PRAGMA journal_size_limit = 67108864;",
	[TABLE_IMPORT] = "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
		"PRAGMA cache_size = -16384;",
};

/* Instead of SQLite's own checkpoints at some size of the WAL: table_checkpoint(). */
static int count_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct table *t = arg;

	(void)db;
	(void)name;
	t->wal_pages = (unsigned int)pages;
	return SQLITE_OK;
}

static int open_db(struct table *t, const char *dir, const char *path, enum table_use use,
		   const struct seal_keys *keys, uint16_t node_id, uint32_t first_incarnation,
		   char error[STORE_ERROR_MAX])
{
	const struct schema_owner owner = { keys, node_id, first_incarnation };
	int ret = bodies_open(&t->bodies, dir);

	if (ret)
		return complain(error, dir, strerror(-ret));
	t->bodies.base = use == TABLE_IMPORT ? BODIES_IMPORT : 0;
	if (make_file(path, error))
		return -1;
	if (sqlite3_open_v2(path, &t->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return sqlite_trouble(t, path, error);
	sqlite3_busy_timeout(t->db, TABLE_BUSY_MS);
	if (sqlite3_exec(t->db, pragmas[use], NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_trouble(t, path, error);
	if (use == TABLE_LIVE) {
		sqlite3_wal_hook(t->db, count_wal, t);
		t->trickle = trickle_new(t->db);
		if (!t->trickle)
			return complain(error, path, "no memory");
	}
	if (bodies_register(t->db, dir, NULL))
		return complain(error, path, "no memory");
	if (schema_open(t, path, use, &owner, error) || read_row(t, path, error))
		return -1;
	ret = bodies_resume(&t->bodies, t->db);
	if (ret)
		return complain(error, dir, strerror(-ret));
	return prepare_all(t) ? sqlite_trouble(t, path, error) : 0;
}

struct table *table_open(const char *dir, const char *file, enum table_use use,
			 const struct seal_keys *keys, uint16_t node_id, uint32_t first_incarnation,
			 char error[STORE_ERROR_MAX])
{
	struct table *t = calloc(1, sizeof(*t));
	char path[HOME_FILE_MAX];

	home_file(dir, file, path);
	if (t) {
		t->bodies = (struct bodies){ .dir_fd = -1, .fd = -1 };
		t->pin = UINT64_MAX;
		t->window = (struct window){ HISTORY_WINDOW_TLS, HISTORY_WINDOW_BYTES,
					     HISTORY_PINNED_BYTES };
		t->opener = opener_new(keys->tl);
		t->object_opener = opener_new(keys->object);
		t->labels = hasher_new(keys->label);
		t->scratch = OPENSSL_malloc(HSMREPL_TL_MAX);
		t->content = OPENSSL_malloc(HSMREPL_TL_MAX);
	}
	if (!t || !t->opener || !t->object_opener || !t->labels || !t->scratch || !t->content)
		complain(error, path, "no memory");
	else if (open_db(t, dir, path, use, keys, node_id, first_incarnation, error) == 0)
		return t;
	table_close(t);
	return NULL;
}

void table_close(struct table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < TABLE_SQLS; i++)
		sqlite3_finalize(t->sql[i]);
	sqlite3_close(t->db);
	trickle_free(t->trickle);
	opener_free(t->opener);
	opener_free(t->object_opener);
	sealer_free(t->object_sealer);
	hasher_free(t->labels);
	OPENSSL_clear_free(t->scratch, HSMREPL_TL_MAX);
	OPENSSL_clear_free(t->content, HSMREPL_TL_MAX);
	places_free(&t->places);
	bodies_close(&t->bodies);
	free(t);
}

int table_start(struct table *t, const struct seal_keys *keys)
{
	t->bodies.base |= (uint64_t)t->state.incarnation << 32;
	t->object_sealer = sealer_new(keys->object, t->state.incarnation);
	return t->object_sealer ? 0 : -ENOMEM;
}

/* What fails here is in the WAL as before, and will be tried again. */
bool table_checkpoint(struct table *t)
{
	int in_wal = 0, in_file = -1;

	t->wal_pages = 0;
	return sqlite3_wal_checkpoint_v2(t->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal,
					 &in_file) == SQLITE_OK && in_wal == in_file;
}

int table_begin(struct table *t)
{
	return table_run(t, TABLE_BEGIN);
}

static int save(struct table *t)
{
	const struct table_state *s = &t->state;
	sqlite3_stmt *row = t->sql[TABLE_SAVE];

	sqlite3_bind_int64(row, 1, s->incarnation);
	sqlite3_bind_int64(row, 2, (sqlite3_int64)s->settled);
	sqlite3_bind_int64(row, 3, (sqlite3_int64)s->decided);
	sqlite3_bind_int64(row, 4, (sqlite3_int64)s->tail);
	sqlite3_bind_int64(row, 5, (sqlite3_int64)s->position.epoch);
	sqlite3_bind_int64(row, 6, (sqlite3_int64)s->position.seq);
	sqlite3_bind_int64(row, 7, (sqlite3_int64)s->position.sp);
	sqlite3_bind_int64(row, 8, (sqlite3_int64)s->position.digest);
	sqlite3_bind_blob(row, 9, s->position.chain, HSMREPL_CHAIN_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(row, 10, s->last.coordinator);
	sqlite3_bind_int64(row, 11, (sqlite3_int64)s->last.number);
	if (s->has_nl)
		sqlite3_bind_blob(row, 12, &s->nl, sizeof(s->nl), SQLITE_STATIC);
	sqlite3_bind_int64(row, 13, (sqlite3_int64)s->promised);
	sqlite3_bind_int64(row, 14, (sqlite3_int64)s->accepted);
	if (s->has_value)
		sqlite3_bind_blob(row, 15, s->value, sizeof(s->value), SQLITE_STATIC);
	sqlite3_bind_int64(row, 16, (sqlite3_int64)s->window);
	sqlite3_bind_int64(row, 17, (sqlite3_int64)s->swept);
	sqlite3_bind_int64(row, 18, (sqlite3_int64)s->dead);
	sqlite3_bind_int64(row, 19, (sqlite3_int64)s->live);
	sqlite3_bind_int64(row, 20, (sqlite3_int64)s->counter);
	return table_run(t, TABLE_SAVE);
}

uint64_t table_forgotten(const struct table_state *s)
{
	uint64_t end = s->position.seq > TABLE_HISTORY ? s->position.seq - TABLE_HISTORY : 0;

	return end < s->swept ? end : s->swept;
}

/* Forget by TID what is old and lives in no object any more. */
static int sweep(struct table *t)
{
	uint64_t from = table_forgotten(&t->before), to = table_forgotten(&t->state);

	if (from >= to)
		return 0;
	sqlite3_bind_int64(t->sql[TABLE_TL_SWEEP], 1, (sqlite3_int64)from);
	sqlite3_bind_int64(t->sql[TABLE_TL_SWEEP], 2, (sqlite3_int64)to);
	return table_run(t, TABLE_TL_SWEEP);
}

int table_commit(struct table *t)
{
	int ret = window_move(t);

	if (!ret)
		ret = sweep(t);
	if (!ret)
		ret = table_compact(t);
	if (!ret)
		ret = bodies_flush(&t->bodies, t->db);
	if (!ret)
		ret = schema_finalise(t);
	if (!ret)
		ret = save(t);
	if (!ret)
		ret = table_run(t, TABLE_COMMIT);
	if (ret)
		return ret;
	bodies_keep(&t->bodies);
	t->before = t->state;
	return 0;
}

void table_rollback(struct table *t)
{
	if (!sqlite3_get_autocommit(t->db))
		table_run(t, TABLE_ROLLBACK);
	bodies_undo(&t->bodies);
	table_unload(t);
	t->emptying = 0;
	t->state = t->before;
}

bool table_nl(const struct table_state *state, struct node_list *nl)
{
	memset(nl, 0, sizeof(*nl));
	return !state->has_nl ||
	       nl_decode((struct bytes){ &state->nl, sizeof(state->nl) }, nl);
}
