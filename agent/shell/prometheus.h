/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prometheus' text format, version 0.0.4: families, each with its help, its type, and its samples
 * right behind them.
 */
#ifndef HSM_SHELL_PROMETHEUS_H
#define HSM_SHELL_PROMETHEUS_H

#include <stdio.h>

#include "phases.h"

/**
 * prom_family() - begin a family
 * @f: where to
 * @name: of the metric
 * @type: gauge, counter or histogram
 * @help: one line without backslashes
 */
void prom_family(FILE *f, const char *name, const char *type, const char *help);

/* One sample; labels follow as name, value, …, NULL. Values of labels may hold anything. */
void prom_sample(FILE *f, const char *name, double value, ...) __attribute__((sentinel));

/* A family of one sample without labels. */
void prom_one(FILE *f, const char *name, const char *type, const char *help, double value);

/**
 * prom_histogram() - the samples of one histogram, which has one label
 * @f: where to
 * @name: of the metric
 * @label: name of the label
 * @value: of the label
 * @h: its bounds are those of phases.h
 * @fold: so many of its buckets are told as one: a text that is shorter
 */
void prom_histogram(FILE *f, const char *name, const char *label, const char *value,
		    const struct histogram *h, unsigned int fold);

#endif /* HSM_SHELL_PROMETHEUS_H */
