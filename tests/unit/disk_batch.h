/* SPDX-License-Identifier: GPL-2.0 */
/* Batches for the tests of the store, composed of operations; and the position after each. */
#ifndef TESTS_UNIT_DISK_BATCH_H
#define TESTS_UNIT_DISK_BATCH_H

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "store_private.h"

#define BED_NODE	1
#define BED_PATH	256

/**
 * struct bed - a store, and the history appended to it
 * @dir: directory, removed at the end
 * @position: after the last batch committed
 * @number: of the last batch
 * @tls: TLs being composed, @len bytes, @n of them
 * @after: position after them
 */
struct bed {
	char dir[BED_PATH];
	struct log *log;
	struct store *store;
	struct store_image image;
	char error[STORE_ERROR_MAX];
	struct position position;
	uint64_t number;
	uint8_t tls[HSMREPL_BATCH_MAX];
	size_t len;
	unsigned int n;
	struct position after;
};

static inline void bed_begin(struct bed *b)
{
	b->len = 0;
	b->n = 0;
	b->after = b->position;
}

/* Next TL of the batch; operations follow. Returns it, to be completed by bed_op(). */
static inline size_t bed_tl(struct bed *b, unsigned int kind, uint64_t tid)
{
	struct hsmrepl_tl *tl = (struct hsmrepl_tl *)(b->tls + b->len);
	size_t at = b->len;

	memset(tl, 0, sizeof(*tl));
	tl->len = htole32(sizeof(*tl));
	tl->format = htole16(1);
	tl->kind = htole16((uint16_t)kind);
	tl->tid = htole64(tid);
	tl->sync_point = htole64(b->after.sp);
	tl->seq = htole64(b->after.seq + 1);
	tl->epoch = htole64(b->position.epoch);
	tl->coordinator = htole16(BED_NODE);
	tl->n_voters = htole16(1);
	tl->voters[0] = htole16(BED_NODE);
	b->len += sizeof(*tl);
	b->n++;
	b->after.seq++;
	b->after.sp ^= tid;
	/* Stand-ins that tell one position from another; the store does not compute these two. */
	b->after.digest = b->after.seq * 0x9e3779b97f4a7c15u;
	memset(b->after.chain, (int)(b->after.seq & 0xff), sizeof(b->after.chain));
	return at;
}

/* One operation into the TL at @at, which is the last one. */
static inline void bed_op(struct bed *b, size_t at, unsigned int code, const char *label,
			  const void *payload, size_t payload_len, uint64_t attrs, const char *type)
{
	struct hsmrepl_tl *tl = (struct hsmrepl_tl *)(b->tls + at);
	struct hsmrepl_op *op = (struct hsmrepl_op *)(b->tls + b->len);
	size_t label_len = strlen(label), len = sizeof(*op) + label_len + payload_len;

	len = (len + 7) & ~(size_t)7;
	assert(b->len + len <= sizeof(b->tls));
	memset(op, 0, len);
	op->len = htole32((uint32_t)len);
	op->code = htole16((uint16_t)code);
	op->label_len = htole16((uint16_t)label_len);
	op->payload_len = htole32((uint32_t)payload_len);
	op->attrs = htole64(attrs);
	if (code == HSMREPL_OP_CREATE)
		snprintf((char *)op->id, sizeof(op->id), "id%.13s", label);
	strncpy(op->type, type, sizeof(op->type));
	memcpy(op + 1, label, label_len);
	if (payload_len)
		memcpy((char *)(op + 1) + label_len, payload, payload_len);
	b->len += len;
	tl->len = htole32(le32toh(tl->len) + (uint32_t)len);
	tl->n_ops = htole16((uint16_t)(le16toh(tl->n_ops) + 1));
}

#endif /* TESTS_UNIT_DISK_BATCH_H */
