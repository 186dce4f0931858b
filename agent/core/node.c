// SPDX-License-Identifier: GPL-2.0
#include "internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

const size_t node_size = sizeof(struct node);

void node_init(struct node *n, uint16_t id, const char *name)
{
	const char *const parts[] = { name, NULL };

	memset(n, 0, sizeof(*n));
	n->id = id;
	out_say(n->name, sizeof(n->name), parts);
}

/* In reset state: no pool, no history. */
bool node_blank(const struct node *n)
{
	return n->nl.n == 0 && n->pos.seq == 0;
}

/* Holds the pool's content, and is not in its node list yet. */
bool node_learner(const struct node *n)
{
	return n->nl.n && !nl_has(&n->nl, n->id) && !n->down.removed;
}

/* It must take part in nothing: another history, or what it said is forgotten. */
static bool diverged(const struct node *n)
{
	return n->rolled_back || (n->split.peer && !n->split.major);
}

/* May it vote, and begin something new? */
bool node_sound(const struct node *n)
{
	return !n->down.removed && !diverged(n) && !down_ending(n);
}

/* A member with all others connected, and nothing that keeps it from writing. */
bool node_steady(const struct node *n)
{
	return node_sound(n) && nl_has(&n->nl, n->id) && link_all_members(n);
}

static enum hsmrepl_node_state state_of(const struct node *n)
{
	if (n->halted)
		return HSMREPL_HALTED;
	if (n->down.removed)
		return HSMREPL_REMOVED;
	if (diverged(n))
		return HSMREPL_DIVERGED;
	if (!n->nl.n || node_learner(n))
		return HSMREPL_JOINING;
	if (link_all_members(n))
		return HSMREPL_MEMBER;
	if (!n->was_member && n->now_ms - n->boot_ms < NODE_STARTING_MS)
		return HSMREPL_STARTING;
	return HSMREPL_BLOCKED;
}

/* What this node itself is in, or NULL. */
static const char *predicament(const struct node *n)
{
	if (n->left)
		return "left the pool in order: live-sync brings it back";
	if (n->down.removed)
		return "removed from the pool by node-down: it needs Live-Sync to come back";
	if (n->rolled_back)
		return "its store is older than what it voted for: on a member run node-down, "
		       "then live-sync here";
	if (node_learner(n))
		return n->learn_error ? "the device cannot take what the pool holds: raise its "
					"objects_max or bytes_max" :
					"catching up with the pool: it takes no writes yet";
	if (down_frozen(n))
		return "a node-down is under way: it must be carried to its end";
	return NULL;
}

static unsigned int explain_split(const struct node *n, const char **parts)
{
	unsigned int used = 0;

	parts[used++] = "split brain with ";
	parts[used++] = n->split.name;
	parts[used++] = n->split.major ? ": this side goes on" : ": this side is stopped";
	parts[used++] = "; see hsmreplctl split-brain, live-sync --overwrite one side";
	return used;
}

/* One line that says why writes wait, naming every node that is waited for; empty if none. */
static void explain(const struct node *n, char *buf, size_t size)
{
	const char *parts[8 + 4 * HSMREPL_NODES_MAX];
	const char *own = predicament(n);
	bool waits = !n->down.removed && !diverged(n) && !node_learner(n);
	unsigned int used = 0;

	if (own)
		parts[used++] = own;
	else if (n->split.peer)
		used = explain_split(n, parts);
	for (unsigned int i = 0; i < n->nl.n && waits; i++) {
		const struct peer *p = peer_find((struct node *)n, n->nl.node[i].id);
		enum link_state link = p ? p->link : LINK_DOWN;

		if (n->nl.node[i].id == n->id || link == LINK_MEMBER)
			continue;
		parts[used] = used ? "; " : "writes wait for ";
		used++;
		parts[used++] = n->nl.node[i].name;
		parts[used++] = ": ";
		parts[used++] = link_state_name(link);
	}
	parts[used] = NULL;
	out_say(buf, size, parts);
}

void node_report(struct node *n, struct actions *out, enum hsmrepl_event event, uint16_t peer)
{
	struct action *a = out_add(out, ACT_REPORT);

	n->reported = state_of(n);
	n->reported_up = link_members_up(n);
	if (!n->halted)
		explain(n, n->reported_why, sizeof(n->reported_why));
	if (n->reported == HSMREPL_MEMBER)
		n->was_member = true;
	a->state = n->reported;
	a->nodes_up = n->reported_up;
	a->node_event = event;
	a->peer = peer;
	a->why = n->reported_why;
}

static void report_change(struct node *n, struct actions *out)
{
	char why[HSMREPL_ERROR_MAX];

	explain(n, why, sizeof(why));
	if (n->reported != state_of(n) || n->reported_up != link_members_up(n) ||
	    (!n->halted && strcmp(why, n->reported_why)))
		node_report(n, out, 0, 0);
}

static void boot_slot(struct node *n, const struct recovery *r)
{
	bool own = r->slot_id.coordinator == n->id;
	struct batch b;
	bool ok;

	/* What it holds no more of what it said may be about this very batch. */
	if (!r->slot_id.coordinator || r->rolled_back)
		return;
	ok = batch_read(r->slot, r->slot_n_tls, &b);
	assert(ok && b.coordinator == r->slot_id.coordinator && same_place(&b.before, &n->pos));
	slot_fill(n, own ? SLOT_VOTING : SLOT_HELD, r->slot_id, &b);
	n->slot.claimed = r->slot_claimed;
	n->slot.in_doubt = own;
	n->slot.durable = true;
	n->slot.prepared = !r->slot_refused;
}

static void on_boot(struct node *n, const struct event *ev, struct actions *out)
{
	const struct recovery *r = ev->recovery;
	uint16_t id = n->id;
	char name[HSMREPL_NAME_MAX];

	memcpy(name, n->name, sizeof(name));
	node_init(n, id, name);
	n->now_ms = ev->now_ms;
	n->boot_ms = ev->now_ms;
	n->booted = true;
	n->nl = *r->nl;
	n->protocol = r->protocol;
	assert(list_protocol(&n->nl) <= n->protocol || !n->nl.n);
	n->pos = r->position;
	n->told_seq = n->pos.seq;
	n->last = r->last;
	n->incarnation = r->incarnation;
	assert(r->n_refused <= HSMREPL_NODES_MAX);
	for (unsigned int i = 0, used = 0; i < r->n_refused; i++)
		if (r->refused[i].coordinator != n->id) {
			n->peers[used].id = r->refused[i].coordinator;
			n->peers[used++].refused = r->refused[i].number;
		}
	n->rolled_back = r->rolled_back;
	n->left = r->left && !nl_has(&n->nl, n->id);
	n->down.removed = n->left;
	boot_slot(n, r);
	down_boot(n, r);
	turn_reset(n);
	if (n->nl.n)
		out_add(out, ACT_MEMBERS)->nl = &n->nl;
	node_report(n, out, 0, 0);
	if (n->slot.state == SLOT_VOTING)
		coord_own_durable(n, out);	/* decided already, if nobody else votes */
	else if (n->slot.state == SLOT_HELD && r->slot_refused)
		voter_give_up(n, out);
}

static void on_tick(struct node *n, const struct event *ev, struct actions *out)
{
	(void)ev;
	link_tick(n, out);
	turn_tick(n);
	coord_tick(n, out);
	survey_tick(n, out);
	down_tick(n, out);
}

static void on_queued(struct node *n, const struct event *ev, struct actions *out)
{
	(void)ev;
	(void)out;
	n->queued = true;
}

static void on_revoked(struct node *n, const struct event *ev, struct actions *out)
{
	(void)out;
	/* Busy: asking again would only spin until EV_CLAIMED, which ends it, or already did. */
	n->revoking = ev->error == EBUSY && n->granted;
	if (ev->error == 0) {
		n->granted = 0;
		n->queued = false;	/* if transactions still wait, the device says so again */
	}
}

static void on_resolved(struct node *n, const struct event *ev, struct actions *out)
{
	(void)out;
	assert(same_place(ev->position, &n->pos) || ev->position->seq < n->pos.seq);
	n->pos.digest = ev->position->digest;
	memcpy(n->pos.chain, ev->position->chain, sizeof(n->pos.chain));
	n->told_seq = ev->position->seq;
}

static void on_durable(struct node *n, const struct event *ev, struct actions *out)
{
	struct slot *s = &n->slot;
	bool own = ev->batch.coordinator == n->id;

	if (ev->record == RECORD_PROMISE || ev->record == RECORD_ACCEPT)
		down_durable(n, ev, out);
	else if (ev->record == RECORD_REFUSED && !own)
		voter_refused_durable(n, ev->batch, out);
	else if (s->state == SLOT_FREE || !same_batch(s->id, ev->batch))
		return;
	else if (ev->record == RECORD_YES && same_batch(ev->batch, n->down.record))
		down_recorded(n, out);
	else if (ev->record == RECORD_REFUSED && s->state == SLOT_REVOKING)
		coord_revoked_durable(n, out);
	else if (ev->record == RECORD_YES && own)
		coord_own_durable(n, out);
	else if (ev->record == RECORD_YES)
		voter_yes_durable(n, out);
}

static void drop_halted(uint16_t id, struct actions *out)
{
	out_drop(out, id, "this node halted: its disk failed");
}

/* What cannot be made durable is not promised: the node stops, its peers see it gone. */
static void on_disk_error(struct node *n, const struct event *ev, struct actions *out)
{
	const char *const parts[] = {
		"halted: the transaction log cannot be written (",
		ev->error == ENOSPC ? "disk full" : "I/O error",
		"): mend the disk, restart the agent", NULL
	};

	n->halted = true;
	out_say(n->reported_why, sizeof(n->reported_why), parts);
	for each_peer(p, n)
		if (p->up)
			drop_halted(p->id, out);
}

static void on_peer_up(struct node *n, const struct event *ev, struct actions *out)
{
	link_up(n, ev->peer, ev->protocol, out);
}

static void on_peer_down(struct node *n, const struct event *ev, struct actions *out)
{
	link_down(n, ev->peer, out);
}

static void on_message(struct node *n, const struct event *ev, struct actions *out)
{
	struct peer *p = peer_find(n, ev->peer);
	struct message m;

	if (!p || !p->up)
		return;
	p->last_heard_ms = n->now_ms;
	if (!wire_decode(ev->data, &m) || (m.type != MSG_HELLO && !p->greeted)) {
		out_drop(out, p->id, "it sent a message that is malformed or before its hello");
		return;
	}
	if (n->rolled_back && m.type != MSG_HELLO)
		return;
	switch (m.type) {
	case MSG_HELLO:
		link_hello(n, p, &m, out);
		break;
	case MSG_PREPARE:
		voter_prepare(n, p, &m, out);
		break;
	case MSG_VOTE:
		coord_vote(n, p, &m, out);
		break;
	case MSG_COMMIT:
		voter_commit(n, p, &m, out);
		break;
	case MSG_ABORT:
		voter_abort(n, p, &m, out);
		break;
	case MSG_ABORTED:
		coord_aborted(n, p, &m, out);
		break;
	case MSG_INQUIRE:
		voter_inquire(n, p, &m, out);
		break;
	case MSG_WANT:
		turn_want(n, p->id);
		break;
	case MSG_TURN:
		n->calm = false;
		turn_adopt(n, &m.turn);
		break;
	case MSG_DOWN_ASK:
	case MSG_DOWN_REPORT:
	case MSG_DOWN_ACCEPT:
	case MSG_DOWN_ACCEPTED:
	case MSG_DOWN_CHOSEN:
		down_message(n, p, &m, out);
		break;
	case MSG_LEARN:
		learn_message(n, p, &m, out);
		break;
	case MSG_CANDIDATE:
		list_candidate(n, p, &m, out);
		break;
	case MSG_END:
		break;
	}
}

/*
 * A member of our pool says that we are out: the survivors ended the epoch without us. It may be
 * one since a NODE_ADD whose fate we have not heard of.
 */
static void on_removed(struct node *n, const struct event *ev, struct actions *out)
{
	const struct member *joins = list_newcomer(n);

	(void)out;
	if ((nl_has(&n->nl, ev->peer) || (joins && joins->id == ev->peer)) && !node_learner(n))
		n->down.removed = true;
}

/* The lookout found a split brain, or that it is over. */
static void on_split(struct node *n, const struct event *ev, struct actions *out)
{
	struct split *s = &n->split;
	bool news = ev->peer && ev->peer != s->peer;

	s->peer = ev->peer;
	s->major = ev->major;
	if (ev->peer && ev->nl && ev->nl->n)
		memcpy(s->name, ev->nl->node[0].name, sizeof(s->name));
	if (news)
		node_report(n, out, HSMREPL_EVENT_SPLIT_BRAIN, ev->peer);
}

void node_step(struct node *n, const struct event *ev, struct actions *out)
{
	static void (*const handler[EV_TYPES])(struct node *, const struct event *,
					       struct actions *) = {
		[EV_BOOT] = on_boot, [EV_TICK] = on_tick, [EV_QUEUED] = on_queued,
		[EV_CLAIMED] = coord_claimed, [EV_REVOKED] = on_revoked,
		[EV_PREPARED] = voter_prepared, [EV_RESOLVED] = on_resolved,
		[EV_DURABLE] = on_durable, [EV_DISK_ERROR] = on_disk_error,
		[EV_PEER_UP] = on_peer_up, [EV_PEER_DOWN] = on_peer_down,
		[EV_MESSAGE] = on_message, [EV_FORM] = list_form,
		[EV_NODE_DOWN] = survey_start, [EV_REMOVED] = on_removed,
		[EV_SUBMITTED] = list_submitted, [EV_LEARN] = learn_event,
		[EV_ADMIT] = list_admit, [EV_LEAVE] = list_leave, [EV_LOOKUP] = link_lookup,
		[EV_SPLIT] = on_split, [EV_FINALISE] = list_finalise,
	};

	assert(ev->type < EV_TYPES);
	out->n = 0;
	out->wire_used = 0;
	if (n->halted && ev->type == EV_PEER_UP)
		drop_halted(ev->peer, out);	/* else it would wait for our hello */
	if (ev->type != EV_BOOT && (!n->booted || n->halted))
		return;
	n->now_ms = ev->now_ms;
	n->random = ev->random;
	coord_pay(n, ev, out);
	handler[ev->type](n, ev, out);
	if (!n->halted && !n->down.removed) {
		down_settle(n, out);
		list_settle(n, out);
	}
	if (!n->halted)
		turn_settle(n, out);
	report_change(n, out);
}

void node_look(const struct node *n, struct node_view *view)
{
	const struct slot *s = &n->slot;
	bool taken = s->state != SLOT_FREE;

	memset(view, 0, sizeof(*view));
	view->id = n->id;
	view->protocol = n->protocol;
	view->state = n->reported;
	view->nl = &n->nl;
	view->position = n->pos;
	view->slot = s->state;
	view->learner = node_learner(n);
	view->joining = n->candidate.nl.n ? &n->candidate.nl.node[0] : NULL;
	view->queued = n->queued;
	view->turn_holder = n->turn.holder;
	if (taken) {
		view->slot_id = s->id;
		view->slot_since_ms = s->since_ms;
		view->n_tids = s->batch.n;
		view->tids = s->batch.tids;
		view->own_vote = s->durable ? VOTE_YES : VOTE_NONE;
	}
	for (const struct peer *p = n->peers; p < n->peers + PEERS_MAX; p++) {
		struct peer_view *v = &view->peer[view->n_peers];

		if (!p->id)
			continue;
		view->n_peers++;
		*v = (struct peer_view){
			.id = p->id, .link = p->link, .seq = p->seq, .sp = p->sp,
			.rtt_ms = p->rtt_ms, .last_heard_ms = p->last_heard_ms,
			.vote = taken && s->id.coordinator == n->id ? p->vote : VOTE_NONE,
		};
		if (taken && s->id.coordinator == p->id)
			v->vote = VOTE_YES;
	}
}
