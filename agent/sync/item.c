// SPDX-License-Identifier: GPL-2.0
#include "item.h"

#include <assert.h>
#include <string.h>

#include "pack.h"

#define ITEM_HEADER 8

static void pack_row(struct pack *p, struct history_row *row)
{
	uint64_t has_chain = row->has_chain;

	pack_u64(p, &row->seq);
	pack_u64(p, &row->tid);
	pack_u64(p, &row->sp);
	pack_u64(p, &has_chain);
	pack_bytes(p, row->chain, sizeof(row->chain));
	row->has_chain = has_chain == 1;
	if (has_chain > 1)
		p->bad = true;
}

static void pack_epoch(struct pack *p, struct history_epoch *e)
{
	pack_place(p, &e->position);
	pack_bytes(p, &e->nl, sizeof(e->nl));
}

static void pack_live(struct pack *p, struct snapshot_live *live)
{
	uint64_t op = live->op;

	pack_u64(p, &op);
	pack_u64(p, &live->version);
	pack_bytes(p, live->id, sizeof(live->id));
	pack_bytes(p, live->type, sizeof(live->type));
	live->op = (unsigned int)op;
	if (op >= HSMREPL_OPS_MAX)
		p->bad = true;
}

/* The TL itself is what is left behind its list of live operations. */
static void pack_tl(struct pack *p, struct snapshot_item *item, struct snapshot_live *live)
{
	uint64_t n = item->n_live;

	pack_u64(p, &item->tl.seq);
	pack_u64(p, &item->tl.tid);
	pack_u64(p, &item->tl.sp);
	pack_u64(p, &n);
	if (n == 0 || n > HSMREPL_OPS_MAX) {
		p->bad = true;
		return;
	}
	item->n_live = (unsigned int)n;
	for (unsigned int i = 0; i < n; i++)
		pack_live(p, &live[i]);
	if (p->reading)
		item->tl.tl = pack_rest(p);
	else
		pack_bytes(p, (void *)(uintptr_t)item->tl.tl.p, item->tl.tl.n);
}

static void write_body(struct pack *p, const struct snapshot_item *item)
{
	struct snapshot_live live[HSMREPL_OPS_MAX];
	struct snapshot_item copy = *item;
	struct history_epoch epoch;

	switch (item->kind) {
	case SNAP_NOTHING:
		return;
	case SNAP_GONE:
		pack_bytes(p, (void *)(uintptr_t)item->label.p, item->label.n);
		return;
	case SNAP_EPOCH:
		epoch = *item->epoch;
		pack_epoch(p, &epoch);
		return;
	case SNAP_ROW:
		pack_row(p, &copy.row);
		return;
	case SNAP_TL:
		assert(item->n_live <= HSMREPL_OPS_MAX);
		memcpy(live, item->live, item->n_live * sizeof(live[0]));
		pack_tl(p, &copy, live);
		return;
	}
}

size_t item_encode(const struct snapshot_item *item, uint8_t *buf)
{
	struct pack p = pack_writer(buf + ITEM_HEADER, ITEM_MAX - ITEM_HEADER);
	struct pack head = pack_writer(buf, ITEM_HEADER);
	uint64_t kind = item->kind, len;

	if (item->kind == SNAP_NOTHING)
		return 0;
	write_body(&p, item);
	assert(!p.bad);
	len = ITEM_HEADER + pack_used(&p);
	pack_number(&head, &len, 4);
	pack_number(&head, &kind, 4);
	return (size_t)len;
}

bool item_decode(struct bytes *from, struct item_room *room, struct snapshot_item *item)
{
	struct pack whole = pack_reader(*from), p;
	uint64_t len, kind;

	memset(item, 0, sizeof(*item));
	pack_number(&whole, &len, 4);
	pack_number(&whole, &kind, 4);
	if (whole.bad || len < ITEM_HEADER)
		return false;
	p = pack_reader(pack_take(&whole, (size_t)len - ITEM_HEADER));
	if (whole.bad)
		return false;
	item->kind = (enum snapshot_kind)kind;
	item->epoch = &room->epoch;
	item->live = room->live;
	if (kind == SNAP_GONE) {
		item->label = pack_rest(&p);
		p.bad |= !item->label.n || item->label.n > HSMREPL_LABEL_MAX;
	} else if (kind == SNAP_EPOCH) {
		pack_epoch(&p, &room->epoch);
	} else if (kind == SNAP_ROW) {
		pack_row(&p, &item->row);
	} else if (kind == SNAP_TL) {
		pack_tl(&p, item, room->live);
	} else {
		return false;
	}
	*from = pack_rest(&whole);
	return !p.bad && !p.left;
}

bool item_is_whole(struct bytes from)
{
	struct pack p = pack_reader(from);
	uint64_t len;

	pack_number(&p, &len, 4);
	return !p.bad && (len <= from.n || len > ITEM_MAX);
}
