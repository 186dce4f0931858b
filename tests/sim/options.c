// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <string.h>

const char *fault_name(enum fault f)
{
	static const char *const name[FAULTS] = {
		[FAULT_AGENT] = "agent crash", [FAULT_KERNEL] = "kernel crash",
		[FAULT_POWER] = "power cut of all", [FAULT_DISK] = "disk error",
		[FAULT_SLOW_DISK] = "slow disk", [FAULT_LOSS] = "connection loss",
		[FAULT_STALL] = "one-way stall", [FAULT_SPLIT] = "partition",
		[FAULT_ONE_WAY] = "one-way partition", [FAULT_DELAY] = "message delay",
		[FAULT_CLOCK] = "clock jump", [FAULT_MEMORY] = "device out of memory",
		[FAULT_DEAD] = "machine off for long",
	};

	return name[f];
}

const char *deed_name(enum deed d)
{
	static const char *const name[DEEDS] = {
		[DEED_DRY] = "node-down dry run", [DEED_DOWN] = "node-down",
		[DEED_MINORITY] = "  of a majority", [DEED_LIVING] = "  of living nodes",
		[DEED_CROSSED] = "  crossed", [DEED_CRASH] = "  crash meanwhile",
		[DEED_PLANNED] = "  plans", [DEED_DONE] = "  done as asked",
		[DEED_COMPARED] = "  done as planned", [DEED_ALIVE] = "  refused: alive",
		[DEED_NO_QUORUM] = "  refused: minority", [DEED_OUTBID] = "  outbid",
		[DEED_TIMEOUT] = "  no answer", [DEED_REFUSED] = "  refused otherwise",
		[DEED_PROMISE] = "start with a promise", [DEED_ACCEPT] = "start with a value",
		[DEED_REMOVED] = "removed node learns it",
		[DEED_UPGRADE] = "node upgraded", [DEED_GOES_BACK] = "node goes back",
		[DEED_FINALISE] = "finalise", [DEED_FINALISED] = "  done",
		[DEED_FINALISE_DRY] = "  dry run, it can be",
		[DEED_FINALISE_OLD] = "  refused: too old",
		[DEED_FINALISE_AGAIN] = "  refused: was done",
		[DEED_FINALISE_NOT] = "  refused or aborted",
		[DEED_JOIN] = "join", [DEED_SNAPSHOT] = "  starts on a snapshot",
		[DEED_FED] = "  is fed", [DEED_ADMIT] = "  asks to be admitted",
		[DEED_ADMITTED] = "  admitted", [DEED_ADMIT_NOT] = "  refused or aborted",
		[DEED_JOINED] = "  is a member",
		[DEED_DOWN_JOINING] = "  node-down meanwhile",
		[DEED_BEYOND] = "  value with list change",
		[DEED_LEAVE] = "leave in order", [DEED_LEFT] = "  done",
		[DEED_LEAVE_NOT] = "  refused or aborted",
	};

	return name[d];
}

static uint64_t pick(struct rng *r, const uint64_t *values, unsigned int n)
{
	return values[rng_below(r, n)];
}

#define PICK(r, ...) pick(r, (const uint64_t[]){ __VA_ARGS__ }, \
			  sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void draw_faults(struct options *o, struct rng *r)
{
	for (unsigned int f = 0; f < FAULTS; f++)
		o->weight[f] = rng_chance(r, 450) ? (unsigned int)rng_between(r, 1, 10) : 0;
	o->fault_every_us = PICK(r, 0, 50000, 200000, 200000, 500000, 1000000, 3000000);
	o->form_faults = rng_chance(r, 250);
	o->fail_per_mille = (unsigned int)PICK(r, 50, 300, 1000);
}

static void draw_network(struct options *o, struct rng *r)
{
	o->delay_low_us = PICK(r, 20, 100, 1000);
	o->delay_high_us = o->delay_low_us * PICK(r, 1, 3, 20, 100);
	o->spike_per_mille = (unsigned int)PICK(r, 0, 0, 5, 50);
	o->spike_us = PICK(r, 5000, 100000, 1000000);
	o->flush_low_us = PICK(r, 50, 150, 2000);
	o->flush_high_us = o->flush_low_us * PICK(r, 1, 3, 30);
	o->run_us = PICK(r, 0, 0, 20, 500, 5000);
	o->read_us = PICK(r, 0, 20, 500, 20000);
	o->piece_per_mille = (unsigned int)PICK(r, 0, 0, 100, 700);
}

static void draw_clients(struct options *o, struct rng *r)
{
	o->clients = rng_chance(r, 500) ? (unsigned int)rng_between(r, 1, 6) :
		     (unsigned int)rng_between(r, 1, SIM_CLIENTS_MAX);
	o->labels = (unsigned int)rng_between(r, 1, SIM_LABELS_MAX);
	o->think_us = PICK(r, 0, 1000, 20000, 200000);
	if (o->clients > 6 && o->think_us < 20000)
		o->think_us = 20000;
	o->roam = rng_chance(r, 500);
	o->gets_per_mille = (unsigned int)PICK(r, 0, 200, 500, 800);
	o->multi_per_mille = (unsigned int)PICK(r, 0, 100, 500);
	o->condition_per_mille = (unsigned int)PICK(r, 0, 200, 700);
	o->timeout_per_mille = (unsigned int)PICK(r, 0, 100, 600);
	o->burst = rng_chance(r, 200);
	o->grace_ms = (unsigned int)PICK(r, 10000, 2000, 100);
}

static void draw_operator(struct options *o, struct rng *r)
{
	o->operator = rng_chance(r, 550) ?
		      (enum operator_kind)rng_between(r, OPERATOR_NONE + 1, OPERATORS - 1) :
		      OPERATOR_NONE;
	o->operator_every_us = PICK(r, 20000, 100000, 500000, 2000000);
	if (o->operator != OPERATOR_RIGHT && o->operator != OPERATOR_FORCES) {
		o->weight[FAULT_DEAD] = rng_chance(r, 200);
		return;
	}
	o->weight[FAULT_DEAD] = (unsigned int)rng_between(r, 1, 10);
	if (!o->fault_every_us)
		o->fault_every_us = PICK(r, 200000, 1000000);
}

static void draw_upgrade(struct options *o, struct rng *r)
{
	if (rng_chance(r, 500))
		o->older = (uint32_t)rng_next(r) & ((1u << o->nodes) - 1) << 1;
	o->finalise_every_us = PICK(r, 0, 0, 50000, 200000, 1000000, 3000000);
}

void options_draw(struct options *o, struct rng *r)
{
	memset(o, 0, sizeof(*o));
	o->nodes = (unsigned int)PICK(r, 2, 3, 3, 3, 4, 5);
	o->calm_us = rng_between(r, 1000000, 12000000);
	draw_faults(o, r);
	draw_network(o, r);
	draw_clients(o, r);
	draw_operator(o, r);
	draw_upgrade(o, r);
}

void options_draw_moves(struct options *o, struct rng *r)
{
	o->founders = ((1u << o->nodes) - 1) << 1;
	/* Where operators lie there are several histories: a donor's is no longer the pool's. */
	if (o->operator == OPERATOR_SPLITS || !rng_chance(r, 400))
		return;
	o->move_every_us = PICK(r, 100000, 300000, 1000000, 3000000);
	for (uint64_t later = rng_below(r, o->nodes); later; later--)
		o->founders &= ~(1u << rng_between(r, 1, o->nodes - 1));
}
