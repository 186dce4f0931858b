/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the ABI: counting cases, one line each.
 */
#ifndef _REPORT_H
#define _REPORT_H

#include <stdbool.h>

/**
 * struct report - what was found
 * @name: of the program
 * @passed: cases
 * @failed: cases
 */
struct report {
	const char *name;
	unsigned int passed;
	unsigned int failed;
};

/** report_case() - one case; its name is a format */
void report_case(struct report *report, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** report_result() - one case: a call must have returned @want (0 or negative errno) */
void report_result(struct report *report, int got, int want, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** report_end() - print the total; returns the exit status of the program */
int report_end(const struct report *report);

#endif /* _REPORT_H */
