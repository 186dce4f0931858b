// SPDX-License-Identifier: GPL-2.0
/* Reading connections: open, step, and from a sealed TL to the objects that live in it. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "content.h"
#include "reader.h"
#include "store_private.h"

static int prepare(struct reader *r, const char *text, sqlite3_stmt **q)
{
	return sqlite3_prepare_v3(r->db, text, -1, SQLITE_PREPARE_PERSISTENT, q, NULL);
}

static int open_db(struct reader *r, const char *dir, const char *path, const char *const *texts,
		   unsigned int n)
{
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return -1;
	sqlite3_busy_timeout(r->db, TABLE_BUSY_MS);
	if (bodies_register(r->db, dir, &r->bodies))
		return -1;
	if (prepare(r, "SELECT n, label, version, sealed FROM object WHERE n = ?1",
		    &r->object) != SQLITE_OK)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (prepare(r, texts[i], &r->sql[i]) != SQLITE_OK)
			return -1;
	return 0;
}

struct reader *reader_open(const char *dir, const char *file, const struct seal_keys *keys,
			   const char *const *texts, unsigned int n, char error[STORE_ERROR_MAX])
{
	struct reader *r = calloc(1, sizeof(*r));
	char path[HOME_FILE_MAX];

	home_file(dir, file, path);
	assert(n <= READER_SQLS_MAX);
	if (r) {
		r->opener = opener_new(keys->tl);
		r->object_opener = opener_new(keys->object);
		r->labels = hasher_new(keys->label);
		r->scratch = malloc(HSMREPL_TL_MAX);
	}
	if (!r || !r->opener || !r->object_opener || !r->labels || !r->scratch)
		snprintf(error, STORE_ERROR_MAX, "%.400s: no memory", path);
	else if (open_db(r, dir, path, texts, n) == 0)
		return r;
	else
		snprintf(error, STORE_ERROR_MAX, "%.400s: %s", path, sqlite3_errmsg(r->db));
	reader_close(r);
	return NULL;
}

struct reader *reader_open_store(const struct store *s, const char *const *texts, unsigned int n,
				 char error[STORE_ERROR_MAX])
{
	return reader_open(s->dir, TABLE_FILE, &s->keys, texts, n, error);
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < READER_SQLS_MAX; i++)
		sqlite3_finalize(r->sql[i]);
	sqlite3_finalize(r->object);
	sqlite3_close(r->db);
	opener_free(r->opener);
	opener_free(r->object_opener);
	hasher_free(r->labels);
	if (r->scratch)
		OPENSSL_cleanse(r->scratch, HSMREPL_TL_MAX);
	free(r->scratch);
	free(r);
}

int reader_begin(struct reader *r, char error[STORE_ERROR_MAX])
{
	/* The inner pages of the tables stay in memory during a walk. */
	if (sqlite3_exec(r->db, "PRAGMA cache_size = -8192; BEGIN", NULL, NULL, NULL) ==
	    SQLITE_OK) {
		bodies_read_ahead(r->bodies, true);
		return 0;
	}
	snprintf(error, STORE_ERROR_MAX, TABLE_FILE ": %s", sqlite3_errmsg(r->db));
	return -1;
}

int reader_step(sqlite3_stmt *q)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	sqlite3_reset(q);
	return table_errno(rc);
}

struct bytes reader_bytes(sqlite3_stmt *q, int column)
{
	const void *p = sqlite3_column_blob(q, column);

	return (struct bytes){ p, (size_t)sqlite3_column_bytes(q, column) };
}

uint64_t reader_u64(sqlite3_stmt *q, int column)
{
	return (uint64_t)sqlite3_column_int64(q, column);
}

int reader_tl(struct reader *r, struct bytes sealed, struct ops *ops)
{
	OPENSSL_cleanse(r->scratch, r->scratch_len);
	r->scratch_len = sealed.n < RECORD_TL_LEN(0) ? 0 : sealed.n - RECORD_TL_LEN(0);
	if (!r->scratch_len || r->scratch_len > HSMREPL_TL_MAX) {
		r->scratch_len = 0;
		return -EBADMSG;
	}
	if (record_tl_open(r->opener, sealed, r->scratch))
		return -EBADMSG;
	return ops_begin(ops, r->scratch, r->scratch_len);
}

int reader_object(struct reader *r, sqlite3_stmt *q, const struct op *op, struct object_row *row)
{
	struct bytes there = reader_bytes(q, 1);
	uint8_t label[SEAL_HASH_LEN];

	if (op->code != HSMREPL_OP_CREATE && op->code != HSMREPL_OP_UPDATE)
		return -EBADMSG;
	hasher_hash(r->labels, op->label, op->label_len, NULL, 0, label);
	if (there.n != SEAL_HASH_LEN || memcmp(there.p, label, SEAL_HASH_LEN) != 0)
		return -EBADMSG;
	row->version = reader_u64(q, 2);
	row->plain = sqlite3_column_type(q, 3) == SQLITE_NULL;
	if (row->plain)
		return object_created(op, row);
	return object_open(r->object_opener, label, reader_bytes(q, 3), row);
}

static int find_row(struct reader *r, const struct op *op, struct object_row *row)
{
	int ret;

	sqlite3_bind_int64(r->object, 1, (sqlite3_int64)object_row_number(row));
	ret = reader_step(r->object);
	if (ret <= 0)
		return ret;
	ret = reader_object(r, r->object, op, row);
	sqlite3_reset(r->object);
	return ret ? ret : 1;
}

/* Is the content of an object this operation? As reader_next_object(), 0 if not. */
static int read_object(struct reader *r, uint64_t seq, const struct op *op, struct store_object *o)
{
	struct object_row row = { .seq = seq, .op = op->index };
	int ret;

	if (op->code != HSMREPL_OP_CREATE && op->code != HSMREPL_OP_UPDATE)
		return 0;
	ret = find_row(r, op, &row);
	if (ret <= 0)
		return ret;
	*o = content_of(op, &row);
	return 1;
}

int reader_next_object(struct reader *r, uint64_t seq, struct ops *ops, struct op *op,
		       struct store_object *o)
{
	int ret;

	while ((ret = ops_next(ops, op)) > 0) {
		ret = read_object(r, seq, op, o);
		if (ret)
			return ret;
	}
	return ret;
}
