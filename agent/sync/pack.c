// SPDX-License-Identifier: GPL-2.0
#include "pack.h"

#include <assert.h>
#include <string.h>

struct pack pack_writer(void *buf, size_t n)
{
	return (struct pack){ .begin = buf, .at = buf, .left = n };
}

struct pack pack_reader(struct bytes from)
{
	/* Nothing is written through it when reading. */
	uint8_t *begin = (uint8_t *)(uintptr_t)from.p;

	return (struct pack){ .begin = begin, .at = begin, .left = from.n, .reading = true };
}

void pack_bytes(struct pack *p, void *field, size_t n)
{
	if (p->bad || n > p->left) {
		p->bad = true;
		if (p->reading)
			memset(field, 0, n);
		return;
	}
	if (p->reading)
		memcpy(field, p->at, n);
	else
		memcpy(p->at, field, n);
	p->at += n;
	p->left -= n;
}

void pack_number(struct pack *p, uint64_t *v, unsigned int bytes)
{
	uint8_t raw[sizeof(*v)];

	assert(bytes <= sizeof(raw));
	for (unsigned int i = 0; i < bytes && !p->reading; i++)
		raw[i] = (uint8_t)(*v >> (8 * i));
	pack_bytes(p, raw, bytes);
	if (!p->reading)
		return;
	*v = 0;
	for (unsigned int i = 0; i < bytes; i++)
		*v |= (uint64_t)raw[i] << (8 * i);
}

void pack_u64(struct pack *p, uint64_t *v)
{
	pack_number(p, v, sizeof(*v));
}

void pack_place(struct pack *p, struct position *place)
{
	pack_u64(p, &place->epoch);
	pack_u64(p, &place->seq);
	pack_u64(p, &place->sp);
	pack_u64(p, &place->digest);
	pack_bytes(p, place->chain, sizeof(place->chain));
}

struct bytes pack_take(struct pack *p, size_t n)
{
	struct bytes taken = { p->at, n };

	assert(p->reading);
	if (p->bad || n > p->left) {
		p->bad = true;
		return (struct bytes){ NULL, 0 };
	}
	p->at += n;
	p->left -= n;
	return taken;
}

struct bytes pack_rest(struct pack *p)
{
	return pack_take(p, p->left);
}

size_t pack_used(const struct pack *p)
{
	return (size_t)(p->at - p->begin);
}
