// SPDX-License-Identifier: GPL-2.0
#include "decimal.h"

char *decimal_put(char *p, uint32_t value)
{
	char digit[DECIMAL_MAX];
	unsigned int n = 0;

	do
		digit[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		*p++ = digit[--n];
	return p;
}
