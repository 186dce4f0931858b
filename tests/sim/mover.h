/* SPDX-License-Identifier: GPL-2.0 */
/* An administrator who lets members leave the pool in order, and others join it. */
#ifndef SIM_MOVER_H
#define SIM_MOVER_H

#include "options.h"
#include "step.h"

struct host;
struct world;

/**
 * struct mover - what was asked of the nodes
 * @leave: request of each node that was asked to leave and has not answered, 0 for none
 */
struct mover {
	uint64_t leave[SIM_NODES_MAX + 1];
};

void mover_init(struct world *w);
/* DUE_MOVE: he looks at a node. */
void mover_go(struct world *w);
/* A node answers. */
void mover_answered(struct host *h, const struct action *a);
/* The agent of @h dies, and its answer with it. */
void mover_lost(struct host *h);

#endif /* SIM_MOVER_H */
