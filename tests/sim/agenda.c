// SPDX-License-Identifier: GPL-2.0
#include "agenda.h"

#include <assert.h>
#include <stdlib.h>

#define AGENDA_ROOM_FIRST 1024

static bool before(const struct due *a, const struct due *b)
{
	return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

void agenda_add(struct agenda *a, struct due due)
{
	unsigned int i = a->n++;

	if (i == a->room) {
		a->room = a->room ? 2 * a->room : AGENDA_ROOM_FIRST;
		a->heap = realloc(a->heap, a->room * sizeof(*a->heap));
		assert(a->heap);
	}
	due.order = a->order++;
	for (; i && before(&due, &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
		a->heap[i] = a->heap[(i - 1) / 2];
	a->heap[i] = due;
}

bool agenda_next(struct agenda *a, struct due *due)
{
	struct due last;
	unsigned int i = 0;

	if (!a->n)
		return false;
	*due = a->heap[0];
	last = a->heap[--a->n];
	while (2 * i + 1 < a->n) {
		unsigned int child = 2 * i + 1;

		if (child + 1 < a->n && before(&a->heap[child + 1], &a->heap[child]))
			child++;
		if (!before(&a->heap[child], &last))
			break;
		a->heap[i] = a->heap[child];
		i = child;
	}
	a->heap[i] = last;
	return true;
}

void agenda_free(struct agenda *a)
{
	free(a->heap);
	*a = (struct agenda){ 0 };
}
