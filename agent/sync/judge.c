// SPDX-License-Identifier: GPL-2.0
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "history.h"

static bool no(struct verdict *v, bool later, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Refuse; always false. */
static bool no(struct verdict *v, bool later, const char *fmt, ...)
{
	va_list ap;

	v->kind = 0;
	v->later = later;
	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	return false;
}

static const struct member *find(const struct node_list *nl, uint16_t id)
{
	for (unsigned int i = 0; i < nl->n; i++)
		if (nl->node[i].id == id)
			return &nl->node[i];
	return NULL;
}

/* May this node give what it has? */
static bool donor_is_good(const struct judge_facts *f, struct verdict *v)
{
	const struct member *me = find(f->nl, f->self);

	if (f->state == HSMREPL_STARTING)
		return no(v, true, "the donor has just started: it is asked again");
	if (!me || (f->state != HSMREPL_MEMBER && f->state != HSMREPL_BLOCKED))
		return no(v, false,
			  "the donor is no member of a pool: name a node whose status says member");
	if (f->busy)
		return no(v, true, "%s joins by way of %s: wait until it is a member", f->busy,
			  me->name);
	return true;
}

/* A node that is in the list has voted; what it may have forgotten cannot be mended in place. */
static bool is_listed(const struct judge_facts *f, struct verdict *v)
{
	if (!find(f->nl, f->id))
		return true;
	if (f->join->flags & SYNC_LEARNER)
		return no(v, true, "%s is in the node list, and hears of it from the members; if "
			  "it does not, its store is older than what it voted for: on a member "
			  "run node-down %s, then live-sync there again", f->name, f->name);
	if (f->link == LINK_MEMBER || f->answer == HISTORY_AHEAD)
		return no(v, false, "%s is a member already: there is nothing to do", f->name);
	return no(v, false,
		  "%s is in the node list, but its store is older than what it voted for: on a "
		  "member run node-down %s, then live-sync there again", f->name, f->name);
}

static bool has_room(const struct judge_facts *f, struct verdict *v)
{
	if (f->nl->n == HSMREPL_NODES_MAX)
		return no(v, false, "the pool has %d nodes, no more can join: let one leave first",
			  HSMREPL_NODES_MAX);
	for (unsigned int i = 0; i < f->nl->n; i++) {
		const struct member *m = &f->nl->node[i];

		if (!strcmp(m->name, f->name))
			return no(v, false,
				  "node %u of the pool is named %s, too: give the newcomer another "
				  "node-name and certificate", m->id, f->name);
		if (!strcmp(m->address, f->join->address))
			return no(v, false,
				  "%s of the pool has the address %s, too: correct \"address\" of "
				  "the newcomer", m->name, m->address);
	}
	return true;
}

static bool take(struct verdict *v, enum sync_kind kind)
{
	v->kind = kind;
	return true;
}

/* An import that was cut can be gone on with if the TLs since are whole. */
static bool can_resume(const struct judge_facts *f)
{
	const struct position *at = &f->join->at;

	return f->join->have && f->at_answer == HISTORY_HAS && at->seq >= f->window;
}

static bool full(const struct judge_facts *f, struct verdict *v)
{
	v->resume = can_resume(f);
	return take(v, SYNC_KIND_FULL);
}

static bool overwrite(const struct judge_facts *f, struct verdict *v, const char *what)
{
	if (f->join->flags & SYNC_OVERWRITE)
		return full(f, v);
	return no(v, false, "%s %s: look at split-brain and verify --against, then live-sync "
		  "--overwrite puts its objects aside and begins anew", f->name, what);
}

/* protocol.md section 4, the table of what a newcomer holds. */
static bool classify(const struct judge_facts *f, struct verdict *v)
{
	static const uint8_t none[HSMREPL_POOL_LEN];
	const struct sync_message *j = f->join;

	if (!j->place.seq && !memcmp(j->pool, none, sizeof(none)))
		return full(f, v);
	if (memcmp(j->pool, f->nl->pool, sizeof(j->pool)))
		return overwrite(f, v, "holds the keys of another pool");
	switch ((enum history_answer)f->answer) {
	case HISTORY_AHEAD:
		if (j->place.seq <= f->seq)
			return no(v, true, "the donor is still writing what it knows: it is asked "
				  "again");
		return overwrite(f, v, "holds transactions that the donor does not know of");
	case HISTORY_LACKS:
		return overwrite(f, v, "has another history than the pool");
	case HISTORY_FORGOTTEN:
		return overwrite(f, v, "was away for longer than the pool remembers");
	case HISTORY_HAS:
		break;
	}
	v->resume = can_resume(f);
	if (v->resume)
		return take(v, SYNC_KIND_DELTA);
	if (j->place.seq < f->window)
		return full(f, v);
	return take(v, j->flags & SYNC_LEARNER ? SYNC_KIND_TAIL : SYNC_KIND_DELTA);
}

void judge(const struct judge_facts *f, struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	if (donor_is_good(f, v) && is_listed(f, v) && has_room(f, v))
		classify(f, v);
}
