/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of the log as it goes to the disk: whole blocks, past the page cache where the file
 * system lets us (O_DIRECT). So an append neither copies through the cache nor queues behind what
 * others write back; the last block is written again, with more in it, by the next append.
 */
#ifndef HSM_STORE_STRIP_H
#define HSM_STORE_STRIP_H

#include "segment.h"

/**
 * struct strip - what was appended since the last whole block that is written
 * @buf: STRIP_BYTES, aligned to SEGMENT_BLOCK; owned
 * @at: where @buf lies in the segment, a multiple of SEGMENT_BLOCK
 * @n: bytes in @buf
 * @written: of them, bytes that were written
 * @dirty: something was written that is not flushed
 */
struct strip {
	uint8_t *buf;
	size_t at;
	size_t n;
	size_t written;
	bool dirty;
};

/* Returns 0 or -ENOMEM; strip_close() in either case. */
int strip_open(struct strip *s);
void strip_close(struct strip *s);

/* Go on at the beginning of another segment; all of the last one was flushed. */
void strip_begin(struct strip *s);

/* Offset of the next byte in the segment. */
static inline size_t strip_end(const struct strip *s)
{
	return s->at + s->n;
}

/* Append, and write what is full. Returns 0 or -errno, as the two below. */
int strip_put(struct strip *s, struct segment *seg, const void *data, size_t len);

/* Write what was appended; it is not on the disk yet. */
int strip_write(struct strip *s, struct segment *seg);

/* All that was appended is on the disk. */
int strip_flush(struct strip *s, struct segment *seg);

#endif /* HSM_STORE_STRIP_H */
