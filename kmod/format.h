/* SPDX-License-Identifier: GPL-2.0 */
/* Form of TLs, operations, node lists and restored objects: little-endian, 8-byte aligned. */
#ifndef HSM_FORMAT_H
#define HSM_FORMAT_H

#include <linux/types.h>
#include <linux/hsmrepl.h>
#include <asm/byteorder.h>

#define HSM_TL_FORMAT	1
#define HSM_ALIGN	8	/* TLs, operations, restored objects start and end on this */

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

/* The node list of a TL that is not DATA; the TL has passed hsm_tl_check(). */
static inline const struct hsmrepl_nl *hsm_tl_nl(const struct hsmrepl_tl *tl)
{
	return hsm_op_payload(hsm_tl_ops(tl));
}

static inline const struct hsmrepl_load_entry *
hsm_load_entry_next(const struct hsmrepl_load_entry *entry)
{
	return (const void *)((const u8 *)entry + le32_to_cpu(entry->len));
}

bool hsm_id_is_zero(const u8 *id);
int hsm_label_check(const char *label, size_t len);
int hsm_ops_check(u32 kind, const void *ops, size_t len, u32 n_ops, u32 payload_max);
int hsm_nl_check(const struct hsmrepl_nl *nl);
int hsm_tl_check(const void *tl, size_t len, u32 payload_max);
int hsm_load_entry_check(const void *entry, size_t len, u32 payload_max);

#endif
