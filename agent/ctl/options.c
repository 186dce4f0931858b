// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: the command line after the verb, and the values in it.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define OPTIONS_MAX	12	/* of one verb, with the common ones */
#define COMMON_OPTIONS	3
#define TIMEOUT_MAX_S	4000000	/* in milliseconds it fits 32 bits */

int ctl_usage(struct ctl *ctl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ctl_vsay(ctl, format, args);
	va_end(args);
	return CTL_USAGE;
}

static int count_options(const struct ctl_option *options)
{
	int n = 0;

	while (options[n].name)
		n++;
	return n;
}

/* The verb's options and, after them, those of all verbs. */
static void make_table(struct option *table, const struct ctl_option *options)
{
	static const struct option common[COMMON_OPTIONS + 1] = {
		{ "device", required_argument, NULL, 0 },
		{ "json", no_argument, NULL, 0 },
		{ "help", no_argument, NULL, 0 },
	};
	int i, n = count_options(options);

	for (i = 0; i < n; i++) {
		table[i].name = options[i].name;
		table[i].has_arg = options[i].value ? required_argument : no_argument;
	}
	memcpy(table + n, common, sizeof(common));
}

static int take_option(struct ctl *ctl, const struct ctl_option *option, const char *name)
{
	if (option) {
		if (option->value)
			*option->value = optarg;
		else
			*option->flag = true;
	} else if (!strcmp(name, "device")) {
		ctl->device = optarg;
	} else if (!strcmp(name, "json")) {
		ctl->json = true;
	} else {
		printf("usage: hsmreplctl %s %s\n%s\n", ctl->verb->name, ctl->verb->synopsis,
		       ctl->verb->help);
		return CTL_DONE;
	}
	return CTL_GO_ON;
}

int ctl_options(struct ctl *ctl, int argc, char **argv, const struct ctl_option *options, int min,
		int max, struct ctl_operands *operands)
{
	struct option table[OPTIONS_MAX + 1] = { 0 };
	int n = count_options(options);
	int found, status, which = 0;

	if (n + COMMON_OPTIONS > OPTIONS_MAX)
		abort();
	make_table(table, options);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, "", table, &which)) != -1) {
		if (found != 0)
			return ctl_usage(ctl, "%s: unknown, or its value is missing: usage: %s %s",
					 argv[optind - 1], ctl->verb->name, ctl->verb->synopsis);
		status = take_option(ctl, which < n ? &options[which] : NULL, table[which].name);
		if (status != CTL_GO_ON)
			return status;
	}
	operands->at = argv + optind;
	operands->n = argc - optind;
	if (operands->n < min || operands->n > max)
		return ctl_usage(ctl, "%s operands: usage: %s %s",
				 operands->n < min ? "too few" : "too many", ctl->verb->name,
				 ctl->verb->synopsis);
	return CTL_GO_ON;
}

int ctl_number(struct ctl *ctl, const char *what, const char *text, uint64_t min, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*text) || *value < min)
		return ctl_usage(ctl, "%s %s: give a number, %llu or more", what, text,
				 (unsigned long long)min);
	return CTL_GO_ON;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

int ctl_hex(struct ctl *ctl, const char *what, const char *text, uint8_t *bytes, size_t len)
{
	size_t i;

	if (strlen(text) != 2 * len)
		return ctl_usage(ctl, "%s %s: give exactly %zu hex digits", what, text, 2 * len);
	for (i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return ctl_usage(ctl, "%s %s: give exactly %zu hex digits", what, text,
					 2 * len);
		bytes[i] = high << 4 | low;
	}
	return CTL_GO_ON;
}

int ctl_tid(struct ctl *ctl, const char *text, uint64_t *tid)
{
	uint8_t bytes[sizeof(*tid)];
	size_t i;
	int status = ctl_hex(ctl, "TID", text, bytes, sizeof(bytes));

	*tid = 0;
	if (status != CTL_GO_ON)
		return status;
	for (i = 0; i < sizeof(bytes); i++)
		*tid = *tid << 8 | bytes[i];
	return CTL_GO_ON;
}

int ctl_timeout(struct ctl *ctl, const char *text, unsigned int *timeout_ms)
{
	double seconds;
	char *end;

	*timeout_ms = 0;
	if (!text)
		return CTL_GO_ON;
	seconds = strtod(text, &end);
	if (*end || end == text || !isfinite(seconds) || seconds < 0 || seconds > TIMEOUT_MAX_S)
		return ctl_usage(ctl, "--timeout %s: give seconds from 0 to %d", text,
				 TIMEOUT_MAX_S);
	/* No time at all is the shortest time there is: 0 would be no limit. */
	*timeout_ms = seconds < 0.001 ? 1 : (unsigned int)(seconds * 1000);
	return CTL_GO_ON;
}
