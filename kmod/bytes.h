/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HSM_BYTES_H
#define HSM_BYTES_H

#include <linux/types.h>

/* Whether len bytes are all zero. */
static inline bool hsm_all_zero(const void *data, size_t len)
{
	const u8 *bytes = data;
	u8 seen = 0;

	while (len--)
		seen |= *bytes++;
	return !seen;
}

#endif
