// SPDX-License-Identifier: GPL-2.0
/* Walks the settled content of one moment, within one read transaction. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "reader.h"
#include "row.h"
#include "snapshot.h"

#define STEPS		256	/* TLs without live objects that one call passes over */
#define COUNT_MAX	4096	/* TLs are counted; more are estimated */
#define SAMPLE		"64"	/* TLs at either end whose size is looked at */

enum snapshot_sql { FACTS, DELETES, EPOCHS, ROWS, TLS, COUNT, SIZE, SQLS };

static const char *const texts[SQLS] = {
	[FACTS] = "SELECT epoch, seq, sp, digest, chain, nl, window, live FROM meta",
	[DELETES] = "SELECT seq, " READER_BODY " FROM tl WHERE seq > ?1 ORDER BY seq",
	[EPOCHS] = "SELECT " ROW_EPOCH " FROM epoch WHERE seq > ?1 ORDER BY epoch",
	[ROWS] = "SELECT " ROW_TL " FROM tl WHERE seq > ?1 ORDER BY seq",
	[TLS] = "SELECT seq, refs, tid, sp, CASE WHEN refs > 0 THEN " READER_BODY " END FROM tl"
		" WHERE seq > ?1 ORDER BY seq",
	[COUNT] = "SELECT count(*) FROM tl WHERE seq > ?1 AND refs > 0",
	[SIZE] = "SELECT coalesce(avg(n), 0) FROM (SELECT * FROM (SELECT len AS n FROM tl"
		" WHERE seq > ?1 AND refs > 0 ORDER BY seq LIMIT " SAMPLE ") UNION ALL"
		" SELECT * FROM (SELECT len FROM tl WHERE seq > ?1 AND refs > 0"
		" ORDER BY seq DESC LIMIT " SAMPLE "))",
};

enum phase { PHASE_GONE, PHASE_EPOCHS, PHASE_ROWS, PHASE_TLS, PHASE_END };

/**
 * struct snapshot - one moment
 * @r: reading connection, within a transaction
 * @phase: what kind of items comes
 * @place: position
 * @nl: node list
 * @k: as in snapshot_open()
 * @at: likewise
 * @rows_after: rows of the history are told from here on
 * @total: what is to come
 * @gone_seq: PHASE_GONE: TL that @ops is in
 * @ops: PHASE_GONE: operations of that TL
 * @epoch: the item told
 * @live: objects of the item told
 */
struct snapshot {
	struct reader *r;
	enum phase phase;
	struct position place;
	struct hsmrepl_nl nl;
	uint64_t k;
	uint64_t at;
	uint64_t rows_after;
	struct snapshot_total total;
	uint64_t gone_seq;
	struct ops ops;
	struct history_epoch epoch;
	struct snapshot_live live[HSMREPL_OPS_MAX];
};

/* Bind the seq after which @i begins. */
static void begin(struct snapshot *snap, enum snapshot_sql i, uint64_t after)
{
	sqlite3_bind_int64(snap->r->sql[i], 1, (sqlite3_int64)after);
}

static uint64_t ask_number(struct snapshot *snap, enum snapshot_sql i, uint64_t after)
{
	uint64_t n = 0;

	begin(snap, i, after);
	if (reader_step(snap->r->sql[i]) > 0)
		n = reader_u64(snap->r->sql[i], 0);
	sqlite3_reset(snap->r->sql[i]);
	return n;
}

static struct snapshot_total estimate(struct snapshot *snap, uint64_t live)
{
	uint64_t ahead = snap->place.seq - snap->k;
	struct snapshot_total total = { .rows = snap->place.seq - snap->rows_after };

	if (!snap->k)
		total.tls = live;
	else if (ahead <= COUNT_MAX)
		total.tls = ask_number(snap, COUNT, snap->k);
	else
		total.tls = live < ahead ? live : ahead;
	total.bytes = total.tls * ask_number(snap, SIZE, snap->k);
	return total;
}

/* The first read begins the transaction. */
static int read_facts(struct snapshot *snap, char error[STORE_ERROR_MAX])
{
	sqlite3_stmt *q = snap->r->sql[FACTS];
	uint64_t window, live;
	struct bytes chain, nl;

	if (reader_step(q) <= 0) {
		snprintf(error, STORE_ERROR_MAX, TABLE_FILE ": %s", sqlite3_errmsg(snap->r->db));
		return -1;
	}
	chain = reader_bytes(q, 4);
	nl = reader_bytes(q, 5);
	window = reader_u64(q, 6);
	live = reader_u64(q, 7);
	snap->place = (struct position){ reader_u64(q, 0), reader_u64(q, 1), reader_u64(q, 2),
					 reader_u64(q, 3), { 0 } };
	if (chain.n == sizeof(snap->place.chain) && nl.n == sizeof(snap->nl)) {
		memcpy(snap->place.chain, chain.p, chain.n);
		memcpy(&snap->nl, nl.p, nl.n);
	}
	sqlite3_reset(q);
	if (!snap->nl.n_nodes)
		snprintf(error, STORE_ERROR_MAX, "this node has no pool to give");
	else if (snap->at > snap->place.seq)
		snprintf(error, STORE_ERROR_MAX, "seq %llu is not settled yet: try again later",
			 (unsigned long long)snap->at);
	else if (snap->at && snap->at < window)
		snprintf(error, STORE_ERROR_MAX, "what came after seq %llu is not whole any more: "
			 "only a full Live-Sync helps", (unsigned long long)snap->at);
	else
		goto fits;
	return -1;
fits:
	snap->rows_after = snap->at;
	if (!snap->at && snap->place.seq > HISTORY_WINDOW_TLS)
		snap->rows_after = snap->place.seq - HISTORY_WINDOW_TLS;
	snap->total = estimate(snap, live);
	return 0;
}

struct snapshot *snapshot_open(struct store *s, uint64_t k, uint64_t at,
			       char error[STORE_ERROR_MAX])
{
	struct snapshot *snap = calloc(1, sizeof(*snap));

	if (!snap) {
		snprintf(error, STORE_ERROR_MAX, "no memory");
		return NULL;
	}
	snap->k = k < at ? k : at;
	snap->at = at;
	snap->phase = at ? PHASE_GONE : PHASE_EPOCHS;
	snap->gone_seq = at;
	snap->r = reader_open_store(s, texts, SQLS, error);
	if (snap->r && !reader_begin(snap->r, error) && !read_facts(snap, error)) {
		begin(snap, DELETES, at);
		begin(snap, EPOCHS, at);
		begin(snap, ROWS, snap->rows_after);
		begin(snap, TLS, snap->k);
		return snap;
	}
	snapshot_close(snap);
	return NULL;
}

void snapshot_close(struct snapshot *snap)
{
	if (!snap)
		return;
	reader_close(snap->r);
	free(snap);
}

const struct position *snapshot_place(const struct snapshot *snap)
{
	return &snap->place;
}

const struct hsmrepl_nl *snapshot_nl(const struct snapshot *snap)
{
	return &snap->nl;
}

struct snapshot_total snapshot_total(const struct snapshot *snap)
{
	return snap->total;
}

/* The next TL after @at is opened. 1, 0 at the end, -errno. */
static int next_with_deletes(struct snapshot *snap)
{
	sqlite3_stmt *q = snap->r->sql[DELETES];
	int ret = reader_step(q);

	if (ret < 0)
		return ret;
	if (!ret)
		return snap->gone_seq == snap->place.seq ? 0 : -EBADMSG;
	if (reader_u64(q, 0) != ++snap->gone_seq)
		return -EBADMSG;
	ret = reader_tl(snap->r, reader_bytes(q, 1), &snap->ops);
	return ret ? ret : 1;
}

static int next_gone(struct snapshot *snap, struct snapshot_item *item)
{
	struct op op;
	int ret;

	while ((ret = ops_next(&snap->ops, &op)) > 0) {
		if (op.code != HSMREPL_OP_DELETE)
			continue;
		item->kind = SNAP_GONE;
		item->label = (struct bytes){ op.label, op.label_len };
		return 1;
	}
	if (!ret)
		ret = next_with_deletes(snap);
	return ret;	/* 1: SNAP_NOTHING, of this TL yet */
}

static int next_epoch(struct snapshot *snap, struct snapshot_item *item)
{
	int ret = reader_step(snap->r->sql[EPOCHS]);

	if (ret <= 0)
		return ret;
	item->kind = SNAP_EPOCH;
	item->epoch = &snap->epoch;
	ret = row_epoch(snap->r->sql[EPOCHS], &snap->epoch);
	return ret ? ret : 1;
}

static int next_row(struct snapshot *snap, struct snapshot_item *item)
{
	int ret = reader_step(snap->r->sql[ROWS]);

	if (ret > 0) {
		item->kind = SNAP_ROW;
		row_tl(snap->r->sql[ROWS], &item->row);
	}
	return ret;
}

/* The TL that TLS is at, with its objects. */
static int read_tl(struct snapshot *snap, uint64_t refs, struct snapshot_item *item)
{
	sqlite3_stmt *q = snap->r->sql[TLS];
	struct store_object o;
	struct ops ops;
	struct op op;
	int ret = reader_tl(snap->r, reader_bytes(q, 4), &ops);

	item->kind = SNAP_TL;
	item->tl = (struct history_tl){
		.seq = reader_u64(q, 0),
		.tid = reader_u64(q, 2),
		.sp = reader_u64(q, 3),
		.tl = { snap->r->scratch, snap->r->scratch_len },
	};
	item->live = snap->live;
	if (ret)
		return ret;
	while ((ret = reader_next_object(snap->r, item->tl.seq, &ops, &op, &o)) > 0) {
		struct snapshot_live *live = &snap->live[item->n_live++];

		live->op = op.index;
		live->version = o.version;
		memcpy(live->id, o.id, HSMREPL_ID_LEN);
		memcpy(live->type, o.type, HSMREPL_TYPE_MAX);
	}
	if (ret)
		return ret;
	return item->n_live == refs ? 1 : -EBADMSG;
}

static int next_tl(struct snapshot *snap, struct snapshot_item *item)
{
	for (unsigned int i = 0; i < STEPS; i++) {
		int ret = reader_step(snap->r->sql[TLS]);
		uint64_t refs;

		if (ret <= 0)
			return ret;
		refs = reader_u64(snap->r->sql[TLS], 1);
		if (refs)
			return read_tl(snap, refs, item);
	}
	return 1;
}

static int next_of_phase(struct snapshot *snap, struct snapshot_item *item)
{
	switch (snap->phase) {
	case PHASE_GONE:
		return next_gone(snap, item);
	case PHASE_EPOCHS:
		return next_epoch(snap, item);
	case PHASE_ROWS:
		return next_row(snap, item);
	case PHASE_TLS:
		return next_tl(snap, item);
	case PHASE_END:
		return 0;
	}
	return -EBADMSG;
}

int snapshot_next(struct snapshot *snap, struct snapshot_item *item)
{
	int ret = 0;

	*item = (struct snapshot_item){ .kind = SNAP_NOTHING };
	while (!ret && snap->phase != PHASE_END) {
		ret = next_of_phase(snap, item);
		if (!ret)
			snap->phase++;
	}
	return ret;
}
