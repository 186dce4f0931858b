// SPDX-License-Identifier: GPL-2.0
/*
 * The initiator of a node-down (protocol.md section 3).
 *
 *   asked            -> every survivor promises and reports    ASKING
 *   all reports in   -> the value: one accepted before, or the longest log, with the undecided
 *                       batch if every survivor holds a yes for it   ACCEPTING
 *   quorum accepted  -> chosen: adopt, tell, answer            IDLE
 */
#include "internal.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

static bool is_removed(const struct survey *s, uint16_t id)
{
	for (unsigned int i = 0; i < s->ask.n; i++)
		if (s->ask.id[i] == id)
			return true;
	return false;
}

#define each_survivor(i, n) \
	(unsigned int i = 0; i < (n)->nl.n; i++) \
		if (!is_removed(&(n)->survey, (n)->nl.node[i].id))

static struct report *report_of(struct node *n, uint16_t id)
{
	struct peer *p = peer_find(n, id);

	return id == n->id ? &n->survey.own : p ? &p->report : NULL;
}

static void answer(struct node *n, int error, const char *why, struct actions *out)
{
	struct survey *s = &n->survey;
	struct action *a;

	if (s->request) {
		a = out_add(out, ACT_ANSWER);
		a->request = s->request;
		a->error = error;
		a->why = why;
		a->plan = error ? NULL : &s->plan;
	}
	s->request = 0;
	s->state = SURVEY_IDLE;
}

static const char *say(struct actions *out, const char *a, const char *b, const char *c)
{
	const char *const parts[] = { a, b, c, NULL };

	return out_say(out->why, sizeof(out->why), parts);
}

/* One that cannot be repaired in place is as good as dead, though it is connected. */
static bool looks_alive(const struct peer *p)
{
	return p->up && p->link != LINK_BEHIND && p->link != LINK_DIVERGED;
}

/* The newcomer, if it was not declared down with the rest. */
static struct peer *living_newcomer(struct node *n)
{
	const struct member *m = list_newcomer(n);

	return m && !is_removed(&n->survey, m->id) ? peer_find(n, m->id) : NULL;
}

/* Is @p the newcomer that was asked? */
bool survey_awaits(struct node *n, const struct peer *p)
{
	return n->survey.state == SURVEY_ASKING && p == living_newcomer(n);
}

/* Why nobody but an administrator who uses force may have this, or NULL. */
static const char *needs_force(struct node *n, const struct down_request *ask, int *error,
			       struct actions *out)
{
	unsigned int left = n->nl.n;

	*error = EBUSY;
	for (unsigned int i = 0; i < ask->n; i++) {
		const struct peer *p = peer_find(n, ask->id[i]);

		if (p && looks_alive(p))
			return say(out, name_of(n, ask->id[i]), " is alive and connected",
				   ": stop it first, or use --force");
		left -= nl_has(&n->nl, ask->id[i]);
	}
	*error = EPERM;
	return 2 * left > n->nl.n ? NULL :
	       "the survivors are no majority: make sure the others are dead, then use --force";
}

/* Why this request cannot be, or NULL. */
static const char *obstacle(struct node *n, const struct down_request *ask, int *error,
			    struct actions *out)
{
	const struct member *joins = list_newcomer(n);
	const char *why = NULL;

	*error = EINVAL;
	if (!n->nl.n)
		return "this node is in no pool: ask a member";
	if (node_learner(n))
		return "this node is no member yet: ask a member";
	if (n->down.removed)
		return "this node was removed from the pool itself: ask a member";
	*error = ESTALE;
	if (ask->epoch && ask->epoch != n->nl.epoch)
		return "the node list has changed since: look at hsmreplctl nodes, and decide anew";
	*error = EINVAL;
	for (unsigned int i = 0; i < ask->n; i++) {
		if (ask->id[i] == n->id)
			return "a node cannot declare itself down: ask another member";
		if (!nl_has(&n->nl, ask->id[i]) && !(joins && joins->id == ask->id[i]))
			return "no such node in the node list: see hsmreplctl nodes";
	}
	if (!ask->force && !ask->dry)
		why = needs_force(n, ask, error, out);
	if (why)
		return why;
	*error = EBUSY;
	if (n->slot.state != SLOT_FREE && n->slot.batch.removes && n->slot.id.coordinator == n->id)
		return "this node is about to leave: ask another member, or bring one back";
	*error = EALREADY;
	if (n->survey.state != SURVEY_IDLE)
		return "a node-down is under way: wait for it";
	return NULL;
}

static bool has_answered(const struct node *n, const struct report *r)
{
	return n->survey.state == SURVEY_ASKING ? r->in : r->accepted_in;
}

/* Ask whoever has not answered yet: what was sent before may be lost with its connection. */
static void ask_missing(struct node *n, struct actions *out)
{
	struct survey *s = &n->survey;
	struct message m = { .type = MSG_DOWN_ASK };
	struct peer *p;

	s->told_ms = n->now_ms;
	m.down.ballot = s->ballot;
	m.down.flags = s->ask.dry ? DOWN_DRY : 0;
	if (s->state == SURVEY_ACCEPTING) {
		m.type = MSG_DOWN_ACCEPT;
		m.tls = (struct bytes){ s->value, DOWN_VALUE_LEN };
	}
	for each_survivor(i, n) {
		p = peer_find(n, n->nl.node[i].id);
		if (p && !has_answered(n, &p->report))
			out_send(n, out, p, &m);
	}
	p = living_newcomer(n);
	if (s->state != SURVEY_ASKING || !p || p->report.in)
		return;
	m.down.slot = n->slot.id;
	out_send(n, out, p, &m);
}

/* The report of the longest log. */
static const struct down_message *longest(struct node *n)
{
	const struct down_message *best = &n->survey.own.said;

	for each_survivor(i, n) {
		const struct report *r = report_of(n, n->nl.node[i].id);

		if (r->said.seq > best->seq)
			best = &r->said;
	}
	return best;
}

/* The batch that every survivor, standing at @top, has a yes for; NULL if there is none. */
static const struct down_message *unanimous(struct node *n, const struct down_message *top)
{
	const struct down_message *first = NULL;

	for each_survivor(i, n) {
		const struct down_message *d = &report_of(n, n->nl.node[i].id)->said;

		if (d->seq != top->seq || !d->slot.coordinator || d->slot_seq <= top->seq)
			return NULL;
		if (!first)
			first = d;
		if (!same_batch(first->slot, d->slot))
			return NULL;
	}
	return first;
}

/* The undecided batch changes the node list. The initiator is a survivor, so it has it itself. */
static bool changes_list(const struct node *n, const struct down_message *undecided)
{
	return undecided && n->slot.state != SLOT_FREE && n->slot.batch.has_nl &&
	       same_batch(undecided->slot, n->slot.id);
}

/* Must the newcomer answer? Only if every survivor holds a yes for its NODE_ADD. */
static bool needs_newcomer(const struct node *n, const struct down_message *undecided)
{
	const struct member *m = list_newcomer(n);

	return m && changes_list(n, undecided) && !is_removed(&n->survey, m->id);
}

/* The newcomer answered, and holds no yes. */
static bool newcomer_refuses(struct node *n, const struct down_message *undecided)
{
	const struct peer *p = living_newcomer(n);

	return needs_newcomer(n, undecided) && p && p->report.in &&
	       !same_batch(p->report.said.slot, undecided->slot);
}

static bool all_in(struct node *n)
{
	const struct peer *p = living_newcomer(n);

	for each_survivor(i, n) {
		struct report *r = report_of(n, n->nl.node[i].id);

		if (!r || !r->in)
			return false;
	}
	if (n->survey.best || !needs_newcomer(n, unanimous(n, longest(n))))
		return true;
	/* A dry one only says that it will have to answer. */
	return (p && p->report.in) || (n->survey.ask.dry && (!p || !p->up));
}

/* The list of the next epoch, on top of the one that @base is. */
static void list_after(const struct node *n, const struct node_list *base,
		       struct node_list *after)
{
	*after = *base;
	after->n = 0;
	after->epoch = base->epoch + 1;
	memset(after->node, 0, sizeof(after->node));
	for (unsigned int i = 0; i < base->n; i++)
		if (!is_removed(&n->survey, base->node[i].id))
			after->node[after->n++] = base->node[i];
}

/* The NODE_DOWN TL on that position, with its own TID, so that two repairs never share an SP. */
static void cut_tl(const struct node *n, const struct node_list *after, uint64_t seq, uint64_t sp,
		   uint8_t *buf)
{
	struct hsmrepl_tl tl = {
		.len = htole32(DOWN_TL_LEN), .format = htole16(1),
		.kind = htole16(HSMREPL_TL_NODE_DOWN), .tid = htole64(n->random ? n->random : 1),
		.sync_point = htole64(sp), .seq = htole64(seq + 1),
		.epoch = htole64(after->epoch - 1), .coordinator = htole16(n->id),
		.n_ops = htole16(1), .n_voters = htole16((uint16_t)after->n),
	};
	struct hsmrepl_op op = {
		.len = htole32(sizeof(op) + sizeof(struct hsmrepl_nl)),
		.code = htole16(HSMREPL_OP_NODES),
		.payload_len = htole32(sizeof(struct hsmrepl_nl)),
	};
	struct hsmrepl_nl nl;

	for (unsigned int i = 0; i < after->n; i++)
		tl.voters[i] = htole16(after->node[i].id);
	nl_encode(after, &nl);
	memcpy(buf, &tl, sizeof(tl));
	memcpy(buf + sizeof(tl), &op, sizeof(op));
	memcpy(buf + sizeof(tl) + sizeof(op), &nl, sizeof(nl));
}

/* TIDs of an undecided batch, from our own slot or from a report. */
static unsigned int tids_of(const struct node *n, struct batch_id id, uint64_t *tids)
{
	const struct survey *s = &n->survey;

	if (n->slot.state != SLOT_FREE && same_batch(n->slot.id, id)) {
		memcpy(tids, n->slot.batch.tids, n->slot.batch.n * sizeof(*tids));
		return n->slot.batch.n;
	}
	if (!same_batch(s->tids_of, id))
		return 0;
	memcpy(tids, s->tids, s->n_tids * sizeof(*tids));
	return s->n_tids;
}

/* Does the slot that @d reports lead to where @top stands: is it committed there? */
static bool same_end(const struct down_message *d, const struct down_message *top)
{
	return d->slot_seq == top->seq && d->slot_sp == top->sp;
}

static void plan(struct node *n, struct batch_id settles, const struct node_list *after)
{
	struct down_plan *plan = &n->survey.plan;

	memset(plan, 0, sizeof(*plan));
	plan->after = *after;
	plan->survives = after->n ? (after->n - 1) / 2 : 0;
	if (settles.coordinator)
		plan->n_commit = tids_of(n, settles, plan->commit);
	for each_survivor(i, n) {
		const struct down_message *d = &report_of(n, n->nl.node[i].id)->said;

		if (d->slot.coordinator && same_end(d, longest(n)) && !plan->n_commit)
			plan->n_commit = tids_of(n, d->slot, plan->commit);
		if (d->slot.coordinator && d->slot_seq > longest(n)->seq && !plan->n_abort &&
		    !same_batch(d->slot, settles))
			plan->n_abort = tids_of(n, d->slot, plan->abort);
	}
}

/* All survivors reported and none had accepted a value: find one. */
static void find_value(struct node *n)
{
	const struct down_message *top = longest(n);
	const struct down_message *undecided = unanimous(n, top);
	struct survey *s = &n->survey;
	struct down_value v = { 0 };
	struct node_list after;
	uint8_t tl[DOWN_TL_LEN];

	if (newcomer_refuses(n, undecided))
		undecided = NULL;
	list_after(n, changes_list(n, undecided) ? &n->slot.batch.nl : &n->nl, &after);
	v.record = (struct batch_id){ n->id, (uint64_t)n->incarnation << 32 | ++n->counter };
	if (undecided)
		v.settles = undecided->slot;
	cut_tl(n, &after, undecided ? undecided->slot_seq : top->seq,
	       undecided ? undecided->slot_sp : top->sp, tl);
	v.tl = (struct bytes){ tl, sizeof(tl) };
	value_encode(&v, s->value);
	plan(n, v.settles, &after);
	if (needs_newcomer(n, undecided))
		memcpy(s->plan.newcomer, list_newcomer(n)->name, sizeof(s->plan.newcomer));
}

/* A value accepted before is carried on, whatever was asked this time. */
static void carry_on(struct node *n)
{
	struct down_value v;
	struct batch b;
	bool ok;

	value_decode(n->survey.value, &v);
	ok = batch_read(v.tl, 1, &b);
	assert(ok);
	plan(n, v.settles, &b.nl);
}

/*
 * All survivors, who are a majority or vouched for. A bare majority of them would do, were it not
 * for a later attempt that is forced by those who are left: one of them must know of this value.
 */
static bool quorum(struct node *n)
{
	for each_survivor(i, n) {
		const struct report *r = report_of(n, n->nl.node[i].id);

		if (!r || !r->accepted_in)
			return false;
	}
	return true;
}

/* Another initiator is ahead of us: its attempt goes on, ours ends. */
static void outbid(struct node *n, uint64_t promised, struct actions *out)
{
	if (promised > n->survey.ballot)
		n->survey.ballot = promised;	/* the next attempt goes above it */
	answer(n, EAGAIN, "another node-down is under way: look at the nodes, then try again", out);
}

/* What would come of it, and, beside that, why not without force. */
static void answer_dry(struct node *n, struct actions *out)
{
	const struct down_request *ask = &n->survey.ask;
	int error;

	answer(n, 0, ask->force ? NULL : needs_force(n, ask, &error, out), out);
}

static void advance(struct node *n, struct actions *out)
{
	struct survey *s = &n->survey;

	if (s->state == SURVEY_ASKING && all_in(n)) {
		if (!s->ask.dry && s->ballot < n->down.promised) {
			outbid(n, n->down.promised, out);
			return;
		}
		if (s->best)
			carry_on(n);
		else
			find_value(n);
		if (s->ask.dry) {
			answer_dry(n, out);
			return;
		}
		s->state = SURVEY_ACCEPTING;
		ask_missing(n, out);
		down_accept(n, s->ballot, s->value, out);
	} else if (s->state == SURVEY_ACCEPTING && quorum(n)) {
		down_choose(n, s->value, out);
	}
}

void survey_start(struct node *n, const struct event *ev, struct actions *out)
{
	struct survey *s = &n->survey;
	int error;
	const char *why = obstacle(n, &ev->down, &error, out);
	uint64_t highest = n->down.promised > n->down.asked ? n->down.promised : n->down.asked;

	if (!why && ballot_attempt(highest, n->pos.epoch) >= BALLOT_ATTEMPTS) {
		error = EOVERFLOW;
		why = "too many node-downs were tried in this epoch: form a new pool";
	}
	if (why) {
		if (ev->request)
			out_answer(out, ev->request, error, why);
		return;
	}
	if (s->ballot > highest)
		highest = s->ballot;
	memset(s, 0, sizeof(*s));
	s->state = SURVEY_ASKING;
	s->request = ev->request;
	s->ask = ev->down;
	s->since_ms = n->now_ms;
	s->ballot = ballot_make(n->pos.epoch, ballot_attempt(highest, n->pos.epoch) + 1, n->id);
	for each_peer(p, n)
		memset(&p->report, 0, sizeof(p->report));
	ask_missing(n, out);
	if (!s->ask.dry) {
		down_promise(n, s->ballot, out);
		return;
	}
	survey_own(n, out);
}

static void note_value(struct survey *s, uint64_t accepted, const uint8_t *value)
{
	if (accepted <= s->best)
		return;
	s->best = accepted;
	memcpy(s->value, value, DOWN_VALUE_LEN);
}

static void note_tids(struct survey *s, const struct message *m)
{
	const uint8_t *p = m->tls.p;

	s->tids_of = m->down.slot;
	s->n_tids = (unsigned int)m->down.n_tids;
	for (unsigned int i = 0; i < s->n_tids; i++) {
		s->tids[i] = 0;
		for (unsigned int b = 0; b < 8; b++)
			s->tids[i] |= (uint64_t)p[8 * i + b] << (8 * b);
	}
}

void survey_report(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct survey *s = &n->survey;

	if (s->state != SURVEY_ASKING || m->down.ballot != s->ballot)
		return;
	if (m->down.flags & DOWN_NO) {
		outbid(n, m->down.promised, out);
		return;
	}
	p->report.in = true;
	p->report.said = m->down;
	if (m->down.accepted)
		note_value(s, m->down.accepted, m->tls.p);
	else if (m->down.n_tids)
		note_tids(s, m);
	advance(n, out);
}

void survey_accepted(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	struct survey *s = &n->survey;

	if (s->state != SURVEY_ACCEPTING || m->down.ballot != s->ballot)
		return;
	if (m->down.flags & DOWN_NO) {
		outbid(n, m->down.promised, out);
		return;
	}
	p->report.accepted_in = true;
	advance(n, out);
}

/* Our own promise or acceptance is durable (or a dry survey needs no promise). */
void survey_own(struct node *n, struct actions *out)
{
	struct survey *s = &n->survey;

	if (s->state == SURVEY_ASKING) {
		s->own.in = true;
		down_describe(n, &s->own.said);
		if (n->down.accepted)
			note_value(s, n->down.accepted, n->down.value);
	} else if (s->state == SURVEY_ACCEPTING) {
		s->own.accepted_in = true;
	}
	advance(n, out);
}

void survey_tick(struct node *n, struct actions *out)
{
	struct survey *s = &n->survey;

	if (s->state == SURVEY_IDLE)
		return;
	if (n->now_ms - s->told_ms >= NODE_HEARTBEAT_MS)
		ask_missing(n, out);
	if (n->now_ms - s->since_ms < NODE_SURVEY_MS)
		return;
	for each_survivor(i, n) {
		struct report *r = report_of(n, n->nl.node[i].id);

		if (r && has_answered(n, r))
			continue;
		answer(n, ETIMEDOUT, say(out, n->nl.node[i].name, " did not answer",
					 ": bring it back, or declare it down as well"), out);
		return;
	}
	if (s->state == SURVEY_ASKING && list_newcomer(n))
		answer(n, ETIMEDOUT, say(out, list_newcomer(n)->name,
					 " was about to join and did not answer",
					 ": bring it back, or declare it down as well"), out);
}

/*
 * A change of the node list was committed under an attempt: it begins again, in the epoch that
 * this change began.
 */
void survey_again(struct node *n, struct actions *out)
{
	struct survey *s = &n->survey;
	struct event ev = { .type = EV_NODE_DOWN, .request = s->request, .down = s->ask };

	if (s->state == SURVEY_IDLE)
		return;
	s->state = SURVEY_IDLE;
	survey_start(n, &ev, out);
}

/* Did the epoch end as the administrator asked? Another attempt may have been ahead of ours. */
static bool as_asked(const struct node *n)
{
	const struct survey *s = &n->survey;

	if (s->state != SURVEY_ACCEPTING || memcmp(s->value, n->down.adopt, DOWN_VALUE_LEN))
		return false;
	for (unsigned int i = 0; i < s->ask.n; i++)
		if (nl_has(&n->nl, s->ask.id[i]))
			return false;
	return true;
}

/* The value is adopted here: tell the survivors, answer the administrator. */
void survey_adopted(struct node *n, struct actions *out)
{
	struct message m = { .type = MSG_DOWN_CHOSEN };

	m.tls = (struct bytes){ n->down.adopt, DOWN_VALUE_LEN };
	for each_peer(p, n)
		if (nl_has(&n->nl, p->id))
			out_send(n, out, p, &m);
	if (n->survey.state == SURVEY_IDLE)
		return;
	if (as_asked(n))
		answer(n, 0, NULL, out);
	else
		answer(n, EAGAIN, "another node-down was carried to its end: look at the nodes, "
		       "then repeat this one if need be", out);
}
