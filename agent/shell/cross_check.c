// SPDX-License-Identifier: GPL-2.0
#include "cross_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cross.h"
#include "fork.h"
#include "fields.h"
#include "live.h"
#include "reply.h"
#include "request.h"
#include "verify.h"
#include "../lib/hsmrepl.h"

static void add_chain(struct json_object *o, const uint8_t chain[HSMREPL_CHAIN_LEN])
{
	char text[2 * HSMREPL_CHAIN_LEN + 1];

	for (unsigned int i = 0; i < HSMREPL_CHAIN_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", chain[i]);
	add_text(o, "chain", text);
}

/* cross-check */

static void add_fact(struct json_object *o, const char *key, enum cross_fact f)
{
	json_object_object_add(o, key, f == CROSS_UNSURE ? NULL :
			       json_object_new_boolean(f == CROSS_YES));
}

static struct json_object *node_json(const struct cross_node *n)
{
	struct json_object *o = json_object_new_object();
	const struct position *p = &n->here.place;

	add_text(o, "node", n->member.name);
	add_bool(o, "reached", n->reached);
	add_text(o, "why", n->why);
	if (!n->reached)
		return o;
	add_text(o, "state", hsmrepl_state_name((enum hsmrepl_node_state)n->here.state));
	add_number(o, "epoch", p->epoch);
	add_number(o, "seq", p->seq);
	add_hex64(o, "sync_point", p->sp);
	add_chain(o, p->chain);
	add_hex64(o, "digest", p->digest);
	return o;
}

/* One pair; false if anything is wrong, or cannot be told but for the digest. */
static bool add_pair(struct json_object *pairs, const struct cross_node *a,
		     const struct cross_node *b)
{
	enum cross_fact epoch = cross_epoch(a, b), history = cross_history(a, b);
	enum cross_fact digest = cross_digest(a, b);
	bool connected = cross_connected(a, b) && cross_connected(b, a);
	struct json_object *o = json_object_new_object();

	add_text(o, "a", a->member.name);
	add_text(o, "b", b->member.name);
	add_bool(o, "connected", connected);
	add_fact(o, "epoch", epoch);
	add_fact(o, "history", history);
	add_fact(o, "digest", digest);
	json_object_array_add(pairs, o);
	return connected && epoch == CROSS_YES && history == CROSS_YES && digest != CROSS_NO;
}

static void on_crossed(void *arg, uint64_t request, const struct cross_node *node,
		       unsigned int n)
{
	struct json_object *o = json_object_new_object(), *nodes = json_object_new_array();
	struct json_object *pairs = json_object_new_array();
	struct agent *a = arg;
	unsigned int digests = 0;
	bool ok = true;

	for (unsigned int i = 0; i < n; i++) {
		json_object_array_add(nodes, node_json(&node[i]));
		for (unsigned int j = i + 1; j < n; j++) {
			ok &= add_pair(pairs, &node[i], &node[j]);
			digests += cross_digest(&node[i], &node[j]) == CROSS_NO;
		}
	}
	a->crossed.at = time(NULL);
	a->crossed.ok = ok;
	a->crossed.digests = digests;
	add_bool(o, "ok", ok);
	json_object_object_add(o, "nodes", nodes);
	json_object_object_add(o, "pairs", pairs);
	agent_heed(a, reply_json(a, request, 0, o));
}

int cross_check_take(struct agent *a, const struct device_request *dr)
{
	struct refusal r;

	if (cross_begin(sync_host(a->sync), on_crossed, a, dr->id))
		return 0;
	refusal_set(&r, ENONET, "form a pool, or join one with live-sync",
		    "this node is in no pool");
	return reply_refusal(a, dr->id, &r);
}

/* split-brain */

static struct json_object *names_json(const struct node_list *nl)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < nl->n; i++)
		json_object_array_add(list, json_object_new_string(nl->node[i].name));
	return list;
}

static struct json_object *side_json(const struct fork_report *r, const struct fork_side *s,
				     const char *node)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	add_text(o, "node", node);
	json_object_object_add(o, "nodes", names_json(&s->nl));
	add_bool(o, "majority", s->major);
	add_number(o, "epoch", s->place.epoch);
	add_number(o, "seq", s->place.seq);
	add_hex64(o, "sync_point", s->place.sp);
	add_number(o, "since", s->place.seq - r->seq);
	for (unsigned int i = 0; i < s->n; i++) {
		struct json_object *row = json_object_new_object();

		add_number(row, "seq", s->row[i].seq);
		add_hex64(row, "tid", s->row[i].tid);
		add_hex64(row, "sync_point", s->row[i].sp);
		json_object_array_add(list, row);
	}
	json_object_object_add(o, "transactions", list);
	return o;
}

static const char *kind_word(enum fork_kind kind)
{
	switch (kind) {
	case FORK_FAILED:
		return "unknown";
	case FORK_STRANGER:
		return "of another pool, or of none";
	case FORK_SAME:
		return "one history";
	case FORK_SPLIT:
		return "split brain";
	}
	return "?";
}

static struct json_object *report_json(const struct agent *a, const struct fork_report *r)
{
	struct json_object *o = json_object_new_object(), *fork = json_object_new_object();

	add_bool(o, "split", r->kind == FORK_SPLIT);
	add_text(o, "with", r->whom.name);
	add_text(o, "kind", kind_word(r->kind));
	if (r->kind != FORK_SPLIT) {
		json_object_put(fork);
		return o;
	}
	add_number(fork, "seq", r->seq);
	add_hex64(fork, "sync_point", r->sp);
	json_object_object_add(fork, "nodes", names_json(&r->common));
	json_object_object_add(o, "fork", fork);
	json_object_object_add(o, "left", side_json(r, &r->left, a->config.node_name));
	json_object_object_add(o, "right", side_json(r, &r->right, r->whom.name));
	return o;
}

/**
 * struct parted - a split brain that is being described
 * @agent: whose
 * @report: where the histories parted, as JSON
 */
struct parted {
	struct agent *agent;
	struct json_object *report;
};

static void on_objects(void *arg, uint64_t request, const struct compare_report *r)
{
	struct parted *p = arg;

	json_object_object_add(p->report, "objects", verify_classes(r));
	agent_heed(p->agent, reply_json(p->agent, request, 0, p->report));
	free(p);
}

/* The report, with the objects by class if they can be compared now. */
static void tell_split(struct agent *a, uint64_t request, const struct fork_report *r)
{
	struct parted *p = calloc(1, sizeof(*p));
	char error[SYNC_ERROR_MAX];

	if (!p) {
		agent_heed(a, reply_json(a, request, 0, report_json(a, r)));
		return;
	}
	p->agent = a;
	p->report = report_json(a, r);
	if (sync_compare(a->sync, &r->whom, false, on_objects, p, request, error))
		return;
	agent_heed(a, reply_json(a, request, 0, p->report));
	free(p);
}

static void on_forked(void *arg, uint64_t request, const struct fork_report *r)
{
	struct agent *a = arg;
	struct refusal refusal;

	if (r->kind == FORK_SPLIT) {
		tell_split(a, request, r);
		return;
	}
	if (r->kind != FORK_FAILED) {
		agent_heed(a, reply_json(a, request, 0, report_json(a, r)));
		return;
	}
	refusal_set(&refusal, EHOSTUNREACH, "start it, or look at its log, then ask again",
		    "%s cannot be asked: %s", r->whom.name, r->why);
	agent_heed(a, reply_refusal(a, request, &refusal));
}

/* Who is meant: a node of the lists, or whom the lookout found. */
static bool read_whom(struct agent *a, const char *name, struct member *whom)
{
	const struct fork_report *split = lookout_split(sync_lookout(a->sync));
	const struct member *m = NULL;
	struct roster room;

	if (*name)
		m = live_named(a, name, &room);
	else if (split)
		m = &split->whom;
	if (m)
		*whom = *m;
	return m;
}

int split_brain_take(struct agent *a, const struct device_request *dr,
		     struct json_object *request)
{
	const char *name = request_text(request, "node");
	struct json_object *o;
	struct member whom;
	struct refusal r;
	bool known;

	known = read_whom(a, name, &whom);
	if (!known && !*name) {
		o = json_object_new_object();
		add_bool(o, "split", false);
		return reply_json(a, dr->id, 0, o);
	}
	if (!known || whom.id == a->config.node_id)
		refusal_set(&r, known ? EINVAL : ENOENT, "name a peer of this node",
			    known ? "%s is this node itself" : "no listed node is named %s", name);
	else if (!fork_begin(sync_host(a->sync), &whom, on_forked, a, dr->id))
		refusal_set(&r, ENOMEM, "try again later", "no memory to ask %s", whom.name);
	else
		return 0;
	return reply_refusal(a, dr->id, &r);
}
