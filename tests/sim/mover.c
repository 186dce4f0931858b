// SPDX-License-Identifier: GPL-2.0
#include "mover.h"

#include <string.h>

#include "fault.h"
#include "world.h"

#define CRASH_PER_MILLE	300	/* leaves during which a node crashes */
#define LEAVE_PER_MILLE	250	/* members that he looks at */

void mover_init(struct world *w)
{
	memset(&w->mover, 0, sizeof(w->mover));
	if (w->opt.move_every_us)
		world_later(w, w->opt.move_every_us, DUE_MOVE, 0, 0, NULL);
}

static void leave(struct host *h)
{
	struct world *w = h->w;

	w->totals.deeds[DEED_LEAVE]++;
	w->mover.leave[h->id] = ++w->request;
	host_note(h, &(struct event){ .type = EV_LEAVE, .request = w->request }, NULL);
	fault_soon(w, h->id, CRASH_PER_MILLE);
	operator_soon(w);
}

/*
 * It had joined, and forgot that in a crash; the pool went on without it. It is a learner that
 * nobody feeds, and says so in its status.
 */
static bool is_stranded(const struct host *h)
{
	return image_is_outside(&h->disk.image, h->id) &&
	       h->machine.hsm.state == HSMREPL_JOINING;
}

void mover_go(struct world *w)
{
	struct host *h = &w->host[rng_between(&w->rng, 1, w->opt.nodes)];

	if (w->phase > PHASE_HEAL)
		return;
	world_later(w, rng_below(&w->rng, 2 * w->opt.move_every_us), DUE_MOVE, 0, 0, NULL);
	if (w->phase < PHASE_FAULTS || !h->agent || h->halted ||
	    (w->phase == PHASE_HEAL && !is_stranded(h)))
		return;
	if (!(nl_mask(&h->nl) & 1u << h->id) || h->machine.hsm.state == HSMREPL_REMOVED)
		livesync_order(h);
	else if (!w->mover.leave[h->id] && rng_chance(&w->rng, LEAVE_PER_MILLE))
		leave(h);
}

void mover_answered(struct host *h, const struct action *a)
{
	struct world *w = h->w;

	if (!a->request || a->request != w->mover.leave[h->id])
		return;
	w->mover.leave[h->id] = 0;
	w->totals.deeds[a->error ? DEED_LEAVE_NOT : DEED_LEFT]++;
}

void mover_lost(struct host *h)
{
	h->w->mover.leave[h->id] = 0;
}
