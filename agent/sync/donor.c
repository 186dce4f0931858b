// SPDX-License-Identifier: GPL-2.0
#include "donor_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "batch.h"
#include "history.h"
#include "judge.h"
#include "log.h"
#include "post.h"
#include "service.h"

static const char *const phase_names[DONOR_STATES] = {
	"idle", "sending the snapshot", "waiting for the newcomer to load it",
	"sending what was committed since", "feeding what is committed",
};

#define TO(state) (1u << DONOR_##state)

static const unsigned int moves[DONOR_STATES] = {
	[DONOR_IDLE] = TO(SENDING) | TO(SENT),
	[DONOR_SENDING] = TO(SENT) | TO(IDLE),
	[DONOR_SENT] = TO(TAILING) | TO(FEEDING) | TO(IDLE),
	[DONOR_TAILING] = TO(TAILING) | TO(FEEDING) | TO(IDLE),
	[DONOR_FEEDING] = TO(TAILING) | TO(FEEDING) | TO(IDLE),
};

void donor_move(struct donor *d, enum donor_state to)
{
	assert(moves[d->state] & 1u << to);
	d->state = to;
}

struct donor *donor_new(const struct sync_host *host)
{
	struct donor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->host = host;
	d->feed = feed_new();
	d->pacer = pacer_new(host->base, donor_slice, d);
	if (d->feed && d->pacer)
		return d;
	donor_free(d);
	return NULL;
}

/* Whatever is held for the newcomer is let go. */
static void release(struct donor *d)
{
	struct store *store = d->host->store(d->host->arg);

	if (d->snapshot)
		snapshot_close(d->snapshot);
	d->snapshot = NULL;
	if (d->pinned && store)
		history_unpin(store);
	d->pinned = false;
	feed_stop(d->feed);
	pacer_stop(d->pacer);
	OPENSSL_cleanse(d->frame, sizeof(d->frame));
}

void donor_free(struct donor *d)
{
	if (!d)
		return;
	if (d->pacer)
		release(d);
	pacer_free(d->pacer);
	feed_free(d->feed);
	free(d);
}

static bool serves(const struct donor *d, const struct service *s)
{
	return d->state != DONOR_IDLE && d->service == s;
}

static void end(struct donor *d)
{
	release(d);
	d->host->guest(d->host->arg, NULL);
	d->service = NULL;
	d->asked = 0;
	donor_move(d, DONOR_IDLE);
}

void donor_give_up(struct donor *d, const char *why)
{
	struct service *s = d->service;

	log_about(d->host->log, LOG_LEVEL_WARNING, d->member.name, "live-sync: %s: %s",
		  d->member.name, why);
	post_no(s, SYNC_LATER, why);
	end(d);
}

void donor_stop(struct donor *d, const char *why)
{
	if (d->state != DONOR_IDLE)
		donor_give_up(d, why);
}

void donor_closed(struct donor *d, struct service *s, const char *why)
{
	struct node_view view;

	if (!serves(d, s))
		return;
	d->host->look(d->host->arg, &view);
	if (nl_has(view.nl, d->member.id))
		log_about(d->host->log, LOG_LEVEL_INFO, d->member.name,
			  "live-sync: %s is a member now", d->member.name);
	else
		log_warning(d->host->log,
			    "live-sync: %s is gone while %s: %s: it goes on when it is back",
			    d->member.name, phase_names[d->state], why);
	end(d);
}

/* Joining. */

const struct peer_view *donor_peer(const struct node_view *view, uint16_t id)
{
	for (unsigned int i = 0; i < view->n_peers; i++)
		if (view->peer[i].id == id)
			return &view->peer[i];
	return NULL;
}

static void look_at(const struct donor *d, struct service *s, const struct sync_message *join,
		    struct verdict *v)
{
	struct store *store = d->host->store(d->host->arg);
	const struct position *p = &join->place;
	const struct peer_view *peer;
	struct node_view view;
	struct judge_facts f;

	d->host->look(d->host->arg, &view);
	peer = donor_peer(&view, service_node(s));
	f = (struct judge_facts){
		.state = view.state, .self = view.id, .nl = view.nl, .seq = view.position.seq,
		.link = peer ? peer->link : LINK_DOWN, .id = service_node(s),
		.name = service_name(s),
		.busy = d->state != DONOR_IDLE ? d->member.name : NULL, .join = join,
	};
	if (store) {
		f.answer = history_find(store, p->seq, p->sp, p->chain);
		f.at_answer = history_find(store, join->at.seq, join->at.sp, join->at.chain);
		f.window = history_window(store);
	}
	judge(&f, v);
}

static void refuse(struct donor *d, struct service *s, const struct verdict *v)
{
	if (!v->later)
		log_warning(d->host->log, "live-sync: refused %s: %s", service_name(s), v->why);
	post_no(s, v->later ? SYNC_LATER : 0, v->why);
}

static void read_member(struct service *s, const struct sync_message *join, struct member *m)
{
	memset(m, 0, sizeof(*m));
	m->id = service_node(s);
	snprintf(m->name, sizeof(m->name), "%s", service_name(s));
	memcpy(m->address, join->address, sizeof(m->address));
}

/* The snapshot of what the newcomer lacks, by the plan; what comes after it stays whole. */
static bool open_snapshot(struct donor *d, struct sync_message *plan)
{
	struct store *store = d->host->store(d->host->arg);
	struct snapshot_total total;
	struct node_view view;
	char error[STORE_ERROR_MAX];
	bool ok;

	d->snapshot = snapshot_open(store, plan->have, plan->at.seq, error);
	if (!d->snapshot) {
		donor_give_up(d, error);
		return false;
	}
	plan->place = *snapshot_place(d->snapshot);
	ok = nl_decode((struct bytes){ snapshot_nl(d->snapshot), sizeof(struct hsmrepl_nl) },
		       &plan->nl);
	assert(ok);
	/* A list of the epoch before may still have the newcomer in it, as a member. */
	d->host->look(d->host->arg, &view);
	if (plan->nl.epoch != view.nl->epoch) {
		donor_give_up(d, "the donor is still writing how the node list changed: it is "
			      "asked again");
		return false;
	}
	history_pin(store, plan->place.seq);
	d->pinned = true;
	total = snapshot_total(d->snapshot);
	plan->tls = total.tls;
	plan->bytes = total.bytes;
	plan->rows = total.rows;
	return true;
}

static void plan_tail(struct donor *d, uint64_t seq, struct sync_message *plan)
{
	struct node_view view;

	d->host->look(d->host->arg, &view);
	plan->place = view.position;
	plan->nl = *view.nl;
	history_pin(d->host->store(d->host->arg), seq);
	d->pinned = true;
}

static const char *kind_word(enum sync_kind kind)
{
	switch (kind) {
	case SYNC_KIND_FULL:
		return "full";
	case SYNC_KIND_DELTA:
		return "delta";
	case SYNC_KIND_TAIL:
		return "nothing but the last transactions";
	}
	return "?";
}

static void begin(struct donor *d, struct service *s, const struct sync_message *join)
{
	struct sync_message plan = { .type = SYNC_PLAN };
	struct verdict v;

	look_at(d, s, join, &v);
	if (!v.kind) {
		refuse(d, s, &v);
		return;
	}
	donor_move(d, v.kind == SYNC_KIND_TAIL ? DONOR_SENT : DONOR_SENDING);
	d->service = s;
	service_keep(s);
	read_member(s, join, &d->member);
	plan.kind = v.kind;
	if (v.resume) {
		plan.have = join->have;
		plan.at = join->at;
	} else if (v.kind == SYNC_KIND_DELTA) {
		plan.have = join->place.seq;
		plan.at = join->place;
	}
	if (v.kind == SYNC_KIND_TAIL)
		plan_tail(d, join->place.seq, &plan);
	else if (!open_snapshot(d, &plan))
		return;
	d->written = true;	/* until a tick has seen */
	d->tls = 0;
	d->tls_total = plan.tls;
	d->bytes = 0;
	log_about(d->host->log, LOG_LEVEL_INFO, d->member.name, "live-sync: %s joins (%s): %s%s",
		  d->member.name, d->member.address, kind_word(v.kind),
		  v.resume ? ", the rest of it" : "");
	d->host->guest(d->host->arg, &d->member);
	post(s, &plan);
	if (d->snapshot)
		pacer_go(d->pacer);
}

void donor_drained(struct donor *d, struct service *s)
{
	if (serves(d, s))
		pacer_go(d->pacer);
}

/* Whether somebody writes: since the last tick somebody did. */
static void look_for_writers(struct donor *d)
{
	struct node_view view;

	d->host->look(d->host->arg, &view);
	d->written = view.position.seq != d->seen;
	d->seen = view.position.seq;
}

void donor_tick(struct donor *d)
{
	if (d->state == DONOR_IDLE)
		return;
	look_for_writers(d);
	if (d->state == DONOR_TAILING)
		pacer_go(d->pacer);
	else if (d->state == DONOR_FEEDING)
		donor_feed_tick(d);
}

/* Admission. */

static void admit(struct donor *d)
{
	struct node_list nl = { .n = 1 };
	struct event ev = { .type = EV_ADMIT, .nl = &nl };

	if (d->asked)
		return;
	nl.node[0] = d->member;
	d->asked = ev.request = SYNC_REQUEST | ++d->requests;
	d->host->tell(d->host->arg, &ev);
}

void donor_answer(struct donor *d, const struct action *act)
{
	struct sync_message m = { .type = act->error ? SYNC_AGAIN : SYNC_ADMITTED };
	const char *why = act->why ? act->why : "the pool did not take the newcomer: try again";

	if (act->request != d->asked)
		return;
	d->asked = 0;
	if (act->error == ENOSPC || act->error == EEXIST) {
		log_warning(d->host->log, "live-sync: refused %s: %s", d->member.name, why);
		post_no(d->service, 0, why);
		end(d);
		return;
	}
	if (act->error)
		m.data = (struct bytes){ why, strlen(why) };
	post(d->service, &m);
}

void donor_frame(struct donor *d, struct service *s, const struct sync_message *m)
{
	char text[SYNC_TEXT_MAX + 1];

	if (m->type == SYNC_JOIN && !serves(d, s)) {
		begin(d, s, m);
		return;
	}
	if (m->type == SYNC_NO && serves(d, s)) {
		sync_text(m, text);
		log_warning(d->host->log, "live-sync: %s gives up: %s", d->member.name, text);
		end(d);
		return;
	}
	if (!serves(d, s) || d->state == DONOR_SENDING) {
		post_no(s, 0, "a message out of turn" SYNC_SAME_VERSION);
		return;
	}
	if (m->type == SYNC_TAIL) {
		donor_move(d, DONOR_TAILING);
		d->sent = m->seq;
		d->told = false;
		pacer_go(d->pacer);
	} else if (m->type == SYNC_FEED) {
		donor_try_to_feed(d, m->seq);
	} else if (m->type == SYNC_ADMIT) {
		admit(d);
	}
}

void donor_look(const struct donor *d, struct donor_view *view)
{
	memset(view, 0, sizeof(*view));
	view->serves = d->state != DONOR_IDLE;
	if (!view->serves)
		return;
	memcpy(view->name, d->member.name, sizeof(view->name));
	view->phase = phase_names[d->state];
	view->percent = d->state > DONOR_SENDING ? 100 :
			d->tls_total ? (unsigned int)(d->tls * 100 / d->tls_total) : 0;
	view->bytes = d->bytes;
}
