/* SPDX-License-Identifier: GPL-2.0 */
/* Everything there is in one run. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "agenda.h"
#include "checks.h"
#include "client.h"
#include "host.h"
#include "livesync.h"
#include "mover.h"
#include "operator.h"
#include "options.h"
#include "upgrade.h"

enum phase {
	PHASE_FORM,	/* until there is a pool */
	PHASE_FAULTS,	/* whatever happens, nothing wrong may happen */
	PHASE_HEAL,	/* no more faults: all must become well */
	PHASE_FAIR,	/* one writer at each node, without a pause */
	PHASE_DRAIN,	/* no more calls */
	PHASE_OVER,
};

/**
 * struct totals - what happened
 * @faults: by kind
 * @deeds: of operators
 * @steps: of nodes
 * @commits: TLs applied, on all nodes
 * @flushes: of all disks
 * @frames: sent
 * @calls: of clients
 * @pending: writes whose callers never learned the outcome
 * @search_steps: of the linearizability checker
 * @undecided: labels for which it gave up
 * @simulated_us: time
 */
struct totals {
	uint64_t faults[FAULTS];
	uint64_t deeds[DEEDS];
	uint64_t steps;
	uint64_t commits;
	uint64_t flushes;
	uint64_t frames;
	uint64_t calls;
	uint64_t pending;
	uint64_t search_steps;
	unsigned int undecided;
	uint64_t simulated_us;
};

/**
 * struct world - one run
 * @seed: it follows from this
 * @rng: all chance
 * @now_us: simulated time
 * @steps_max: of nodes; the run is cut off there, 0 for no limit
 * @phase: see enum phase
 * @phase_us: when it began
 * @request: administrative requests so far
 * @operator: who declares nodes down
 * @upgrade: who finalises the pool
 * @mover: who lets nodes leave and join
 * @livesync: nodes that join
 * @trace: tell the story on stdout
 */
struct world {
	uint64_t seed;
	struct options opt;
	struct rng rng;
	struct agenda agenda;
	uint64_t now_us;
	uint64_t steps_max;
	enum phase phase;
	uint64_t phase_us;
	uint64_t request;
	struct operator operator;
	struct upgrade upgrade;
	struct mover mover;
	struct livesync livesync;
	bool trace;
	struct totals totals;
	struct actions actions;
	struct net net;
	struct host host[SIM_NODES_MAX + 1];	/* by node id */
	struct client client[SIM_CLIENTS_MAX];
	struct history history;
	struct ledger ledger;
};

/* Runs one seed to its end. Returns whether all invariants held; else see w->ledger. */
bool world_run(struct world *w, uint64_t seed);

/* @p at a time from now. */
void world_later(struct world *w, uint64_t in_us, enum due_type type, uint16_t node,
		 unsigned int life, void *p);

/* Nodes of the newest node list that came into force: bit n is node n. */
uint32_t world_pool(const struct world *w);

/* Each host of the world. */
#define each_host(h, w) \
	(struct host *h = &(w)->host[1]; h <= &(w)->host[(w)->opt.nodes]; h++)

#endif /* SIM_WORLD_H */
