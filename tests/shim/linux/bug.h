/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_BUG_H
#define SHIM_LINUX_BUG_H

#include <stdio.h>
#include <stdlib.h>

/* A broken invariant ends the process. */
static inline int shim_warn(int broken, const char *what, const char *file, int line)
{
	if (broken) {
		fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
		abort();
	}
	return broken;
}

#define WARN_ON(condition)	shim_warn(!!(condition), #condition, __FILE__, __LINE__)

#endif
