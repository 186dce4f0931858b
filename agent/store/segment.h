/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of the log: filled with zeros ahead of use, then overwritten again and again, since a
 * write into blocks written before costs half of one into new ones (Documentation/store.md).
 */
#ifndef HSM_STORE_SEGMENT_H
#define HSM_STORE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_BYTES	(16u << 20)	/* of a new segment */
#define SEGMENT_BLOCK	4096u		/* what is written is a multiple of it, at such an offset */
#define SEGMENTS_MAX	16		/* files */
#define SEGMENT_NAME	"segment-%02u"

/**
 * struct segment - one file
 * @fd: open for reading and writing
 * @number: names the file
 * @bytes: size, a multiple of SEGMENT_BLOCK
 * @generation: number of the present use, 0 while free
 * @last_decision: highest lsn of a COMMIT, REFUSED or ABORTED in it, 0 for none
 * @direct: writes go past the page cache
 */
struct segment {
	int fd;
	unsigned int number;
	size_t bytes;
	uint64_t generation;
	uint64_t last_decision;
	bool direct;
};

/**
 * struct segments - all files of a log
 * @dir_fd: directory, borrowed
 * @bytes: size of new files
 * @n: entries of @segment
 * @segment: in no order
 */
struct segments {
	int dir_fd;
	size_t bytes;
	unsigned int n;
	struct segment segment[SEGMENTS_MAX];
};

/* Open what is there, all of it free. Returns 0 or -errno; segments_close() in either case. */
int segments_open(struct segments *s, int dir_fd, size_t bytes);
void segments_close(struct segments *s);

/* A free segment, NULL if there is none. */
struct segment *segments_find_free(struct segments *s);

/*
 * Lowest generation that is @active or holds a decision above @settled: what a restart still
 * needs.
 */
uint64_t segments_oldest(const struct segments *s, uint64_t settled, uint64_t active);

/* Free what is below @generation. */
void segments_free_below(struct segments *s, uint64_t generation);

/**
 * segment_create() - a new file of zeros, durable under its name
 * @dir_fd: state directory
 * @number: below SEGMENTS_MAX, not in use
 * @bytes: length of the file
 * @seg: filled in
 *
 * Touches no struct segments, so that no lock need be held. Returns 0 or -errno.
 */
int segment_create(int dir_fd, unsigned int number, size_t bytes, struct segment *seg);

/**
 * segment_write() - write blocks, past the page cache if the file system can
 * @seg: segment
 * @buf: @len bytes, aligned to SEGMENT_BLOCK
 * @len: a multiple of SEGMENT_BLOCK
 * @offset: likewise
 *
 * They are not on the disk before an fdatasync(). Returns 0 or -errno.
 */
int segment_write(struct segment *seg, const void *buf, size_t len, size_t offset);

/* Read the whole segment into @buf, @seg->bytes. Returns 0 or -errno. */
int segment_read(const struct segment *seg, void *buf);

#endif /* HSM_STORE_SEGMENT_H */
