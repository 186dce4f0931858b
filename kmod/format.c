// SPDX-License-Identifier: GPL-2.0
/* Form of what comes in from callers and peers; see format.h. */
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "bytes.h"
#include "format.h"

static_assert(sizeof(struct hsmrepl_tl) % HSM_ALIGN == 0);
static_assert(sizeof(struct hsmrepl_op) % HSM_ALIGN == 0);
static_assert(sizeof(struct hsmrepl_nl) % HSM_ALIGN == 0);
static_assert(sizeof(struct hsmrepl_nl) == 32 + HSMREPL_NODES_MAX * 104);
static_assert(sizeof(struct hsmrepl_load_entry) % HSM_ALIGN == 0);
static_assert(sizeof(struct hsmrepl_tl) + sizeof(struct hsmrepl_op) + HSMREPL_LABEL_MAX +
	      HSMREPL_PAYLOAD_MAX + HSM_ALIGN <= HSMREPL_TL_MAX);
static_assert(HSMREPL_TL_MAX <= HSMREPL_BATCH_MAX);

/* Length of a text that only NULs follow to the end of its room, at least one; else -EINVAL. */
static int padded_text_len(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	if (len == room || !hsm_all_zero(text + len, room - len))
		return -EINVAL;
	return len;
}

/**
 * hsm_id_is_zero() - whether an object id is the one that asks for a drawn id
 * @id: HSMREPL_ID_LEN bytes
 */
bool hsm_id_is_zero(const u8 *id)
{
	return hsm_all_zero(id, HSMREPL_ID_LEN);
}

/* Bytes of the UTF-8 sequence at text (RFC 3629: shortest, no surrogates), 0 if there is none. */
static size_t utf8_sequence(const u8 *text, size_t len)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need, i;
	u32 code;

	if (text[0] < 0x80)
		return text[0] ? 1 : 0;
	if ((text[0] & 0xe0) == 0xc0)
		need = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		need = 3;
	else if ((text[0] & 0xf8) == 0xf0)
		need = 4;
	else
		return 0;
	if (need > len)
		return 0;
	code = text[0] & (0x7f >> need);
	for (i = 1; i < need; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return need;
}

/**
 * hsm_label_check() - judge a label
 * @label: need not end in NUL
 * @len: bytes
 *
 * Return: 0, -EMSGSIZE if longer than HSMREPL_LABEL_MAX, -EINVAL if empty, with a NUL or not UTF-8.
 */
int hsm_label_check(const char *label, size_t len)
{
	size_t at = 0, step;

	if (len > HSMREPL_LABEL_MAX)
		return -EMSGSIZE;
	if (!len)
		return -EINVAL;
	while (at < len) {
		step = utf8_sequence((const u8 *)label + at, len - at);
		if (!step)
			return -EINVAL;
		at += step;
	}
	return 0;
}

/**
 * hsm_type_check() - judge an object type
 * @type: HSMREPL_TYPE_MAX bytes
 *
 * Return: its length (0: empty), -EINVAL unless printable ASCII, NUL padded.
 */
static int hsm_type_check(const char *type)
{
	size_t len = strnlen(type, HSMREPL_TYPE_MAX);
	size_t i;

	for (i = 0; i < len; i++) {
		if (type[i] < 0x20 || type[i] > 0x7e)
			return -EINVAL;
	}
	return hsm_all_zero(type + len, HSMREPL_TYPE_MAX - len) ? (int)len : -EINVAL;
}

/* Fields that only some operations may set. */
static int op_fields_check(const struct hsmrepl_op *op)
{
	u16 code = le16_to_cpu(op->code);
	int type_len = hsm_type_check(op->type);

	if (type_len < 0)
		return type_len;
	switch (code) {
	case HSMREPL_OP_CREATE:
		return op->if_version ? -EINVAL : 0;
	case HSMREPL_OP_UPDATE:
		return hsm_id_is_zero(op->id) ? 0 : -EINVAL;
	case HSMREPL_OP_DELETE:
		if (op->attrs || op->payload_len || type_len || !hsm_id_is_zero(op->id))
			return -EINVAL;
		return 0;
	case HSMREPL_OP_NODES:
		if (op->attrs || op->if_version || type_len || !hsm_id_is_zero(op->id))
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

/* Frame of one operation in len bytes: lengths and padding agree. 0 or -EINVAL, -EOPNOTSUPP. */
static int op_frame_check(const struct hsmrepl_op *op, size_t len)
{
	u64 need, op_len;

	if (len < sizeof(*op))
		return -EINVAL;
	op_len = le32_to_cpu(op->len);
	need = sizeof(*op) + (u64)le16_to_cpu(op->label_len) + le32_to_cpu(op->payload_len);
	if (op_len > len || op_len != ALIGN(need, HSM_ALIGN))
		return -EINVAL;
	if (op->reserved)
		return -EOPNOTSUPP;
	return hsm_all_zero((const u8 *)op + need, op_len - need) ? 0 : -EINVAL;
}

static int object_op_check(const struct hsmrepl_op *op, u32 payload_max)
{
	int err;

	if (le16_to_cpu(op->code) == HSMREPL_OP_NODES)
		return -EINVAL;
	err = hsm_label_check(hsm_op_label(op), le16_to_cpu(op->label_len));
	if (err)
		return err;
	if (le32_to_cpu(op->payload_len) > payload_max)
		return -EMSGSIZE;
	return op_fields_check(op);
}

static int nodes_op_check(const struct hsmrepl_op *op)
{
	int err;

	if (le16_to_cpu(op->code) != HSMREPL_OP_NODES || op->label_len ||
	    le32_to_cpu(op->payload_len) != sizeof(struct hsmrepl_nl))
		return -EINVAL;
	err = op_fields_check(op);
	return err ?: hsm_nl_check(hsm_op_payload(op));
}

/**
 * hsm_ops_check() - judge the operations of one transaction
 * @kind: enum hsmrepl_tl_kind
 * @ops: the operations, 8-byte aligned
 * @len: their bytes
 * @n_ops: how many
 * @payload_max: bytes of one payload
 *
 * Return: 0; -EMSGSIZE: a limit is passed; -EOPNOTSUPP: a reserved field is not zero; -EINVAL:
 * anything else.
 */
int hsm_ops_check(u32 kind, const void *ops, size_t len, u32 n_ops, u32 payload_max)
{
	const struct hsmrepl_op *op = ops;
	u32 i;
	int err;

	if (kind < HSMREPL_TL_DATA || kind > HSMREPL_TL_FINALISE)
		return -EINVAL;
	if (n_ops > HSMREPL_OPS_MAX || len > HSMREPL_TL_MAX - sizeof(struct hsmrepl_tl))
		return -EMSGSIZE;
	if (!n_ops || (kind != HSMREPL_TL_DATA && n_ops != 1))
		return -EINVAL;
	for (i = 0; i < n_ops; i++) {
		err = op_frame_check(op, len);
		if (err)
			return err;
		if (kind == HSMREPL_TL_DATA)
			err = object_op_check(op, payload_max);
		else
			err = nodes_op_check(op);
		if (err)
			return err;
		len -= le32_to_cpu(op->len);
		op = hsm_op_next(op);
	}
	return len ? -EINVAL : 0;
}

static int node_check(const struct hsmrepl_node *node)
{
	if (!node->id || !hsm_all_zero(node->reserved, sizeof(node->reserved)))
		return -EINVAL;
	if (padded_text_len(node->name, sizeof(node->name)) <= 0)
		return -EINVAL;
	return padded_text_len(node->address, sizeof(node->address)) <= 0 ? -EINVAL : 0;
}

/**
 * hsm_nl_check() - judge a node list by itself
 * @nl: the list
 *
 * Return: 0, -EINVAL: no pool, no epoch, ids not ascending, a name or address missing or not NUL
 * padded, a name twice, or something not zero that must be.
 */
int hsm_nl_check(const struct hsmrepl_nl *nl)
{
	u32 n = le16_to_cpu(nl->n_nodes);
	u32 i, j;

	if (!n || n > HSMREPL_NODES_MAX || !nl->epoch || hsm_all_zero(nl->pool, sizeof(nl->pool)) ||
	    !hsm_all_zero(nl->reserved, sizeof(nl->reserved)))
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (node_check(&nl->nodes[i]))
			return -EINVAL;
		if (i && le16_to_cpu(nl->nodes[i - 1].id) >= le16_to_cpu(nl->nodes[i].id))
			return -EINVAL;
		for (j = 0; j < i; j++) {
			if (!strcmp(nl->nodes[i].name, nl->nodes[j].name))
				return -EINVAL;
		}
	}
	if (!hsm_all_zero(&nl->nodes[n], (HSMREPL_NODES_MAX - n) * sizeof(nl->nodes[0])))
		return -EINVAL;
	return 0;
}

static int tl_voters_check(const struct hsmrepl_tl *tl)
{
	u32 n = le16_to_cpu(tl->n_voters);
	u32 i;

	if (!n || n > HSMREPL_NODES_MAX)
		return -EINVAL;
	for (i = 0; i < HSMREPL_NODES_MAX; i++) {
		if (i >= n ? !!tl->voters[i] : !tl->voters[i])
			return -EINVAL;
		if (i && i < n && le16_to_cpu(tl->voters[i - 1]) >= le16_to_cpu(tl->voters[i]))
			return -EINVAL;
	}
	return 0;
}

/* What a coordinator has filled in: an id and a type at every create. */
static int ops_complete_check(const struct hsmrepl_tl *tl)
{
	const struct hsmrepl_op *op = hsm_tl_ops(tl);
	u32 i;

	for (i = 0; i < le16_to_cpu(tl->n_ops); i++, op = hsm_op_next(op)) {
		if (le16_to_cpu(op->code) == HSMREPL_OP_CREATE &&
		    (hsm_id_is_zero(op->id) || !op->type[0]))
			return -EINVAL;
	}
	return 0;
}

/**
 * hsm_tl_check() - judge the form of one TL
 * @data: the TL, 8-byte aligned
 * @len: bytes there, at least those of the TL; more may follow
 * @payload_max: bytes of one payload
 *
 * Return: 0; -EMSGSIZE: a payload, a label or the TL passes a limit; -EBADMSG: malformed.
 */
int hsm_tl_check(const void *data, size_t len, u32 payload_max)
{
	const struct hsmrepl_tl *tl = data;
	u32 tl_len;
	int err;

	if (len < sizeof(*tl))
		return -EBADMSG;
	tl_len = le32_to_cpu(tl->len);
	if (tl_len > len || tl_len < sizeof(*tl) || !IS_ALIGNED(tl_len, HSM_ALIGN))
		return -EBADMSG;
	if (le16_to_cpu(tl->format) != HSM_TL_FORMAT || !tl->tid || !tl->coordinator ||
	    !tl->seq || tl->reserved || tl_voters_check(tl))
		return -EBADMSG;
	err = hsm_ops_check(le16_to_cpu(tl->kind), tl + 1, tl_len - sizeof(*tl),
			    le16_to_cpu(tl->n_ops), payload_max);
	if (!err)
		err = ops_complete_check(tl);
	return err && err != -EMSGSIZE ? -EBADMSG : err;
}

/**
 * hsm_load_entry_check() - judge one object to be restored
 * @data: struct hsmrepl_load_entry, 8-byte aligned
 * @len: bytes there; more may follow the entry
 * @payload_max: bytes of one payload
 *
 * Return: 0, -EINVAL, -EMSGSIZE, -EOPNOTSUPP.
 */
int hsm_load_entry_check(const void *data, size_t len, u32 payload_max)
{
	const struct hsmrepl_load_entry *entry = data;
	u64 need, entry_len;

	if (len < sizeof(*entry))
		return -EINVAL;
	entry_len = le32_to_cpu(entry->len);
	need = sizeof(*entry) + (u64)le16_to_cpu(entry->label_len) +
	       le32_to_cpu(entry->payload_len);
	if (entry_len > len || entry_len != ALIGN(need, HSM_ALIGN))
		return -EINVAL;
	if (entry->reserved || entry->reserved2)
		return -EOPNOTSUPP;
	if (!entry->version || hsm_id_is_zero(entry->id) || hsm_type_check(entry->type) <= 0 ||
	    !hsm_all_zero((const u8 *)entry + need, entry_len - need))
		return -EINVAL;
	if (le32_to_cpu(entry->payload_len) > payload_max)
		return -EMSGSIZE;
	return hsm_label_check((const char *)(entry + 1), le16_to_cpu(entry->label_len));
}
