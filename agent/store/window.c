// SPDX-License-Identifier: GPL-2.0
/* Drops bodies without live objects when they leave the window. */
#include <errno.h>

#include <sqlite3.h>

#include "window.h"

/* One number in @first, or in both; 1, 0 when there is no row, -errno. */
static int fetch(struct table *t, enum table_sql i, uint64_t *first, uint64_t *second)
{
	sqlite3_stmt *q = t->sql[i];
	int rc = sqlite3_step(q), ret = table_errno(rc);

	if (rc == SQLITE_ROW) {
		*first = (uint64_t)sqlite3_column_int64(q, 0);
		if (second)
			*second = (uint64_t)sqlite3_column_int64(q, 1);
		ret = 1;
	}
	sqlite3_reset(q);
	return ret;
}

/* The body of @seq is given up. Returns 0 or -errno. */
static int give_up(struct table *t, uint64_t seq, uint64_t len, uint64_t file)
{
	int ret = table_run_on(t, TABLE_BODY_DROP, seq);

	return ret ? ret : bodies_give_up(&t->bodies, t->sql[TABLE_FILE_LESS], file, len);
}

static int find_body(struct table *t, uint64_t seq, uint64_t *len, uint64_t *file)
{
	int ret;

	sqlite3_bind_int64(t->sql[TABLE_BODY_LEN], 1, (sqlite3_int64)seq);
	ret = fetch(t, TABLE_BODY_LEN, len, file);
	return ret < 0 ? ret : ret && *len ? 0 : -EBADMSG;
}

int window_dead(struct table *t, uint64_t seq)
{
	uint64_t len = 0, file = 0;
	int ret = find_body(t, seq, &len, &file);

	if (ret)
		return ret;
	if (seq <= t->state.swept)
		return give_up(t, seq, len, file);
	t->state.dead += len;
	return 0;
}

/* Where the window begins if bytes do not count. */
static uint64_t begin_of(const struct table *t)
{
	const struct table_state *s = &t->state;
	uint64_t begin = s->position.seq;

	begin = begin > t->window.tls ? begin - t->window.tls : 0;
	if (t->pin < begin && s->dead <= t->window.pinned)
		begin = t->pin;
	return begin > s->window ? begin : s->window;
}

static uint64_t bytes_allowed(const struct table *t)
{
	return t->pin == UINT64_MAX ? t->window.bytes : t->window.pinned;
}

/* The first body without live objects goes. 1, 0 when there is none up to @end, -errno. */
static int drop_first(struct table *t, uint64_t end)
{
	sqlite3_stmt *q = t->sql[TABLE_DEAD_NEXT];
	uint64_t seq = 0, len = 0, file = 0;
	int ret;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)t->state.swept);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)end);
	ret = fetch(t, TABLE_DEAD_NEXT, &seq, NULL);
	if (ret <= 0)
		return ret;
	ret = find_body(t, seq, &len, &file);
	if (!ret)
		ret = give_up(t, seq, len, file);
	t->state.swept = seq;
	t->state.dead -= len < t->state.dead ? len : t->state.dead;
	return ret ? ret : 1;
}

int window_move(struct table *t)
{
	struct table_state *s = &t->state;
	uint64_t budget = WINDOW_SWEEP + 2 * (s->position.seq - t->before.position.seq);
	uint64_t end, dropped = 0;
	int ret = 1;

	s->window = begin_of(t);
	end = s->window - s->swept > budget ? s->swept + budget : s->window;
	while (ret > 0 && s->swept < end)
		ret = drop_first(t, end);
	if (ret < 0)
		return ret;
	s->swept = end;
	for (ret = 1; ret > 0 && s->dead > bytes_allowed(t) && dropped < budget; dropped++)
		ret = drop_first(t, s->position.seq);
	if (s->window < s->swept)
		s->window = s->swept;
	return ret < 0 ? ret : 0;
}
