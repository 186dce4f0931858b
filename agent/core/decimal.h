/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers for people, where printf() is not to be had. */
#ifndef HSM_CORE_DECIMAL_H
#define HSM_CORE_DECIMAL_H

#include <stdint.h>

#define DECIMAL_MAX 10	/* digits of a number */

/* Appends the number in decimal to @p; returns the end. Without NUL. */
char *decimal_put(char *p, uint32_t value);

#endif /* HSM_CORE_DECIMAL_H */
