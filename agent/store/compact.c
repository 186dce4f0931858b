// SPDX-License-Identifier: GPL-2.0
/* Empties files of bodies in which little is held, some with each transaction. */
#include <errno.h>

#include <sqlite3.h>

#include "table.h"

#define COMPACT_BYTES	(1u << 20)	/* copied by one transaction, and */
#define COMPACT_SHARE	2		/* so many times what it adds */

/* Which file, and where its TLs begin. 1, 0 if none is worth it, -errno. */
static int choose(struct table *t)
{
	sqlite3_stmt *q = t->sql[TABLE_FILE_WORST];
	int rc;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)t->bodies.number);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		t->emptying = (uint64_t)sqlite3_column_int64(q, 0);
		t->emptied = (uint64_t)sqlite3_column_int64(q, 1) - 1;
	}
	sqlite3_reset(q);
	return rc == SQLITE_ROW ? 1 : table_errno(rc);
}

static int file_less(struct table *t, uint64_t number, uint64_t bytes)
{
	return bodies_give_up(&t->bodies, t->sql[TABLE_FILE_LESS], number, bytes);
}

static int move(struct table *t, uint64_t seq, struct bytes sealed)
{
	sqlite3_stmt *q = t->sql[TABLE_BODY_MOVE];
	struct body_place place;
	int ret = bodies_append(&t->bodies, t->db, seq, sealed, &place);

	if (ret)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)seq);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)place.file);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)place.at);
	return table_run(t, TABLE_BODY_MOVE);
}

/* The next body in the file being emptied. Bytes that were moved, 0 at the end, -errno. */
static int move_next(struct table *t)
{
	sqlite3_stmt *q = t->sql[TABLE_BODY_IN];
	struct bytes sealed;
	uint64_t seq;
	int rc, ret;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)t->emptied);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)t->emptying);
	rc = sqlite3_step(q);
	ret = table_errno(rc);
	if (rc == SQLITE_ROW) {
		seq = (uint64_t)sqlite3_column_int64(q, 0);
		sealed.p = sqlite3_column_blob(q, 1);
		sealed.n = (size_t)sqlite3_column_bytes(q, 1);
		ret = move(t, seq, sealed);
		t->emptied = seq;
		ret = ret ? ret : (int)sealed.n;
	}
	sqlite3_reset(q);
	return ret;
}

static int drop_empty(struct table *t)
{
	int ret;

	sqlite3_bind_int64(t->sql[TABLE_FILE_DROP], 1, (sqlite3_int64)t->bodies.number);
	ret = table_run(t, TABLE_FILE_DROP);
	if (!ret && sqlite3_changes(t->db))
		t->unnamed = true;
	return ret;
}

/* Nothing is left in it, whatever its account says. */
static int close_account(struct table *t)
{
	uint64_t number = t->emptying;

	t->emptying = 0;
	return file_less(t, number, INT64_MAX / 2);
}

/* One step: bytes that were moved, 0 when there is nothing to do, -errno. */
static int step(struct table *t)
{
	int ret = t->emptying ? 1 : choose(t), moved;

	if (ret <= 0)
		return ret;
	moved = move_next(t);
	if (moved < 0)
		return moved;
	ret = moved ? file_less(t, t->emptying, (uint64_t)moved) : close_account(t);
	return ret ? ret : moved ? moved : 1;
}

int table_compact(struct table *t)
{
	uint64_t budget = COMPACT_BYTES + COMPACT_SHARE * t->bodies.added, moved = 0;
	int ret = 1;

	while (ret > 0 && moved < budget) {
		ret = step(t);
		if (ret > 0)
			moved += (uint64_t)ret;
	}
	return ret < 0 ? ret : drop_empty(t);
}
