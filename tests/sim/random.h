/* SPDX-License-Identifier: GPL-2.0 */
/* Where the module's core gets its random bytes in this process. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include "rng.h"

/* From now on, from here; @source stays the caller's. */
void random_source(struct rng *source);

#endif /* SIM_RANDOM_H */
