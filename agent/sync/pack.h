/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One description of a layout for both ways: a cursor that writes fields to a buffer, or reads
 * them from it. One that runs past its end turns bad and yields zeros, so that it is checked once.
 */
#ifndef HSM_SYNC_PACK_H
#define HSM_SYNC_PACK_H

#include "types.h"

/**
 * struct pack - a cursor
 * @begin: of the buffer
 * @at: next byte
 * @left: bytes after @at
 * @reading: fields are filled in, not written
 * @bad: there was not enough room, or not enough to read, or a value that cannot be
 */
struct pack {
	uint8_t *begin;
	uint8_t *at;
	size_t left;
	bool reading;
	bool bad;
};

struct pack pack_writer(void *buf, size_t n);
struct pack pack_reader(struct bytes from);

void pack_bytes(struct pack *p, void *field, size_t n);

/* @bytes of a number, little-endian. */
void pack_number(struct pack *p, uint64_t *v, unsigned int bytes);
void pack_u64(struct pack *p, uint64_t *v);

void pack_place(struct pack *p, struct position *place);

/* What is not read yet: taken. */
struct bytes pack_rest(struct pack *p);

/* The next @n bytes, not copied; empty and bad if there are fewer. Only when reading. */
struct bytes pack_take(struct pack *p, size_t n);

size_t pack_used(const struct pack *p);

#endif /* HSM_SYNC_PACK_H */
