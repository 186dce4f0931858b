/* SPDX-License-Identifier: GPL-2.0 */
/* Faults: one at a time, chosen by the weights of the options; most of them end by themselves. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdint.h>

struct world;

/* DUE_FAULT: the next one, and put the one after it on the agenda. */
void fault_next(struct world *w);
/* DUE_CRASH: the agent of @node dies, or its kernel. */
void fault_crash(struct world *w, uint16_t node);
/* All that still lasts ends. */
void fault_heal(struct world *w);

#endif /* SIM_FAULT_H */
