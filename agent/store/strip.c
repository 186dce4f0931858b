// SPDX-License-Identifier: GPL-2.0
#include "strip.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRIP_BYTES	(256u << 10)	/* written at a time, at most */

static_assert(STRIP_BYTES % SEGMENT_BLOCK == 0, "whole blocks");

int strip_open(struct strip *s)
{
	*s = (struct strip){ .buf = aligned_alloc(SEGMENT_BLOCK, STRIP_BYTES) };
	return s->buf ? 0 : -ENOMEM;
}

void strip_close(struct strip *s)
{
	free(s->buf);
	s->buf = NULL;
}

void strip_begin(struct strip *s)
{
	assert(s->written == s->n && !s->dirty);
	s->at = 0;
	s->n = 0;
	s->written = 0;
}

/* Whole blocks; what is behind the end becomes zero, and what was there before is void anyway. */
int strip_write(struct strip *s, struct segment *seg)
{
	size_t last = s->n % SEGMENT_BLOCK;
	size_t len = last ? s->n - last + SEGMENT_BLOCK : s->n;
	int ret;

	if (s->written == s->n)
		return 0;
	memset(s->buf + s->n, 0, len - s->n);
	ret = segment_write(seg, s->buf, len, s->at);
	if (ret)
		return ret;
	memmove(s->buf, s->buf + s->n - last, last);
	s->at += s->n - last;
	s->n = last;
	s->written = last;
	s->dirty = true;
	return 0;
}

int strip_put(struct strip *s, struct segment *seg, const void *data, size_t len)
{
	const uint8_t *from = data;
	int ret = 0;

	while (len && !ret) {
		size_t room = STRIP_BYTES - s->n, part = len < room ? len : room;

		memcpy(s->buf + s->n, from, part);
		s->n += part;
		from += part;
		len -= part;
		if (s->n == STRIP_BYTES)
			ret = strip_write(s, seg);
	}
	return ret;
}

int strip_flush(struct strip *s, struct segment *seg)
{
	int ret = strip_write(s, seg);

	if (!ret && s->dirty && fdatasync(seg->fd) < 0)
		ret = -errno;
	if (!ret)
		s->dirty = false;
	return ret;
}
