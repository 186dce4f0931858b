/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Formats and rules of replication: no lock, no allocation, no state of its own.
 *
 * Everything here is a function of its arguments, the same in the kernel, in the software device
 * and in the simulator.
 */
#ifndef HSM_CORE_H
#define HSM_CORE_H

#include <linux/siphash.h>
#include <linux/types.h>
#include <linux/hsmrepl.h>

#define HSM_TL_FORMAT	1
#define HSM_ALIGN	8		/* TLs, operations, records start and end on this */
#define HSM_TYPE_DEFAULT "opaque"	/* type of an object created without one */

/**
 * struct hsm_point - a place in the history
 * @epoch: epoch in force
 * @seq: TLs applied
 * @sync_point: XOR of their TIDs
 * @chain: chain_n = SHA-256(chain_n-1 || TL_n), zero at seq 0
 */
struct hsm_point {
	u64 epoch;
	u64 seq;
	u64 sync_point;
	u8 chain[HSMREPL_CHAIN_LEN];
};

/**
 * struct hsm_view - what an operation must know of an object
 * @exists: it is there
 * @version: its version, when it is there
 * @cost: bytes of kernel memory it takes, when it is there
 */
struct hsm_view {
	bool exists;
	u64 version;
	u64 cost;
};

/**
 * struct hsm_content - an object's fields, borrowed; what the digest covers, and its seq
 */
struct hsm_content {
	const char *label;
	const void *payload;
	u32 label_len;
	u32 payload_len;
	u64 version;
	u64 seq;
	u64 attrs;
	const u8 *id;		/* HSMREPL_ID_LEN bytes */
	const char *type;	/* HSMREPL_TYPE_MAX bytes, NUL padded */
};

/* Operations. */

static inline const char *hsm_op_label(const struct hsmrepl_op *op)
{
	return (const char *)(op + 1);
}

static inline const void *hsm_op_payload(const struct hsmrepl_op *op)
{
	return hsm_op_label(op) + le16_to_cpu(op->label_len);
}

static inline const struct hsmrepl_op *hsm_op_next(const struct hsmrepl_op *op)
{
	return (const void *)((const u8 *)op + le32_to_cpu(op->len));
}

static inline struct hsmrepl_op *hsm_tl_ops(const struct hsmrepl_tl *tl)
{
	return (struct hsmrepl_op *)(tl + 1);
}

static inline const struct hsmrepl_tl *hsm_tl_next(const struct hsmrepl_tl *tl)
{
	return (const void *)((const u8 *)tl + le32_to_cpu(tl->len));
}

bool hsm_id_is_zero(const u8 *id);
int hsm_label_check(const char *label, size_t len);
int hsm_type_check(const char *type);
int hsm_ops_check(u32 kind, const void *ops, size_t len, u32 n_ops, u32 payload_max);
void hsm_op_complete(struct hsmrepl_op *op, const u8 *id);
int hsm_op_step(const struct hsmrepl_op *op, struct hsm_view *view);
u64 hsm_cost(u32 label_len, u32 payload_len);

/* Node lists. */

/* The list in the operation of a TL that is not DATA; the TL has passed hsm_tl_check(). */
const struct hsmrepl_nl *hsm_tl_nl(const struct hsmrepl_tl *tl);
int hsm_nl_check(const struct hsmrepl_nl *nl);
int hsm_nl_follows(u32 kind, const struct hsmrepl_nl *nl, const struct hsmrepl_nl *present,
		   u64 epoch);
u32 hsm_voters(u32 kind, const struct hsmrepl_nl *nl, const struct hsmrepl_nl *present,
	       __le16 voters[HSMREPL_NODES_MAX]);

/* Transaction logs. */

int hsm_tl_check(const void *tl, size_t len, u32 payload_max);
void hsm_tl_cut(struct hsmrepl_tl *tl, const struct hsm_point *point,
		const struct hsmrepl_nl *present, u16 coordinator);
int hsm_tl_fits(const struct hsmrepl_tl *tl, const struct hsm_point *point,
		const struct hsmrepl_nl *present);
void hsm_point_advance(struct hsm_point *point, const struct hsmrepl_tl *tl);
u32 hsm_check_code(u64 sync_point);

/* Content digest and restored objects. */

void hsm_digest_key(siphash_key_t *key, const u8 bytes[HSMREPL_KEY_LEN]);
u64 hsm_digest(const struct hsm_content *content, const siphash_key_t *key);
int hsm_load_entry_check(const void *entry, size_t len, u32 payload_max);

/* The slot's states. */

enum hsm_slot_event {
	HSM_SLOT_CLAIM,		/* read() under a grant */
	HSM_SLOT_PREPARE,	/* HSMREPL_IOC_PREPARE */
	HSM_SLOT_RESOLVE,	/* HSMREPL_IOC_RESOLVE */
	HSM_SLOT_DROP,		/* content is replaced or torn down */
	HSM_SLOT_EVENTS,
};

int hsm_slot_move(enum hsmrepl_slot_state from, enum hsm_slot_event event);

#endif
