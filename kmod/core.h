/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules of replication: no lock, no allocation, no state of its own.
 *
 * Everything here is a function of its arguments, the same in the kernel, in the software device
 * and in the simulator.
 */
#ifndef HSM_CORE_H
#define HSM_CORE_H

#include <linux/siphash.h>
#include <linux/types.h>
#include <linux/hsmrepl.h>
#include "format.h"

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
 * struct hsm_content - an object's fields, borrowed
 * @label: not NUL terminated
 * @payload: content
 * @label_len: bytes at @label
 * @payload_len: bytes at @payload
 * @version: object version
 * @seq: TL that wrote it
 * @attrs: attribute bits
 * @id: HSMREPL_ID_LEN bytes
 * @type: HSMREPL_TYPE_MAX bytes, NUL padded
 */
struct hsm_content {
	const char *label;
	const void *payload;
	u32 label_len;
	u32 payload_len;
	u64 version;
	u64 seq;
	u64 attrs;
	const u8 *id;
	const char *type;
};

/* Operations. */

void hsm_op_complete(struct hsmrepl_op *op, const u8 *id);
int hsm_op_step(const struct hsmrepl_op *op, struct hsm_view *view);
u64 hsm_cost(u32 label_len, u32 payload_len);

/* Node lists. */

bool hsm_nl_has(const struct hsmrepl_nl *nl, u16 id);
int hsm_nl_follows(u32 kind, const struct hsmrepl_nl *nl, const struct hsmrepl_nl *present,
		   u64 epoch);
u32 hsm_voters(u32 kind, const struct hsmrepl_nl *nl, const struct hsmrepl_nl *present,
	       __le16 voters[HSMREPL_NODES_MAX]);

/* Transaction logs. */

void hsm_tl_cut(struct hsmrepl_tl *tl, const struct hsm_point *point,
		const struct hsmrepl_nl *present, u16 coordinator);
int hsm_tl_fits(const struct hsmrepl_tl *tl, const struct hsm_point *point,
		const struct hsmrepl_nl *present);
void hsm_point_step(struct hsm_point *point, const struct hsmrepl_tl *tl);
void hsm_point_advance(struct hsm_point *point, const struct hsmrepl_tl *tl);
u32 hsm_check_code(u64 sync_point);

/* Content digest. */

void hsm_digest_key(siphash_key_t *key, const u8 bytes[HSMREPL_KEY_LEN]);
u64 hsm_digest(const struct hsm_content *content, const siphash_key_t *key);

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
