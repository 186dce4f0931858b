// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of the node list that this node is asked for: a FORM, the NODE_ADD of a newcomer, its own
 * NODE_REMOVE, a FINALISE. Each is a TL that all voters must hold a yes for, like any other.
 *
 * A newcomer is admitted once every member is connected to it, so that nobody has to wait for
 * a connection afterwards: the donor names it to the others (CANDIDATE), they say in their hellos
 * whom they meet. Two donors at once: the newcomer with the lower id goes first, wherever the
 * NODE_ADD of the other one is not cut yet; else each of them would wait for the other for ever.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

#include "decimal.h"

/* After this a newcomer is forgotten, unless its NODE_ADD is in the slot. */
#define CANDIDATE_MS (2 * NODE_ADMIT_MS)

/* Answer whoever asked for the change, if anybody did. */
void list_answer(struct node *n, int error, const char *why, struct actions *out)
{
	if (n->change.request)
		out_answer(out, n->change.request, error, why);
	n->change.request = 0;
}

static void begin(struct node *n, const struct event *ev, enum hsmrepl_tl_kind kind)
{
	n->change = (struct change){
		.request = ev->request, .kind = kind, .nl = n->nl, .since_ms = n->now_ms,
	};
	n->change.nl.epoch = n->nl.epoch + 1;
}

static void submit(struct node *n, struct actions *out)
{
	struct action *a = out_add(out, ACT_SUBMIT_NODES);

	n->change.submitted = true;
	a->kind = n->change.kind;
	a->nl = &n->change.nl;
}

void list_submitted(struct node *n, const struct event *ev, struct actions *out)
{
	if (ev->error)
		list_answer(n, ev->error, "the device has no room for it: try again later", out);
}

/* The list in force changed: by our own request, or under it. */
void list_changed(struct node *n, bool ours, struct actions *out)
{
	if (ours)
		list_answer(n, 0, NULL, out);
	else
		list_answer(n, ECANCELED, "the node list changed meanwhile: try again", out);
}

/* Why the pool cannot be formed with this list, or NULL. */
static const char *form_obstacle(struct node *n, const struct node_list *nl, struct actions *out)
{
	if (!node_blank(n))
		return "this node is in a pool already: if another one is to be formed of it, it "
		       "must leave that one and be zeroized first";
	if (n->slot.state != SLOT_FREE || n->granted)
		return "another form is under way: see pending for whom it waits; zeroize this "
		       "node if that one is not to come";
	if (!nl_has(nl, n->id))
		return "this node must be in the list";
	for (unsigned int i = 0; i < nl->n; i++) {
		const struct peer *p = peer_find(n, nl->node[i].id);
		enum link_state link = p ? p->link : LINK_DOWN;
		const char *const parts[] = {
			nl->node[i].name, " is ", link == LINK_AHEAD ? "in a pool already" :
			link_state_name(link),
			": all nodes must be connected and in reset state", NULL
		};

		if (nl->node[i].id != n->id && link != LINK_BLANK)
			return out_say(out->why, sizeof(out->why), parts);
	}
	return NULL;
}

void list_form(struct node *n, const struct event *ev, struct actions *out)
{
	const char *obstacle = form_obstacle(n, ev->nl, out);

	if (obstacle) {
		out_answer(out, ev->request, EBUSY, obstacle);
		return;
	}
	begin(n, ev, HSMREPL_TL_FORM);
	n->change.nl = *ev->nl;
	submit(n, out);
	coord_grant(n, out);
}

/* Why no change can begin now, or NULL. */
static const char *change_obstacle(const struct node *n, int *error)
{
	*error = EBUSY;
	if (n->change.request)
		return "another change of the node list is under way: wait for it";
	*error = ECANCELED;
	if (!node_steady(n))
		return "this node is no member with all others connected: see hsmreplctl nodes";
	return NULL;
}

/* Why the newcomer cannot be admitted now, or NULL. */
static const char *admit_obstacle(struct node *n, const struct member *who, int *error)
{
	const struct peer *p = peer_find(n, who->id);
	const char *obstacle = change_obstacle(n, error);

	if (obstacle)
		return obstacle;
	*error = EBUSY;
	if (n->candidate.nl.n && n->candidate.nl.node[0].id != who->id)
		return "another node is joining: wait for it";
	*error = ENOSPC;
	if (n->nl.n == HSMREPL_NODES_MAX)
		return "the pool is full: at most 16 nodes make a pool";
	*error = EEXIST;
	for (unsigned int i = 0; i < n->nl.n; i++)
		if (strcmp(n->nl.node[i].name, who->name) == 0)
			return "a member has that name already: give the newcomer another one";
	*error = ECANCELED;
	if (!p || p->link != LINK_LEARNER)
		return "the newcomer is not connected, or does not hold this pool's content: "
		       "try again";
	return NULL;
}

static void set_candidate(struct node *n, const struct member *who)
{
	struct candidate *c = &n->candidate;

	c->since_ms = n->now_ms;
	memcpy(c->nl.pool, n->nl.pool, sizeof(c->nl.pool));
	c->nl.epoch = n->nl.epoch;
	c->nl.n = 1;
	c->nl.node[0] = *who;
	nl_encode(&c->nl, &c->wire);
}

static void add_member(struct node_list *nl, const struct member *who)
{
	unsigned int at = nl->n++;

	for (; at && nl->node[at - 1].id > who->id; at--)
		nl->node[at] = nl->node[at - 1];
	nl->node[at] = *who;
}

static void drop_member(struct node_list *nl, uint16_t id)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nl->n; i++)
		if (nl->node[i].id != id)
			nl->node[kept++] = nl->node[i];
	nl->n = kept;
	memset(&nl->node[kept], 0, sizeof(nl->node[0]));
}

void list_admit(struct node *n, const struct event *ev, struct actions *out)
{
	const struct member *who = &ev->nl->node[0];
	struct message m = { .type = MSG_CANDIDATE };
	const char *obstacle;
	int error;

	if (nl_has(&n->nl, who->id) && !node_learner(n)) {
		out_answer(out, ev->request, 0, NULL);
		return;
	}
	obstacle = admit_obstacle(n, who, &error);
	if (obstacle) {
		out_answer(out, ev->request, error, obstacle);
		return;
	}
	begin(n, ev, HSMREPL_TL_NODE_ADD);
	add_member(&n->change.nl, who);
	set_candidate(n, who);
	m.tls = (struct bytes){ &n->candidate.wire, sizeof(n->candidate.wire) };
	for each_peer(p, n)
		if (p->link == LINK_MEMBER)
			out_send(n, out, p, &m);
}

void list_leave(struct node *n, const struct event *ev, struct actions *out)
{
	int error;
	const char *obstacle = change_obstacle(n, &error);

	if (!obstacle && n->nl.n == 1) {
		error = EINVAL;
		obstacle = "the last node cannot leave its pool: zeroize it instead";
	}
	if (obstacle) {
		out_answer(out, ev->request, error, obstacle);
		return;
	}
	begin(n, ev, HSMREPL_TL_NODE_REMOVE);
	drop_member(&n->change.nl, n->id);
	submit(n, out);
}

static const char *say_of(const char *name, const char *what, struct actions *out)
{
	const char *const parts[] = { name, what, NULL };

	return out_say(out->why, sizeof(out->why), parts);
}

/* Why the pool cannot be finalised now, whatever its members speak, or NULL. */
static const char *finalise_obstacle(struct node *n, int *error, struct actions *out)
{
	const struct candidate *c = &n->candidate;

	*error = EBUSY;
	if (c->nl.n)
		return say_of(c->nl.node[0].name, " is joining: wait for it", out);
	*error = ECANCELED;
	for (unsigned int i = 0; i < n->nl.n && node_sound(n); i++) {
		const struct member *m = &n->nl.node[i];
		const struct peer *p = peer_find(n, m->id);

		if (m->id != n->id && (!p || p->link != LINK_MEMBER))
			return say_of(m->name, " is not connected as a member, so what it speaks "
				      "is not known: bring it back, or take it out by node-down",
				      out);
	}
	return change_obstacle(n, error);
}

/* The member that speaks least; this node, if no other one speaks less. */
static uint16_t least(struct node *n, uint16_t *protocol)
{
	uint16_t id = n->id;

	*protocol = n->protocol;
	for (unsigned int i = 0; i < n->nl.n; i++) {
		const struct peer *p = peer_find(n, n->nl.node[i].id);

		if (!p || p->protocol >= *protocol)
			continue;
		*protocol = p->protocol;
		id = p->id;
	}
	return id;
}

/* Why finalising at @protocol would change nothing; @id speaks no more than that. */
static const char *say_no_rise(struct node *n, uint16_t id, uint16_t protocol, int *error,
			       struct actions *out)
{
	char text[DECIMAL_MAX + 1];
	const char *const done[] = {
		"the pool is finalised at protocol ", text,
		" already: there is nothing to do", NULL
	};
	const char *const behind[] = {
		name_of(n, id), " still speaks only protocol ", text,
		": upgrade it first, agent and module", NULL
	};
	bool newest = protocol >= PROTOCOL_MAX;

	*decimal_put(text, protocol) = '\0';
	*error = newest ? EALREADY : EOPNOTSUPP;
	return out_say(out->why, sizeof(out->why), newest ? done : behind);
}

/* The pool goes on under the highest protocol that all members speak, and never below it again. */
void list_finalise(struct node *n, const struct event *ev, struct actions *out)
{
	int error;
	const char *obstacle = finalise_obstacle(n, &error, out);
	uint16_t protocol, id;

	if (!obstacle) {
		id = least(n, &protocol);
		if (protocol <= list_protocol(&n->nl))
			obstacle = say_no_rise(n, id, protocol, &error, out);
	}
	if (obstacle || ev->dry) {
		out_answer(out, ev->request, obstacle ? error : 0, obstacle);
		return;
	}
	begin(n, ev, HSMREPL_TL_FINALISE);
	n->change.nl.protocol = protocol;
	submit(n, out);
}

/* The newcomer that we are connected to, for our hellos; 0 for none. */
uint16_t list_meets(const struct node *n)
{
	const struct candidate *c = &n->candidate;
	const struct peer *p = c->nl.n ? peer_find((struct node *)n, c->nl.node[0].id) : NULL;

	return p && p->link == LINK_LEARNER ? p->id : 0;
}

/* Does our newcomer, if we have one, let this one go first? */
static bool gives_way(const struct node *n, const struct member *to)
{
	const struct candidate *c = &n->candidate;
	const struct slot *s = &n->slot;

	if (!c->nl.n || c->nl.node[0].id == to->id)
		return true;
	return to->id < c->nl.node[0].id && !(n->change.request && n->change.submitted) &&
	       !(s->state != SLOT_FREE && s->batch.adds);
}

/* Another member names a newcomer. */
void list_candidate(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	const struct candidate *c = &n->candidate;
	struct node_list nl;

	if (!nl_decode(m->tls, &nl) || nl.n != 1) {
		out_drop(out, p->id, "it names a newcomer wrongly: check its version");
		return;
	}
	if (p->link != LINK_MEMBER || m->epoch != n->pos.epoch || node_learner(n) ||
	    nl_has(&n->nl, nl.node[0].id) || !gives_way(n, &nl.node[0]))
		return;
	if (n->change.request && n->change.kind == HSMREPL_TL_NODE_ADD &&
	    c->nl.node[0].id != nl.node[0].id)
		list_answer(n, EBUSY, "another node is joining: wait for it", out);
	set_candidate(n, &nl.node[0]);
	if (list_meets(n))
		link_greet(n, p, out);
}

/* All members are connected to the newcomer: its NODE_ADD can be cut. Or they are not in time. */
static void settle_admission(struct node *n, struct actions *out)
{
	uint16_t id = n->candidate.nl.n ? n->candidate.nl.node[0].id : 0;

	if (!n->change.request || n->change.kind != HSMREPL_TL_NODE_ADD || n->change.submitted)
		return;
	for (unsigned int i = 0; i < n->nl.n; i++) {
		const struct peer *p = peer_find(n, n->nl.node[i].id);
		bool meets = n->nl.node[i].id == n->id ? list_meets(n) == id :
			     p && p->meets == id;
		const char *const parts[] = {
			n->nl.node[i].name, " has no connection to the newcomer: check its "
			"address and what lies between", NULL
		};

		if (meets)
			continue;
		if (n->now_ms - n->change.since_ms >= NODE_ADMIT_MS)
			list_answer(n, ECANCELED, out_say(out->why, sizeof(out->why), parts), out);
		return;
	}
	submit(n, out);
}

const struct member *list_newcomer(const struct node *n)
{
	const struct slot *s = &n->slot;

	return s->state != SLOT_FREE && s->batch.adds ? batch_newcomer(&s->batch, &n->nl) : NULL;
}

/* Whom the mesh is to connect to besides the members. */
static void settle_candidate(struct node *n, struct actions *out)
{
	struct candidate *c = &n->candidate;
	const struct member *cut = list_newcomer(n);
	bool asked = n->change.request && n->change.kind == HSMREPL_TL_NODE_ADD;
	uint16_t id;

	if (cut && cut->id != n->id)
		set_candidate(n, cut);
	else if (c->nl.n && (nl_has(&n->nl, c->nl.node[0].id) ||
			     (!asked && n->now_ms - c->since_ms >= CANDIDATE_MS)))
		c->nl.n = 0;
	id = c->nl.n ? c->nl.node[0].id : 0;
	if (id == c->told)
		return;
	c->told = id;
	out_add(out, ACT_CANDIDATE)->nl = id ? &c->nl : NULL;
}

void list_settle(struct node *n, struct actions *out)
{
	settle_candidate(n, out);
	settle_admission(n, out);
}
