/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_RANDOM_H
#define SHIM_LINUX_RANDOM_H

#include <linux/bug.h>
#include <linux/types.h>
#include <sys/random.h>

/*
 * Where random bytes come from. A simulator defines a function of its own without "weak", in a
 * file that defines SHIM_RANDOM first.
 */
#ifndef SHIM_RANDOM
__attribute__((weak)) void shim_random(void *data, size_t len)
{
	WARN_ON(getrandom(data, len, 0) != (ssize_t)len);
}
#endif

static inline void get_random_bytes(void *data, size_t len)
{
	void shim_random(void *to, size_t bytes);

	shim_random(data, len);
}

static inline u64 get_random_u64(void)
{
	u64 value;

	get_random_bytes(&value, sizeof(value));
	return value;
}

#endif
