// SPDX-License-Identifier: GPL-2.0
/* Reads and writes the records of the log. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "record.h"

#define MAC_COVERS	offsetof(struct record_header, mac)

static_assert(sizeof(struct record_header) == 80, "on disk");
static_assert(sizeof(struct record_tl) == 24, "on disk");
static_assert(sizeof(struct record_position) == 64, "on disk");
static_assert(sizeof(struct record_start) == 16, "on disk");
static_assert(RECORD_TL_LEN(0) % RECORD_ALIGN == 0, "TLs stay aligned");
static_assert(DOWN_VALUE_LEN % RECORD_ALIGN == 0, "a value is as long as a TL may be");
static_assert(DOWN_VALUE_LEN <= HSMREPL_TL_MAX, "a value is opened where TLs are");

static void checksum(struct hasher *h, const struct record_header *head, struct bytes body,
		     uint8_t mac[SEAL_HASH_LEN])
{
	bool sealed = record_is_sealed(le16toh(head->type));

	hasher_hash(h, head, MAC_COVERS, body.p, sealed ? 0 : body.n, mac);
}

void record_finish(struct hasher *h, const struct record *r)
{
	struct record_header head = {
		.magic = htole32(RECORD_MAGIC),
		.format = htole16(RECORD_FORMAT),
		.type = htole16((uint16_t)r->type),
		.len = htole32((uint32_t)record_len(r)),
		.n_tls = htole16((uint16_t)r->n_tls),
		.coordinator = htole16(r->batch.coordinator),
		.lsn = htole64(r->lsn),
		.durable = htole64(r->durable),
		.generation = htole64(r->generation),
		.number = htole64(r->batch.number),
		.counter = htole64(r->counter),
		.incarnation = htole32(r->incarnation),
	};

	assert(record_len(r) % RECORD_ALIGN == 0 && record_len(r) <= RECORD_MAX);
	checksum(h, &head, r->body, head.mac);
	memcpy((uint8_t *)r->body.p - sizeof(head), &head, sizeof(head));
}

size_t record_len(const struct record *r)
{
	return sizeof(struct record_header) + r->body.n;
}

/* Body lengths that a type can have. */
static bool shape_ok(const struct record_header *head, size_t body)
{
	unsigned int n_tls = le16toh(head->n_tls);

	switch (le16toh(head->type)) {
	case RECORD_YES:
		return n_tls >= 1 && n_tls <= HSMREPL_BATCH_TLS_MAX &&
		       body >= n_tls * RECORD_TL_LEN(0);
	case RECORD_COMMIT:
		return !n_tls && body == sizeof(struct record_position);
	case RECORD_ACCEPT:
		return n_tls == 1 && body == RECORD_VALUE_LEN;
	case RECORD_REFUSED:
	case RECORD_ABORTED:
	case RECORD_PROMISE:
		return !n_tls && !body;
	case RECORD_START:
		return !n_tls && body == sizeof(struct record_start);
	default:
		return false;
	}
}

bool record_read(struct hasher *h, const void *p, size_t n, struct record *r)
{
	struct record_header head;
	uint8_t mac[SEAL_HASH_LEN];
	size_t len;

	if (n < sizeof(head))
		return false;
	memcpy(&head, p, sizeof(head));
	len = le32toh(head.len);
	if (le32toh(head.magic) != RECORD_MAGIC || le16toh(head.format) != RECORD_FORMAT ||
	    len < sizeof(head) || len > n || len > RECORD_MAX || len % RECORD_ALIGN ||
	    head.reserved || !shape_ok(&head, len - sizeof(head)))
		return false;
	r->body = (struct bytes){ (const uint8_t *)p + sizeof(head), len - sizeof(head) };
	checksum(h, &head, r->body, mac);
	if (CRYPTO_memcmp(mac, head.mac, sizeof(mac)))
		return false;
	r->type = le16toh(head.type);
	r->n_tls = le16toh(head.n_tls);
	r->batch.coordinator = le16toh(head.coordinator);
	r->batch.number = le64toh(head.number);
	r->lsn = le64toh(head.lsn);
	r->durable = le64toh(head.durable);
	r->generation = le64toh(head.generation);
	r->counter = le64toh(head.counter);
	r->incarnation = le32toh(head.incarnation);
	return true;
}

int record_next(struct record_cursor *c, struct record_part *part)
{
	const uint8_t *p = (const uint8_t *)c->r->body.p + c->offset;
	size_t left = c->r->body.n - c->offset, len;
	struct record_tl tl;
	struct seal_head box;

	if (c->index == c->r->n_tls)
		return left ? -EBADMSG : 0;
	if (left < RECORD_TL_LEN(0))
		return -EBADMSG;
	memcpy(&tl, p, sizeof(tl));
	memcpy(&box, p + sizeof(tl), sizeof(box));
	len = le32toh(box.len);
	if (len > HSMREPL_TL_MAX || len % RECORD_ALIGN || RECORD_TL_LEN(len) > left ||
	    le32toh(box.incarnation) != c->r->incarnation ||
	    le64toh(box.counter) != c->r->counter + c->index)
		return -EBADMSG;
	part->tid = le64toh(tl.tid);
	part->seq = le64toh(tl.seq);
	part->sp = le64toh(tl.sp);
	part->sealed = (struct bytes){ p, RECORD_TL_LEN(len) };
	part->tl_len = len;
	c->index++;
	c->offset += part->sealed.n;
	return 1;
}

size_t record_tl_seal(struct sealer *s, const struct record_part *part, const void *tl, void *out)
{
	struct record_tl head = {
		.tid = htole64(part->tid),
		.seq = htole64(part->seq),
		.sp = htole64(part->sp),
	};

	memcpy(out, &head, sizeof(head));
	sealer_seal(s, &head, sizeof(head), tl, part->tl_len, (uint8_t *)out + sizeof(head));
	return RECORD_TL_LEN(part->tl_len);
}

int record_tl_open(struct opener *o, struct bytes sealed, void *tl)
{
	if (sealed.n < RECORD_TL_LEN(0))
		return -EBADMSG;
	return opener_open(o, sealed.p, sizeof(struct record_tl),
			   (const uint8_t *)sealed.p + sizeof(struct record_tl),
			   sealed.n - sizeof(struct record_tl), tl);
}

int record_check_body(struct opener *o, const struct record *r, void *scratch)
{
	struct record_cursor c = { .r = r };
	struct record_part part;
	int ret;

	while ((ret = record_next(&c, &part)) > 0) {
		ret = record_tl_open(o, part.sealed, scratch);
		OPENSSL_cleanse(scratch, part.tl_len);
		if (ret)
			return ret;
	}
	return ret;
}

void record_position_write(const struct position *p, struct record_position *out)
{
	out->epoch = htole64(p->epoch);
	out->seq = htole64(p->seq);
	out->sp = htole64(p->sp);
	out->digest = htole64(p->digest);
	memcpy(out->chain, p->chain, sizeof(out->chain));
}

void record_position_read(const struct record_position *in, struct position *p)
{
	p->epoch = le64toh(in->epoch);
	p->seq = le64toh(in->seq);
	p->sp = le64toh(in->sp);
	p->digest = le64toh(in->digest);
	memcpy(p->chain, in->chain, sizeof(p->chain));
}
