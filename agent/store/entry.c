// SPDX-License-Identifier: GPL-2.0
/* Entries and their pool. */
#include <assert.h>
#include <stdlib.h>

#include "entry.h"

#define SMALL	256	/* bytes of a buffer that holds any record whose body is not sealed */
#define WASTE	4	/* times the bytes that are needed: such a buffer is given up */

static_assert(SMALL >= sizeof(struct record_header) + sizeof(struct record_position),
	      "the longest body that is not sealed");

void entry_pool_init(struct entry_pool *p)
{
	TAILQ_INIT(&p->small);
	TAILQ_INIT(&p->large);
	p->kept = 0;
}

static void free_entry(struct entry *e)
{
	free(e->buf);
	free(e);
}

static void free_all(struct entries *list)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, e, link);
		free_entry(e);
	}
}

void entry_pool_free(struct entry_pool *p)
{
	free_all(&p->small);
	free_all(&p->large);
	p->kept = 0;
}

static struct entries *list_for(struct entry_pool *p, size_t room)
{
	return room <= SMALL ? &p->small : &p->large;
}

static struct entry *new_entry(void)
{
	struct entry *e = calloc(1, sizeof(*e));

	assert(e);
	return e;
}

struct entry *entry_get(struct entry_pool *p, unsigned int type, struct batch_id batch,
			size_t body_len)
{
	size_t room = sizeof(struct record_header) + body_len;
	struct entries *list;
	struct entry *e;

	if (room < SMALL)
		room = SMALL;
	list = list_for(p, room);
	e = TAILQ_FIRST(list);
	if (e) {
		TAILQ_REMOVE(list, e, link);
		p->kept -= e->room;
	} else {
		e = new_entry();
	}
	if (e->room < room || e->room > WASTE * room) {
		free(e->buf);
		e->buf = malloc(room);
		assert(e->buf);
		e->room = room;
	}
	e->rec = (struct record){
		.type = type,
		.batch = batch,
		.body = { entry_body(e), body_len },
	};
	e->awaited = false;
	e->decides = 0;
	return e;
}

void entry_put(struct entry_pool *p, struct entry *e)
{
	while (e) {
		struct entry *with = e->with;

		e->with = NULL;
		if (p->kept + e->room > ENTRY_KEEP_MAX) {
			free_entry(e);
		} else {
			p->kept += e->room;
			TAILQ_INSERT_HEAD(list_for(p, e->room), e, link);
		}
		e = with;
	}
}

static void take(struct entry_pool *p, struct entry_pool *from, struct entries *list)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(list)) && p->kept + e->room <= ENTRY_KEEP_MAX) {
		TAILQ_REMOVE(list, e, link);
		from->kept -= e->room;
		entry_put(p, e);
	}
}

void entry_pool_take(struct entry_pool *p, struct entry_pool *from)
{
	take(p, from, &from->small);
	take(p, from, &from->large);
}

uint8_t *entry_body(struct entry *e)
{
	return e->buf + sizeof(struct record_header);
}

size_t entry_weight(const struct entry *e)
{
	return e->room + (e->with ? e->with->room : 0);
}
