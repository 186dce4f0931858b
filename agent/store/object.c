// SPDX-License-Identifier: GPL-2.0
/* Seals and opens rows of the object table. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "object.h"

static_assert(sizeof(struct object_place) == 40, "authenticated as it lies");
static_assert(HSMREPL_OPS_MAX <= 1 << 8, "an operation's index fits into the row's number");

static struct object_place place_of(const uint8_t label[SEAL_HASH_LEN],
				    const struct object_row *row)
{
	struct object_place place = {
		.seq = htole64(row->seq),
		.version = htole64(row->version),
		.op = htole32(row->op),
	};

	memcpy(place.label, label, SEAL_HASH_LEN);
	return place;
}

int object_created(const struct op *op, struct object_row *row)
{
	if (op->code != HSMREPL_OP_CREATE || row->version != 1)
		return -EBADMSG;
	memcpy(row->identity.id, op->id, HSMREPL_ID_LEN);
	memcpy(row->identity.type, op->type, HSMREPL_TYPE_MAX);
	return 0;
}

void object_seal(struct sealer *s, const uint8_t label[SEAL_HASH_LEN],
		 const struct object_row *row, uint8_t sealed[OBJECT_SEALED])
{
	struct object_place place = place_of(label, row);

	sealer_seal(s, &place, sizeof(place), &row->identity, sizeof(row->identity), sealed);
}

int object_open(struct opener *o, const uint8_t label[SEAL_HASH_LEN], struct bytes sealed,
		struct object_row *row)
{
	struct object_place place = place_of(label, row);

	if (sealed.n != OBJECT_SEALED)
		return -EBADMSG;
	return opener_open(o, &place, sizeof(place), sealed.p, sealed.n, &row->identity);
}
