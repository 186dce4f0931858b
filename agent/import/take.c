// SPDX-License-Identifier: GPL-2.0
/* Takes the items of a snapshot into the tables of an import. */
#include <errno.h>
#include <string.h>

#include "content.h"
#include "import_private.h"
#include "live_tl.h"
#include "../core/batch.h"

void import_window(struct import *im)
{
	im->table->state.window = im->stage.facts.state.start.place.seq;
	im->table->state.swept = im->table->state.window;
}

int import_digest(struct import *im, struct table *t, struct object_row *row, uint64_t *digest)
{
	struct store_object o;
	struct op op;
	int ret = table_content(t, row, &op);

	if (ret)
		return ret;
	o = content_of(&op, row);
	*digest ^= content_digest(im->keys.digest, &o);
	return 0;
}

/* An older self of an object, of a TL before @seq, from an earlier transfer goes. */
static int take_out(struct import *im, const uint8_t label[SEAL_HASH_LEN], uint64_t seq)
{
	struct object_row row;
	int ret = table_find(im->table, label, &row);

	if (ret <= 0)
		return ret;
	if (row.seq >= seq)
		return -EBADMSG;
	ret = import_digest(im, im->table, &row, &im->stage.facts.digest);
	if (!ret)
		ret = table_take_out(im->table, label, &row);
	return ret ? ret : table_unref(im->table, row.seq);
}

static int take_gone(struct import *im, struct bytes label)
{
	uint8_t hash[SEAL_HASH_LEN];
	int ret;

	if (!label.n || label.n > HSMREPL_LABEL_MAX)
		return -EBADMSG;
	hasher_hash(im->table->labels, label.p, label.n, NULL, 0, hash);
	ret = take_out(im, hash, UINT64_MAX);
	/* Of a full import nothing else can have it. */
	return ret || im->stage.facts.state.full ? ret : stage_gone(&im->stage, hash);
}

static int take_epoch(struct import *im, const struct history_epoch *e)
{
	struct node_list nl;

	if (e->position.seq > im->stage.facts.state.start.place.seq ||
	    !nl_decode((struct bytes){ &e->nl, sizeof(e->nl) }, &nl))
		return -EBADMSG;
	return table_add_epoch(im->table, &e->position, &e->nl);
}

/* Only a full import may have gaps: its donor has forgotten some, or never had them. */
static int take_row(struct import *im, const struct history_row *row)
{
	struct stage_facts *f = &im->stage.facts;
	const struct position *place = &f->state.start.place;
	bool follows = row->seq == f->row_seq + 1;

	if (row->seq <= f->row_seq || row->seq > place->seq || (!follows && f->state.at.seq) ||
	    (follows && row->sp != (f->row_sp ^ row->tid)))
		return -EBADMSG;
	if (row->seq == place->seq && row->has_chain &&
	    memcmp(row->chain, place->chain, HSMREPL_CHAIN_LEN))
		return -EBADMSG;
	f->row_seq = row->seq;
	f->row_sp = row->sp;
	return stage_row(&im->stage, row);
}

/* What was created by its operation and never changed needs no identity of its own. */
static bool is_plain(const struct op *op, const struct object_row *row)
{
	return op->code == HSMREPL_OP_CREATE && row->version == 1 &&
	       !memcmp(op->id, row->identity.id, HSMREPL_ID_LEN) &&
	       !memcmp(op->type, row->identity.type, HSMREPL_TYPE_MAX);
}

/**
 * struct taking - one TL that is being taken
 * @im: the import
 * @seq: of the TL
 */
struct taking {
	struct import *im;
	uint64_t seq;
};

static int take_object(void *arg, const struct op *op, const struct snapshot_live *live)
{
	const struct taking *t = arg;
	struct import *im = t->im;
	struct object_row row = { .seq = t->seq, .op = op->index };
	uint8_t label[SEAL_HASH_LEN];
	struct store_object o;
	int ret;

	live_identity(live, &row);
	row.plain = is_plain(op, &row);
	hasher_hash(im->table->labels, op->label, op->label_len, NULL, 0, label);
	ret = take_out(im, label, row.seq);
	if (ret)
		return ret;
	o = content_of(op, &row);
	im->stage.facts.digest ^= content_digest(im->keys.digest, &o);
	return table_put(im->table, label, &row);
}

static int take_tl(struct import *im, const struct snapshot_item *item)
{
	struct import_state *state = &im->stage.facts.state;
	const struct history_tl *t = &item->tl;
	const struct record_part part = {
		.tid = t->tid, .seq = t->seq, .sp = t->sp, .tl_len = t->tl.n,
	};
	struct taking taking = { im, t->seq };
	struct bytes sealed = { im->sealed, 0 };
	int ret;

	if (t->seq <= state->k || t->seq > state->start.place.seq || !item->n_live ||
	    !live_tl_is_sound(t))
		return -EBADMSG;
	ret = live_tl_each(item, take_object, &taking);
	if (ret)
		return ret;
	sealed.n = record_tl_seal(im->sealer, &part, t->tl.p, im->sealed);
	ret = stage_tl(&im->stage, t, item->n_live, sealed);
	state->k = t->seq;
	state->tls++;
	state->bytes += t->tl.n;
	im->table->state.live++;
	im->pending += t->tl.n;
	return ret;
}

/*
 * With the first TL all that was deleted up to the donor's place is known: what is there is now of
 * that place, but for objects in TLs to come.
 */
static int arrive(struct import *im)
{
	struct import_state *state = &im->stage.facts.state;
	int ret = import_check_rows(im);

	if (ret)
		return ret;
	state->at = state->start.place;
	state->at.digest = 0;
	return 0;
}

static int take(struct import *im, const struct snapshot_item *item)
{
	enum snapshot_kind last = im->last;
	int ret = 0;

	if (item->kind < last || im->stage.facts.state.complete)
		return -EBADMSG;
	im->last = item->kind;
	im->pending += SEAL_OVERHEAD;
	switch (item->kind) {
	case SNAP_NOTHING:
		return 0;
	case SNAP_GONE:
		return take_gone(im, item->label);
	case SNAP_EPOCH:
		return take_epoch(im, item->epoch);
	case SNAP_ROW:
		return take_row(im, &item->row);
	case SNAP_TL:
		if (last != SNAP_TL)
			ret = arrive(im);
		return ret ? ret : take_tl(im, item);
	}
	return -EBADMSG;
}

int import_item(struct import *im, const struct snapshot_item *item)
{
	int ret;

	if (item->kind == SNAP_NOTHING)
		return 0;
	ret = import_transaction(im);
	if (!ret)
		ret = take(im, item);
	if (!ret && im->pending >= im->bytes_max)
		ret = import_commit(im);
	if (!ret)
		return 0;
	if (im->in_transaction)
		table_rollback(im->table);
	im->in_transaction = false;
	return import_fail(im, ret, ret == -EBADMSG ? "the donor sent what cannot be" :
				    IMPORT_FILE);
}
