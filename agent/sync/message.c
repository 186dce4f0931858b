// SPDX-License-Identifier: GPL-2.0
#include "message.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "batch.h"
#include "pack.h"

/* Fields of a frame, in the order in which they stand there. */
enum field {
	F_FLAGS = 1u << 0,
	F_NODE = 1u << 1,	/* node, mode, state, answer, clock */
	F_POOL = 1u << 2,
	F_PLACE = 1u << 3,
	F_KIND = 1u << 4,
	F_HAVE = 1u << 5,	/* have, at */
	F_TOTAL = 1u << 6,	/* tls, bytes, rows */
	F_SEQ = 1u << 7,
	F_COUNT = 1u << 8,
	F_ADDRESS = 1u << 9,
	F_LIST = 1u << 10,	/* number of members (8), and if there are any the list */
	F_DATA = 1u << 11,	/* the rest of the frame */
};

/**
 * struct layout - what a type carries
 * @name: for people
 * @fields: enum field
 * @flags: those that there are
 */
static const struct layout {
	const char *name;
	unsigned int fields;
	uint64_t flags;
} layouts[SYNC_END_TYPES - SYNC_WHO] = {
#define TYPE(type, f, v) [SYNC_##type - SYNC_WHO] = { .name = #type, .fields = f, .flags = v }
	TYPE(WHO, F_FLAGS | F_POOL | F_PLACE, SYNC_PEERS),
	TYPE(HERE, F_FLAGS | F_NODE | F_POOL | F_PLACE | F_COUNT | F_ADDRESS | F_LIST | F_DATA,
	     SYNC_PEERS),
	TYPE(JOIN, F_FLAGS | F_POOL | F_PLACE | F_HAVE | F_ADDRESS, SYNC_OVERWRITE | SYNC_LEARNER),
	TYPE(NO, F_FLAGS | F_DATA, SYNC_LATER),
	TYPE(PLAN, F_PLACE | F_KIND | F_HAVE | F_TOTAL | F_LIST, 0),
	TYPE(ITEMS, F_COUNT | F_DATA, 0),
	TYPE(END, F_PLACE, 0),
	TYPE(TAIL, F_SEQ, 0),
	TYPE(TLS, F_SEQ | F_COUNT | F_DATA, 0),
	TYPE(FEED, F_SEQ, 0),
	TYPE(FED, F_FLAGS | F_SEQ, SYNC_LIVE),
	TYPE(ADMIT, 0, 0),
	TYPE(ADMITTED, 0, 0),
	TYPE(AGAIN, F_DATA, 0),
	TYPE(HISTORY, F_SEQ | F_COUNT, 0),
	TYPE(ROWS, F_FLAGS | F_COUNT | F_DATA, SYNC_LAST),
	TYPE(EPOCHS, 0, 0),
	TYPE(BEGAN, F_FLAGS | F_COUNT | F_DATA, SYNC_LAST),
	TYPE(DIGESTS, F_COUNT | F_DATA, 0),
	TYPE(BUCKETS, F_PLACE | F_COUNT | F_DATA, 0),
	TYPE(ENTRIES, F_FLAGS | F_PLACE | F_COUNT | F_DATA, SYNC_LAST),
#undef TYPE
};

static void fixed_text(struct pack *p, char *text, size_t size)
{
	pack_bytes(p, text, size);
	if (p->reading && memchr(text, '\0', size) == NULL)
		p->bad = true;
}

static void list(struct pack *p, struct node_list *nl)
{
	uint64_t n = nl->n;
	struct hsmrepl_nl raw;

	pack_u64(p, &n);
	if (!n)
		return;
	if (!p->reading)
		nl_encode(nl, &raw);
	pack_bytes(p, &raw, sizeof(raw));
	if (p->reading && !p->bad &&
	    (!nl_decode((struct bytes){ &raw, sizeof(raw) }, nl) || nl->n != n))
		p->bad = true;
}

static void node(struct pack *p, struct sync_message *m)
{
	pack_u64(p, &m->node);
	pack_u64(p, &m->mode);
	pack_u64(p, &m->state);
	pack_u64(p, &m->answer);
	pack_u64(p, &m->clock_ms);
	if (p->reading && (!m->node || m->node > UINT16_MAX))
		p->bad = true;
}

/* Everything but the data, either way. */
static void fields(struct pack *p, struct sync_message *m, const struct layout *l)
{
	if (l->fields & F_FLAGS)
		pack_u64(p, &m->flags);
	if (l->fields & F_NODE)
		node(p, m);
	if (l->fields & F_POOL)
		pack_bytes(p, m->pool, sizeof(m->pool));
	if (l->fields & F_PLACE)
		pack_place(p, &m->place);
	if (l->fields & F_KIND)
		pack_u64(p, &m->kind);
	if (l->fields & F_HAVE) {
		pack_u64(p, &m->have);
		pack_place(p, &m->at);
	}
	if (l->fields & F_TOTAL) {
		pack_u64(p, &m->tls);
		pack_u64(p, &m->bytes);
		pack_u64(p, &m->rows);
	}
	if (l->fields & F_SEQ)
		pack_u64(p, &m->seq);
	if (l->fields & F_COUNT)
		pack_u64(p, &m->count);
	if (l->fields & F_ADDRESS)
		fixed_text(p, m->address, sizeof(m->address));
	if (l->fields & F_LIST)
		list(p, &m->nl);
}

static const struct layout *layout_of(unsigned int type)
{
	if (type < SYNC_WHO || type >= SYNC_END_TYPES)
		return NULL;
	return &layouts[type - SYNC_WHO];
}

size_t sync_encode(const struct sync_message *m, uint8_t *head)
{
	const struct layout *l = layout_of(m->type);
	struct sync_message copy = *m;
	struct pack p = pack_writer(head, SYNC_HEAD_MAX);
	uint64_t len = 0, type = m->type, zero = 0;

	assert(l && !(m->flags & ~l->flags) && (!m->data.n || l->fields & F_DATA));
	pack_number(&p, &len, 4);
	pack_number(&p, &type, 2);
	pack_number(&p, &zero, 2);
	fields(&p, &copy, l);
	assert(!p.bad);
	len = pack_used(&p) + m->data.n;
	p = pack_writer(head, 4);
	pack_number(&p, &len, 4);
	return (size_t)len - m->data.n;
}

bool sync_decode(struct bytes frame, struct sync_message *m)
{
	struct pack p = pack_reader(frame);
	const struct layout *l;
	uint64_t len, type, zero;

	memset(m, 0, sizeof(*m));
	pack_number(&p, &len, 4);
	pack_number(&p, &type, 2);
	pack_number(&p, &zero, 2);
	l = layout_of((unsigned int)type);
	if (p.bad || len != frame.n || zero || !l)
		return false;
	m->type = (enum sync_type)type;
	fields(&p, m, l);
	if (p.bad || m->flags & ~l->flags)
		return false;
	m->data = pack_rest(&p);
	return l->fields & F_DATA || !m->data.n;
}

void sync_text(const struct sync_message *m, char text[SYNC_TEXT_MAX + 1])
{
	size_t n = m->data.n < SYNC_TEXT_MAX ? m->data.n : SYNC_TEXT_MAX;

	if (n)
		memcpy(text, m->data.p, n);
	text[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '?';
}

const char *sync_type_name(enum sync_type type)
{
	const struct layout *l = layout_of(type);

	return l ? l->name : "?";
}
