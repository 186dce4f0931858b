/* SPDX-License-Identifier: GPL-2.0 */
/* The agent's counters in Prometheus' text format. */
#ifndef HSM_SHELL_METRICS_H
#define HSM_SHELL_METRICS_H

#include "agent.h"

#define METRICS_MAX 32768	/* bytes of the text */

/**
 * metrics_text() - write all counters
 * @text: filled in, NUL terminated
 */
void metrics_text(const struct agent *a, char text[METRICS_MAX]);

#endif /* HSM_SHELL_METRICS_H */
