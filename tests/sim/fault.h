/* SPDX-License-Identifier: GPL-2.0 */
/* Faults: one at a time, chosen by the weights of the options; most of them end by themselves. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdint.h>

struct world;

/* DUE_FAULT: the next one, and put the one after it on the agenda. */
void fault_next(struct world *w);
/* How long until something happens while messages and records are under way. */
uint64_t fault_moment(struct world *w);
/* A bad moment: perhaps @node crashes then, or any other one. */
void fault_soon(struct world *w, uint16_t node, unsigned int per_mille);
/* DUE_CRASH: the agent of @node dies, or its kernel. */
void fault_crash(struct world *w, uint16_t node);
/* All that still lasts ends. */
void fault_heal(struct world *w);

#endif /* SIM_FAULT_H */
