// SPDX-License-Identifier: GPL-2.0
/*
 * A store that grows touches a new page for every three objects of 1 KiB, and each first touch is a
 * trap, of 1 us on some machines and 10 us on others (Documentation/performance.md). Asked for by
 * the megabyte they cost half of that or less.
 */
#include "heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define GROW	(1 << 20)	/* bytes: 0.2 ms to provide, in which nobody is served */
#define KEEP	(16 << 20)	/* bytes free at the end before any are given back */

char *heap_open(void)
{
	mallopt(M_TOP_PAD, GROW);
	mallopt(M_TRIM_THRESHOLD, KEEP);
	return sbrk(0);
}

char *heap_ahead(char *end)
{
	char *now = sbrk(0);

	if (now > end)
		madvise(end, (size_t)(now - end), MADV_POPULATE_WRITE);
	return now;
}
