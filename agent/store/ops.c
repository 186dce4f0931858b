// SPDX-License-Identifier: GPL-2.0
/* Walks the operations of one TL. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "ops.h"

int ops_begin(struct ops *o, const void *tl, size_t len)
{
	struct hsmrepl_tl head;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, tl, sizeof(head));
	if (le32toh(head.len) != len || le16toh(head.n_ops) > HSMREPL_OPS_MAX)
		return -EBADMSG;
	*o = (struct ops){
		.p = (const uint8_t *)tl + sizeof(head),
		.left = len - sizeof(head),
		.n = le16toh(head.n_ops),
	};
	return 0;
}

int ops_next(struct ops *o, struct op *op)
{
	struct hsmrepl_op head;
	size_t len;

	if (o->index == o->n)
		return o->left ? -EBADMSG : 0;
	if (o->left < sizeof(head))
		return -EBADMSG;
	memcpy(&head, o->p, sizeof(head));
	len = le32toh(head.len);
	op->index = o->index;
	op->code = le16toh(head.code);
	op->label_len = le16toh(head.label_len);
	op->payload_len = le32toh(head.payload_len);
	op->attrs = le64toh(head.attrs);
	if (len > o->left || op->label_len > HSMREPL_LABEL_MAX ||
	    op->payload_len > HSMREPL_PAYLOAD_MAX ||
	    len < sizeof(head) + op->label_len + op->payload_len)
		return -EBADMSG;
	op->id = o->p + offsetof(struct hsmrepl_op, id);
	op->type = (const char *)o->p + offsetof(struct hsmrepl_op, type);
	op->label = (const char *)o->p + sizeof(head);
	op->payload = o->p + sizeof(head) + op->label_len;
	o->p += len;
	o->left -= len;
	o->index++;
	return 1;
}

int op_at(const void *tl, size_t len, unsigned int index, struct op *op)
{
	struct ops ops;
	int ret = ops_begin(&ops, tl, len);

	while (!ret && (ret = ops_next(&ops, op)) > 0) {
		if (op->index == index)
			return 0;
		ret = 0;
	}
	return -EBADMSG;
}
