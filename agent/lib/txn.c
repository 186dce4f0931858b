// SPDX-License-Identifier: MIT
/*
 * Transactions: operations laid out as the device takes them.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transport.h"

#define OPS_BYTES_MAX	(HSMREPL_TL_MAX - sizeof(struct hsmrepl_tl))
#define OPS_BYTES_MIN	4096	/* first allocation */

/**
 * struct hsmrepl_txn - operations one after the other
 * @ops: struct hsmrepl_op with label and payload each
 * @len: bytes used at @ops
 * @room: bytes at @ops
 * @count: operations
 */
struct hsmrepl_txn {
	char *ops;
	size_t len;
	size_t room;
	unsigned int count;
};

struct hsmrepl_txn *hsmrepl_txn_new(void)
{
	return calloc(1, sizeof(struct hsmrepl_txn));
}

void hsmrepl_txn_clear(struct hsmrepl_txn *txn)
{
	if (txn->len)
		explicit_bzero(txn->ops, txn->len);
	txn->len = 0;
	txn->count = 0;
}

void hsmrepl_txn_free(struct hsmrepl_txn *txn)
{
	if (!txn)
		return;
	hsmrepl_txn_clear(txn);
	free(txn->ops);
	free(txn);
}

unsigned int hsmrepl_txn_count(const struct hsmrepl_txn *txn)
{
	return txn->count;
}

static int check_change(const struct hsmrepl_change *change)
{
	if (change->code != HSMREPL_OP_CREATE && change->code != HSMREPL_OP_UPDATE &&
	    change->code != HSMREPL_OP_DELETE)
		return -EINVAL;
	if (!change->label || !change->label_len || (!change->payload && change->payload_len))
		return -EINVAL;
	if (change->code == HSMREPL_OP_CREATE && change->if_version)
		return -EINVAL;
	if (change->code != HSMREPL_OP_CREATE && change->id)
		return -EINVAL;
	if (change->code == HSMREPL_OP_DELETE &&
	    (change->payload_len || change->type || change->attrs))
		return -EINVAL;
	if (change->type && strlen(change->type) > HSMREPL_TYPE_MAX)
		return -EINVAL;
	if (change->label_len > HSMREPL_LABEL_MAX || change->payload_len > HSMREPL_PAYLOAD_MAX)
		return -EMSGSIZE;
	return 0;
}

/* Room for @more bytes; the old place is wiped when the operations move. */
static int make_room(struct hsmrepl_txn *txn, size_t more)
{
	size_t room = txn->room ? txn->room : OPS_BYTES_MIN;
	char *ops;

	if (txn->len + more <= txn->room)
		return 0;
	while (room < txn->len + more)
		room *= 2;
	ops = malloc(room);
	if (!ops)
		return -ENOMEM;
	if (txn->len) {
		memcpy(ops, txn->ops, txn->len);
		explicit_bzero(txn->ops, txn->len);
	}
	free(txn->ops);
	txn->ops = ops;
	txn->room = room;
	return 0;
}

int hsmrepl_txn_add(struct hsmrepl_txn *txn, const struct hsmrepl_change *change)
{
	struct hsmrepl_op op = { 0 };
	size_t len;
	char *place;
	int ret;

	ret = check_change(change);
	if (ret)
		return ret;
	len = (sizeof(op) + change->label_len + change->payload_len + 7) / 8 * 8;
	if (txn->count == HSMREPL_OPS_MAX || txn->len + len > OPS_BYTES_MAX)
		return -EMSGSIZE;
	ret = make_room(txn, len);
	if (ret)
		return ret;

	op.len = htole32(len);
	op.code = htole16(change->code);
	op.label_len = htole16(change->label_len);
	op.payload_len = htole32(change->payload_len);
	op.if_version = htole64(change->if_version);
	op.attrs = htole64(change->attrs);
	if (change->id)
		memcpy(op.id, change->id, sizeof(op.id));
	if (change->type)
		memcpy(op.type, change->type, strlen(change->type));

	place = txn->ops + txn->len;
	memset(place + len - 8, 0, 8);
	memcpy(place, &op, sizeof(op));
	memcpy(place + sizeof(op), change->label, change->label_len);
	if (change->payload_len)
		memcpy(place + sizeof(op) + change->label_len, change->payload,
		       change->payload_len);
	txn->len += len;
	txn->count++;
	return 0;
}

static void fill_submit(struct hsmrepl_submit *submit, const struct hsmrepl_txn *txn)
{
	*submit = (struct hsmrepl_submit) {
		.size = sizeof(*submit),
		.kind = HSMREPL_TL_DATA,
		.n_ops = txn->count,
		.ops = (uintptr_t)txn->ops,
		.ops_len = txn->len,
	};
}

int hsmrepl_txn_submit(struct hsmrepl *dev, const struct hsmrepl_txn *txn, unsigned int timeout_ms,
		       struct hsmrepl_submit *result)
{
	fill_submit(result, txn);
	result->timeout_ms = timeout_ms;
	return hsmrepl_ioctl(dev, HSMREPL_IOC_SUBMIT, result);
}

static void fill_async(struct hsmrepl_submit *submit, const struct hsmrepl_txn *txn,
		       uint64_t cookie)
{
	fill_submit(submit, txn);
	submit->flags = HSMREPL_SUBMIT_ASYNC;
	submit->cookie = cookie;
}

int hsmrepl_txn_submit_async(struct hsmrepl *dev, const struct hsmrepl_txn *txn, uint64_t cookie,
			     uint64_t *tid)
{
	struct hsmrepl_submit submit;
	int ret;

	fill_async(&submit, txn, cookie);
	ret = hsmrepl_ioctl(dev, HSMREPL_IOC_SUBMIT, &submit);
	*tid = submit.tid;
	return ret;
}

static void submit_some(struct hsmrepl *dev, struct hsmrepl_request *request, unsigned int n)
{
	struct hsmrepl_submit submit[HSMREPL_PENDING_MAX];
	struct hsmrepl_pending calls[HSMREPL_PENDING_MAX];

	for (unsigned int i = 0; i < n; i++) {
		fill_async(&submit[i], request[i].txn, request[i].cookie);
		calls[i] = (struct hsmrepl_pending){
			.cmd = HSMREPL_IOC_SUBMIT, .arg = &submit[i],
		};
	}
	hsmrepl_ioctl_begin(dev, calls, n);
	hsmrepl_ioctl_end(dev, calls, n);
	for (unsigned int i = 0; i < n; i++) {
		request[i].tid = submit[i].tid;
		request[i].error = calls[i].error;
	}
}

void hsmrepl_txn_submit_many(struct hsmrepl *dev, struct hsmrepl_request *request, unsigned int n)
{
	unsigned int some;

	for (; n; request += some, n -= some) {
		some = n < HSMREPL_PENDING_MAX ? n : HSMREPL_PENDING_MAX;
		submit_some(dev, request, some);
	}
}
