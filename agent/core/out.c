// SPDX-License-Identifier: GPL-2.0
/* Composes the actions of a step. */
#include "internal.h"

#include <assert.h>
#include <string.h>

struct action *out_add(struct actions *out, enum action_type type)
{
	struct action *a;

	assert(out->n < NODE_ACTIONS_MAX);
	a = &out->action[out->n++];
	memset(a, 0, sizeof(*a));
	a->type = type;
	return a;
}

/* One frame to one peer; nothing if it is not connected. */
void out_send(struct node *n, struct actions *out, const struct peer *to, struct message *m)
{
	struct action *a;
	uint8_t *at = out->wire + out->wire_used;

	if (!to->up)
		return;
	assert(out->wire_used + WIRE_HEADER + WIRE_BODY_MAX <= NODE_WIRE_MAX);
	m->epoch = n->pos.epoch;
	a = out_add(out, ACT_SEND);
	a->peer = to->id;
	a->head = (struct bytes){ at, wire_encode(m, at) };
	a->tail = m->tls;
	out->wire_used += a->head.n;
}

struct action *out_append(struct actions *out, enum record_type record, struct batch_id batch,
			  struct bytes tls, unsigned int n_tls)
{
	struct action *a = out_add(out, ACT_APPEND);

	a->record = record;
	a->batch = batch;
	a->tail = tls;
	a->n_tls = n_tls;
	return a;
}

void out_resolve(struct actions *out, struct batch_id batch, enum hsmrepl_resolution r, int error)
{
	struct action *a = out_add(out, ACT_RESOLVE);

	a->batch = batch;
	a->resolution = r;
	a->error = error;
}

void out_answer(struct actions *out, uint64_t request, int error, const char *why)
{
	struct action *a = out_add(out, ACT_ANSWER);

	a->request = request;
	a->error = error;
	a->why = why;
}

void out_drop(struct actions *out, uint16_t peer, const char *why)
{
	struct action *a = out_add(out, ACT_DROP);

	a->peer = peer;
	a->why = why;
}

/* Join @parts (NULL at the end) into @buf, cut at its size. */
const char *out_say(char *buf, size_t size, const char *const parts[])
{
	size_t used = 0;

	for (; *parts; parts++) {
		size_t len = strlen(*parts);

		if (len > size - 1 - used)
			len = size - 1 - used;
		memcpy(buf + used, *parts, len);
		used += len;
	}
	buf[used] = '\0';
	return buf;
}

const char *name_of(const struct node *n, uint16_t id)
{
	for (unsigned int i = 0; i < n->nl.n; i++)
		if (n->nl.node[i].id == id)
			return n->nl.node[i].name;
	return "a node";
}
