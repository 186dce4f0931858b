// SPDX-License-Identifier: GPL-2.0
/* Rules of replication; see core.h. */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <crypto/sha2.h>
#include "core.h"

#define HSM_COST_OBJECT	98	/* struct hsm_object in a slab of its own: 42 to a page */
#define HSM_COST_TABLES	26	/* share of two hash tables (8 each) and one xarray (9) */
#define HSM_ENTRY_HEAD	34	/* struct hsm_entry without its label */
#define HSM_CODES	10000	/* check codes have four digits */

/**
 * hsm_op_complete() - fill in what a create may leave to the device
 * @op: create operation
 * @id: HSMREPL_ID_LEN bytes, not all zero: its own, or drawn if it has none
 */
void hsm_op_complete(struct hsmrepl_op *op, const u8 *id)
{
	memcpy(op->id, id, HSMREPL_ID_LEN);
	if (!op->type[0])
		memcpy(op->type, HSM_TYPE_DEFAULT, sizeof(HSM_TYPE_DEFAULT));
}

/**
 * hsm_op_step() - what an operation makes of an object
 * @op: create, update or delete
 * @view: the object before; after it on success, unchanged on error
 *
 * Return: 0, -EEXIST, -ENOENT, -ESTALE as in "Errors of mutations" of the uapi header.
 */
int hsm_op_step(const struct hsmrepl_op *op, struct hsm_view *view)
{
	u16 code = le16_to_cpu(op->code);
	u64 if_version = le64_to_cpu(op->if_version);

	if (code == HSMREPL_OP_CREATE) {
		if (view->exists)
			return -EEXIST;
		view->version = 0;
	} else {
		if (!view->exists)
			return -ENOENT;
		if (if_version && if_version != view->version)
			return -ESTALE;
	}
	if (code == HSMREPL_OP_DELETE) {
		*view = (struct hsm_view){ };
		return 0;
	}
	view->exists = true;
	view->version++;
	view->cost = hsm_cost(le16_to_cpu(op->label_len), le32_to_cpu(op->payload_len));
	return 0;
}

/* What kmalloc() takes for size bytes. */
static u64 allocation(u32 size)
{
	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	if (size <= 8)
		return size ? 8 : 0;
	return roundup_pow_of_two(size);
}

/**
 * hsm_cost() - kernel memory that an object takes
 * @label_len: bytes
 * @payload_len: bytes
 *
 * The same on every node, whatever its allocator does. Return: bytes.
 */
u64 hsm_cost(u32 label_len, u32 payload_len)
{
	return HSM_COST_OBJECT + HSM_COST_TABLES + allocation(HSM_ENTRY_HEAD + label_len) +
	       allocation(payload_len);
}

bool hsm_nl_has(const struct hsmrepl_nl *nl, u16 id)
{
	u32 i;

	for (i = 0; i < le16_to_cpu(nl->n_nodes); i++) {
		if (le16_to_cpu(nl->nodes[i].id) == id)
			return true;
	}
	return false;
}

/* How many nodes of a are also in b. */
static u32 nl_common(const struct hsmrepl_nl *a, const struct hsmrepl_nl *b)
{
	u32 i, n = 0;

	for (i = 0; i < le16_to_cpu(a->n_nodes); i++)
		n += hsm_nl_has(b, le16_to_cpu(a->nodes[i].id));
	return n;
}

/**
 * hsm_nl_follows() - whether a node list may come next (protocol.md sections 3 and 4)
 * @kind: of the TL that brings it
 * @nl: the list, passed hsm_nl_check()
 * @present: list in force, all zero at epoch 0
 * @epoch: epoch in force
 *
 * FORM starts epoch 1. NODE_ADD adds one node, NODE_REMOVE takes one out, NODE_DOWN any number:
 * none if a change of the list that was undecided took out all who crashed. FINALISE raises the
 * protocol, which all others carry over.
 *
 * Return: 0; -ENONET: nothing to change at epoch 0; -ESTALE: epoch is not the next one, or FORM
 * in a pool; -EINVAL: another pool, or not the change that @kind names.
 */
int hsm_nl_follows(u32 kind, const struct hsmrepl_nl *nl, const struct hsmrepl_nl *present,
		   u64 epoch)
{
	u32 n = le16_to_cpu(nl->n_nodes), before = le16_to_cpu(present->n_nodes);
	u32 common = nl_common(nl, present);

	if (kind != HSMREPL_TL_FORM && !epoch)
		return -ENONET;
	if ((kind == HSMREPL_TL_FORM && epoch) || le64_to_cpu(nl->epoch) != epoch + 1)
		return -ESTALE;
	if (kind != HSMREPL_TL_FINALISE && nl->protocol != present->protocol)
		return -EINVAL;
	if (kind == HSMREPL_TL_FORM)
		return 0;
	if (memcmp(nl->pool, present->pool, sizeof(nl->pool)))
		return -EINVAL;
	switch (kind) {
	case HSMREPL_TL_NODE_ADD:
		return common == before && n == before + 1 ? 0 : -EINVAL;
	case HSMREPL_TL_NODE_REMOVE:
		return common == n && n + 1 == before ? 0 : -EINVAL;
	case HSMREPL_TL_NODE_DOWN:
		return common == n ? 0 : -EINVAL;
	case HSMREPL_TL_FINALISE:
		return common == n && n == before &&
		       le16_to_cpu(nl->protocol) > le16_to_cpu(present->protocol) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/**
 * hsm_voters() - the CNLS of a TL
 * @kind: of the TL
 * @nl: the list it brings; not looked at for DATA
 * @present: list in force
 * @voters: out, ascending, unused ones zero
 *
 * The members vote, at FORM and NODE_ADD the new ones too; a NODE_DOWN names the survivors.
 *
 * Return: how many.
 */
u32 hsm_voters(u32 kind, const struct hsmrepl_nl *nl, const struct hsmrepl_nl *present,
	       __le16 voters[HSMREPL_NODES_MAX])
{
	const struct hsmrepl_nl *from = nl;
	u32 i, n;

	if (kind == HSMREPL_TL_DATA || kind == HSMREPL_TL_NODE_REMOVE)
		from = present;
	n = le16_to_cpu(from->n_nodes);
	for (i = 0; i < HSMREPL_NODES_MAX; i++)
		voters[i] = i < n ? from->nodes[i].id : 0;
	return n;
}

/**
 * hsm_tl_cut() - make a transaction the next TL
 * @tl: header with @len, @kind, @tid, @n_ops filled in, checked operations behind it
 * @point: where it goes on from
 * @present: node list in force
 * @coordinator: id of this node
 */
void hsm_tl_cut(struct hsmrepl_tl *tl, const struct hsm_point *point,
		const struct hsmrepl_nl *present, u16 coordinator)
{
	u32 n;

	tl->format = cpu_to_le16(HSM_TL_FORMAT);
	tl->sync_point = cpu_to_le64(point->sync_point);
	tl->seq = cpu_to_le64(point->seq + 1);
	tl->epoch = cpu_to_le64(point->epoch);
	tl->coordinator = cpu_to_le16(coordinator);
	tl->reserved = 0;
	n = hsm_voters(le16_to_cpu(tl->kind), hsm_tl_nl(tl), present, tl->voters);
	tl->n_voters = cpu_to_le16(n);
}

/**
 * hsm_tl_fits() - whether a TL is the next one here (protocol.md section 2, rule 3)
 * @tl: passed hsm_tl_check()
 * @point: where it must go on from
 * @present: node list in force there
 *
 * Return: 0; -ESTALE: epoch, Sync-Point or seq differ; -EBADMSG: voters or node list are not
 * what they must be.
 */
int hsm_tl_fits(const struct hsmrepl_tl *tl, const struct hsm_point *point,
		const struct hsmrepl_nl *present)
{
	u32 kind = le16_to_cpu(tl->kind);
	__le16 voters[HSMREPL_NODES_MAX];
	u32 i, n;

	if (le64_to_cpu(tl->epoch) != point->epoch || le64_to_cpu(tl->seq) != point->seq + 1 ||
	    le64_to_cpu(tl->sync_point) != point->sync_point)
		return -ESTALE;
	if (kind != HSMREPL_TL_DATA &&
	    hsm_nl_follows(kind, hsm_tl_nl(tl), present, point->epoch))
		return -EBADMSG;
	n = hsm_voters(kind, hsm_tl_nl(tl), present, voters);
	if (n != le16_to_cpu(tl->n_voters) || memcmp(voters, tl->voters, sizeof(voters)))
		return -EBADMSG;
	/* Who cut a NODE_DOWN may be dead by the time that another node carries it on. */
	if (kind == HSMREPL_TL_NODE_DOWN)
		return 0;
	for (i = 0; i < n; i++) {
		if (voters[i] == tl->coordinator)
			return 0;
	}
	return -EBADMSG;
}

/**
 * hsm_point_step() - go over one TL, but for the chain
 * @point: in and out; @point->chain is left as it is
 * @tl: the next TL
 */
void hsm_point_step(struct hsm_point *point, const struct hsmrepl_tl *tl)
{
	point->seq = le64_to_cpu(tl->seq);
	point->sync_point ^= le64_to_cpu(tl->tid);
	if (le16_to_cpu(tl->kind) != HSMREPL_TL_DATA)
		point->epoch = le64_to_cpu(hsm_tl_nl(tl)->epoch);
}

/**
 * hsm_point_advance() - go over one TL (protocol.md section 1: SPn = SPn-1 XOR TIDn, and the chain)
 * @point: in and out
 * @tl: the next TL
 */
void hsm_point_advance(struct hsm_point *point, const struct hsmrepl_tl *tl)
{
	struct sha256_state sha;

	hsm_point_step(point, tl);
	sha256_init(&sha);
	sha256_update(&sha, point->chain, sizeof(point->chain));
	sha256_update(&sha, (const u8 *)tl, le32_to_cpu(tl->len));
	sha256_final(&sha, point->chain);
}

/**
 * hsm_check_code() - four digits for comparing Sync-Points by phone
 * @sync_point: Sync-Point
 *
 * First four bytes, little-endian, of SHA-256 over the eight little-endian bytes of the
 * Sync-Point, modulo 10000.
 */
u32 hsm_check_code(u64 sync_point)
{
	__le64 input = cpu_to_le64(sync_point);
	u8 hash[SHA256_DIGEST_SIZE];
	__le32 head;

	sha256((const u8 *)&input, sizeof(input), hash);
	memcpy(&head, hash, sizeof(head));
	return le32_to_cpu(head) % HSM_CODES;
}

void hsm_digest_key(siphash_key_t *key, const u8 bytes[HSMREPL_KEY_LEN])
{
	__le64 words[2];

	memcpy(words, bytes, sizeof(words));
	key->key[0] = le64_to_cpu(words[0]);
	key->key[1] = le64_to_cpu(words[1]);
}

/**
 * hsm_digest() - what an object adds to the content digest
 * @content: the object; its seq does not count
 * @key: digest key of the pool
 *
 * SipHash-2-4 over, little-endian: SipHash of the label, SipHash of the payload, version,
 * attrs, id, type, label length, payload length (both 32 bit). The digest of a store is the XOR
 * of all of them.
 */
u64 hsm_digest(const struct hsm_content *content, const siphash_key_t *key)
{
	struct {
		__le64 label;
		__le64 payload;
		__le64 version;
		__le64 attrs;
		u8 id[HSMREPL_ID_LEN];
		char type[HSMREPL_TYPE_MAX];
		__le32 label_len;
		__le32 payload_len;
	} input = {
		.label = cpu_to_le64(siphash(content->label, content->label_len, key)),
		.payload = cpu_to_le64(siphash(content->payload, content->payload_len, key)),
		.version = cpu_to_le64(content->version),
		.attrs = cpu_to_le64(content->attrs),
		.label_len = cpu_to_le32(content->label_len),
		.payload_len = cpu_to_le32(content->payload_len),
	};

	memcpy(input.id, content->id, sizeof(input.id));
	memcpy(input.type, content->type, sizeof(input.type));
	return siphash(&input, sizeof(input), key);
}

/**
 * hsm_slot_move() - the slot's states
 * @from: enum hsmrepl_slot_state
 * @event: what is asked
 *
 * Return: enum hsmrepl_slot_state after it; -EBUSY: the slot is taken; -ENOENT: nothing to resolve.
 */
int hsm_slot_move(enum hsmrepl_slot_state from, enum hsm_slot_event event)
{
	static const int moves[][HSM_SLOT_EVENTS] = {
		[HSMREPL_SLOT_FREE] = {
			[HSM_SLOT_CLAIM] = HSMREPL_SLOT_CLAIMED,
			[HSM_SLOT_PREPARE] = HSMREPL_SLOT_PREPARED,
			[HSM_SLOT_RESOLVE] = -ENOENT,
			[HSM_SLOT_DROP] = HSMREPL_SLOT_FREE,
		},
		[HSMREPL_SLOT_CLAIMED] = {
			[HSM_SLOT_CLAIM] = -EBUSY,
			[HSM_SLOT_PREPARE] = -EBUSY,
			[HSM_SLOT_RESOLVE] = HSMREPL_SLOT_FREE,
			[HSM_SLOT_DROP] = HSMREPL_SLOT_FREE,
		},
		[HSMREPL_SLOT_PREPARED] = {
			[HSM_SLOT_CLAIM] = -EBUSY,
			[HSM_SLOT_PREPARE] = -EBUSY,
			[HSM_SLOT_RESOLVE] = HSMREPL_SLOT_FREE,
			[HSM_SLOT_DROP] = HSMREPL_SLOT_FREE,
		},
	};

	return moves[from][event];
}
