// SPDX-License-Identifier: GPL-2.0
#include "finder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "seal.h"

#define PRINT_PURPOSE "hsmrepl: fingerprint of the key set"

static void on_changed(void *arg)
{
	struct agent *a = arg;

	a->sought = true;
	watch_note(a->on_note);
}

int finder_start(struct agent *a, char error[AGENT_ERROR_MAX])
{
	const struct discovery_sink sink = { .changed = on_changed, .arg = a };
	uint8_t print[SLP_PRINT_BYTES];

	if (!a->config.domain[0])
		return 0;
	if (seal_derive(a->secret, NULL, 0, PRINT_PURPOSE, strlen(PRINT_PURPOSE), print,
			sizeof(print)) == 0)
		a->discovery = discovery_new(loop_base(a->loop), &a->config, print, a->log, &sink);
	if (a->discovery) {
		finder_refresh(a);
		return 0;
	}
	snprintf(error, AGENT_ERROR_MAX, "no memory for discovery");
	return -1;
}

static void add(struct found *f, const struct member *m, bool taken)
{
	for (unsigned int i = 0; i < f->n; i++)
		if (f->node[i].id == m->id)
			return;
	if (f->n == HSMREPL_NODES_MAX)
		return;
	f->taken[f->n] = taken;
	f->node[f->n++] = *m;
}

/* Those that fit, and as long as they are connected those that did so before. */
static void look(const struct agent *a, struct found *f)
{
	const struct slp_peer *peer;
	unsigned int n = discovery_peers(a->discovery, &peer);

	memset(f, 0, sizeof(*f));
	discovery_address(a->discovery, f->address);
	for (unsigned int i = 0; i < n; i++) {
		struct member m = { .id = peer[i].node.id };

		if (!discovery_fits(a->discovery, &peer[i]))
			continue;
		memcpy(m.name, peer[i].node.name, sizeof(m.name));
		memcpy(m.address, peer[i].node.address, sizeof(m.address));
		add(f, &m, peer[i].node.pool[0]);
	}
	for (unsigned int i = 0; i < a->found.n; i++)
		if (!mesh_trouble(a->mesh, a->found.node[i].id)[0])
			add(f, &a->found.node[i], a->found.taken[i]);
}

void finder_refresh(struct agent *a)
{
	struct node_view view;
	struct found now;

	a->sought = false;
	if (!a->discovery)
		return;
	look(a, &now);
	a->found = now;
	pump_look(a->pump, &view);
	hands_connect(a, view.nl);
}

static void put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

/* Whether the roster of a node without a pool would have it, there. */
static bool is_offered(const struct agent *a, const struct slp_node *n)
{
	const struct node_list none = { .n = 0 };
	const struct member *m;
	struct roster all;

	roster_make(&all, &a->config, &a->found, &none);
	m = roster_find(&all, n->id);
	return m && !strcmp(m->name, n->name) && !strcmp(m->address, n->address);
}

static struct json_object *show(const struct agent *a, const struct slp_peer *peer)
{
	struct json_object *o = json_object_new_object();
	const struct slp_node *n = &peer->node;
	bool same = !strcmp(n->key_set, discovery_print(a->discovery));

	put(o, "name", json_object_new_string(n->name));
	put(o, "id", json_object_new_int(n->id));
	put(o, "address", json_object_new_string(n->address));
	put(o, "mode", json_object_new_string(n->mode == HSMREPL_MODE_FIPS ? "fips" : "normal"));
	put(o, "key_set_match", json_object_new_boolean(same));
	put(o, "domain", json_object_new_string(a->config.domain));
	put(o, "pool", n->pool[0] ? json_object_new_string(n->pool) : NULL);
	put(o, "last_heard_ms", json_object_new_uint64(clock_ms() - peer->heard_ms));
	put(o, "offered", json_object_new_boolean(is_offered(a, n)));
	return o;
}

struct json_object *finder_show(const struct agent *a, struct refusal *r)
{
	struct json_object *o, *list;
	const struct slp_peer *peer;
	unsigned int n;

	if (!a->discovery) {
		refusal_set(r, EOPNOTSUPP, "set domain in hsmrepld.conf, or list peers by hand",
			    "no domain is set: this node neither looks for others nor is found");
		return NULL;
	}
	o = json_object_new_object();
	list = json_object_new_array();
	n = discovery_peers(a->discovery, &peer);
	for (unsigned int i = 0; i < n; i++)
		json_object_array_add(list, show(a, &peer[i]));
	put(o, "domain", json_object_new_string(a->config.domain));
	put(o, "peers", list);
	return o;
}
