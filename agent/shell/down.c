// SPDX-License-Identifier: GPL-2.0
#include "down.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reply.h"
#include "roster.h"

#define TID_ROOM 17

/* A node of the pool, or the one that is about to join it; NULL if there is none of that name. */
static const struct member *find(const struct roster *all, const struct member *joining,
				 const char *name)
{
	const struct member *m = roster_named(all, name);

	return !m && joining && strcmp(joining->name, name) == 0 ? joining : m;
}

/* One name of the request; false with @r set if it is none of the pool's. */
static bool add_name(const struct roster *all, const struct member *joining, const char *name,
		     struct down_request *down, struct refusal *r)
{
	const struct member *m = find(all, joining, name);

	if (!m || down->n == HSMREPL_NODES_MAX) {
		refusal_set(r, ENOENT, "see hsmreplctl nodes for the names",
			    "no node of the pool is named %s", name);
		return false;
	}
	for (unsigned int i = 0; i < down->n; i++)
		if (down->id[i] == m->id)
			return true;
	down->id[down->n++] = m->id;
	return true;
}

static bool flag(struct json_object *request, const char *name)
{
	struct json_object *o;

	return json_object_object_get_ex(request, name, &o) && json_object_get_boolean(o);
}

/* Whose node list was looked at; 0 for any. */
static uint64_t epoch_of(struct json_object *request)
{
	struct json_object *o;

	return json_object_object_get_ex(request, "epoch", &o) ? json_object_get_uint64(o) : 0;
}

int down_take(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct event ev = {
		.type = EV_NODE_DOWN, .request = dr->id,
		.down = { .dry = flag(request, "dry_run"), .force = flag(request, "force"),
			  .epoch = epoch_of(request) },
	};
	struct json_object *names;
	struct node_view view;
	struct refusal r;
	struct roster all;
	size_t n = 0;

	pump_look(a->pump, &view);
	roster_make(&all, &a->config, &a->found, view.nl);
	if (json_object_object_get_ex(request, "nodes", &names))
		n = json_object_array_length(names);
	if (n == 0) {
		refusal_set(&r, EINVAL, "name the nodes that crashed", "no node is named");
		return reply_refusal(a, dr->id, &r);
	}
	for (size_t i = 0; i < n; i++)
		if (!add_name(&all, view.joining,
			      json_object_get_string(json_object_array_get_idx(names, i)),
			      &ev.down, &r))
			return reply_refusal(a, dr->id, &r);
	pump_note(a->pump, &ev);
	return 0;
}

static struct json_object *tid_list(const uint64_t *tids, unsigned int n)
{
	struct json_object *list = json_object_new_array();
	char text[TID_ROOM];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%016" PRIx64, tids[i]);
		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

struct json_object *down_plan_json(const struct down_plan *plan, const char *refused)
{
	struct json_object *o = json_object_new_object();
	struct json_object *names = json_object_new_array();

	for (unsigned int i = 0; i < plan->after.n; i++)
		json_object_array_add(names, json_object_new_string(plan->after.node[i].name));
	json_object_object_add(o, "epoch", json_object_new_uint64(plan->after.epoch));
	json_object_object_add(o, "nodes", names);
	json_object_object_add(o, "commit", tid_list(plan->commit, plan->n_commit));
	json_object_object_add(o, "abort", tid_list(plan->abort, plan->n_abort));
	json_object_object_add(o, "newcomer", plan->newcomer[0] ?
			       json_object_new_string(plan->newcomer) : NULL);
	json_object_object_add(o, "refused", refused ? json_object_new_string(refused) : NULL);
	json_object_object_add(o, "survives", json_object_new_int((int)plan->survives));
	return o;
}
