/* SPDX-License-Identifier: GPL-2.0 */
/* Service connections of the mesh's bed, each end with a record of what it was told. */
#ifndef TESTS_UNIT_SERVICE_BED_H
#define TESTS_UNIT_SERVICE_BED_H

#include <endian.h>

#include "mesh_bed.h"
#include "service.h"

#define END_FRAME 16	/* bytes before what a numbered frame is filled with */

/**
 * struct end - one end of a service connection
 * @s: NULL after closed
 * @opened, @closed: how often
 * @frames, @bytes: received
 * @drained: how often
 * @next: number that the next frame must have
 * @pause_at: after so many frames take no more, 0 never
 * @close_at: in opened (1), in the first frame (2), in drained (3)
 * @echo: send every frame back
 * @why: of closed
 */
struct end {
	struct service *s;
	unsigned int opened, closed, drained;
	unsigned long frames, bytes;
	uint64_t next;
	unsigned long pause_at;
	unsigned int close_at;
	bool echo;
	char why[512];
};

static inline void end_close_at(struct end *e, unsigned int at)
{
	if (e->close_at != at)
		return;
	service_close(e->s, "closed by the test");
	e->s = NULL;
}

static inline void end_opened(void *arg, struct service *s)
{
	struct end *e = arg;

	e->s = s;
	e->opened++;
	end_close_at(e, 1);
}

static inline void end_frame(void *arg, struct service *s, const void *frame, size_t len)
{
	struct end *e = arg;
	uint64_t number;

	ck_assert_ptr_eq(e->s, s);
	ck_assert_uint_ge(len, END_FRAME);
	memcpy(&number, (const uint8_t *)frame + 8, sizeof(number));
	ck_assert_uint_eq(number, e->next);
	for (size_t i = END_FRAME; i < len; i += 997)
		ck_assert_uint_eq(((const uint8_t *)frame)[i], (uint8_t)(number + i));
	e->next++;
	e->frames++;
	e->bytes += len;
	if (e->pause_at && e->frames >= e->pause_at)
		service_pause(s);
	if (e->echo)
		service_send(s, (struct bytes){ frame, len }, (struct bytes){ 0 });
	end_close_at(e, 2);
}

static inline void end_drained(void *arg, struct service *s)
{
	struct end *e = arg;

	ck_assert_uint_lt(service_waiting(s), SERVICE_LOW_WATER + 1);
	e->drained++;
	end_close_at(e, 3);
}

static inline void end_closed(void *arg, struct service *s, const char *why)
{
	struct end *e = arg;

	ck_assert(!e->s || e->s == s);
	e->s = NULL;
	e->closed++;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static const struct service_sink end_sink = {
	.opened = end_opened, .frame = end_frame, .drained = end_drained, .closed = end_closed,
};

/* Frame @number of @len bytes: length, type, number, filling. */
static inline void end_send(struct service *s, uint64_t number, size_t len)
{
	static uint8_t frame[MESH_FRAME_MAX];
	uint32_t prefix = htole32((uint32_t)len);
	size_t cut = END_FRAME + (len - END_FRAME) / 2;

	memcpy(frame, &prefix, sizeof(prefix));
	frame[4] = 16;
	memcpy(frame + 8, &number, sizeof(number));
	for (size_t i = END_FRAME; i < len; i++)
		frame[i] = (uint8_t)(number + i);
	service_send(s, (struct bytes){ frame, cut }, (struct bytes){ frame + cut, len - cut });
}

#endif /* TESTS_UNIT_SERVICE_BED_H */
