// SPDX-License-Identifier: GPL-2.0
#include "roster.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void insert(struct roster *r, const struct member *m)
{
	unsigned int at = r->n;

	assert(r->n < ROSTER_MAX);
	while (at > 0 && r->node[at - 1].id > m->id) {
		r->node[at] = r->node[at - 1];
		at--;
	}
	r->node[at] = *m;
	r->n++;
}

static struct member self(const struct config *c, const struct found *found)
{
	struct member m = { .id = c->node_id };

	snprintf(m.name, sizeof(m.name), "%s", c->node_name);
	snprintf(m.address, sizeof(m.address), "%s", c->address[0] ? c->address : found->address);
	return m;
}

static void take_list(struct roster *r, const struct config *c, const struct node_list *nl)
{
	for (unsigned int i = 0; i < nl->n; i++) {
		struct member m = nl->node[i];

		for (unsigned int j = 0; j < c->n_peers; j++)
			if (c->peer[j].id == m.id)
				memcpy(m.address, c->peer[j].address, sizeof(m.address));
		insert(r, &m);
	}
}

static void add_found(struct roster *r, const struct found *found)
{
	for (unsigned int i = 0; i < found->n && r->n < HSMREPL_NODES_MAX; i++)
		if (!roster_find(r, found->node[i].id) && !roster_named(r, found->node[i].name))
			insert(r, &found->node[i]);
}

void roster_make(struct roster *r, const struct config *c, const struct found *found,
		 const struct node_list *nl)
{
	struct member me = self(c, found);

	r->n = 0;
	if (nl->n) {
		take_list(r, c, nl);
		return;
	}
	insert(r, &me);
	for (unsigned int i = 0; i < c->n_peers; i++)
		insert(r, &c->peer[i]);
	add_found(r, found);
}

bool roster_is_taken(const struct config *c, const struct found *found, uint16_t id)
{
	for (unsigned int i = 0; i < c->n_peers; i++)
		if (c->peer[i].id == id)
			return false;
	for (unsigned int i = 0; i < found->n; i++)
		if (found->node[i].id == id)
			return found->taken[i];
	return false;
}

const struct member *roster_find(const struct roster *r, uint16_t id)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->node[i].id == id)
			return &r->node[i];
	return NULL;
}

const struct member *roster_named(const struct roster *r, const char *name)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (strcmp(r->node[i].name, name) == 0)
			return &r->node[i];
	return NULL;
}

const char *roster_name(const struct roster *r, uint16_t id, char buf[HSMREPL_NAME_MAX])
{
	const struct member *m = roster_find(r, id);

	if (m)
		return m->name;
	snprintf(buf, HSMREPL_NAME_MAX, "node %u", id);
	return buf;
}
