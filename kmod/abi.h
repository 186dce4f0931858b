/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules that every ioctl argument obeys, as one table: sizes, known flags, reserved fields,
 * access. Pure: the module's dispatcher and the software device check by the same table.
 */
#ifndef _HSM_ABI_H
#define _HSM_ABI_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/hsmrepl.h>
#include "bytes.h"

/* What the caller's file must be for a command (struct hsm_abi.access). */
#define HSM_ABI_READ	(1 << 0)	/* opened for reading, else EACCES */
#define HSM_ABI_WRITE	(1 << 1)	/* opened for writing, else EACCES */
#define HSM_ABI_AGENT	(1 << 2)	/* the attached agent's, else EPERM */

#define HSM_ABI_WORD		8	/* bytes; each struct has a whole number of them */
#define HSM_ABI_SIZE_MAX	4096	/* bytes; a struct that claims more is E2BIG unread */

/**
 * struct hsm_abi - what holds for the argument of one command
 * @cmd: HSMREPL_IOC_*
 * @min: bytes of version 1 of the struct
 * @size: bytes of the struct as known here
 * @access: HSM_ABI_*
 * @reserved: offset of the reserved field, in bytes
 * @reserved_len: its length in bytes, 0 if the struct has none
 * @flags: known flags
 * @out: offset of the word where the answer begins, 0 if there is none; what is before is only read
 * @secret: it has key material in it, not behind a pointer: to be wiped
 */
struct hsm_abi {
	u32 cmd;
	u16 min;
	u16 size;
	u16 access;
	u16 reserved;
	u16 reserved_len;
	u32 flags;
	u16 out;
	bool secret;
};

/* Room for the argument of any command; all of them begin with head. */
union hsm_abi_arg {
	struct {
		u32 size;
		u32 flags;
	} head;
	struct hsmrepl_info info;
	struct hsmrepl_state state;
	struct hsmrepl_submit submit;
	struct hsmrepl_outcome outcome;
	struct hsmrepl_get get;
	struct hsmrepl_list list;
	struct hsmrepl_admin admin;
	struct hsmrepl_attach attach;
	struct hsmrepl_load load;
	struct hsmrepl_grant grant;
	struct hsmrepl_prepare prepare;
	struct hsmrepl_resolve resolve;
	struct hsmrepl_report report;
	struct hsmrepl_answer answer;
};

/**
 * hsm_abi_find() - the rules of one command
 * @cmd: command as the caller gave it
 *
 * Return: its entry, or NULL for a command that does not exist (ENOTTY).
 */
const struct hsm_abi *hsm_abi_find(unsigned int cmd);

/**
 * hsm_abi_size() - judge the size that the caller wrote into the struct
 * @abi: rules of the command
 * @size: first field of the caller's struct
 *
 * A size over @abi->size that passes here still needs its tail to be zero: copy_struct_from_user()
 * looks at it in the kernel, hsm_abi_tail() elsewhere.
 *
 * Return: 0, -EINVAL if shorter than version 1, -E2BIG if over HSM_ABI_SIZE_MAX.
 */
static inline int hsm_abi_size(const struct hsm_abi *abi, u32 size)
{
	if (size < abi->min)
		return -EINVAL;
	if (size > HSM_ABI_SIZE_MAX)
		return -E2BIG;
	return 0;
}

/**
 * hsm_abi_tail() - judge the bytes past the known struct
 * @tail: first byte past it
 * @len: how many
 *
 * Return: 0 if all are zero, else -E2BIG.
 */
int hsm_abi_tail(const void *tail, size_t len);

/**
 * hsm_abi_check() - judge flags and reserved fields
 * @abi: rules of the command
 * @arg: the struct, @abi->size bytes
 *
 * Return: 0, -EOPNOTSUPP for an unknown flag or a reserved field that is not zero.
 */
static inline int hsm_abi_check(const struct hsm_abi *abi, const union hsm_abi_arg *arg)
{
	if (arg->head.flags & ~abi->flags)
		return -EOPNOTSUPP;
	if (!hsm_all_zero((const u8 *)arg + abi->reserved, abi->reserved_len))
		return -EOPNOTSUPP;
	return 0;
}

#endif /* _HSM_ABI_H */
