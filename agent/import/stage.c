// SPDX-License-Identifier: GPL-2.0
/* Reads and writes the tables of an import. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <sqlite3.h>

#include "stage.h"

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS import(name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS gone(label BLOB PRIMARY KEY, seq INTEGER NOT NULL)"
	" WITHOUT ROWID;";

static const char *const texts[STAGE_SQLS] = {
	[STAGE_SAVE] = "INSERT OR REPLACE INTO import VALUES(?1, ?2)",
	[STAGE_LOAD] = "SELECT value FROM import WHERE name = ?1",
	[STAGE_GONE] = "INSERT OR REPLACE INTO gone VALUES(?1, ?2)",
	[STAGE_ROW] = "INSERT INTO tl(seq, tid, sp, refs, chain) VALUES(?1, ?2, ?3, 0, ?4)"
		" ON CONFLICT(seq) DO UPDATE"
		" SET tid = excluded.tid, sp = excluded.sp, chain = excluded.chain",
	[STAGE_TL] = "INSERT INTO tl(seq, tid, sp, refs, file, at, len)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(seq) DO UPDATE"
		" SET refs = excluded.refs, file = excluded.file, at = excluded.at,"
		" len = excluded.len WHERE tid = excluded.tid AND sp = excluded.sp",
};

/**
 * struct field - one of the facts
 * @name: in the table
 * @offset: in struct stage_facts
 * @size: bytes
 * @number: host byte order; else plain bytes
 */
struct field {
	const char *name;
	size_t offset;
	size_t size;
	bool number;
};

#define FIELD(name, member, number) \
	{ name, offsetof(struct stage_facts, member), \
	  sizeof(((struct stage_facts *)0)->member), number }

static const struct field fields[] = {
	FIELD("full", state.full, true),
	FIELD("complete", state.complete, true),
	FIELD("pool", state.start.pool, false),
	FIELD("donor", state.start.donor, true),
	FIELD("address", state.start.address, false),
	FIELD("place epoch", state.start.place.epoch, true),
	FIELD("place seq", state.start.place.seq, true),
	FIELD("place sp", state.start.place.sp, true),
	FIELD("place digest", state.start.place.digest, true),
	FIELD("place chain", state.start.place.chain, false),
	FIELD("nl", state.start.nl, false),
	FIELD("total tls", state.start.total.tls, true),
	FIELD("total bytes", state.start.total.bytes, true),
	FIELD("total rows", state.start.total.rows, true),
	FIELD("k", state.k, true),
	FIELD("at epoch", state.at.epoch, true),
	FIELD("at seq", state.at.seq, true),
	FIELD("at sp", state.at.sp, true),
	FIELD("at chain", state.at.chain, false),
	FIELD("tls", state.tls, true),
	FIELD("bytes", state.bytes, true),
	FIELD("base epoch", base.epoch, true),
	FIELD("base seq", base.seq, true),
	FIELD("base sp", base.sp, true),
	FIELD("base digest", base.digest, true),
	FIELD("base chain", base.chain, false),
	FIELD("row seq", row_seq, true),
	FIELD("row sp", row_sp, true),
	FIELD("digest", digest, true),
	FIELD("built", built, true),
};

static uint64_t get_number(const struct field *f, const void *facts)
{
	const uint8_t *p = (const uint8_t *)facts + f->offset;
	uint64_t wide;
	uint32_t half;
	uint16_t quarter;

	switch (f->size) {
	case sizeof(wide):
		memcpy(&wide, p, sizeof(wide));
		return wide;
	case sizeof(half):
		memcpy(&half, p, sizeof(half));
		return half;
	case sizeof(quarter):
		memcpy(&quarter, p, sizeof(quarter));
		return quarter;
	default:
		return *p;
	}
}

static void put_number(const struct field *f, void *facts, uint64_t wide)
{
	uint8_t *p = (uint8_t *)facts + f->offset;
	uint32_t half = (uint32_t)wide;
	uint16_t quarter = (uint16_t)wide;

	switch (f->size) {
	case sizeof(wide):
		memcpy(p, &wide, sizeof(wide));
		return;
	case sizeof(half):
		memcpy(p, &half, sizeof(half));
		return;
	case sizeof(quarter):
		memcpy(p, &quarter, sizeof(quarter));
		return;
	default:
		*p = (uint8_t)wide;
	}
}

/* Bind, run, reset. */
static int run(struct stage *g, enum stage_sql i)
{
	int rc = sqlite3_step(g->sql[i]);

	sqlite3_reset(g->sql[i]);
	sqlite3_clear_bindings(g->sql[i]);
	return table_errno(rc);
}

int stage_save(struct stage *g)
{
	sqlite3_stmt *q = g->sql[STAGE_SAVE];
	int ret = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && !ret; i++) {
		const struct field *f = &fields[i];
		const uint8_t *p = (const uint8_t *)&g->facts + f->offset;

		sqlite3_bind_text(q, 1, f->name, -1, SQLITE_STATIC);
		if (f->number)
			sqlite3_bind_int64(q, 2, (sqlite3_int64)get_number(f, &g->facts));
		else
			sqlite3_bind_blob(q, 2, p, (int)f->size, SQLITE_STATIC);
		ret = run(g, STAGE_SAVE);
	}
	return ret;
}

/* 0, -ENOENT if it was never saved, -EBADMSG, -errno. */
static int load_field(struct stage *g, const struct field *f)
{
	sqlite3_stmt *q = g->sql[STAGE_LOAD];
	uint8_t *p = (uint8_t *)&g->facts + f->offset;
	int rc, ret;

	sqlite3_bind_text(q, 1, f->name, -1, SQLITE_STATIC);
	rc = sqlite3_step(q);
	ret = rc == SQLITE_DONE ? -ENOENT : table_errno(rc);
	if (rc == SQLITE_ROW && f->number)
		put_number(f, &g->facts, (uint64_t)sqlite3_column_int64(q, 0));
	else if (rc == SQLITE_ROW && sqlite3_column_bytes(q, 0) == (int)f->size)
		memcpy(p, sqlite3_column_blob(q, 0), f->size);
	else if (!ret)
		ret = -EBADMSG;
	sqlite3_reset(q);
	return ret;
}

static int load(struct stage *g)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && !ret; i++)
		ret = load_field(g, &fields[i]);
	g->facts.state.exists = !ret;
	return ret == -ENOENT ? 0 : ret;
}

int stage_open(struct stage *g, struct table *t)
{
	int ret;

	*g = (struct stage){ .t = t };
	ret = table_exec(t, tables);
	for (unsigned int i = 0; i < STAGE_SQLS && !ret; i++)
		ret = table_errno(sqlite3_prepare_v3(t->db, texts[i], -1,
						     SQLITE_PREPARE_PERSISTENT, &g->sql[i], NULL));
	return ret ? ret : load(g);
}

void stage_close(struct stage *g)
{
	for (unsigned int i = 0; i < STAGE_SQLS; i++)
		sqlite3_finalize(g->sql[i]);
	memset(g->sql, 0, sizeof(g->sql));
}

static void bind_label(sqlite3_stmt *q, int column, const uint8_t label[SEAL_HASH_LEN])
{
	sqlite3_bind_blob(q, column, label, SEAL_HASH_LEN, SQLITE_STATIC);
}

int stage_gone(struct stage *g, const uint8_t label[SEAL_HASH_LEN])
{
	bind_label(g->sql[STAGE_GONE], 1, label);
	sqlite3_bind_int64(g->sql[STAGE_GONE], 2, (sqlite3_int64)g->facts.state.k);
	return run(g, STAGE_GONE);
}

int stage_row(struct stage *g, const struct history_row *row)
{
	sqlite3_stmt *q = g->sql[STAGE_ROW];

	sqlite3_bind_int64(q, 1, (sqlite3_int64)row->seq);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)row->tid);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)row->sp);
	if (row->has_chain)
		sqlite3_bind_blob(q, 4, row->chain, HSMREPL_CHAIN_LEN, SQLITE_STATIC);
	return run(g, STAGE_ROW);
}

int stage_tl(struct stage *g, const struct history_tl *tl, unsigned int refs, struct bytes sealed)
{
	sqlite3_stmt *q = g->sql[STAGE_TL];
	struct body_place place;
	int ret = bodies_append(&g->t->bodies, g->t->db, tl->seq, sealed, &place);

	if (ret)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)tl->seq);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)tl->tid);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)tl->sp);
	sqlite3_bind_int64(q, 4, refs);
	sqlite3_bind_int64(q, 5, (sqlite3_int64)place.file);
	sqlite3_bind_int64(q, 6, (sqlite3_int64)place.at);
	sqlite3_bind_int64(q, 7, (sqlite3_int64)place.len);
	ret = run(g, STAGE_TL);
	if (ret)
		return ret;
	return sqlite3_changes(g->t->db) ? 0 : -EBADMSG;
}
