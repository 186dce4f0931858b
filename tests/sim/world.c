// SPDX-License-Identifier: GPL-2.0
#include "world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "fault.h"

#define FORM_US		300000	/* between two tries to form the pool */
#define FORM_FAULTS_US	5000000	/* faults while it is formed end then */
#define PHASE_US	20000	/* between two looks whether a phase is over */
#define FAIR_LOW_US	200000	/* the fair phase takes so long, */
#define FAIR_HIGH_US	20000000
#define FAIR_EACH	20	/* or until so many transactions per writer are done */
#define BOOT_US		500000	/* nodes start within */
#define SPLIT_US	3000000	/* how long parts of a split brain meet */

void world_later(struct world *w, uint64_t in_us, enum due_type type, uint16_t node,
		 unsigned int life, void *p)
{
	agenda_add(&w->agenda, (struct due){ .at_us = w->now_us + in_us, .type = type,
					     .node = node, .life = life, .p = p });
}

static void enter(struct world *w, enum phase phase)
{
	static const char *const name[] = {
		[PHASE_FORM] = "form", [PHASE_FAULTS] = "faults", [PHASE_HEAL] = "heal",
		[PHASE_FAIR] = "fair", [PHASE_DRAIN] = "drain", [PHASE_OVER] = "over",
	};

	w->phase = phase;
	w->phase_us = w->now_us;
	trace_line(w, 0, "phase: %s", name[phase]);
}

uint32_t world_pool(const struct world *w)
{
	const struct list *newest = ledger_newest(&w->ledger);

	return newest ? newest->members : 0;
}

/* A client for each member, to write without a pause; who waits at a removed node cannot. */
static void choose_writers(struct world *w)
{
	uint32_t pool = world_pool(w);

	for (unsigned int i = 0; i < w->opt.clients; i++) {
		struct client *c = &w->client[i];

		c->greedy = w->phase == PHASE_FAIR && pool && c->resting;
		c->done = 0;
		if (!c->greedy)
			continue;
		c->home = (uint16_t)__builtin_ctz(pool);
		pool &= pool - 1;
	}
}

static void wake_clients(struct world *w)
{
	choose_writers(w);
	for (unsigned int i = 0; i < w->opt.clients; i++) {
		struct client *c = &w->client[i];

		if (!c->resting)
			continue;
		c->resting = false;
		world_later(w, w->opt.burst || c->greedy ? 1 :
			    rng_below(&w->rng, w->opt.think_us + 1), DUE_CLIENT, 0, 0, c);
	}
}

/* --- forming the pool --- */

static void list_of_all(struct world *w, struct node_list *nl)
{
	memset(nl, 0, sizeof(*nl));
	for (unsigned int i = 0; i < sizeof(nl->pool); i++)
		nl->pool[i] = (uint8_t)rng_next(&w->rng);
	nl->epoch = 1;
	for each_host(h, w)
		if (w->opt.founders & 1u << h->id)
			nl->node[nl->n++] = host_member(h);
}

static void form(struct world *w)
{
	struct host *h = &w->host[rng_between(&w->rng, 1, w->opt.nodes)];

	if (w->phase != PHASE_FORM)
		return;
	world_later(w, rng_below(&w->rng, FORM_US), DUE_FORM, 0, 0, NULL);
	if (!h->agent || h->n_inbox)
		return;
	list_of_all(w, &h->form_nl);
	host_note(h, &(struct event){ .type = EV_FORM, .nl = &h->form_nl, .request = ++w->request },
		  NULL);
}

static bool formed(struct world *w)
{
	for each_host(h, w)
		if (h->machine.powered && h->machine.hsm.point.epoch)
			return true;
	return false;
}

/* --- phases --- */

static const char *trouble_of(const struct host *h)
{
	const struct hsm *hsm = &h->machine.hsm;

	if (!h->machine.powered || !h->agent)
		return "is down";
	if (h->disk.image.promised)
		return "stands still: a node-down was begun and not ended";
	if (hsm->state != HSMREPL_MEMBER)
		return "does not see all members";
	if (hsm->slot.state != HSMREPL_SLOT_FREE)
		return "has an undecided batch";
	if (hsm->queue.n_waiting)
		return "has transactions in its queue";
	if (h->disk.n)
		return "has records that are not durable";
	return NULL;
}

/*
 * A node that was declared down must have learned it; one that never knew of the pool cannot. One
 * that shall join is not done.
 */
static const char *trouble_of_removed(const struct host *h)
{
	if (!h->machine.powered || !h->agent)
		return "is down";
	if (h->w->livesync.newcomer[h->id].ordered)
		return "has not joined";
	if (h->nl.epoch && h->machine.hsm.state != HSMREPL_REMOVED)
		return "does not know that it was removed";
	return NULL;
}

/* Whether all is well and nothing is under way; a line that says what is not. */
static bool quiet(struct world *w, char line[80])
{
	uint32_t pool = world_pool(w);

	for each_host(h, w) {
		const char *trouble = pool & 1u << h->id ? trouble_of(h) : trouble_of_removed(h);

		if (trouble) {
			snprintf(line, 80, "n%u %s", h->id, trouble);
			return false;
		}
	}
	for (unsigned int i = 0; i < w->opt.clients; i++) {
		const struct call *c = w->client[i].caller.call;

		/* At a removed node nothing is decided any more. */
		if (!w->client[i].resting && !(c && ~pool & 1u << c->node)) {
			snprintf(line, 80, "client %u still waits", i);
			return false;
		}
	}
	return true;
}

static void end_of_faults(struct world *w)
{
	enter(w, PHASE_HEAL);
	fault_heal(w);
}

static void look_healing(struct world *w, enum phase next)
{
	char missing[80];

	if (w->ledger.split) {
		if (w->now_us - w->phase_us > SPLIT_US)
			enter(w, PHASE_OVER);
		return;
	}
	if (!quiet(w, missing)) {
		progress_healed(&w->ledger, w->phase_us, w->now_us, missing);
		return;
	}
	enter(w, next);
	wake_clients(w);
}

/* How long a call may take while all is well. */
static uint64_t call_bound(const struct world *w)
{
	uint64_t slowest_us = w->opt.delay_high_us + w->opt.flush_high_us + w->opt.run_us +
			      w->opt.read_us;

	return PROGRESS_CALL_US + PROGRESS_ROUNDS * w->opt.nodes * slowest_us;
}

static void look_fair(struct world *w)
{
	unsigned int done[SIM_NODES_MAX], sum = 0, writers = 0;
	uint64_t took = w->now_us - w->phase_us;

	for (unsigned int i = 0; i < w->opt.clients; i++) {
		const struct call *c = w->client[i].caller.call;

		if (!w->client[i].greedy)
			continue;
		if (c)
			progress_call(&w->ledger, c, w->now_us, call_bound(w));
		done[writers] = w->client[i].done;
		sum += done[writers++];
	}
	if (w->history.n < CALLS_MAX &&
	    (took < FAIR_LOW_US || (took < FAIR_HIGH_US && sum < writers * FAIR_EACH)))
		return;
	if (w->history.n < CALLS_MAX)
		progress_shares(&w->ledger, done, writers);
	enter(w, PHASE_DRAIN);
}

static void look(struct world *w)
{
	uint64_t took = w->now_us - w->phase_us;

	switch (w->phase) {
	case PHASE_FORM:
		if (formed(w)) {
			enter(w, PHASE_FAULTS);
			wake_clients(w);
			if (!w->opt.form_faults)
				world_later(w, 0, DUE_FAULT, 0, 0, NULL);
		} else if (took > FORM_FAULTS_US) {
			if (w->opt.form_faults)
				fault_heal(w);
			w->opt.form_faults = false;
			progress_healed(&w->ledger, w->phase_us, w->now_us, "no pool is formed");
		}
		break;
	case PHASE_FAULTS:
		if (took >= w->opt.calm_us)
			end_of_faults(w);
		break;
	case PHASE_HEAL:
		look_healing(w, PHASE_FAIR);
		break;
	case PHASE_FAIR:
		look_fair(w);
		break;
	case PHASE_DRAIN:
		look_healing(w, PHASE_OVER);
		break;
	case PHASE_OVER:
		return;
	}
	world_later(w, PHASE_US, DUE_PHASE, 0, 0, NULL);
}

/* --- what is due --- */

static void due_fault(struct world *w)
{
	if (w->phase == PHASE_FORM && !w->opt.form_faults)
		return;
	fault_next(w);
}

static void due_host(struct host *h, const struct due *due)
{
	if (due->life != h->life)
		return;
	switch (due->type) {
	case DUE_TICK:
		host_tick(h);
		break;
	case DUE_SOON:
		host_soon(h);
		break;
	case DUE_RUN:
		host_run(h);
		break;
	case DUE_READ:
		host_read(h);
		break;
	case DUE_FLUSH:
		host_flushed(h);
		break;
	case DUE_IDLE:
		host_idle(h);
		break;
	case DUE_GRACE:
		host_grace_ends(h);
		break;
	default:
		abort();
	}
}

static void dispatch(struct world *w, const struct due *due)
{
	switch (due->type) {
	case DUE_TICK:
	case DUE_SOON:
	case DUE_RUN:
	case DUE_READ:
	case DUE_FLUSH:
	case DUE_IDLE:
	case DUE_GRACE:
		due_host(&w->host[due->node], due);
		break;
	case DUE_START:
		host_start(&w->host[due->node]);
		break;
	case DUE_FRAME:
		net_arrive(w, due->p);
		break;
	case DUE_CONNECT:
		net_connect(w);
		break;
	case DUE_FORM:
		form(w);
		break;
	case DUE_CLIENT:
		client_go(w, due->p);
		break;
	case DUE_TIMEOUT:
		client_timeout(w, due->p, due->life);
		break;
	case DUE_FAULT:
		due_fault(w);
		break;
	case DUE_CRASH:
		fault_crash(w, due->node);
		break;
	case DUE_OPERATOR:
		operator_go(w, true);
		break;
	case DUE_LOOK:
		operator_go(w, false);
		break;
	case DUE_FINALISE:
		upgrade_go(w);
		break;
	case DUE_MOVE:
		mover_go(w);
		break;
	case DUE_LIVESYNC:
		livesync_go(w);
		break;
	case DUE_NOTE:
		livesync_arrive(w, due->p);
		break;
	case DUE_PHASE:
		look(w);
		break;
	case DUE_TYPES:
		abort();
	}
}

/* --- a run --- */

static void begin(struct world *w, uint64_t seed)
{
	w->seed = seed;
	w->rng = (struct rng){ rng_mix(seed + 1) };
	options_draw(&w->opt, &w->rng);
	options_draw_moves(&w->opt, &(struct rng){ rng_mix(~seed) });
	w->now_us = 0;
	w->request = 0;
	w->history.n = 0;
	w->agenda.n = 0;
	memset(&w->net, 0, sizeof(w->net));
	ledger_init(&w->ledger, w->opt.operator == OPERATOR_SPLITS);
	operator_init(w);
	for (uint16_t id = 1; id <= w->opt.nodes; id++) {
		host_init(&w->host[id], w, id);
		world_later(w, rng_below(&w->rng, BOOT_US), DUE_START, id, 0, NULL);
	}
	for (uint16_t i = 0; i < w->opt.clients; i++) {
		client_init(&w->client[i], i,
			    w->opt.roam ? 0 : (uint16_t)(1 + i % w->opt.nodes));
		w->client[i].resting = true;
	}
	trace_line(w, 0, "%u nodes, %u clients, %u labels, delay %" PRIu64 " to %" PRIu64
		   " us, flush %" PRIu64 " to %" PRIu64 " us, inbox %" PRIu64 " us, read %" PRIu64
		   " us",
		   w->opt.nodes, w->opt.clients, w->opt.labels, w->opt.delay_low_us,
		   w->opt.delay_high_us, w->opt.flush_low_us, w->opt.flush_high_us, w->opt.run_us,
		   w->opt.read_us);
	upgrade_init(w);
	mover_init(w);
	livesync_init(w);
	enter(w, PHASE_FORM);
	world_later(w, 0, DUE_CONNECT, 0, 0, NULL);
	world_later(w, BOOT_US, DUE_FORM, 0, 0, NULL);
	world_later(w, PHASE_US, DUE_PHASE, 0, 0, NULL);
	if (w->opt.form_faults)
		world_later(w, 0, DUE_FAULT, 0, 0, NULL);
}

/* All is quiet: everybody stands at the same place, and what callers saw has an explanation. */
static void check_end(struct world *w)
{
	uint32_t pool = world_pool(w);

	for each_host(h, w) {
		if (!(pool & 1u << h->id))
			continue;
		agree_position(&w->ledger, h->id, &h->after);
		committed_kept(&w->ledger, h->id, h->after.seq, NULL, 0);
		if (h->after.seq != w->ledger.last_seq)
			ledger_violated(&w->ledger, "I2", "all is quiet, n%u stands at seq %" PRIu64
					" of %" PRIu64, h->id, h->after.seq, w->ledger.last_seq);
	}
	order_check(&w->ledger, &w->history, w->opt.labels);
	linear_check(&w->ledger, &w->history, w->opt.labels, &w->totals.search_steps,
		     &w->totals.undecided);
}

static void finish(struct world *w)
{
	struct due due;

	for (unsigned int i = 0; i < w->opt.clients; i++)
		machine_leave(&w->client[i].caller);
	while (agenda_next(&w->agenda, &due))
		if (due.type == DUE_FRAME || due.type == DUE_NOTE)
			free(due.p);
	livesync_free(w);
	for each_host(h, w) {
		w->totals.flushes += h->disk.flushes;
		host_free(h);
	}
	w->totals.frames += w->net.frames;
	w->totals.simulated_us += w->now_us;
}

bool world_run(struct world *w, uint64_t seed)
{
	uint64_t steps_end;
	struct due due;

	begin(w, seed);
	steps_end = w->steps_max ? w->totals.steps + w->steps_max : UINT64_MAX;
	while (w->phase != PHASE_OVER && !w->ledger.violated && w->totals.steps < steps_end &&
	       agenda_next(&w->agenda, &due)) {
		w->now_us = due.at_us;
		dispatch(w, &due);
	}
	if (w->phase == PHASE_OVER && !w->ledger.violated && !w->ledger.split)
		check_end(w);
	finish(w);
	return !w->ledger.violated;
}
