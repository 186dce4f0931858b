/* SPDX-License-Identifier: GPL-2.0 */
/* Walks the operations of one TL in the clear; every length is checked. */
#ifndef HSM_STORE_OPS_H
#define HSM_STORE_OPS_H

#include "../core/step.h"

/**
 * struct ops - where one is in a TL
 * @p: next operation
 * @left: bytes from there
 * @index: of the next operation
 * @n: operations in the TL
 */
struct ops {
	const uint8_t *p;
	size_t left;
	unsigned int index;
	unsigned int n;
};

/**
 * struct op - one operation in host order; pointers go into the TL
 * @index: of the operation in its TL
 * @code: enum hsmrepl_op_code
 * @label: label, not NUL terminated
 * @label_len: bytes of @label
 * @payload: content
 * @payload_len: bytes of @payload
 * @attrs: attributes
 * @id: id of the object
 * @type: type of the object
 */
struct op {
	unsigned int index;
	unsigned int code;
	const char *label;
	size_t label_len;
	const uint8_t *payload;
	size_t payload_len;
	uint64_t attrs;
	const uint8_t *id;
	const char *type;
};

/* Begin with the TL at @tl, @len bytes. Returns 0, or -EBADMSG if it is none. */
int ops_begin(struct ops *o, const void *tl, size_t len);

/* Next operation: 1, 0 at the end, -EBADMSG. */
int ops_next(struct ops *o, struct op *op);

/* Operation @index of the TL at @tl. Returns 0, or -EBADMSG if there is none. */
int op_at(const void *tl, size_t len, unsigned int index, struct op *op);

#endif /* HSM_STORE_OPS_H */
