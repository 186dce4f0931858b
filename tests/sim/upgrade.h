/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes that speak less than others, change that when their agent starts, and an administrator who
 * finalises the pool whenever he likes.
 */
#ifndef SIM_UPGRADE_H
#define SIM_UPGRADE_H

#include "options.h"
#include "step.h"

struct host;
struct image;
struct world;

/**
 * struct upgrade - what was asked of the nodes
 * @request: of each node that has not answered, 0 for none
 * @dry: it was only asked whether it can be
 */
struct upgrade {
	uint64_t request[SIM_NODES_MAX + 1];
	bool dry[SIM_NODES_MAX + 1];
};

void upgrade_init(struct world *w);
/* DUE_FINALISE: somebody asks a node to finalise the pool. */
void upgrade_go(struct world *w);
/* The agent of @h starts with what @image holds: as which release? */
void upgrade_starts(struct host *h, const struct image *image);
/* A node answers. */
void upgrade_answered(struct host *h, const struct action *a);
/* The agent of @h dies, and its answer with it. */
void upgrade_lost(struct host *h);
/* Does the agent of @peer speak what the list in force at @node asks for? */
bool upgrade_speaks(const struct world *w, uint16_t node, uint16_t peer);

#endif /* SIM_UPGRADE_H */
