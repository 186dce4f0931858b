// SPDX-License-Identifier: GPL-2.0
/*
 * Argument rules of the ioctl commands; uapi/linux/hsmrepl.h states them in words.
 */
#include <linux/kernel.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/stddef.h>

#include "abi.h"

#define ABI_GROWN(_name, _min, _struct, _access, _flags, ...)		\
	[_IOC_NR(HSMREPL_IOC_##_name)] = {				\
		.cmd = HSMREPL_IOC_##_name,				\
		.min = (_min),						\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(sizeof(struct _struct) % HSM_ABI_WORD), \
		.access = (_access),					\
		.flags = (_flags),					\
		__VA_ARGS__						\
	}

#define ABI(_name, _struct, ...)					\
	ABI_GROWN(_name, sizeof(struct _struct), _struct, __VA_ARGS__)

#define RESERVED(_struct)						\
	.reserved = offsetof(struct _struct, reserved),			\
	.reserved_len = sizeof(((struct _struct *)0)->reserved)

#define OUT(_struct, _field)						\
	.out = offsetof(struct _struct, _field) & ~(HSM_ABI_WORD - 1)

#define SECRET	.secret = true

/* ABI_GROWN: @min stays at the size of version 1. */
static const struct hsm_abi abi_table[] = {
	ABI(INFO, hsmrepl_info, 0, 0, RESERVED(hsmrepl_info), OUT(hsmrepl_info, abi_version)),
	ABI(STATE, hsmrepl_state, HSM_ABI_READ, 0, RESERVED(hsmrepl_state),
	    OUT(hsmrepl_state, state)),
	ABI(SUBMIT, hsmrepl_submit, HSM_ABI_WRITE, HSMREPL_SUBMIT_ASYNC, OUT(hsmrepl_submit, tid)),
	ABI(OUTCOME, hsmrepl_outcome, HSM_ABI_READ, 0, OUT(hsmrepl_outcome, outcome)),
	ABI(GET, hsmrepl_get, HSM_ABI_READ, HSMREPL_GET_COMMITTED, OUT(hsmrepl_get, payload_len)),
	ABI(LIST, hsmrepl_list, HSM_ABI_READ, 0, OUT(hsmrepl_list, cursor)),
	ABI(ADMIN, hsmrepl_admin, HSM_ABI_READ, 0, OUT(hsmrepl_admin, answer_len)),
	ABI(ATTACH, hsmrepl_attach, HSM_ABI_READ | HSM_ABI_WRITE, 0,
	    OUT(hsmrepl_attach, loaded), SECRET),
	ABI(LOAD, hsmrepl_load, HSM_ABI_AGENT, HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END,
	    RESERVED(hsmrepl_load)),
	ABI(GRANT, hsmrepl_grant, HSM_ABI_AGENT, 0),
	ABI_GROWN(PREPARE, 40, hsmrepl_prepare, HSM_ABI_AGENT, 0, RESERVED(hsmrepl_prepare),
		  OUT(hsmrepl_prepare, epoch)),
	ABI(RESOLVE, hsmrepl_resolve, HSM_ABI_AGENT, 0, RESERVED(hsmrepl_resolve),
	    OUT(hsmrepl_resolve, epoch)),
	ABI(REPORT, hsmrepl_report, HSM_ABI_AGENT, 0, RESERVED(hsmrepl_report)),
	ABI(ANSWER, hsmrepl_answer, HSM_ABI_AGENT, 0),
};

static_assert(sizeof(union hsm_abi_arg) <= HSM_ABI_SIZE_MAX);

const struct hsm_abi *hsm_abi_find(unsigned int cmd)
{
	size_t nr = _IOC_NR(cmd);

	return nr < ARRAY_SIZE(abi_table) && abi_table[nr].cmd == cmd ? &abi_table[nr] : NULL;
}

int hsm_abi_tail(const void *tail, size_t len)
{
	return hsm_all_zero(tail, len) ? 0 : -E2BIG;
}
