// SPDX-License-Identifier: GPL-2.0
#include "world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define CONNECT_LOW_US	2000	/* between two tries to connect */
#define CONNECT_HIGH_US	100000
#define END_HIGH_US	300000	/* until the other end learns of a break */
#define SLOW_FACTOR	50
#define LATE_US		100000	/* when all heals, what takes longer is broken */

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t delay(struct world *w)
{
	uint64_t us = rng_between(&w->rng, w->opt.delay_low_us, w->opt.delay_high_us);

	if (w->phase > PHASE_FAULTS)
		return us;
	if (rng_chance(&w->rng, w->opt.spike_per_mille))
		us += rng_below(&w->rng, w->opt.spike_us);
	if (w->now_us < w->net.slow_until_us)
		us *= SLOW_FACTOR;
	return us;
}

uint64_t net_takes(struct world *w, uint16_t from, uint16_t to)
{
	const struct way *way = &w->net.way[from][to];
	uint64_t still = way->still_until_us > w->now_us ? way->still_until_us - w->now_us : 0;

	return max(delay(w), still);
}

/* In order, and not while the way stands still. */
static void put_on_way(struct world *w, struct frame *f, uint64_t in_us)
{
	struct way *way = &w->net.way[f->from][f->to];

	way->last_us = max(max(w->now_us + in_us, way->last_us + 1), way->still_until_us);
	world_later(w, way->last_us - w->now_us, DUE_FRAME, 0, 0, f);
}

static struct frame *frame_new(enum frame_kind kind, uint16_t from, uint16_t to, unsigned int gen,
			       size_t len)
{
	struct frame *f = malloc(sizeof(*f) + len);

	*f = (struct frame){ .kind = kind, .from = from, .to = to, .gen = gen,
			     .len = (uint32_t)len };
	return f;
}

void net_send(struct world *w, uint16_t from, uint16_t to, struct bytes head, struct bytes tail)
{
	const struct end *end = &w->net.end[from][to];
	struct frame *f;

	if (!end->up)
		return;
	f = frame_new(FRAME_DATA, from, to, end->gen, head.n + tail.n);
	memcpy(f->data, head.p, head.n);
	if (tail.n)
		memcpy(f->data + head.n, tail.p, tail.n);
	w->net.frames++;
	put_on_way(w, f, delay(w));
}

bool net_close(struct world *w, uint16_t node, uint16_t peer)
{
	struct end *end = &w->net.end[node][peer];

	if (!end->up)
		return false;
	end->up = false;
	put_on_way(w, frame_new(FRAME_END, node, peer, end->gen, 0), delay(w));
	return true;
}

void net_gone(struct world *w, uint16_t node, bool tell)
{
	for each_host(h, w) {
		if (tell)
			net_close(w, node, h->id);
		w->net.end[node][h->id].up = false;
	}
}

static void tell_end(struct world *w, uint16_t node, uint16_t peer, bool up)
{
	uint16_t x = w->host[node].protocol, y = w->host[peer].protocol;
	struct event ev = {
		.type = up ? EV_PEER_UP : EV_PEER_DOWN, .peer = peer, .protocol = x < y ? x : y,
	};

	w->net.end[node][peer].up = up;
	host_note(&w->host[node], &ev, NULL);
}

void net_break(struct world *w, uint16_t a, uint16_t b)
{
	struct end *here = &w->net.end[a][b], *there = &w->net.end[b][a];

	livesync_break(w, a, b);
	if (!here->up)
		return;
	if (there->up && there->gen == here->gen)
		there->deaf = rng_chance(&w->rng, 500);
	put_on_way(w, frame_new(FRAME_END, a, b, here->gen, 0), rng_below(&w->rng, END_HIGH_US));
	tell_end(w, a, b, false);
}

void net_still(struct world *w, uint16_t from, uint16_t to, uint64_t until_us)
{
	struct way *way = &w->net.way[from][to];

	way->still_until_us = max(way->still_until_us, until_us);
}

void net_heal(struct world *w)
{
	w->net.slow_until_us = 0;
	for each_host(a, w)
		for each_host(b, w) {
			struct way *way = &w->net.way[a->id][b->id];

			way->still_until_us = 0;
			if (way->last_us <= w->now_us + LATE_US)
				continue;
			for (int i = 0; i < 2; i++) {
				uint16_t x = i ? a->id : b->id, y = i ? b->id : a->id;

				if (w->net.end[x][y].up)
					tell_end(w, x, y, false);
				w->net.way[x][y].last_us = w->now_us;
			}
			w->net.opening[a->id][b->id] = false;
			w->net.opening[b->id][a->id] = false;
		}
}

/*
 * Whether @node lets @peer in: a node in no pool lets everybody in, another one its members and who
 * is about to be one.
 */
static bool lists(const struct world *w, uint16_t node, uint16_t peer)
{
	const struct host *h = &w->host[node];

	return !h->nl.n || nl_mask(&h->nl) & 1u << peer || h->candidate == peer ||
	       w->livesync.donor[node].guest == peer;
}

static void refuse(struct world *w, uint16_t node, uint16_t peer)
{
	struct frame *f;

	if (lists(w, node, peer) || w->ledger.told_removed & 1u << peer)
		return;
	f = frame_new(FRAME_REFUSED, node, peer, 0, 0);
	f->epoch = w->host[node].nl.epoch;
	put_on_way(w, f, delay(w));
}

/* Only a member of a later epoch knows better. */
static void arrive_refused(struct world *w, const struct frame *f)
{
	struct host *h = &w->host[f->to];

	if (h->agent && h->nl.epoch && f->epoch > h->nl.epoch)
		host_note(h, &(struct event){ .type = EV_REMOVED, .peer = f->from }, NULL);
}

void net_listed(struct world *w, uint16_t node)
{
	for each_host(h, w) {
		if ((lists(w, node, h->id) && upgrade_speaks(w, node, h->id)) ||
		    !w->net.end[node][h->id].up)
			continue;
		refuse(w, node, h->id);
		net_close(w, node, h->id);
		host_note(&w->host[node],
			  &(struct event){ .type = EV_PEER_DOWN, .peer = h->id }, NULL);
	}
}

static void arrive_up(struct world *w, const struct frame *f)
{
	struct end *end = &w->net.end[f->to][f->from];

	w->net.opening[f->from][f->to] = false;
	if (!w->host[f->to].agent || !w->net.end[f->from][f->to].up ||
	    w->net.end[f->from][f->to].gen != f->gen)
		return;
	if (end->up)
		tell_end(w, f->to, f->from, false);
	end->gen = f->gen;
	end->deaf = false;
	if (lists(w, f->to, f->from) && upgrade_speaks(w, f->to, f->from)) {
		tell_end(w, f->to, f->from, true);
		return;
	}
	refuse(w, f->to, f->from);
	put_on_way(w, frame_new(FRAME_END, f->to, f->from, f->gen, 0), delay(w));
}

void net_arrive(struct world *w, struct frame *f)
{
	const struct end *end = &w->net.end[f->to][f->from];
	struct event ev = { .type = EV_MESSAGE, .peer = f->from, .data = { f->data, f->len } };

	if (f->kind == FRAME_UP) {
		arrive_up(w, f);
	} else if (f->kind == FRAME_REFUSED) {
		arrive_refused(w, f);
	} else if (end->up && end->gen == f->gen) {
		if (f->kind == FRAME_END) {
			tell_end(w, f->to, f->from, false);
		} else if (!end->deaf) {
			host_note(&w->host[f->to], &ev, f);
			return;
		}
	}
	free(f);
}

static bool passes(const struct world *w, uint16_t from, uint16_t to)
{
	return w->net.way[from][to].still_until_us <= w->now_us;
}

/* @a opens a connection to @b, if there is none that both know. */
static void try_connect(struct world *w, uint16_t a, uint16_t b)
{
	struct end *here = &w->net.end[a][b], *there = &w->net.end[b][a];
	uint16_t low = a < b ? a : b, high = a < b ? b : a;

	if (!w->host[a].agent || !w->host[b].agent || !passes(w, a, b) || !passes(w, b, a))
		return;
	if (!lists(w, a, b) || !lists(w, b, a)) {
		refuse(w, a, b);
		refuse(w, b, a);
		return;
	}
	if (!upgrade_speaks(w, a, b) || !upgrade_speaks(w, b, a) ||
	    (here->up && there->up && here->gen == there->gen))
		return;
	if ((here->up && w->net.opening[a][b]) || (there->up && w->net.opening[b][a]))
		return;
	if (here->up)
		tell_end(w, a, b, false);
	here->gen = ++w->net.gen[low][high];
	here->deaf = false;
	w->net.opening[a][b] = true;
	put_on_way(w, frame_new(FRAME_UP, a, b, here->gen, 0), delay(w));
	tell_end(w, a, b, true);
}

void net_connect(struct world *w)
{
	for each_host(a, w)
		for (uint16_t b = (uint16_t)(a->id + 1); b <= w->opt.nodes; b++) {
			if (rng_chance(&w->rng, 500))
				try_connect(w, a->id, b);
			else
				try_connect(w, b, a->id);
		}
	world_later(w, rng_between(&w->rng, CONNECT_LOW_US, CONNECT_HIGH_US), DUE_CONNECT, 0, 0,
		    NULL);
}
