// SPDX-License-Identifier: GPL-2.0
#include "prometheus.h"

#include <stdarg.h>

#define LE_MAX 32

void prom_family(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_label(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '"' || *value == '\\')
			fprintf(f, "\\%c", *value);
		else
			putc(*value, f);
	}
	putc('"', f);
}

void prom_sample(FILE *f, const char *name, double value, ...)
{
	const char *label;
	char next = '{';
	va_list ap;

	fputs(name, f);
	va_start(ap, value);
	while ((label = va_arg(ap, const char *))) {
		putc(next, f);
		put_label(f, label, va_arg(ap, const char *));
		next = ',';
	}
	va_end(ap);
	if (next == ',')
		putc('}', f);
	fprintf(f, " %.15g\n", value);
}

void prom_one(FILE *f, const char *name, const char *type, const char *help, double value)
{
	prom_family(f, name, type, help);
	prom_sample(f, name, value, NULL);
}

/* Prometheus wants each bucket to hold those below it, and seconds. */
void prom_histogram(FILE *f, const char *name, const char *label, const char *value,
		    const struct histogram *h, unsigned int fold)
{
	char sample[LE_MAX + 64], le[LE_MAX];
	uint64_t bound_us = PHASE_FIRST_US, n = 0;

	snprintf(sample, sizeof(sample), "%s_bucket", name);
	for (unsigned int i = 0; i < PHASE_BUCKETS - 1; i++, bound_us *= 2) {
		n += h->count[i];
		if ((i + 1) % fold)
			continue;
		snprintf(le, sizeof(le), "%g", (double)bound_us / 1e6);
		prom_sample(f, sample, (double)n, label, value, "le", le, NULL);
	}
	n += h->count[PHASE_BUCKETS - 1];
	prom_sample(f, sample, (double)n, label, value, "le", "+Inf", NULL);
	snprintf(sample, sizeof(sample), "%s_sum", name);
	prom_sample(f, sample, (double)h->sum_ns / 1e9, label, value, NULL);
	snprintf(sample, sizeof(sample), "%s_count", name);
	prom_sample(f, sample, (double)n, label, value, NULL);
}
