// SPDX-License-Identifier: GPL-2.0
#include "tail.h"

#include <assert.h>
#include <string.h>

/* The oldest lines go until there is room for @len bytes. */
static void make_room(struct tail *t, size_t len)
{
	size_t gone = t->used + len > TAIL_BYTES ? t->used + len - TAIL_BYTES : 0;
	const char *end;

	if (!gone)
		return;
	/* Some more at once: moving all for each line would cost more than it is worth. */
	gone += TAIL_BYTES / 8;
	end = gone < t->used ? memchr(t->text + gone, '\n', t->used - gone) : NULL;
	gone = end ? (size_t)(end - t->text) + 1 : t->used;
	memmove(t->text, t->text + gone, t->used - gone);
	t->used -= gone;
}

void tail_add(struct tail *t, const char *line, size_t len)
{
	assert(len && len <= TAIL_BYTES && line[len - 1] == '\n');
	make_room(t, len);
	memcpy(t->text + t->used, line, len);
	t->used += len;
}
