// SPDX-License-Identifier: GPL-2.0
#include "live_tl.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "object.h"
#include "record.h"

bool live_tl_is_sound(const struct history_tl *t)
{
	struct hsmrepl_tl head;

	if (t->tl.n < sizeof(head) || t->tl.n > HSMREPL_TL_MAX || t->tl.n % RECORD_ALIGN)
		return false;
	memcpy(&head, t->tl.p, sizeof(head));
	return le32toh(head.len) == t->tl.n && le64toh(head.seq) == t->seq &&
	       le64toh(head.tid) == t->tid && (le64toh(head.sync_point) ^ t->tid) == t->sp;
}

static bool makes_object(const struct op *op, const struct snapshot_live *live)
{
	return (op->code == HSMREPL_OP_CREATE || op->code == HSMREPL_OP_UPDATE) &&
	       op->label_len && live->version;
}

int live_tl_each(const struct snapshot_item *item,
		   int (*fn)(void *arg, const struct op *op, const struct snapshot_live *live),
		   void *arg)
{
	unsigned int n = 0;
	struct ops ops;
	struct op op;
	int ret = ops_begin(&ops, item->tl.tl.p, item->tl.tl.n);

	if (ret)
		return ret;
	while ((ret = ops_next(&ops, &op)) > 0) {
		if (n == item->n_live || item->live[n].op != op.index)
			continue;
		ret = makes_object(&op, &item->live[n]) ? fn(arg, &op, &item->live[n]) : -EBADMSG;
		if (ret)
			return ret;
		n++;
	}
	return ret ? ret : n == item->n_live ? 0 : -EBADMSG;
}

void live_identity(const struct snapshot_live *live, struct object_row *row)
{
	row->version = live->version;
	memcpy(row->identity.id, live->id, HSMREPL_ID_LEN);
	memcpy(row->identity.type, live->type, HSMREPL_TYPE_MAX);
}
