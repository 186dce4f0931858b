// SPDX-License-Identifier: GPL-2.0
#include "upgrade.h"

#include <errno.h>
#include <string.h>

#include "batch.h"
#include "trace.h"
#include "world.h"

#define DRY_PER_MILLE	200	/* looks first whether it can be */
#define CHANGE_PER_MILLE 400	/* starts of an agent, in worlds of two releases, that change it */

void upgrade_init(struct world *w)
{
	memset(&w->upgrade, 0, sizeof(w->upgrade));
	for each_host(h, w)
		h->protocol = w->opt.older >> h->id & 1 ? PROTOCOL_MIN : PROTOCOL_MAX;
	if (w->opt.finalise_every_us)
		world_later(w, w->opt.finalise_every_us, DUE_FINALISE, 0, 0, NULL);
}

void upgrade_go(struct world *w)
{
	struct host *h = &w->host[rng_between(&w->rng, 1, w->opt.nodes)];
	bool dry = rng_chance(&w->rng, DRY_PER_MILLE);

	if (w->phase > PHASE_FAULTS)
		return;
	world_later(w, rng_below(&w->rng, 2 * w->opt.finalise_every_us), DUE_FINALISE, 0, 0, NULL);
	if (w->phase < PHASE_FAULTS || !h->agent || h->halted || w->upgrade.request[h->id])
		return;
	w->totals.deeds[DEED_FINALISE]++;
	w->upgrade.request[h->id] = ++w->request;
	w->upgrade.dry[h->id] = dry;
	host_note(h, &(struct event){ .type = EV_FINALISE, .dry = dry, .request = w->request },
		  NULL);
}

/* An agent does not start on what it does not speak: agent/shell/boot.c. */
static bool may_start(const struct image *im, uint16_t protocol)
{
	struct batch b;

	if (im->nl.n && list_protocol(&im->nl) > protocol)
		return false;
	return !im->slot_id.coordinator ||
	       (batch_read((struct bytes){ im->slot, im->slot_len }, im->slot_n_tls, &b) &&
		batch_spoken(&b, protocol));
}

void upgrade_starts(struct host *h, const struct image *image)
{
	struct world *w = h->w;
	uint16_t other = h->protocol == PROTOCOL_MIN ? PROTOCOL_MAX : PROTOCOL_MIN;

	if (!w->opt.older || !rng_chance(&w->rng, CHANGE_PER_MILLE) || !may_start(image, other))
		return;
	trace_line(w, h->id, "speaks protocol %u from now on", other);
	w->totals.deeds[other > h->protocol ? DEED_UPGRADE : DEED_GOES_BACK]++;
	h->protocol = other;
}

void upgrade_answered(struct host *h, const struct action *a)
{
	struct upgrade *u = &h->w->upgrade;
	enum deed deed = DEED_FINALISE_NOT;

	if (!a->request || a->request != u->request[h->id])
		return;
	u->request[h->id] = 0;
	if (!a->error)
		deed = u->dry[h->id] ? DEED_FINALISE_DRY : DEED_FINALISED;
	else if (a->error == EOPNOTSUPP)
		deed = DEED_FINALISE_OLD;
	else if (a->error == EALREADY)
		deed = DEED_FINALISE_AGAIN;
	h->w->totals.deeds[deed]++;
}

void upgrade_lost(struct host *h)
{
	h->w->upgrade.request[h->id] = 0;
}

bool upgrade_speaks(const struct world *w, uint16_t node, uint16_t peer)
{
	return w->host[peer].protocol >= list_protocol(&w->host[node].nl);
}
