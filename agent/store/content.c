// SPDX-License-Identifier: GPL-2.0
/* The content digest of one object, by SipHash-2-4 (Aumasson and Bernstein, 2012). */
#include <assert.h>
#include <endian.h>
#include <string.h>

#include "content.h"
#include "object.h"

/**
 * struct content_input - what is hashed in the end
 */
struct content_input {
	__le64 label;
	__le64 payload;
	__le64 version;
	__le64 attrs;
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
	__le32 label_len;
	__le32 payload_len;
};

static_assert(sizeof(struct content_input) == 40 + HSMREPL_ID_LEN + HSMREPL_TYPE_MAX, "no padding");

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], unsigned int n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

static uint64_t siphash(const uint8_t key[HSMREPL_KEY_LEN], const void *data, size_t len)
{
	uint64_t k[2], v[4], word, last = (uint64_t)len << 56;
	const uint8_t *p = data;

	memcpy(k, key, sizeof(k));
	v[0] = le64toh(k[0]) ^ 0x736f6d6570736575ULL;
	v[1] = le64toh(k[1]) ^ 0x646f72616e646f6dULL;
	v[2] = le64toh(k[0]) ^ 0x6c7967656e657261ULL;
	v[3] = le64toh(k[1]) ^ 0x7465646279746573ULL;
	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		absorb(v, le64toh(word));
	}
	while (len--)
		last |= (uint64_t)p[len] << (8 * len);
	absorb(v, last);
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t content_digest(const uint8_t key[HSMREPL_KEY_LEN], const struct store_object *o)
{
	struct content_input input = {
		.label = htole64(siphash(key, o->label, o->label_len)),
		.payload = htole64(siphash(key, o->payload, o->payload_len)),
		.version = htole64(o->version),
		.attrs = htole64(o->attrs),
		.label_len = htole32((uint32_t)o->label_len),
		.payload_len = htole32((uint32_t)o->payload_len),
	};

	memcpy(input.id, o->id, sizeof(input.id));
	memcpy(input.type, o->type, sizeof(input.type));
	return siphash(key, &input, sizeof(input));
}

struct store_object content_of(const struct op *op, const struct object_row *row)
{
	struct store_object o = {
		.label = op->label,
		.label_len = op->label_len,
		.payload = op->payload,
		.payload_len = op->payload_len,
		.version = row->version,
		.seq = row->seq,
		.attrs = op->attrs,
	};

	memcpy(o.id, row->identity.id, HSMREPL_ID_LEN);
	memcpy(o.type, row->identity.type, HSMREPL_TYPE_MAX);
	return o;
}
