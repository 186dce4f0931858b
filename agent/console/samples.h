/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: the newest values of a figure, for its plot.
 */
#ifndef HSM_CONSOLE_SAMPLES_H
#define HSM_CONSOLE_SAMPLES_H

#define SAMPLES_MAX	512

/**
 * struct samples - a ring
 * @value: NAN where there was nothing to measure
 * @next: where the next one goes
 * @n: how many there are
 */
struct samples {
	double value[SAMPLES_MAX];
	unsigned int next;
	unsigned int n;
};

/** samples_add() - one more; the oldest one goes if there is no room */
void samples_add(struct samples *samples, double value);

/** samples_ago() - the value that came @ago values before the newest; NAN if there is none */
double samples_ago(const struct samples *samples, unsigned int ago);

/** samples_most() - the greatest of the newest @n; 0 if there is none */
double samples_most(const struct samples *samples, unsigned int n);

#endif /* HSM_CONSOLE_SAMPLES_H */
