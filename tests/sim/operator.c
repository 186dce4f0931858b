// SPDX-License-Identifier: GPL-2.0
#include "operator.h"

#include <errno.h>
#include <string.h>

#include "fault.h"
#include "trace.h"
#include "view.h"
#include "world.h"

#define REPAIR_LOW_US	100000	/* between two looks, once all has healed */
#define REPAIR_HIGH_US	500000
#define DRY_PER_MILLE	400	/* looks first what would happen */
#define FORCE_PER_MILLE	200	/* forces what needs no force */
#define BOLD_PER_MILLE	850	/* a wrong one forces: the nodes may be alive */
#define CROSS_PER_MILLE	400	/* a wrong one whose victim declares it down as well */
#define NEWCOMER_PER_MILLE 500	/* declares a newcomer that is off down with the rest */
#define CRASH_PER_MILLE	500	/* node-downs during which a node crashes */
#define LOOKS_PER_MILLE	700	/* changes of the list during which he looks at the pool */
#define STOPPED_US	5000000	/* a node that does not answer, until it is started again */

void operator_init(struct world *w)
{
	memset(&w->operator, 0, sizeof(w->operator));
	if (w->opt.operator != OPERATOR_NONE)
		world_later(w, w->opt.operator_every_us, DUE_OPERATOR, 0, 0, NULL);
}

static bool truthful(const struct world *w)
{
	return w->opt.operator == OPERATOR_RIGHT || w->opt.operator == OPERATOR_FORCES;
}

static bool majority(uint32_t some, uint32_t all)
{
	return 2 * __builtin_popcount(some) > __builtin_popcount(all);
}

/* Machines that are off, and those that it has declared down before: it sticks to its word. */
static uint32_t dead(const struct world *w)
{
	uint32_t mask = w->operator.declared;

	for each_host(h, (struct world *)w)
		if (!h->machine.powered)
			mask |= 1u << h->id;
	return mask;
}

/* What the nodes of @mask hold; never the same twice if one of them is not there. */
static uint64_t print_of(const struct world *w, uint32_t mask)
{
	uint64_t print = mask;

	for each_host(h, (struct world *)w) {
		struct node_view v;

		if (!(mask & 1u << h->id))
			continue;
		if (!h->agent)
			return rng_mix(w->now_us ^ (uintptr_t)h) | 1;
		node_look(h->node, &v);
		print = rng_mix(print ^ v.position.sp ^ v.position.seq << 32);
		print = rng_mix(print ^ v.slot_id.number ^ (uint64_t)v.slot_id.coordinator << 48);
		print = rng_mix(print ^ v.slot ^ (uint64_t)v.own_vote << 8);
	}
	return print & ~1ull;
}

static uint32_t mask_of_ids(const struct down_request *down)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < down->n; i++)
		mask |= 1u << down->id[i];
	return mask;
}

/* The newcomer that this node knows of; bit n is node n. */
static uint32_t joining(const struct host *h)
{
	struct node_view v;

	node_look(h->node, &v);
	return v.joining ? 1u << v.joining->id : 0;
}

static void count(struct world *w, struct host *h, const struct down_request *down)
{
	uint32_t all = nl_mask(&h->nl), gone = mask_of_ids(down);

	w->totals.deeds[down->dry ? DEED_DRY : DEED_DOWN]++;
	if (down->dry)
		return;
	if (!majority(all & ~gone, all) && down->force)
		w->totals.deeds[DEED_MINORITY]++;
	if (gone & ~dead(w))
		w->totals.deeds[DEED_LIVING]++;
	if (joining(h))
		w->totals.deeds[DEED_DOWN_JOINING]++;
}

static void ask(struct host *h, uint32_t gone, bool dry, bool force)
{
	struct world *w = h->w;
	struct inquiry *q = &w->operator.inquiry[h->id];
	uint32_t all = nl_mask(&h->nl), *last = &w->operator.last[h->nl.epoch % OPERATOR_EPOCHS];

	q->request = ++w->request;
	q->down = (struct down_request){ .dry = dry, .force = force, .epoch = h->nl.epoch };
	for each_host(peer, w)
		if (gone & 1u << peer->id)
			q->down.id[q->down.n++] = peer->id;
	if (dry) {
		q->planned = false;
		q->accepts = w->operator.accepts;
	}
	q->print = q->planned ? q->print : print_of(w, all & ~gone);
	count(w, h, &q->down);
	if (!dry) {
		q->fresh = gone & all & ~w->operator.declared;
		w->operator.declared |= q->fresh;
		q->before = *last;
		if (force || majority(all & ~gone, all))
			*last = gone;
		fault_soon(w, h->id, CRASH_PER_MILLE);
	}
	host_note(h, &(struct event){ .type = EV_NODE_DOWN, .down = q->down,
				      .request = q->request }, NULL);
}

/* One who declares only what is off, again and again until it is through. */
static void right(struct host *h)
{
	struct world *w = h->w;
	uint32_t all = nl_mask(&h->nl), gone = dead(w) & all & ~(1u << h->id);
	bool few = !majority(all & ~gone, all);

	if (!gone || (few && w->opt.operator != OPERATOR_FORCES && rng_chance(&w->rng, 900)))
		return;
	if (dead(w) & joining(h) && rng_chance(&w->rng, NEWCOMER_PER_MILLE))
		gone |= joining(h);
	ask(h, gone, rng_chance(&w->rng, DRY_PER_MILLE),
	    few ? w->opt.operator == OPERATOR_FORCES :
	    w->operator.alive || rng_chance(&w->rng, FORCE_PER_MILLE));
}

/* Only one who splits the pool lets a minority declare the others down. */
static bool would_ask(const struct host *h, uint32_t gone)
{
	uint32_t all = nl_mask(&h->nl);

	return gone & all && (majority(all & ~gone, all) || h->w->opt.operator == OPERATOR_SPLITS);
}

static void wrong(struct host *h)
{
	struct world *w = h->w;
	uint32_t gone = (uint32_t)rng_next(&w->rng) & nl_mask(&h->nl) & ~(1u << h->id);
	struct host *victim;

	if (!would_ask(h, gone))
		return;
	ask(h, gone, rng_chance(&w->rng, DRY_PER_MILLE), rng_chance(&w->rng, BOLD_PER_MILLE));
	victim = &w->host[__builtin_ctz(gone)];
	if (!rng_chance(&w->rng, CROSS_PER_MILLE) || !victim->agent ||
	    w->operator.inquiry[victim->id].request || !would_ask(victim, 1u << h->id))
		return;
	w->totals.deeds[DEED_CROSSED]++;
	ask(victim, 1u << h->id, false, true);
}

/* Whether this node can be asked: it runs, is in a pool, and has answered all before. */
static bool can_answer(const struct host *h)
{
	const struct world *w = h->w;

	if (!h->agent || h->halted || !(nl_mask(&h->nl) & 1u << h->id) ||
	    h->machine.hsm.state == HSMREPL_REMOVED || w->operator.inquiry[h->id].request)
		return false;
	return !truthful(w) || !(w->operator.declared & 1u << h->id);
}

/* Whether a node of @mask has promised what is not ended yet. */
static bool frozen(const struct world *w, uint32_t mask)
{
	for each_host(h, (struct world *)w)
		if (mask & 1u << h->id && h->disk.image.promised)
			return true;
	return false;
}

/* Whom they declared down in that epoch; or in the one before, if a FINALISE has ended that. */
static uint32_t last_word(const struct world *w, uint64_t epoch)
{
	uint32_t gone = w->operator.last[epoch % OPERATOR_EPOCHS];

	return gone ? gone : w->operator.last[(epoch - 1) % OPERATOR_EPOCHS];
}

/*
 * All has healed. Where a node-down was begun, members stand still until it is carried to its end;
 * and who was vouched for stays off until then.
 */
static void repair(struct host *h)
{
	struct world *w = h->w;
	uint32_t all = nl_mask(&h->nl);
	uint32_t gone = last_word(w, h->nl.epoch) & all;

	for each_host(other, w)
		if (other->agent && other->nl.epoch > h->nl.epoch && !w->ledger.split)
			return;		/* it hears from that one */
	if (w->opt.operator == OPERATOR_FORCES && w->operator.declared & all)
		gone = w->operator.declared & all;
	else if (!frozen(w, all))
		return;
	if (gone && !(gone & 1u << h->id))
		ask(h, gone, false, true);
}

void operator_soon(struct world *w)
{
	if (w->opt.operator != OPERATOR_NONE && rng_chance(&w->rng, LOOKS_PER_MILLE))
		world_later(w, fault_moment(w), DUE_LOOK, 0, 0, NULL);
}

void operator_go(struct world *w, bool again)
{
	struct host *h = &w->host[rng_between(&w->rng, 1, w->opt.nodes)];

	if (w->phase > PHASE_HEAL)
		return;
	if (again)
		world_later(w, w->phase == PHASE_HEAL ?
			    rng_between(&w->rng, REPAIR_LOW_US, REPAIR_HIGH_US) :
			    rng_below(&w->rng, 2 * w->opt.operator_every_us), DUE_OPERATOR, 0, 0,
			    NULL);
	if (w->phase < PHASE_FAULTS || !can_answer(h))
		return;
	if (w->phase == PHASE_HEAL)
		repair(h);
	else if (truthful(w))
		right(h);
	else
		wrong(h);
}

static void count_answer(struct world *w, const struct action *a, bool dry)
{
	enum deed deed = dry ? DEED_PLANNED : DEED_DONE;

	if (a->error == EBUSY)
		deed = DEED_ALIVE;
	else if (a->error == EPERM)
		deed = DEED_NO_QUORUM;
	else if (a->error == EAGAIN)
		deed = DEED_OUTBID;
	else if (a->error == ETIMEDOUT)
		deed = DEED_TIMEOUT;
	else if (a->error)
		deed = DEED_REFUSED;
	w->totals.deeds[deed]++;
}

/* It has seen the plan: now it does so, unless what it relied on is not true any more. */
static void go_on(struct host *h, struct inquiry *q)
{
	struct world *w = h->w;
	uint32_t all = nl_mask(&h->nl), gone = mask_of_ids(&q->down);
	bool few = !majority(all & ~gone, all);

	if (w->phase != PHASE_FAULTS || (truthful(w) && gone & ~dead(w)) ||
	    (few && !(q->down.force && (w->opt.operator == OPERATOR_FORCES ||
					w->opt.operator == OPERATOR_SPLITS))))
		return;
	q->planned = q->print == print_of(w, all & ~gone) && !q->plan.newcomer[0];
	ask(h, gone, false, q->down.force || (w->operator.alive && !few));
}

/*
 * A survivor does not answer: it stands in an epoch whose end nobody can tell it any more. The
 * operator does as he is advised: he stops whoever is behind, and declares them down as well.
 */
static void ask_otherwise(struct host *h)
{
	struct world *w = h->w;
	uint32_t gone = 0;

	for each_host(other, w)
		if (nl_mask(&h->nl) & 1u << other->id && other->nl.epoch < h->nl.epoch)
			gone |= 1u << other->id;
	if (w->phase != PHASE_HEAL || !gone)
		return;
	w->operator.last[h->nl.epoch % OPERATOR_EPOCHS] = gone;
	for each_host(other, w) {
		if (!(gone & 1u << other->id))
			continue;
		host_power_off(other);
		world_later(w, STOPPED_US, DUE_START, other->id, 0, NULL);
	}
}

/* Refused, so nothing was begun: the nodes may be started, and another member asked. */
static void take_back(struct world *w, const struct inquiry *q)
{
	uint32_t *last = &w->operator.last[q->down.epoch % OPERATOR_EPOCHS];

	w->operator.declared &= ~q->fresh;
	if (*last == mask_of_ids(&q->down))
		*last = q->before;
}

void operator_answered(struct host *h, const struct action *a)
{
	struct world *w = h->w;
	struct inquiry *q = &w->operator.inquiry[h->id];
	bool planned = q->planned, dry = q->down.dry;
	struct node_view v;

	if (!q->request || a->request != q->request)
		return;		/* of a form, see world.c */
	q->request = 0;
	q->planned = false;
	count_answer(w, a, dry);
	if (a->error == EBUSY && !dry)
		take_back(w, q);
	if (a->error == EBUSY && !q->down.force)
		w->operator.alive = true;
	else if (a->error == ETIMEDOUT)
		ask_otherwise(h);
	if (a->error)
		return;
	if (dry) {
		q->plan = *a->plan;
		go_on(h, q);
	} else if (planned) {
		node_look(h->node, &v);
		w->totals.deeds[DEED_COMPARED]++;
		plan_kept(&w->ledger, &q->plan, nl_mask(v.nl), v.position.seq);
	}
}

void operator_lost(struct host *h)
{
	h->w->operator.inquiry[h->id].request = 0;
	h->w->operator.inquiry[h->id].planned = false;
}

void operator_value(struct host *h, bool own)
{
	struct operator *o = &h->w->operator;
	struct inquiry *q = &o->inquiry[h->id];

	if (own)
		q->planned = q->planned && q->accepts == o->accepts &&
			     q->print == print_of(h->w, nl_mask(&h->nl) & ~mask_of_ids(&q->down));
	o->accepts++;
}

void operator_joined(struct world *w, uint32_t nodes)
{
	w->operator.declared &= ~nodes;
}

bool operator_holds(const struct host *h)
{
	const struct world *w = h->w;
	bool asked = false;

	/* If nobody else is in the pool any more, nobody carries the node-down to its end. */
	for each_host(other, (struct world *)w)
		asked |= !(w->operator.declared & 1u << other->id) && other->disk.image.nl.n;
	return asked && w->opt.operator == OPERATOR_FORCES &&
	       w->operator.declared & 1u << h->id && !(w->ledger.removed & 1u << h->id) &&
	       world_pool(w) & 1u << h->id;
}
