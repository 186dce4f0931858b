// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the newest values of a figure.
 */
#include <math.h>

#include "samples.h"

void samples_add(struct samples *samples, double value)
{
	samples->value[samples->next] = value;
	samples->next = (samples->next + 1) % SAMPLES_MAX;
	if (samples->n < SAMPLES_MAX)
		samples->n++;
}

double samples_ago(const struct samples *samples, unsigned int ago)
{
	if (ago >= samples->n)
		return NAN;
	return samples->value[(samples->next + SAMPLES_MAX - 1 - ago) % SAMPLES_MAX];
}

double samples_most(const struct samples *samples, unsigned int n)
{
	double most = 0;

	for (unsigned int ago = 0; ago < n && ago < samples->n; ago++)
		most = fmax(most, samples_ago(samples, ago));	/* a NAN counts for nothing */
	return most;
}
