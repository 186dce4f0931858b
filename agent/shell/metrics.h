/* SPDX-License-Identifier: GPL-2.0 */
/* What a node measures of itself in Prometheus' text format; Documentation/metrics.md. */
#ifndef HSM_SHELL_METRICS_H
#define HSM_SHELL_METRICS_H

#include "readings.h"

/* All of it as one text, which the caller frees; NULL without memory. */
char *metrics_text(const struct readings *r);

#endif /* HSM_SHELL_METRICS_H */
