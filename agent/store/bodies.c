// SPDX-License-Identifier: GPL-2.0
/* Appends sealed TLs to their files, and keeps account of these in the tables. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "bodies.h"
#include "table.h"

/* Written at once: a call for each body costs more than copying it. */
#define GATHER_BYTES	(256u << 10)

static const char account[] =
	"INSERT INTO file VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(number) DO UPDATE SET"
	" bytes = excluded.bytes, held = held + excluded.held,"
	" first = min(first, excluded.first), last = max(last, excluded.last)";

static void forget_added(struct bodies *b)
{
	b->held = 0;
	b->first = INT64_MAX;
	b->last = 0;
	b->changed = false;
}

int bodies_open(struct bodies *b, const char *dir)
{
	*b = (struct bodies){ .dir_fd = -1, .fd = -1, .file_bytes = BODIES_FILE_BYTES };
	forget_added(b);
	b->gathered = malloc(GATHER_BYTES);
	if (!b->gathered)
		return -ENOMEM;
	b->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return b->dir_fd < 0 ? -errno : 0;
}

static void close_file(struct bodies *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->at = 0;
	b->n_gathered = 0;
	b->committed = 0;
	b->dirty = false;
	b->fresh = false;
}

void bodies_close(struct bodies *b)
{
	close_file(b);
	if (b->dir_fd >= 0)
		close(b->dir_fd);
	b->dir_fd = -1;
	free(b->gathered);
	b->gathered = NULL;
}

static int open_file(struct bodies *b, uint64_t number, int flags)
{
	char name[BODIES_NAME_MAX];

	bodies_name(number, name);
	b->fd = openat(b->dir_fd, name, O_RDWR | O_CLOEXEC | flags, 0600);
	if (b->fd < 0)
		return -errno;
	b->number = number;
	return 0;
}

int bodies_resume(struct bodies *b, sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	int ret;

	ret = table_errno(sqlite3_prepare_v2(db, "SELECT number, bytes FROM file"
					     " ORDER BY number DESC LIMIT 1", -1, &q, NULL));
	if (!ret && sqlite3_step(q) == SQLITE_ROW &&
	    (uint64_t)sqlite3_column_int64(q, 1) < b->file_bytes) {
		ret = open_file(b, (uint64_t)sqlite3_column_int64(q, 0), 0);
		if (!ret)
			b->at = b->committed = (uint64_t)sqlite3_column_int64(q, 1);
		/* Whoever needs what was in it will say so. */
		if (ret == -ENOENT)
			ret = 0;
	}
	sqlite3_finalize(q);
	return ret;
}

static int write_all(struct bodies *b, struct bytes data, uint64_t at)
{
	size_t done = 0;

	b->dirty = true;
	while (done < data.n) {
		ssize_t n = pwrite(b->fd, (const uint8_t *)data.p + done, data.n - done,
				   (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

static int write_gathered(struct bodies *b)
{
	struct bytes data = { b->gathered, b->n_gathered };
	int ret;

	if (!data.n)
		return 0;
	ret = write_all(b, data, b->at - data.n);
	if (ret)
		return ret;
	/* A hint: little is left for the flush then, which is no burst before a log write. */
	sync_file_range(b->fd, (off_t)(b->at - data.n), (off_t)data.n, SYNC_FILE_RANGE_WRITE);
	b->n_gathered = 0;
	return 0;
}

int bodies_expose(struct bodies *b, uint64_t seq)
{
	return b->n_gathered && seq >= b->first_gathered ? write_gathered(b) : 0;
}

static int flush(struct bodies *b)
{
	int ret = write_gathered(b);

	if (ret)
		return ret;
	if (b->dirty && fdatasync(b->fd) < 0)
		return -errno;
	b->dirty = false;
	if (b->fresh && fsync(b->dir_fd) < 0)
		return -errno;
	b->fresh = false;
	return 0;
}

/* What does not fit is written by itself, behind what was gathered. */
static int gather(struct bodies *b, uint64_t seq, struct bytes sealed)
{
	int ret = 0;

	if (b->n_gathered + sealed.n > GATHER_BYTES)
		ret = write_gathered(b);
	if (ret)
		return ret;
	if (sealed.n > GATHER_BYTES)
		return write_all(b, sealed, b->at);
	if (!b->n_gathered || seq < b->first_gathered)
		b->first_gathered = seq;
	memcpy(b->gathered + b->n_gathered, sealed.p, sealed.n);
	b->n_gathered += sealed.n;
	return 0;
}

int bodies_flush(struct bodies *b, sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	int ret;

	if (!b->changed)
		return 0;
	ret = flush(b);
	if (!ret)
		ret = table_errno(sqlite3_prepare_v2(db, account, -1, &q, NULL));
	if (ret)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)b->number);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)b->at);
	sqlite3_bind_int64(q, 3, b->held);
	sqlite3_bind_int64(q, 4, (sqlite3_int64)b->first);
	sqlite3_bind_int64(q, 5, (sqlite3_int64)b->last);
	ret = table_errno(sqlite3_step(q));
	sqlite3_finalize(q);
	if (!ret)
		forget_added(b);
	return ret;
}

/* What a crash or a rollback left under that number was never referred to. */
static int next_file(struct bodies *b, sqlite3 *db)
{
	int ret = bodies_flush(b, db);

	if (ret)
		return ret;
	close_file(b);
	ret = open_file(b, b->base + 1, O_CREAT | O_TRUNC);
	if (ret)
		return ret;
	b->base++;
	b->fresh = true;
	return 0;
}

int bodies_append(struct bodies *b, sqlite3 *db, uint64_t seq, struct bytes sealed,
		  struct body_place *place)
{
	int ret = 0;

	if (b->fd < 0 || (b->at && b->at + sealed.n > b->file_bytes))
		ret = next_file(b, db);
	if (!ret)
		ret = gather(b, seq, sealed);
	if (ret)
		return ret;
	*place = (struct body_place){ b->number, b->at, sealed.n };
	b->at += sealed.n;
	b->held += (int64_t)sealed.n;
	b->changed = true;
	b->added += sealed.n;
	if (seq < b->first)
		b->first = seq;
	if (seq > b->last)
		b->last = seq;
	return 0;
}

int bodies_give_up(struct bodies *b, sqlite3_stmt *less, uint64_t file, uint64_t len)
{
	int rc;

	/* Its account may not be in the tables yet. */
	if (b->fd >= 0 && file == b->number) {
		b->held -= (int64_t)len;
		b->changed = true;
		return 0;
	}
	sqlite3_bind_int64(less, 1, (sqlite3_int64)file);
	sqlite3_bind_int64(less, 2, (sqlite3_int64)len);
	rc = sqlite3_step(less);
	sqlite3_reset(less);
	return table_errno(rc);
}

void bodies_keep(struct bodies *b)
{
	b->committed = b->at;
	b->added = 0;
}

/* A file that was begun meanwhile is left to bodies_sweep(), and its number is not used again. */
void bodies_undo(struct bodies *b)
{
	forget_added(b);
	b->added = 0;
	b->n_gathered = 0;
	if (b->committed)
		b->at = b->committed;
	else
		close_file(b);
}
