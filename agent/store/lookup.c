// SPDX-License-Identifier: GPL-2.0
/* What the caller's thread asks: outcomes, the walk over all objects, what a start must know. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "lookup.h"
#include "../core/batch.h"

enum lookup_sql { FACTS, SINCE, ONE, SCAN, ABORTED, BODIES, COUNT, REFUSED, SQLS };

static const char *const texts[SQLS] = {
	[FACTS] = "SELECT seq FROM meta",
	[SINCE] = "SELECT seq, tid FROM tl WHERE seq > ?1 ORDER BY seq",
	[ONE] = "SELECT seq, sp FROM tl WHERE seq = ?1 AND tid = ?2",
	[SCAN] = "SELECT seq, sp FROM tl WHERE seq > ?1 AND seq <= ?2 AND tid = ?3 LIMIT 1",
	[ABORTED] = "SELECT 1 FROM aborted WHERE tid = ?1",
	[BODIES] = "SELECT seq, " READER_BODY " FROM tl WHERE refs > 0 ORDER BY seq",
	[COUNT] = "SELECT count(*) FROM object",
	[REFUSED] = "SELECT coordinator, number FROM refused ORDER BY coordinator",
};

struct lookup *lookup_open(const struct store *s, char error[STORE_ERROR_MAX])
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l) {
		snprintf(error, STORE_ERROR_MAX, "no memory");
		return NULL;
	}
	l->r = reader_open_store(s, texts, SQLS, error);
	if (l->r)
		return l;
	lookup_close(l);
	return NULL;
}

void lookup_close(struct lookup *l)
{
	if (!l)
		return;
	reader_close(l->r);
	places_free(&l->recent);
	free(l);
}

/* Forget what is too much, learn what was settled since. Returns 0 or -errno. */
static int learn(struct lookup *l)
{
	sqlite3_stmt *q = l->r->sql[FACTS];
	uint64_t settled;
	int ret = reader_step(q);

	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	settled = reader_u64(q, 0);
	sqlite3_reset(q);
	if (settled - l->recent_from > 2 * LOOKUP_RECENT) {
		places_free(&l->recent);
		l->recent_from = settled - LOOKUP_RECENT;
		l->recent_to = l->recent_from;
	}
	q = l->r->sql[SINCE];
	sqlite3_bind_int64(q, 1, (sqlite3_int64)l->recent_to);
	ret = 0;
	while (!ret && (ret = reader_step(q)) > 0) {
		ret = places_add(&l->recent, reader_u64(q, 1), reader_u64(q, 0));
		l->recent_to = reader_u64(q, 0);
	}
	sqlite3_reset(q);
	return ret;
}

/* The row that @q is at, if it is at one. 1, 0, -errno. */
static int take_place(sqlite3_stmt *q, uint64_t *seq, uint64_t *sp)
{
	int ret = reader_step(q);

	if (ret > 0) {
		*seq = reader_u64(q, 0);
		*sp = reader_u64(q, 1);
	}
	sqlite3_reset(q);
	return ret;
}

static int find_recent(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	sqlite3_stmt *q = l->r->sql[ONE];
	uint64_t at = places_find(&l->recent, tid, 0);

	if (!at)
		return 0;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)at);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)tid);
	return take_place(q, seq, sp);
}

static int find_older(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	sqlite3_stmt *q = l->r->sql[SCAN];
	uint64_t from = l->recent_to > TABLE_HISTORY ? l->recent_to - TABLE_HISTORY : 0;

	if (from >= l->recent_from)
		return 0;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)from);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)l->recent_from);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)tid);
	return take_place(q, seq, sp);
}

int lookup_outcome(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	sqlite3_stmt *q = l->r->sql[ABORTED];
	int ret = learn(l);

	if (!ret)
		ret = find_recent(l, tid, seq, sp);
	if (ret)
		return ret < 0 ? ret : HSMREPL_OUTCOME_COMMITTED;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)tid);
	ret = reader_step(q);
	sqlite3_reset(q);
	if (ret)
		return ret < 0 ? ret : HSMREPL_OUTCOME_ABORTED;
	ret = find_older(l, tid, seq, sp);
	return ret > 0 ? HSMREPL_OUTCOME_COMMITTED : ret;
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
static int walk_tl(struct reader *r, struct walk *w, uint64_t seq, struct bytes sealed)
{
	struct store_object o;
	struct ops ops;
	struct op op;
	int ret = reader_tl(r, sealed, &ops);

	while (!ret && (ret = reader_next_object(r, seq, &ops, &op, &o)) > 0) {
		w->told++;
		ret = w->fn(w->arg, &o);
	}
	return ret;
}

int lookup_each(struct lookup *l, int (*fn)(void *arg, const struct store_object *o), void *arg)
{
	struct reader *r = l->r;
	struct walk w = { .fn = fn, .arg = arg };
	sqlite3_stmt *q = r->sql[BODIES];
	int ret;

	while ((ret = reader_step(q)) > 0) {
		ret = walk_tl(r, &w, reader_u64(q, 0), reader_bytes(q, 1));
		if (ret)
			break;
	}
	sqlite3_reset(q);
	if (ret)
		return ret;
	return (int64_t)w.told == count(r) ? 0 : -EBADMSG;
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
