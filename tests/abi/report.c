// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the ABI: counting cases.
 */
#include <stdarg.h>
#include <stdio.h>

#include "hsmrepl.h"
#include "report.h"

static void count(struct report *report, bool ok)
{
	if (ok)
		report->passed++;
	else
		report->failed++;
	printf("%s", ok ? "ok      " : "not ok  ");
}

void report_case(struct report *report, bool ok, const char *format, ...)
{
	va_list args;

	count(report, ok);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static const char *result_name(int result)
{
	return result ? hsmrepl_error_name(result) : "0";
}

void report_result(struct report *report, int got, int want, const char *format, ...)
{
	va_list args;

	count(report, got == want);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s", result_name(want));
	if (got != want)
		printf(", got %s", result_name(got));
	putchar('\n');
	fflush(stdout);
}

int report_end(const struct report *report)
{
	printf("%s: passed %u, failed %u\n", report->name, report->passed, report->failed);
	return report->failed || !report->passed;
}
