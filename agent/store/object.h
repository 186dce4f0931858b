/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A row of the object table: where an object's content is, and, sealed beside it, its identity,
 * unless the operation there created the object and says it itself.
 */
#ifndef HSM_STORE_OBJECT_H
#define HSM_STORE_OBJECT_H

#include "ops.h"
#include "seal.h"

/**
 * struct object_place - authenticated with an object's sealed row
 * @label: keyed hash
 * @seq: TL that wrote it last
 * @version: of the object
 * @op: index of the operation in that TL
 * @reserved: zero
 */
struct object_place {
	__u8 label[SEAL_HASH_LEN];
	__le64 seq;
	__le64 version;
	__le32 op;
	__le32 reserved;
};

/* What is sealed. */
struct object_identity {
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

#define OBJECT_SEALED	(sizeof(struct object_identity) + SEAL_OVERHEAD)

/**
 * struct object_row - one object as its table has it
 * @seq: TL that holds its content
 * @version: of the object
 * @op: index of the operation in that TL
 * @plain: that operation created it: it has version 1, and @identity is there only after
 *	object_created()
 * @identity: in the clear
 */
struct object_row {
	uint64_t seq;
	uint64_t version;
	unsigned int op;
	bool plain;
	struct object_identity identity;
};

/* What a row is found by: seq and op in one. */
static inline uint64_t object_row_number(const struct object_row *row)
{
	return row->seq << 8 | row->op;
}

static inline struct object_row object_row_at(uint64_t number)
{
	return (struct object_row){ .seq = number >> 8, .op = number & 0xff };
}

/* Take the identity of a plain row from its operation. Returns 0, or -EBADMSG if it is none. */
int object_created(const struct op *op, struct object_row *row);

/* Seal the identity to its place. */
void object_seal(struct sealer *s, const uint8_t label[SEAL_HASH_LEN],
		 const struct object_row *row, uint8_t sealed[OBJECT_SEALED]);

/* Fill in @row->identity; its place is there. Returns 0, -EBADMSG or -EIO. */
int object_open(struct opener *o, const uint8_t label[SEAL_HASH_LEN], struct bytes sealed,
		struct object_row *row);

#endif /* HSM_STORE_OBJECT_H */
