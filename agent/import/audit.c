// SPDX-License-Identifier: GPL-2.0
/* Looks at the items of a snapshot and keeps sums only. */
#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "content.h"
#include "live_tl.h"
#include "object.h"
#include "../core/batch.h"

/**
 * struct audit - what was seen so far
 * @key: of the content digest
 * @place: where it must come to
 * @last: kind of the item before
 * @row_seq: last row of the history
 * @row_sp: likewise
 * @tl_seq: last TL with objects
 * @digest: XOR of the digests of the objects
 */
struct audit {
	uint8_t key[HSMREPL_KEY_LEN];
	struct position place;
	enum snapshot_kind last;
	uint64_t row_seq;
	uint64_t row_sp;
	uint64_t tl_seq;
	uint64_t digest;
};

struct audit *audit_new(const uint8_t secret[STORE_KEY_LEN], const struct position *place)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	store_digest_key(secret, a->key);
	a->place = *place;
	return a;
}

void audit_free(struct audit *a)
{
	if (!a)
		return;
	OPENSSL_cleanse(a, sizeof(*a));
	free(a);
}

static int see_epoch(const struct audit *a, const struct history_epoch *e)
{
	struct node_list nl;

	return e->position.seq <= a->place.seq &&
	       nl_decode((struct bytes){ &e->nl, sizeof(e->nl) }, &nl) ? 0 : -EBADMSG;
}

/* A full snapshot may have gaps: its node has forgotten some, or never had them. */
static int see_row(struct audit *a, const struct history_row *row)
{
	bool follows = row->seq == a->row_seq + 1;

	if (row->seq <= a->row_seq || row->seq > a->place.seq ||
	    (follows && row->sp != (a->row_sp ^ row->tid)))
		return -EBADMSG;
	if (row->seq == a->place.seq && row->has_chain &&
	    memcmp(row->chain, a->place.chain, HSMREPL_CHAIN_LEN))
		return -EBADMSG;
	a->row_seq = row->seq;
	a->row_sp = row->sp;
	return 0;
}

static int see_object(void *arg, const struct op *op, const struct snapshot_live *live)
{
	struct object_row row = { .version = 0 };
	struct audit *a = arg;
	struct store_object o;

	live_identity(live, &row);
	o = content_of(op, &row);
	a->digest ^= content_digest(a->key, &o);
	return 0;
}

static int see_tl(struct audit *a, const struct snapshot_item *item)
{
	const struct history_tl *t = &item->tl;

	if (t->seq <= a->tl_seq || t->seq > a->place.seq || !live_tl_is_sound(t))
		return -EBADMSG;
	a->tl_seq = t->seq;
	return live_tl_each(item, see_object, a);
}

int audit_item(struct audit *a, const struct snapshot_item *item)
{
	if (item->kind < a->last)
		return -EBADMSG;
	a->last = item->kind;
	switch (item->kind) {
	case SNAP_EPOCH:
		return see_epoch(a, item->epoch);
	case SNAP_ROW:
		return see_row(a, &item->row);
	case SNAP_TL:
		return see_tl(a, item);
	case SNAP_NOTHING:
	case SNAP_GONE:		/* nothing is gone from a full one */
		break;
	}
	return -EBADMSG;
}

int audit_end(const struct audit *a)
{
	bool rows = !a->row_seq || (a->row_seq == a->place.seq && a->row_sp == a->place.sp);

	return rows && a->digest == a->place.digest ? 0 : -EBADMSG;
}
