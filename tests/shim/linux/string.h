/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_STRING_H
#define SHIM_LINUX_STRING_H

#include <string.h>

static inline void memzero_explicit(void *data, size_t len)
{
	explicit_bzero(data, len);
}

#endif
