// SPDX-License-Identifier: GPL-2.0
#include "fault.h"

#include <string.h>

#include "trace.h"
#include "world.h"

#define START_LOW_US	1000		/* until what went down is started again */
#define START_HIGH_US	1000000
#define START_LATE_US	12000000	/* seldom: longer than any grace time */
#define LATE_PER_MILLE	100
#define LAST_LOW_US	10000		/* how long other faults last */
#define LAST_HIGH_US	6000000
#define JUMP_LOW_US	100000
#define JUMP_HIGH_US	20000000
#define LOSSES_MAX	4
#define ROUNDS		5	/* of messages and flushes, that something takes */
#define DEAD_LOW_US	1000000	/* how long a machine is off, at least */

static struct host *any_host(struct world *w)
{
	return &w->host[rng_between(&w->rng, 1, w->opt.nodes)];
}

static uint64_t lasting(struct world *w)
{
	uint64_t high = rng_chance(&w->rng, 700) ? LAST_HIGH_US / 10 : LAST_HIGH_US;

	return rng_between(&w->rng, LAST_LOW_US, high);
}

static void start_later(struct world *w, const struct host *h)
{
	uint64_t high = rng_chance(&w->rng, LATE_PER_MILLE) ? START_LATE_US : START_HIGH_US;

	world_later(w, rng_between(&w->rng, START_LOW_US, high), DUE_START, h->id, 0, NULL);
}

static void fault_agent(struct world *w)
{
	struct host *h = any_host(w);

	host_agent_dies(h);
	start_later(w, h);
}

uint64_t fault_moment(struct world *w)
{
	uint64_t round_us = w->opt.delay_high_us + w->opt.flush_high_us + w->opt.run_us;

	return rng_below(&w->rng, ROUNDS * round_us);
}

void fault_soon(struct world *w, uint16_t node, unsigned int per_mille)
{
	if (w->phase != PHASE_FAULTS || !rng_chance(&w->rng, per_mille))
		return;
	if (rng_chance(&w->rng, 500))
		node = (uint16_t)rng_between(&w->rng, 1, w->opt.nodes);
	world_later(w, fault_moment(w), DUE_CRASH, node, 0, NULL);
}

void fault_crash(struct world *w, uint16_t node)
{
	struct host *h = &w->host[node];

	if (w->phase > PHASE_FAULTS)
		return;
	w->totals.deeds[DEED_CRASH]++;
	if (rng_chance(&w->rng, 500))
		host_agent_dies(h);
	else
		host_power_off(h);
	start_later(w, h);
}

static void fault_dead(struct world *w)
{
	struct host *h = any_host(w);

	host_power_off(h);
	world_later(w, rng_between(&w->rng, DEAD_LOW_US, START_LATE_US), DUE_START, h->id, 0, NULL);
}

static void fault_kernel(struct world *w)
{
	struct host *h = any_host(w);

	host_power_off(h);
	start_later(w, h);
}

static void fault_power(struct world *w)
{
	for each_host(h, w) {
		host_power_off(h);
		start_later(w, h);
	}
}

static void fault_disk(struct world *w)
{
	struct host *h = any_host(w);

	trace_line(w, h->id, "disk breaks");
	h->disk.broken = true;
	start_later(w, h);
}

static void fault_slow_disk(struct world *w)
{
	struct host *h = any_host(w);

	trace_line(w, h->id, "disk is slow");
	h->slow_until_us = w->now_us + lasting(w);
}

static void fault_loss(struct world *w)
{
	for (uint64_t n = rng_between(&w->rng, 1, LOSSES_MAX); n; n--) {
		uint16_t a = any_host(w)->id, b = any_host(w)->id;

		if (a == b)
			continue;
		trace_line(w, a, "connection to n%u breaks", b);
		net_break(w, a, b);
	}
}

static void fault_stall(struct world *w)
{
	uint16_t a = any_host(w)->id, b = any_host(w)->id;
	uint64_t us = lasting(w);

	if (a == b)
		return;
	trace_line(w, a, "way to n%u stands still for %llu ms", b, (unsigned long long)us / 1000);
	net_still(w, a, b, w->now_us + us);
}

/* @both: neither part reaches the other. */
static void split(struct world *w, bool both)
{
	uint64_t part = rng_between(&w->rng, 1, (1u << w->opt.nodes) - 2) << 1;
	uint64_t us = lasting(w);

	trace_line(w, 0, "%s: nodes %llx (bit n is node n) from the others, for %llu ms",
		   both ? "partition" : "one-way partition", (unsigned long long)part,
		   (unsigned long long)us / 1000);
	for each_host(a, w)
		for each_host(b, w) {
			bool from = part >> a->id & 1, to = part >> b->id & 1;

			if (from != to && (both || from))
				net_still(w, a->id, b->id, w->now_us + us);
		}
}

static void fault_split(struct world *w)
{
	split(w, true);
}

static void fault_one_way(struct world *w)
{
	split(w, false);
}

static void fault_delay(struct world *w)
{
	trace_line(w, 0, "messages take long");
	w->net.slow_until_us = w->now_us + lasting(w);
}

static void fault_clock(struct world *w)
{
	struct host *h = any_host(w);
	uint64_t us = rng_between(&w->rng, JUMP_LOW_US, JUMP_HIGH_US);

	trace_line(w, h->id, "clock jumps ahead by %llu ms", (unsigned long long)us / 1000);
	h->clock_us += us;
}

static void fault_memory(struct world *w)
{
	struct host *h = any_host(w);

	trace_line(w, h->id, "device is short of memory");
	h->fail_until_us = w->now_us + lasting(w);
}

static enum fault draw_fault(struct world *w)
{
	unsigned int sum = 0;
	uint64_t at;

	for (unsigned int f = 0; f < FAULTS; f++)
		sum += w->opt.weight[f];
	if (!sum)
		return FAULTS;
	at = rng_below(&w->rng, sum);
	for (unsigned int f = 0; f < FAULTS; f++) {
		if (at < w->opt.weight[f])
			return (enum fault)f;
		at -= w->opt.weight[f];
	}
	return FAULTS;
}

void fault_next(struct world *w)
{
	static void (*const make[FAULTS])(struct world *) = {
		[FAULT_AGENT] = fault_agent, [FAULT_KERNEL] = fault_kernel,
		[FAULT_POWER] = fault_power, [FAULT_DISK] = fault_disk,
		[FAULT_SLOW_DISK] = fault_slow_disk, [FAULT_LOSS] = fault_loss,
		[FAULT_STALL] = fault_stall, [FAULT_SPLIT] = fault_split,
		[FAULT_ONE_WAY] = fault_one_way, [FAULT_DELAY] = fault_delay,
		[FAULT_CLOCK] = fault_clock, [FAULT_MEMORY] = fault_memory,
		[FAULT_DEAD] = fault_dead,
	};
	enum fault f;

	if (w->phase > PHASE_FAULTS || !w->opt.fault_every_us)
		return;
	f = draw_fault(w);
	if (f == FAULTS)
		return;
	w->totals.faults[f]++;
	make[f](w);
	world_later(w, rng_below(&w->rng, 2 * w->opt.fault_every_us), DUE_FAULT, 0, 0, NULL);
}

void fault_heal(struct world *w)
{
	trace_line(w, 0, "no more faults");
	net_heal(w);
	for each_host(h, w) {
		h->slow_until_us = 0;
		h->fail_until_us = 0;
		if (!h->machine.powered || !h->agent || h->halted || h->disk.broken)
			world_later(w, START_LOW_US, DUE_START, h->id, 0, NULL);
	}
}
