/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small copies from and to callers' memory. copy_from_user() and copy_to_user() look up what kind
 * of memory the kernel's side is, which costs more than copying a few words; here the caller of
 * these answers for its bounds. All return 0 or -EFAULT.
 */
#ifndef HSM_USER_H
#define HSM_USER_H

#include <linux/types.h>
#include <linux/uaccess.h>

/* The kernel has it since 6.11, and in later releases of older ones. */
#ifndef __uninitialized
#define __uninitialized
#endif

#define HSM_USER_STEP	(4 * sizeof(u64))	/* bytes copied between two looks at what is left */

/* What is not a whole word is left out. */
static __always_inline int hsm_words_from_user(u64 *to, const u64 __user *from, size_t len)
{
	if (!user_read_access_begin(from, len))
		return -EFAULT;
	for (; len >= HSM_USER_STEP; len -= HSM_USER_STEP, to += 4, from += 4) {
		unsafe_get_user(to[0], &from[0], fault);
		unsafe_get_user(to[1], &from[1], fault);
		unsafe_get_user(to[2], &from[2], fault);
		unsafe_get_user(to[3], &from[3], fault);
	}
	for (; len >= sizeof(*to); len -= sizeof(*to), to++, from++)
		unsafe_get_user(*to, from, fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

/* What is not a whole word is left out. */
static __always_inline int hsm_words_to_user(u64 __user *to, const u64 *from, size_t len)
{
	if (!user_write_access_begin(to, len))
		return -EFAULT;
	for (; len >= HSM_USER_STEP; len -= HSM_USER_STEP, to += 4, from += 4) {
		unsafe_put_user(from[0], &to[0], fault);
		unsafe_put_user(from[1], &to[1], fault);
		unsafe_put_user(from[2], &to[2], fault);
		unsafe_put_user(from[3], &to[3], fault);
	}
	for (; len >= sizeof(*to); len -= sizeof(*to), to++, from++)
		unsafe_put_user(*from, to, fault);
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

static __always_inline int hsm_bytes_from_user(char *to, const char __user *from, size_t len)
{
	if (!user_read_access_begin(from, len))
		return -EFAULT;
	for (; len >= sizeof(u64); len -= sizeof(u64), to += sizeof(u64), from += sizeof(u64))
		unsafe_get_user(*(u64 *)to, (const u64 __user *)from, fault);
	for (; len; len--, to++, from++)
		unsafe_get_user(*to, from, fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

#endif
