// SPDX-License-Identifier: GPL-2.0
/* Brings decided batches into the tables. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "rows.h"
#include "window.h"
#include "../core/batch.h"

/* What is updated or deleted is there. */
static int find(struct table *t, const uint8_t label[SEAL_HASH_LEN], struct object_row *row)
{
	int ret = table_find(t, label, row);

	return ret > 0 ? 0 : ret ? ret : -EBADMSG;
}

int table_run_on(struct table *t, enum table_sql i, uint64_t seq)
{
	sqlite3_bind_int64(t->sql[i], 1, (sqlite3_int64)seq);
	return table_run(t, i);
}

int table_unref(struct table *t, uint64_t seq)
{
	sqlite3_stmt *q = t->sql[TABLE_TL_REFS];
	sqlite3_int64 refs = -1;
	int ret;

	ret = table_run_on(t, TABLE_TL_UNREF, seq);
	if (ret)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)seq);
	if (sqlite3_step(q) == SQLITE_ROW)
		refs = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	if (refs < 0)
		return -EBADMSG;
	if (refs)
		return 0;
	t->state.live--;
	ret = window_dead(t, seq);
	if (!ret && seq <= table_forgotten(&t->before))
		ret = table_run_on(t, TABLE_TL_DROP, seq);
	return ret;
}

/**
 * struct applying - one TL on its way into the tables
 * @t: tables
 * @seq: of the TL
 * @tl_len: bytes of it, in @t's scratch
 * @refs: objects that live in it so far
 */
struct applying {
	struct table *t;
	uint64_t seq;
	size_t tl_len;
	int64_t refs;
};

/* The content that an object had so far is no longer looked up. */
static int leave(struct applying *a, uint64_t seq)
{
	if (seq != a->seq)
		return table_unref(a->t, seq);
	a->refs--;
	return 0;
}

static int create(struct applying *a, const struct op *op, const uint8_t label[SEAL_HASH_LEN])
{
	const struct object_row row = {
		.seq = a->seq, .version = 1, .op = op->index, .plain = true,
	};

	a->refs++;
	return table_put(a->t, label, &row);
}

/* The object leaves the place that its content had so far. */
static int take_out(struct applying *a, const uint8_t label[SEAL_HASH_LEN],
		    const struct object_row *row)
{
	int ret = table_take_out(a->t, label, row);

	return ret ? ret : leave(a, row->seq);
}

/* One that was created by this very TL says who it is in the scratch: its body is not there yet. */
static int identify(struct applying *a, struct object_row *row)
{
	struct op op;

	if (!row->plain)
		return 0;
	if (row->seq == a->seq)
		return op_at(a->t->scratch, a->tl_len, row->op, &op) ? -EBADMSG :
								       object_created(&op, row);
	return table_content(a->t, row, &op);
}

static int update(struct applying *a, const struct op *op, const uint8_t label[SEAL_HASH_LEN])
{
	struct object_row row;
	int ret;

	ret = find(a->t, label, &row);
	if (!ret)
		ret = identify(a, &row);
	if (!ret)
		ret = take_out(a, label, &row);
	if (ret)
		return ret;
	row.seq = a->seq;
	row.op = op->index;
	row.version++;
	row.plain = false;
	if (op->type[0])
		memcpy(row.identity.type, op->type, HSMREPL_TYPE_MAX);
	a->refs++;
	return table_put(a->t, label, &row);
}

static int delete(struct applying *a, const uint8_t label[SEAL_HASH_LEN])
{
	struct object_row row;
	int ret;

	ret = find(a->t, label, &row);
	return ret ? ret : take_out(a, label, &row);
}

static int apply_op(struct applying *a, const struct op *op)
{
	uint8_t label[SEAL_HASH_LEN];

	if (op->code == HSMREPL_OP_NODES) {
		if (op->payload_len != sizeof(a->t->state.nl))
			return -EBADMSG;
		memcpy(&a->t->state.nl, op->payload, op->payload_len);
		a->t->state.has_nl = true;
		return 0;
	}
	hasher_hash(a->t->labels, op->label, op->label_len, NULL, 0, label);
	switch (op->code) {
	case HSMREPL_OP_CREATE:
		return create(a, op, label);
	case HSMREPL_OP_UPDATE:
		return update(a, op, label);
	case HSMREPL_OP_DELETE:
		return delete(a, label);
	default:
		return -EBADMSG;
	}
}

/* @chain: after it, NULL if it does not end a batch. */
static int add_tl(struct applying *a, const struct record_part *part, const uint8_t *chain)
{
	sqlite3_stmt *q = a->t->sql[TABLE_TL_ADD];
	struct body_place place;
	int ret;

	ret = bodies_append(&a->t->bodies, a->t->db, part->seq, part->sealed, &place);
	if (ret)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)part->seq);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)part->tid);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)part->sp);
	sqlite3_bind_int64(q, 4, a->refs);
	if (chain)
		sqlite3_bind_blob(q, 5, chain, HSMREPL_CHAIN_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(q, 6, (sqlite3_int64)place.file);
	sqlite3_bind_int64(q, 7, (sqlite3_int64)place.at);
	sqlite3_bind_int64(q, 8, (sqlite3_int64)place.len);
	if (a->refs)
		a->t->state.live++;
	else
		a->t->state.dead += part->sealed.n;
	return table_run(a->t, TABLE_TL_ADD);
}

static int apply_tl(struct table *t, const struct record_part *part, const uint8_t *chain)
{
	struct applying a = { .t = t, .seq = part->seq, .tl_len = part->tl_len };
	struct ops ops;
	struct op op;
	int ret;

	if (part->seq != t->state.position.seq + 1)
		return -EBADMSG;
	ret = record_tl_open(t->opener, part->sealed, t->scratch);
	if (!ret)
		ret = ops_begin(&ops, t->scratch, part->tl_len);
	while (!ret) {
		ret = ops_next(&ops, &op);
		if (ret <= 0)
			break;
		ret = apply_op(&a, &op);
	}
	if (!ret)
		ret = add_tl(&a, part, chain);
	t->state.position.seq = part->seq;
	t->state.position.sp = part->sp;
	return ret;
}

int table_add_epoch(struct table *t, const struct position *p, const struct hsmrepl_nl *nl)
{
	sqlite3_stmt *q = t->sql[TABLE_EPOCH_ADD];

	sqlite3_bind_int64(q, 1, (sqlite3_int64)p->epoch);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)p->seq);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)p->sp);
	sqlite3_bind_blob(q, 4, p->chain, HSMREPL_CHAIN_LEN, SQLITE_STATIC);
	sqlite3_bind_blob(q, 5, nl, sizeof(*nl), SQLITE_STATIC);
	return table_run(t, TABLE_EPOCH_ADD);
}

/*
 * What was promised in the epoch before is over; a value that was accepted in it and leads beyond
 * @epoch still binds this node.
 */
static int end_ballots(struct table *t, uint64_t epoch)
{
	uint8_t value[DOWN_VALUE_LEN];
	int ret;

	if (t->state.accepted) {
		ret = table_value(t, value);
		if (ret)
			return ret;
		if (value_epoch(value) > epoch)
			return 0;
	}
	t->state.promised = 0;
	t->state.accepted = 0;
	return 0;
}

/* Each TL overwrites the one before in the scratch, which is wiped once, for the longest. */
static int apply_tls(struct table *t, const struct record *yes, const struct position *after)
{
	struct record_cursor c = { .r = yes };
	struct record_part part;
	size_t longest = 0;
	int ret;

	while ((ret = record_next(&c, &part)) > 0) {
		if (part.tl_len > longest)
			longest = part.tl_len;
		ret = apply_tl(t, &part, part.seq == after->seq ? after->chain : NULL);
		if (ret)
			break;
	}
	OPENSSL_cleanse(t->scratch, longest);
	return ret;
}

int table_apply(struct table *t, const struct record *yes, const struct position *after)
{
	int ret = apply_tls(t, yes, after);
	bool begins;

	if (ret)
		return ret;
	if (t->state.position.seq != after->seq || t->state.position.sp != after->sp)
		return -EBADMSG;
	begins = after->epoch != t->state.position.epoch;
	if (begins) {
		ret = end_ballots(t, after->epoch);
		if (ret)
			return ret;
	}
	t->state.position = *after;
	t->state.last = yes->batch;
	if (!begins)
		return 0;
	return t->state.has_nl ? table_add_epoch(t, after, &t->state.nl) : -EBADMSG;
}

void table_promise(struct table *t, uint64_t ballot)
{
	if (ballot > t->state.promised)
		t->state.promised = ballot;
}

void table_accept(struct table *t, const struct record *accept)
{
	table_promise(t, accept->batch.number);
	t->state.accepted = accept->batch.number;
	memcpy(t->state.value, accept->body.p, sizeof(t->state.value));
	t->state.has_value = true;
}

int table_value(const struct table *t, uint8_t *value)
{
	return record_tl_open(t->opener, (struct bytes){ t->state.value, sizeof(t->state.value) },
			      value);
}

int table_refuse(struct table *t, struct batch_id id)
{
	sqlite3_stmt *q = t->sql[TABLE_REFUSE];

	sqlite3_bind_int64(q, 1, id.coordinator);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)id.number);
	return table_run(t, TABLE_REFUSE);
}

int table_abort(struct table *t, const struct record *yes)
{
	struct record_cursor c = { .r = yes };
	struct record_part part;
	int ret;

	while ((ret = record_next(&c, &part)) > 0) {
		sqlite3_bind_int64(t->sql[TABLE_ABORT_ADD], 1, (sqlite3_int64)part.tid);
		ret = table_run(t, TABLE_ABORT_ADD);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	sqlite3_bind_int64(t->sql[TABLE_ABORT_SWEEP], 1, TABLE_ABORTED);
	return table_run(t, TABLE_ABORT_SWEEP);
}
