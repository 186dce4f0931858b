// SPDX-License-Identifier: GPL-2.0
/* Answers from the history, on a reading connection of the caller's thread. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sqlite3.h>

#include "history.h"
#include "reader.h"
#include "row.h"
#include "store_private.h"

enum history_sql { FACTS, FIND, TAIL, ROWS, EPOCHS, SQLS };

static const char *const texts[SQLS] = {
	[FACTS] = "SELECT seq, window FROM meta",
	[FIND] = "SELECT sp, chain FROM tl WHERE seq = ?1",
	[TAIL] = "SELECT seq, tid, sp, " READER_BODY " FROM tl"
		" WHERE seq > ?1 AND len > 0 ORDER BY seq",
	[ROWS] = "SELECT " ROW_TL " FROM tl WHERE seq > ?1 ORDER BY seq LIMIT ?2",
	[EPOCHS] = "SELECT " ROW_EPOCH " FROM epoch ORDER BY epoch",
};

struct reader *history_open(const struct store *s, char error[STORE_ERROR_MAX])
{
	return reader_open_store(s, texts, SQLS, error);
}

/**
 * struct facts - how far the history goes
 */
struct facts {
	uint64_t settled;
	uint64_t window;
};

static int read_facts(struct store *s, struct facts *f)
{
	sqlite3_stmt *q = s->history->sql[FACTS];
	int ret = reader_step(q);

	*f = (struct facts){ 0 };
	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	f->settled = reader_u64(q, 0);
	f->window = reader_u64(q, 1);
	sqlite3_reset(q);
	return 0;
}

uint64_t history_settled(struct store *s)
{
	struct facts f;

	read_facts(s, &f);
	return f.settled;
}

bool history_behind(struct store *s)
{
	bool behind;

	pthread_mutex_lock(&s->lock);
	behind = s->unsettled >= store_many(s);
	pthread_mutex_unlock(&s->lock);
	return behind;
}

uint64_t history_window(struct store *s)
{
	struct facts f;

	/* Without an answer there is no window. */
	return read_facts(s, &f) ? UINT64_MAX : f.window;
}

static bool same_place(sqlite3_stmt *q, uint64_t sp, const uint8_t chain[HSMREPL_CHAIN_LEN])
{
	struct bytes known = reader_bytes(q, 1);

	return reader_u64(q, 0) == sp &&
	       (known.n != HSMREPL_CHAIN_LEN || !memcmp(known.p, chain, known.n));
}

int history_find(struct store *s, uint64_t seq, uint64_t sp,
		 const uint8_t chain[HSMREPL_CHAIN_LEN])
{
	sqlite3_stmt *q = s->history->sql[FIND];
	struct facts f;
	int ret = read_facts(s, &f);

	if (ret)
		return ret;
	if (!seq)
		return sp ? HISTORY_LACKS : HISTORY_HAS;
	if (seq > f.settled)
		return HISTORY_AHEAD;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)seq);
	ret = reader_step(q);
	if (ret <= 0)
		return ret ? ret : HISTORY_FORGOTTEN;
	ret = same_place(q, sp, chain) ? HISTORY_HAS : HISTORY_LACKS;
	sqlite3_reset(q);
	return ret;
}

/* The row that TAIL is at. Returns what @fn returned, or -errno. */
static int tell_tl(struct reader *r, int (*fn)(void *arg, const struct history_tl *t), void *arg)
{
	sqlite3_stmt *q = r->sql[TAIL];
	struct history_tl t = {
		.seq = reader_u64(q, 0),
		.tid = reader_u64(q, 1),
		.sp = reader_u64(q, 2),
	};
	struct ops ops;
	int ret = reader_tl(r, reader_bytes(q, 3), &ops);

	t.tl = (struct bytes){ r->scratch, r->scratch_len };
	return ret ? ret : fn(arg, &t);
}

/* Is there nothing missing directly after @after? The window may have moved on meanwhile. */
static int check_window(struct store *s, uint64_t after)
{
	struct facts f;
	int ret = read_facts(s, &f);

	return ret ? ret : after < f.window ? -ENODATA : 0;
}

int history_tail(struct store *s, uint64_t after, size_t max_bytes,
		 int (*fn)(void *arg, const struct history_tl *t), void *arg)
{
	sqlite3_stmt *q = s->history->sql[TAIL];
	int n = 0, ret = check_window(s, after);
	bool hole = false;
	size_t used = 0;

	if (ret)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)after);
	while ((ret = reader_step(q)) > 0) {
		used += reader_bytes(q, 3).n;
		hole = reader_u64(q, 0) != after + (uint64_t)n + 1;
		ret = 0;
		if (hole || (n && used > max_bytes))
			break;
		ret = tell_tl(s->history, fn, arg);
		if (ret)
			break;
		n++;
	}
	sqlite3_reset(q);
	if (!ret && hole && !n) {
		ret = check_window(s, after);
		return ret ? ret : -EBADMSG;
	}
	return ret ? ret : n;
}

int history_rows(struct store *s, uint64_t after, unsigned int max,
		 int (*fn)(void *arg, const struct history_row *r), void *arg)
{
	sqlite3_stmt *q = s->history->sql[ROWS];
	struct history_row row;
	int ret, n = 0;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)after);
	sqlite3_bind_int64(q, 2, max);
	while ((ret = reader_step(q)) > 0) {
		row_tl(q, &row);
		ret = fn(arg, &row);
		if (ret)
			break;
		n++;
	}
	sqlite3_reset(q);
	return ret ? ret : n;
}

int history_epochs(struct store *s, int (*fn)(void *arg, const struct history_epoch *e), void *arg)
{
	sqlite3_stmt *q = s->history->sql[EPOCHS];
	struct history_epoch epoch;
	int ret, n = 0;

	while ((ret = reader_step(q)) > 0) {
		ret = row_epoch(q, &epoch);
		if (!ret)
			ret = fn(arg, &epoch);
		if (ret)
			break;
		n++;
	}
	sqlite3_reset(q);
	return ret ? ret : n;
}

void history_pin(struct store *s, uint64_t seq)
{
	pthread_mutex_lock(&s->lock);
	if (s->pin == UINT64_MAX)
		pthread_cond_signal(&s->settle_work);
	s->pin = seq;
	pthread_mutex_unlock(&s->lock);
}

void history_unpin(struct store *s)
{
	history_pin(s, UINT64_MAX);
}
