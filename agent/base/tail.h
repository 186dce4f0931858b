/* SPDX-License-Identifier: GPL-2.0 */
/* The lines that were logged last, kept in memory for a report. */
#ifndef HSM_BASE_TAIL_H
#define HSM_BASE_TAIL_H

#include <stddef.h>

#define TAIL_BYTES	(24u << 10)	/* of lines: with what JSON adds they fit one answer */

/**
 * struct tail - lines one after the other, each with its newline; the oldest give way
 * @used: bytes of @text
 * @text: whole lines
 */
struct tail {
	size_t used;
	char text[TAIL_BYTES];
};

/* Add a line with its newline, up to TAIL_BYTES. */
void tail_add(struct tail *t, const char *line, size_t len);

#endif /* HSM_BASE_TAIL_H */
