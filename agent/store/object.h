/* SPDX-License-Identifier: GPL-2.0 */
/* A row of the object table: where an object's content is, and, sealed beside it, its identity. */
#ifndef HSM_STORE_OBJECT_H
#define HSM_STORE_OBJECT_H

#include "seal.h"
#include "../core/step.h"

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
 * @identity: in the clear
 */
struct object_row {
	uint64_t seq;
	uint64_t version;
	unsigned int op;
	struct object_identity identity;
};

/* Seal the identity to its place. */
void object_seal(struct sealer *s, const uint8_t label[SEAL_HASH_LEN],
		 const struct object_row *row, uint8_t sealed[OBJECT_SEALED]);

/* Fill in @row->identity; its place is there. Returns 0, -EBADMSG or -EIO. */
int object_open(struct opener *o, const uint8_t label[SEAL_HASH_LEN], struct bytes sealed,
		struct object_row *row);

#endif /* HSM_STORE_OBJECT_H */
