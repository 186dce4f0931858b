/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Administrators who declare nodes down. One kind is always right: it declares only machines that
 * are powered off. Others are wrong, or lie. All of them carry on what they began once all has
 * healed.
 */
#ifndef SIM_OPERATOR_H
#define SIM_OPERATOR_H

#include "ledger.h"
#include "options.h"
#include "step.h"

struct host;
struct world;

/**
 * struct inquiry - one node-down that a node was asked for and has not answered
 * @request: number of the request, 0 for none
 * @down: what was asked
 * @fresh: nodes that were declared down by this for the first time; bit n is node n
 * @before: what was declared in that epoch before
 * @planned: @plan tells what must follow, if nothing intervenes
 * @plan: answer of the dry run before
 * @print: what the survivors held when it was asked
 * @accepts: values accepted by then in the world
 */
struct inquiry {
	uint64_t request;
	struct down_request down;
	uint32_t fresh;
	uint32_t before;
	bool planned;
	struct down_plan plan;
	uint64_t print;
	uint64_t accepts;
};

#define OPERATOR_EPOCHS	LEDGER_LISTS	/* of one run, at most */

/**
 * struct operator - the administrators of one world
 * @declared: nodes that were ever declared down; bit n is node n
 * @last: by epoch: nodes that the newest request declared down
 * @accepts: values that any node has accepted
 * @alive: a node was refused because it is connected: ask with force
 * @inquiry: by the node that was asked
 */
struct operator {
	uint32_t declared;
	uint32_t last[OPERATOR_EPOCHS];
	uint64_t accepts;
	bool alive;
	struct inquiry inquiry[SIM_NODES_MAX + 1];
};

void operator_init(struct world *w);
/* DUE_OPERATOR: somebody looks at the pool, and may declare nodes down; DUE_LOOK: just once. */
void operator_go(struct world *w, bool again);
/* The node list is about to change: somebody may look then. */
void operator_soon(struct world *w);
/* A node answers. */
void operator_answered(struct host *h, const struct action *a);
/* The agent of @h dies, and its answer with it. */
void operator_lost(struct host *h);
/* A node accepts a value: do the plans still stand? @own: it is its own attempt's. */
void operator_value(struct host *h, bool own);
/* Nodes have joined: it is known that they live. Bit n is node n. */
void operator_joined(struct world *w, uint32_t nodes);
/* Whether a machine must stay off: it is vouched for, and the node-down is not through. */
bool operator_holds(const struct host *h);

#endif /* SIM_OPERATOR_H */
