// SPDX-License-Identifier: GPL-2.0
/* The reading connection: outcomes, the walk over all objects, what a start wants to know. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "ops.h"
#include "table.h"
#include "../core/batch.h"

#define BUSY_MS	2000

enum lookup_sql { COMMITTED, ABORTED, BODIES, OBJECT, COUNT, REFUSED, SQLS };

static const char *const texts[SQLS] = {
	[COMMITTED] = "SELECT seq, sp FROM tl WHERE tid = ?1",
	[ABORTED] = "SELECT 1 FROM aborted WHERE tid = ?1",
	[BODIES] = "SELECT seq, sealed FROM body ORDER BY seq",
	[OBJECT] = "SELECT version, sealed FROM object WHERE label = ?1 AND seq = ?2 AND op = ?3",
	[COUNT] = "SELECT count(*) FROM object",
	[REFUSED] = "SELECT coordinator, number FROM refused ORDER BY coordinator",
};

struct lookup {
	struct sqlite3 *db;
	struct sqlite3_stmt *sql[SQLS];
	struct opener *opener;
	struct opener *object_opener;
	struct hasher *labels;
	uint8_t *scratch;
};

static int open_db(struct lookup *l, const char *path)
{
	if (sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return -1;
	sqlite3_busy_timeout(l->db, BUSY_MS);
	for (unsigned int i = 0; i < SQLS; i++)
		if (sqlite3_prepare_v3(l->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &l->sql[i],
				       NULL) != SQLITE_OK)
			return -1;
	return 0;
}

struct lookup *lookup_open(const char *path, const struct seal_keys *keys,
			   char error[STORE_ERROR_MAX])
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l) {
		l->opener = opener_new(keys->tl);
		l->object_opener = opener_new(keys->object);
		l->labels = hasher_new(keys->label);
		l->scratch = malloc(HSMREPL_TL_MAX);
	}
	if (!l || !l->opener || !l->object_opener || !l->labels || !l->scratch)
		snprintf(error, STORE_ERROR_MAX, "%s: no memory", path);
	else if (open_db(l, path) == 0)
		return l;
	else
		snprintf(error, STORE_ERROR_MAX, "%s: %s", path, sqlite3_errmsg(l->db));
	lookup_close(l);
	return NULL;
}

void lookup_close(struct lookup *l)
{
	if (!l)
		return;
	for (unsigned int i = 0; i < SQLS; i++)
		sqlite3_finalize(l->sql[i]);
	sqlite3_close(l->db);
	opener_free(l->opener);
	opener_free(l->object_opener);
	hasher_free(l->labels);
	if (l->scratch)
		OPENSSL_cleanse(l->scratch, HSMREPL_TL_MAX);
	free(l->scratch);
	free(l);
}

int lookup_outcome(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	int rc, found = 0;

	sqlite3_bind_int64(l->sql[COMMITTED], 1, (sqlite3_int64)tid);
	rc = sqlite3_step(l->sql[COMMITTED]);
	if (rc == SQLITE_ROW) {
		*seq = (uint64_t)sqlite3_column_int64(l->sql[COMMITTED], 0);
		*sp = (uint64_t)sqlite3_column_int64(l->sql[COMMITTED], 1);
		found = HSMREPL_OUTCOME_COMMITTED;
	}
	sqlite3_reset(l->sql[COMMITTED]);
	if (found || table_errno(rc))
		return found ? found : table_errno(rc);
	sqlite3_bind_int64(l->sql[ABORTED], 1, (sqlite3_int64)tid);
	rc = sqlite3_step(l->sql[ABORTED]);
	if (rc == SQLITE_ROW)
		found = HSMREPL_OUTCOME_ABORTED;
	sqlite3_reset(l->sql[ABORTED]);
	return found ? found : table_errno(rc);
}

/*
 * Open the object's row into @o, if the object's content is this operation: 1; 0 if it is
 * elsewhere.
 */
static int read_object(struct lookup *l, uint64_t seq, const struct op *op, struct store_object *o)
{
	struct object_place place = { .seq = htole64(seq), .op = htole32(op->index) };
	sqlite3_stmt *q = l->sql[OBJECT];
	struct object_identity identity;
	int rc, ret;

	hasher_hash(l->labels, op->label, op->label_len, NULL, 0, place.label);
	sqlite3_bind_blob(q, 1, place.label, SEAL_HASH_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)seq);
	sqlite3_bind_int64(q, 3, op->index);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		o->version = (uint64_t)sqlite3_column_int64(q, 0);
		place.version = htole64(o->version);
		ret = -EBADMSG;
		if (sqlite3_column_bytes(q, 1) == OBJECT_SEALED)
			ret = opener_open(l->object_opener, &place, sizeof(place),
					  sqlite3_column_blob(q, 1), OBJECT_SEALED, &identity);
		if (!ret) {
			memcpy(o->id, identity.id, HSMREPL_ID_LEN);
			memcpy(o->type, identity.type, HSMREPL_TYPE_MAX);
			ret = 1;
		}
	} else {
		ret = table_errno(rc);
	}
	sqlite3_reset(q);
	return ret;
}

/**
 * struct walk - over all objects
 * @fn: told of each
 * @arg: for @fn
 * @told: objects so far
 */
struct walk {
	int (*fn)(void *arg, const struct store_object *o);
	void *arg;
	uint64_t told;
};

/* The objects whose content is in this TL. */
static int walk_tl(struct lookup *l, struct walk *w, uint64_t seq, struct bytes sealed)
{
	size_t len = sealed.n < RECORD_TL_LEN(0) ? 0 : sealed.n - RECORD_TL_LEN(0);
	struct store_object o;
	struct ops ops;
	struct op op;
	int ret;

	if (!len || len > HSMREPL_TL_MAX || record_tl_open(l->opener, sealed, l->scratch) ||
	    ops_begin(&ops, l->scratch, len))
		return -EBADMSG;
	while ((ret = ops_next(&ops, &op)) > 0) {
		if (op.code != HSMREPL_OP_CREATE && op.code != HSMREPL_OP_UPDATE)
			continue;
		ret = read_object(l, seq, &op, &o);
		if (ret < 0)
			break;
		if (!ret)
			continue;
		o.label = op.label;
		o.label_len = op.label_len;
		o.payload = op.payload;
		o.payload_len = op.payload_len;
		o.attrs = op.attrs;
		o.seq = seq;
		w->told++;
		ret = w->fn(w->arg, &o);
		if (ret)
			break;
	}
	OPENSSL_cleanse(l->scratch, len);
	return ret;
}

static int64_t count(struct lookup *l)
{
	int64_t n = -1;

	if (sqlite3_step(l->sql[COUNT]) == SQLITE_ROW)
		n = sqlite3_column_int64(l->sql[COUNT], 0);
	sqlite3_reset(l->sql[COUNT]);
	return n;
}

int lookup_each(struct lookup *l, int (*fn)(void *arg, const struct store_object *o), void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	sqlite3_stmt *q = l->sql[BODIES];
	int rc, ret = 0;

	while (!ret && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct bytes sealed = { sqlite3_column_blob(q, 1),
					(size_t)sqlite3_column_bytes(q, 1) };

		ret = walk_tl(l, &w, (uint64_t)sqlite3_column_int64(q, 0), sealed);
	}
	sqlite3_reset(q);
	if (ret)
		return ret;
	if (table_errno(rc))
		return table_errno(rc);
	return (int64_t)w.told == count(l) ? 0 : -EBADMSG;
}

int lookup_image(struct lookup *l, struct store_image *image)
{
	sqlite3_stmt *q = l->sql[REFUSED];
	int64_t n = count(l);
	int rc;

	if (n < 0)
		return -EIO;
	image->objects = (uint64_t)n;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		uint16_t id = (uint16_t)sqlite3_column_int64(q, 0);

		/* What a node that is no longer listed may have sent, nobody votes on. */
		if (image->nl.n && !nl_has(&image->nl, id))
			continue;
		if (image->n_refused == HSMREPL_NODES_MAX)
			break;
		image->refused[image->n_refused++] = (struct batch_id){
			.coordinator = id,
			.number = (uint64_t)sqlite3_column_int64(q, 1),
		};
	}
	sqlite3_reset(q);
	return table_errno(rc);
}
