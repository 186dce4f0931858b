// SPDX-License-Identifier: GPL-2.0
#include "livesync.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "fault.h"
#include "trace.h"
#include "view.h"
#include "wire.h"
#include "world.h"

#define LOOK_US		50000	/* between two looks of all */
#define AGAIN_US	300000	/* before another donor is tried, or admission asked again */
#define ANSWER_US	2000000	/* a session without a word for so long is over */
#define STILL_US	5000000	/* a learner that is fed and stands still asks for the tail again */
#define FATE_US		5000000	/* how long it waits for that, before it asks */
#define LOAD_US		200000	/* to start on a snapshot, up to */
#define LOADED_PER_MILLE 700	/* snapshots that were whole when the machine crashed meanwhile */
#define CRASH_PER_MILLE	300	/* admissions during which a node crashes */
#define STALL_PER_MILLE	300	/* after which the newcomer hears late of its NODE_ADD, */
#define STALL_US	1000000	/* up to so much */
#define TAIL_MAX	64	/* TLs of one answer */
#define AHEAD_MAX	256	/* TLs that a learner may be behind what it is fed */
#define RUN_BYTES	(128u * 1024)

void livesync_init(struct world *w)
{
	memset(&w->livesync, 0, sizeof(w->livesync));
	if (w->opt.move_every_us)
		world_later(w, LOOK_US, DUE_LIVESYNC, 0, 0, NULL);
}

void livesync_free(struct world *w)
{
	for (unsigned int i = 0; i < LEDGER_PLACES; i++)
		free(w->livesync.tl[i]);
	for each_host(h, w)
		free(w->livesync.newcomer[h->id].snapshot);
}

static struct newcomer *newcomer(struct host *h)
{
	return &h->w->livesync.newcomer[h->id];
}

static struct donor *donor(struct host *h)
{
	return &h->w->livesync.donor[h->id];
}

/* --- what is on its way --- */

static void post(struct world *w, const struct note *note, const struct image *image)
{
	struct note *n = malloc(sizeof(*n) + (image ? sizeof(*image) : 0));
	uint64_t *last = &w->livesync.way_us[note->from][note->to];
	uint64_t at = w->now_us + net_takes(w, note->from, note->to);

	memcpy(n, note, sizeof(*note));
	if (image)
		memcpy(n->image, image, sizeof(*image));
	*last = at > *last ? at : *last + 1;
	world_later(w, *last - w->now_us, DUE_NOTE, 0, 0, n);
}

/* TLs of the history after @seq that may be learnt together, up to @last: bytes and how many. */
static struct bytes run_of(const struct world *w, uint64_t seq, uint64_t last, uint8_t *room,
			   unsigned int *n_tls)
{
	struct bytes run = { room, 0 };

	for (*n_tls = 0; seq + *n_tls < last && *n_tls < TAIL_MAX; ++*n_tls) {
		const struct hsmrepl_tl *tl = w->livesync.tl[seq + *n_tls + 1];

		if (run.n + le32toh(tl->len) > RUN_BYTES)
			break;
		memcpy(room + run.n, tl, le32toh(tl->len));
		run.n += le32toh(tl->len);
	}
	*n_tls = batch_run(run, *n_tls, &run.n);
	assert(*n_tls);
	return run;
}

void livesync_applied(struct world *w, const struct hsmrepl_tl *tl)
{
	struct hsmrepl_tl **place = &w->livesync.tl[le64toh(tl->seq)];

	if (!w->opt.move_every_us || *place)
		return;
	*place = malloc(le32toh(tl->len));
	memcpy(*place, tl, le32toh(tl->len));
}

/* --- the donor --- */

/* How @id stands to @h; of link LINK_DOWN if that is not known. */
static struct peer_view look_at(struct host *h, uint16_t id)
{
	struct node_view v;

	node_look(h->node, &v);
	for (unsigned int i = 0; i < v.n_peers; i++)
		if (v.peer[i].id == id)
			return v.peer[i];
	return (struct peer_view){ .link = LINK_DOWN };
}

static bool knows_as_learner(struct host *h, uint16_t id)
{
	return look_at(h, id).link == LINK_LEARNER;
}

static void dismiss(struct host *h)
{
	struct donor *d = donor(h);
	uint16_t guest = d->guest;

	if (!guest)
		return;
	post(h->w, &(struct note){ .kind = NOTE_NO, .from = h->id, .to = guest,
				  .session = d->session }, NULL);
	*d = (struct donor){ 0 };
	net_listed(h->w, h->id);
}

/* The rules of agent/sync/judge.c, but for what histories say: see there. */
static bool may_serve(struct host *h, const struct note *note)
{
	const struct donor *d = donor(h);
	uint32_t listed = nl_mask(&h->nl);
	enum hsmrepl_node_state state = h->machine.hsm.state;

	return h->agent && !h->halted && listed & 1u << h->id && !(listed & 1u << note->from) &&
	       (state == HSMREPL_MEMBER || state == HSMREPL_BLOCKED) &&
	       upgrade_speaks(h->w, h->id, note->from) &&
	       (!d->guest || d->session == note->session);
}

static void feed(struct host *h)
{
	struct donor *d = donor(h);
	uint8_t head[WIRE_HEADER + WIRE_BODY_MAX], room[RUN_BYTES];

	while (d->sent < h->after.seq) {
		struct message m = { .type = MSG_LEARN, .epoch = h->after.epoch };

		m.tls = run_of(h->w, d->sent, h->after.seq, room, &m.n_tls);
		net_send(h->w, h->id, d->guest, (struct bytes){ head, wire_encode(&m, head) },
			 m.tls);
		d->sent += m.n_tls;
	}
}

void livesync_committed(struct host *h)
{
	struct donor *d = donor(h);

	d->feeds = d->feeds && d->sent <= look_at(h, d->guest).seq + AHEAD_MAX;
	if (d->feeds)
		feed(h);
}

/* Snapshots are of what is on the disk; of a list that is not yet there, the newcomer may be in. */
static void give_snapshot(struct host *h, struct note *answer)
{
	if (h->disk.image.nl.epoch != h->nl.epoch)
		return;
	answer->kind = NOTE_SNAPSHOT;
}

/* What is settled; or all that is committed from here on, to a learner that stands there. */
static void give_tail(struct host *h, uint64_t seq, struct note *answer)
{
	struct donor *d = donor(h);
	uint64_t settled = h->disk.image.position.seq;

	d->feeds = false;
	answer->kind = NOTE_TLS;
	answer->seq = seq;
	answer->last = settled - seq < TAIL_MAX ? settled : seq + TAIL_MAX;
	if (seq < settled || seq > h->after.seq) {
		answer->last = seq < settled ? answer->last : seq;
		return;
	}
	answer->last = seq;
	if (!knows_as_learner(h, d->guest))
		return;
	h->w->totals.deeds[DEED_FED]++;
	answer->kind = NOTE_FED;
	d->feeds = true;
	d->sent = seq;
	feed(h);
}

static void admit(struct host *h, struct note *answer)
{
	struct donor *d = donor(h);

	d->feeds = d->feeds && knows_as_learner(h, d->guest);
	answer->kind = d->feeds ? NOTE_FED : NOTE_TLS;
	if (!d->feeds || d->request)
		return;
	h->w->totals.deeds[DEED_ADMIT]++;
	d->request = ++h->w->request;
	host_note(h, &(struct event){ .type = EV_ADMIT, .nl = &d->nl, .request = d->request },
		  NULL);
	fault_soon(h->w, rng_chance(&h->w->rng, 700) ? h->id : d->guest, CRASH_PER_MILLE);
	operator_soon(h->w);
	if (h->w->phase == PHASE_FAULTS && rng_chance(&h->w->rng, STALL_PER_MILLE))
		net_still(h->w, h->id, d->guest, h->w->now_us + rng_below(&h->w->rng, STALL_US));
}

/* A newcomer asks, and is answered. */
static void serve(struct host *h, const struct note *note)
{
	struct note answer = { .kind = NOTE_NO, .from = h->id, .to = note->from,
			       .session = note->session };
	struct donor *d = donor(h);

	if (!may_serve(h, note)) {
		if (h->machine.powered)
			post(h->w, &answer, NULL);
		return;
	}
	if (!d->guest) {
		d->guest = note->from;
		d->session = note->session;
		d->nl = (struct node_list){ .n = 1 };
		d->nl.node[0] = host_member(&h->w->host[note->from]);
	}
	d->heard_us = h->w->now_us;
	if (note->kind == NOTE_JOIN)
		give_snapshot(h, &answer);
	else if (note->kind == NOTE_TAIL)
		give_tail(h, note->seq, &answer);
	else
		admit(h, &answer);
	post(h->w, &answer, answer.kind == NOTE_SNAPSHOT ? &h->disk.image : NULL);
	if (answer.kind == NOTE_NO)
		dismiss(h);
}

void livesync_answered(struct host *h, const struct action *a)
{
	struct donor *d = donor(h);

	if (!a->request || a->request != d->request)
		return;
	d->request = 0;
	h->w->totals.deeds[a->error ? DEED_ADMIT_NOT : DEED_ADMITTED]++;
}

/* --- the newcomer --- */

void livesync_order(struct host *h)
{
	struct newcomer *n = newcomer(h);

	if (n->ordered)
		return;
	trace_line(h->w, h->id, "is ordered to join");
	h->w->totals.deeds[DEED_JOIN]++;
	*n = (struct newcomer){ .ordered = true };
}

static void hang_up(struct host *h)
{
	struct newcomer *n = newcomer(h);

	n->session = 0;
	n->fed = false;
	n->asked_us = 0;
	n->alone_us = h->w->now_us;
	n->due_us = h->w->now_us + rng_below(&h->w->rng, AGAIN_US);
}

static void ask(struct host *h, enum note_kind kind)
{
	struct newcomer *n = newcomer(h);

	n->asked_us = h->w->now_us;
	post(h->w, &(struct note){ .kind = kind, .from = h->id, .to = n->donor,
				  .session = n->session, .seq = n->seq }, NULL);
}

/* Any member may be the donor. Who speaks too little for the pool is upgraded first. */
static void dial(struct host *h)
{
	struct newcomer *n = newcomer(h);
	struct world *w = h->w;

	if (ledger_newest(&w->ledger)->protocol > h->protocol) {
		host_agent_dies(h);
		h->protocol = PROTOCOL_MAX;
		world_later(w, LOAD_US, DUE_START, h->id, 0, NULL);
		return;
	}
	n->donor = (uint16_t)rng_between(&w->rng, 1, w->opt.nodes);
	if (!(world_pool(w) & 1u << n->donor) || n->donor == h->id)
		return;		/* next time */
	n->session = ++w->livesync.sessions;
	n->moved_us = w->now_us;
}

static void over(struct host *h)
{
	struct newcomer *n = newcomer(h);

	trace_line(h->w, h->id, "has joined");
	if (n->session)
		post(h->w, &(struct note){ .kind = NOTE_NO, .from = h->id, .to = n->donor,
					   .session = n->session }, NULL);
	n->ordered = false;
	hang_up(h);
}

/* What agent/sync/newcomer.c does at a tick. */
static void go_on(struct host *h)
{
	struct newcomer *n = newcomer(h);
	struct world *w = h->w;
	struct node_view v;
	bool listed;

	node_look(h->node, &v);
	listed = nl_has(v.nl, h->id);
	n->learnt |= v.learner;
	if (n->seq != v.position.seq)
		n->moved_us = w->now_us;
	n->seq = v.position.seq;
	if (listed && (n->learnt || v.state == HSMREPL_MEMBER)) {
		over(h);
		return;
	}
	if (n->asked_us && w->now_us - n->asked_us > ANSWER_US)
		hang_up(h);
	if (w->now_us < n->due_us || n->asked_us)
		return;
	/* A learner whose slot is taken waits for its fate: it may be a member already. */
	if (!n->session && (!v.learner || v.slot == SLOT_FREE ||
			    w->now_us - n->alone_us > FATE_US))
		dial(h);
	if (!n->session)
		return;
	if (w->now_us - n->moved_us > STILL_US) {
		n->moved_us = w->now_us;
		n->fed = false;
	}
	ask(h, !v.learner || n->passed_by ? NOTE_JOIN : n->fed ? NOTE_ADMIT : NOTE_TAIL);
}

/* The agent ends, to start on what came. */
static void park(struct host *h, struct note *note)
{
	struct newcomer *n = newcomer(h);

	h->w->totals.deeds[DEED_SNAPSHOT]++;
	n->parked = true;
	n->passed_by = false;
	host_agent_dies(h);
	n->snapshot = note;
	n->power = h->power;
	world_later(h->w, rng_below(&h->w->rng, LOAD_US), DUE_START, h->id, 0, NULL);
}

/* Did the pool commit our NODE_ADD without our yes? See agent/sync/newcomer_follow.c. */
static bool passes_by(struct host *h, const struct event *ev)
{
	struct node_view v;
	struct batch b;

	node_look(h->node, &v);
	return v.learner && v.slot == SLOT_FREE && batch_read(ev->data, ev->n_tls, &b) &&
	       b.adds && nl_has(&b.nl, h->id) && b.before.seq == v.position.seq;
}

static void learn(struct host *h, const struct note *note)
{
	uint8_t room[RUN_BYTES];

	for (uint64_t seq = note->seq; seq < note->last; ) {
		struct event ev = { .type = EV_LEARN };
		struct frame *f;

		ev.data = run_of(h->w, seq, note->last, room, &ev.n_tls);
		newcomer(h)->passed_by = passes_by(h, &ev);
		if (newcomer(h)->passed_by)
			return;
		f = malloc(sizeof(*f) + ev.data.n);
		memcpy(f->data, room, ev.data.n);
		ev.data.p = f->data;
		host_note(h, &ev, f);
		seq += ev.n_tls;
	}
}

/* The donor answers. Returns whether @note is kept. */
static bool take(struct host *h, struct note *note)
{
	struct newcomer *n = newcomer(h);

	if (!h->agent || n->session != note->session)
		return false;
	n->asked_us = 0;
	n->due_us = h->w->now_us + (n->fed ? AGAIN_US : 0);
	if (note->kind == NOTE_NO) {
		hang_up(h);
	} else if (note->kind == NOTE_SNAPSHOT) {
		park(h, note);
		return true;
	} else {
		n->fed = note->kind == NOTE_FED;
		learn(h, note);
	}
	return false;
}

void livesync_arrive(struct world *w, struct note *note)
{
	struct host *h = &w->host[note->to];
	struct donor *d = donor(h);
	bool kept = false;

	if (note->kind < NOTE_SNAPSHOT)
		serve(h, note);
	else if (note->kind == NOTE_NO && d->guest && d->session == note->session)
		dismiss(h);
	else
		kept = take(h, note);
	if (!kept)
		free(note);
}

/* --- time and trouble --- */

void livesync_go(struct world *w)
{
	world_later(w, rng_below(&w->rng, 2 * LOOK_US), DUE_LIVESYNC, 0, 0, NULL);
	for each_host(h, w) {
		const struct donor *d = donor(h);

		if (d->guest && w->now_us - d->heard_us > 2 * ANSWER_US)
			dismiss(h);
		if (newcomer(h)->ordered && h->agent && !h->halted)
			go_on(h);
	}
}

void livesync_break(struct world *w, uint16_t a, uint16_t b)
{
	struct newcomer *n = &w->livesync.newcomer[a];

	if (n->session && n->donor == b)
		hang_up(&w->host[a]);
	else if (w->livesync.donor[a].guest == b)
		dismiss(&w->host[a]);
}

void livesync_lost(struct host *h)
{
	struct newcomer *n = newcomer(h);

	*donor(h) = (struct donor){ 0 };
	if (!n->parked)
		hang_up(h);
}

/* As agent/store/adopt.c: what was refused is still so, and no batch number is used twice. */
static void adopt(struct image *im, const struct image *from)
{
	im->position = from->position;
	im->nl = from->nl;
	memcpy(im->thing, from->thing, sizeof(im->thing));
	im->slot_id = (struct batch_id){ 0 };
	im->last = (struct batch_id){ 0 };
	im->promised = 0;
	im->accepted = 0;
	im->has_value = false;
}

bool livesync_starts(struct host *h)
{
	struct newcomer *n = newcomer(h);
	struct note *snapshot = n->snapshot;
	bool whole;

	if (!snapshot)
		return false;
	whole = h->power == n->power || rng_chance(&h->w->rng, LOADED_PER_MILLE);
	n->parked = false;
	n->asked_us = 0;
	n->snapshot = NULL;
	if (whole)
		adopt(&h->disk.image, snapshot->image);
	free(snapshot);
	return whole;
}
