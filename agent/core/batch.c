// SPDX-License-Identifier: GPL-2.0
#include "batch.h"
#include "wire.h"

#include <endian.h>
#include <string.h>

bool batch_has_voter(const struct batch *b, uint16_t id)
{
	for (unsigned int i = 0; i < b->n_voters; i++)
		if (b->voters[i] == id)
			return true;
	return false;
}

bool batch_spoken(const struct batch *b, uint16_t protocol)
{
	return !b->has_nl || list_protocol(&b->nl) <= protocol;
}

bool nl_has(const struct node_list *nl, uint16_t id)
{
	for (unsigned int i = 0; i < nl->n; i++)
		if (nl->node[i].id == id)
			return true;
	return false;
}

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		if (*b++)
			return false;
	return true;
}

bool nl_decode(struct bytes payload, struct node_list *nl)
{
	struct hsmrepl_nl raw;
	uint16_t last = 0;

	if (payload.n != sizeof(raw))
		return false;
	memcpy(&raw, payload.p, sizeof(raw));
	memset(nl, 0, sizeof(*nl));
	nl->n = le16toh(raw.n_nodes);
	nl->epoch = le64toh(raw.epoch);
	nl->protocol = le16toh(raw.protocol);
	memcpy(nl->pool, raw.pool, sizeof(nl->pool));
	if (nl->n == 0 || nl->n > HSMREPL_NODES_MAX || all_zero(raw.pool, sizeof(raw.pool)))
		return false;
	for (unsigned int i = 0; i < nl->n; i++) {
		struct member *m = &nl->node[i];

		m->id = le16toh(raw.nodes[i].id);
		memcpy(m->name, raw.nodes[i].name, sizeof(m->name));
		memcpy(m->address, raw.nodes[i].address, sizeof(m->address));
		if (m->id <= last || !m->name[0] || m->name[sizeof(m->name) - 1] ||
		    m->address[sizeof(m->address) - 1])
			return false;
		last = m->id;
	}
	return true;
}

void nl_encode(const struct node_list *nl, struct hsmrepl_nl *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->pool, nl->pool, sizeof(out->pool));
	out->epoch = htole64(nl->epoch);
	out->n_nodes = htole16((uint16_t)nl->n);
	out->protocol = htole16(nl->protocol);
	for (unsigned int i = 0; i < nl->n; i++) {
		out->nodes[i].id = htole16(nl->node[i].id);
		memcpy(out->nodes[i].name, nl->node[i].name, HSMREPL_NAME_MAX);
		memcpy(out->nodes[i].address, nl->node[i].address, HSMREPL_ADDRESS_MAX);
	}
}

static bool read_voters(const struct hsmrepl_tl *tl, struct batch *b)
{
	uint16_t last = 0;

	b->n_voters = le16toh(tl->n_voters);
	if (b->n_voters == 0 || b->n_voters > HSMREPL_NODES_MAX)
		return false;
	for (unsigned int i = 0; i < b->n_voters; i++) {
		b->voters[i] = le16toh(tl->voters[i]);
		if (b->voters[i] <= last)
			return false;
		last = b->voters[i];
	}
	return batch_has_voter(b, b->coordinator);
}

/* The node list that a TL of kind other than DATA carries in its one operation. */
static bool read_nl(const struct hsmrepl_tl *tl, struct bytes ops, struct batch *b)
{
	struct hsmrepl_op op;

	if (le16toh(tl->n_ops) != 1 || ops.n < sizeof(op))
		return false;
	memcpy(&op, ops.p, sizeof(op));
	if (le16toh(op.code) != HSMREPL_OP_NODES || le16toh(op.label_len) != 0 ||
	    le32toh(op.payload_len) > ops.n - sizeof(op))
		return false;
	ops.p = (const uint8_t *)ops.p + sizeof(op);
	ops.n = le32toh(op.payload_len);
	if (!nl_decode(ops, &b->nl))
		return false;
	b->has_nl = true;
	b->forms = le16toh(tl->kind) == HSMREPL_TL_FORM;
	b->adds = le16toh(tl->kind) == HSMREPL_TL_NODE_ADD;
	b->removes = le16toh(tl->kind) == HSMREPL_TL_NODE_REMOVE;
	b->downs = le16toh(tl->kind) == HSMREPL_TL_NODE_DOWN;
	b->finalises = le16toh(tl->kind) == HSMREPL_TL_FINALISE;
	return (b->forms || b->adds || b->removes || b->downs || b->finalises) &&
	       b->nl.epoch == le64toh(tl->epoch) + 1;
}

const struct member *batch_newcomer(const struct batch *b, const struct node_list *nl)
{
	for (unsigned int i = 0; b->has_nl && i < b->nl.n; i++)
		if (!nl_has(nl, b->nl.node[i].id))
			return &b->nl.node[i];
	return NULL;
}

/* Of one coordinator, epoch and CNLS? */
static bool same_origin(const struct hsmrepl_tl *a, const struct hsmrepl_tl *b)
{
	return a->epoch == b->epoch && a->coordinator == b->coordinator &&
	       a->n_voters == b->n_voters && memcmp(a->voters, b->voters, sizeof(a->voters)) == 0;
}

/* Does this TL follow on what the batch holds so far? */
static bool follows(const struct hsmrepl_tl *tl, const struct hsmrepl_tl *first,
		    const struct batch *b)
{
	return le16toh(tl->format) == 1 && tl->tid != 0 &&
	       le64toh(tl->sync_point) == b->after.sp && le64toh(tl->seq) == b->after.seq + 1 &&
	       same_origin(tl, first);
}

static bool start(const struct hsmrepl_tl *first, struct batch *b)
{
	memset(b, 0, sizeof(*b));
	b->coordinator = le16toh(first->coordinator);
	b->before.epoch = le64toh(first->epoch);
	b->before.seq = le64toh(first->seq) - 1;
	b->before.sp = le64toh(first->sync_point);
	b->after = b->before;
	return le64toh(first->seq) != 0 && read_voters(first, b);
}

bool batch_read(struct bytes tls, unsigned int n_tls, struct batch *b)
{
	struct hsmrepl_tl first, tl;

	if (n_tls == 0 || n_tls > HSMREPL_BATCH_TLS_MAX || tls.n < sizeof(first))
		return false;
	memcpy(&first, tls.p, sizeof(first));
	if (!start(&first, b))
		return false;
	for (; b->n < n_tls; b->n++) {
		struct bytes ops;
		uint32_t len;

		if (tls.n < sizeof(tl))
			return false;
		memcpy(&tl, tls.p, sizeof(tl));
		len = le32toh(tl.len);
		if (len < sizeof(tl) || len % 8 || len > tls.n || !follows(&tl, &first, b))
			return false;
		ops = (struct bytes){ (const uint8_t *)tls.p + sizeof(tl), len - sizeof(tl) };
		if (le16toh(tl.kind) != HSMREPL_TL_DATA && (n_tls != 1 || !read_nl(&tl, ops, b)))
			return false;
		b->tids[b->n] = le64toh(tl.tid);
		b->after.sp ^= le64toh(tl.tid);
		b->after.seq++;
		tls.p = (const uint8_t *)tls.p + len;
		tls.n -= len;
	}
	if (b->has_nl)
		b->after.epoch = b->nl.epoch;
	return tls.n == 0;
}

unsigned int batch_run(struct bytes tls, unsigned int n_tls, size_t *len)
{
	struct hsmrepl_tl first, tl;
	unsigned int n = 0;
	size_t used = 0;

	while (n < n_tls && n < HSMREPL_BATCH_TLS_MAX && tls.n - used >= sizeof(tl)) {
		memcpy(&tl, (const uint8_t *)tls.p + used, sizeof(tl));
		if (!n)
			first = tl;
		if (le32toh(tl.len) < sizeof(tl) || le32toh(tl.len) > tls.n - used ||
		    used + le32toh(tl.len) > HSMREPL_BATCH_MAX || !same_origin(&tl, &first))
			break;
		if (n && (le16toh(tl.kind) != HSMREPL_TL_DATA ||
			  le16toh(first.kind) != HSMREPL_TL_DATA))
			break;
		used += le32toh(tl.len);
		n++;
	}
	*len = used;
	return n;
}

uint64_t value_epoch(const uint8_t *value)
{
	struct down_value v;
	struct batch b;

	value_decode(value, &v);
	return batch_read(v.tl, 1, &b) && b.has_nl ? b.nl.epoch : 0;
}
