// SPDX-License-Identifier: GPL-2.0
/* What the caller's thread asks: outcomes, the walk over all objects, what a start must know. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "content.h"
#include "lookup.h"
#include "../core/batch.h"

enum lookup_sql { TIDS, ONE, ABORTED, BODIES, OBJECTS, COUNT, REFUSED, SQLS };

static const char *const texts[SQLS] = {
	[TIDS] = "SELECT seq, tid FROM tl WHERE seq > (SELECT seq - ?1 FROM meta)"
		 " ORDER BY seq",
	[ONE] = "SELECT seq, sp FROM tl WHERE seq = ?1 AND tid = ?2",
	[ABORTED] = "SELECT 1 FROM aborted WHERE tid = ?1",
	[BODIES] = "SELECT seq, " READER_BODY " FROM tl WHERE refs > 0 ORDER BY seq",
	[OBJECTS] = "SELECT n, label, version, sealed FROM object ORDER BY n",
	[COUNT] = "SELECT count(*) FROM object",
	[REFUSED] = "SELECT coordinator, number FROM refused ORDER BY coordinator",
};

static int learn_tids(struct lookup *l)
{
	sqlite3_stmt *q = l->r->sql[TIDS];
	int ret;

	sqlite3_bind_int64(q, 1, TABLE_HISTORY);
	while ((ret = reader_step(q)) > 0)
		tids_add(&l->tids, reader_u64(q, 0), reader_u64(q, 1));
	sqlite3_reset(q);
	return ret;
}

struct lookup *lookup_open(const struct store *s, char error[STORE_ERROR_MAX])
{
	struct lookup *l = calloc(1, sizeof(*l));
	int ret;

	if (!l || tids_open(&l->tids)) {
		snprintf(error, STORE_ERROR_MAX, "no memory");
		lookup_close(l);
		return NULL;
	}
	l->r = reader_open_store(s, texts, SQLS, error);
	ret = l->r ? learn_tids(l) : -1;
	if (!ret)
		return l;
	if (l->r)
		snprintf(error, STORE_ERROR_MAX, TABLE_FILE ": cannot be read: %s: repair the disk",
			 strerror(-ret));
	lookup_close(l);
	return NULL;
}

void lookup_close(struct lookup *l)
{
	if (!l)
		return;
	reader_close(l->r);
	tids_close(&l->tids);
	free(l);
}

/* 1, 0 if no settled TL has this TID, -errno. */
static int find_committed(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	sqlite3_stmt *q = l->r->sql[ONE];
	uint64_t at = tids_find(&l->tids, tid);
	int ret;

	if (!at)
		return 0;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)at);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)tid);
	ret = reader_step(q);
	if (ret > 0) {
		*seq = reader_u64(q, 0);
		*sp = reader_u64(q, 1);
	}
	sqlite3_reset(q);
	return ret;
}

int lookup_outcome(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	sqlite3_stmt *q = l->r->sql[ABORTED];
	int ret = find_committed(l, tid, seq, sp);

	if (ret)
		return ret < 0 ? ret : HSMREPL_OUTCOME_COMMITTED;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)tid);
	ret = reader_step(q);
	sqlite3_reset(q);
	return ret > 0 ? HSMREPL_OUTCOME_ABORTED : ret;
}

static int64_t count(struct reader *r)
{
	int64_t n = -1;

	if (reader_step(r->sql[COUNT]) > 0)
		n = sqlite3_column_int64(r->sql[COUNT], 0);
	sqlite3_reset(r->sql[COUNT]);
	return n;
}

/**
 * struct walk - over all objects: bodies and rows lie in the same order
 * @r: reader
 * @rows: at the row of the next object
 * @number: of that row, 0 at the end
 * @fn: told of each
 * @arg: for @fn
 */
struct walk {
	struct reader *r;
	sqlite3_stmt *rows;
	uint64_t number;
	int (*fn)(void *arg, const struct store_object *o);
	void *arg;
};

static int next_row(struct walk *w)
{
	int ret = reader_step(w->rows);

	w->number = ret > 0 ? reader_u64(w->rows, 0) : 0;
	return ret < 0 ? ret : 0;
}

/* The object whose content is the operation @op of TL @seq, if there is one. */
static int walk_op(struct walk *w, uint64_t seq, const struct op *op)
{
	struct object_row row = { .seq = seq, .op = op->index };
	struct store_object o;
	int ret;

	if (w->number != object_row_number(&row))
		return 0;
	ret = reader_object(w->r, w->rows, op, &row);
	if (ret)
		return ret;
	o = content_of(op, &row);
	ret = w->fn(w->arg, &o);
	return ret ? ret : next_row(w);
}

/* The objects whose content is in this TL. */
static int walk_tl(struct walk *w, uint64_t seq, struct bytes sealed)
{
	struct ops ops;
	struct op op;
	int ret = reader_tl(w->r, sealed, &ops);

	while (!ret && (ret = ops_next(&ops, &op)) > 0)
		ret = walk_op(w, seq, &op);
	return ret;
}

int lookup_each(struct lookup *l, int (*fn)(void *arg, const struct store_object *o), void *arg)
{
	struct walk w = { .r = l->r, .rows = l->r->sql[OBJECTS], .fn = fn, .arg = arg };
	sqlite3_stmt *q = l->r->sql[BODIES];
	int ret = next_row(&w);

	bodies_read_ahead(l->r->bodies, true);
	while (!ret && (ret = reader_step(q)) > 0)
		ret = walk_tl(&w, reader_u64(q, 0), reader_bytes(q, 1));
	bodies_read_ahead(l->r->bodies, false);
	sqlite3_reset(q);
	sqlite3_reset(w.rows);
	if (ret)
		return ret;
	/* A row that was not come to has no body. */
	return w.number ? -EBADMSG : 0;
}

int lookup_image(struct lookup *l, struct store_image *image)
{
	struct reader *r = l->r;
	sqlite3_stmt *q = r->sql[REFUSED];
	int64_t n = count(r);
	int ret;

	if (n < 0)
		return -EIO;
	image->objects = (uint64_t)n;
	while ((ret = reader_step(q)) > 0) {
		uint16_t id = (uint16_t)reader_u64(q, 0);

		/* What a node that is no longer listed may have sent, nobody votes on. */
		if (image->nl.n && !nl_has(&image->nl, id))
			continue;
		if (image->n_refused == HSMREPL_NODES_MAX)
			break;
		image->refused[image->n_refused++] = (struct batch_id){
			.coordinator = id,
			.number = reader_u64(q, 1),
		};
	}
	sqlite3_reset(q);
	return ret < 0 ? ret : 0;
}
