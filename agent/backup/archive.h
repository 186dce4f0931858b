/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file of a backup: a head in the clear, then frames, each a sealed box, then one that says
 * that it was the last. All of it is authenticated under keys derived from the key-set secret
 * alone, so every node of the key set can read it and nobody else. Each frame is bound to its file
 * and to its place in it. Documentation/backup.md draws it. Pure: bytes in, bytes out.
 */
#ifndef HSM_BACKUP_ARCHIVE_H
#define HSM_BACKUP_ARCHIVE_H

#include "seal.h"
#include "../core/step.h"

#define ARCHIVE_FORMAT		1
#define ARCHIVE_CHUNK		(44u << 10)	/* plain bytes in a frame at most */
#define ARCHIVE_HEAD_LEN	256
#define ARCHIVE_FRAME_MAX	(4 + ARCHIVE_CHUNK + SEAL_OVERHEAD)

/**
 * struct archive_head - what the head tells
 * @node: that made it
 * @name: of that node
 * @mode: of that node
 * @pool: pool id
 * @time: when it was begun, seconds since 1970 UTC
 * @protocol: that the pool was finalised at, 0 for never
 * @place: position that it holds, digest and chain included
 * @tls: TLs with live objects, an estimate
 * @bytes: of these, an estimate
 */
struct archive_head {
	uint16_t node;
	char name[HSMREPL_NAME_MAX];
	enum hsmrepl_mode mode;
	uint16_t protocol;
	uint8_t pool[HSMREPL_POOL_LEN];
	uint64_t time;
	struct position place;
	uint64_t tls;
	uint64_t bytes;
};

/**
 * struct archive_end - what the last frame tells
 * @objects: in the file
 * @tls: that hold them
 * @bytes: plain bytes in the frames before
 */
struct archive_end {
	uint64_t objects;
	uint64_t tls;
	uint64_t bytes;
};

struct archive_writer;

/* Begin a file: the head goes to @out. NULL without memory or random numbers. */
struct archive_writer *archive_writer_new(const uint8_t secret[SEAL_KEY_LEN],
					  const struct archive_head *head,
					  uint8_t out[ARCHIVE_HEAD_LEN]);
void archive_writer_free(struct archive_writer *w);

/*
 * A frame with @n bytes, up to ARCHIVE_CHUNK. Returns the bytes at @out, ARCHIVE_FRAME_MAX at most.
 */
size_t archive_write(struct archive_writer *w, const void *plain, size_t n,
		     uint8_t *out);

/* The last frame; @end->bytes is counted here. Returns the bytes at @out. */
size_t archive_write_end(struct archive_writer *w, const struct archive_end *end,
			 uint8_t *out);

/* What archive_read() found; a negative one is a reason why the file cannot be used. */
enum archive_event {
	ARCHIVE_NOT_ONE = -6,	/* no backup at all */
	ARCHIVE_NEWER = -5,	/* of a later format */
	ARCHIVE_OTHER_KEYS = -4, /* of another key set */
	ARCHIVE_DAMAGED = -3,	/* changed, or put together from others */
	ARCHIVE_LONGER = -2,	/* something follows its end */
	ARCHIVE_BROKEN = -1,	/* OpenSSL does not work */
	ARCHIVE_MORE = 0,	/* all was taken: give more bytes */
	ARCHIVE_HEAD,		/* archive_head() */
	ARCHIVE_DATA,		/* plain bytes */
	ARCHIVE_END,		/* archive_end(): the file is whole */
};

struct archive_reader;

/* NULL without memory. */
struct archive_reader *archive_reader_new(const uint8_t secret[SEAL_KEY_LEN]);
void archive_reader_free(struct archive_reader *r);

/**
 * archive_read() - take bytes of the file, in any portions
 * @r: reader
 * @from: moved on behind what was taken
 * @plain: ARCHIVE_DATA: plain bytes, until the next call
 *
 * Call it again until it says ARCHIVE_MORE; a file that is over before ARCHIVE_END was cut off.
 * After a negative answer it gives the same one.
 */
enum archive_event archive_read(struct archive_reader *r, struct bytes *from, struct bytes *plain);

/* Why, and what to do, of a negative answer. */
const char *archive_why(enum archive_event fault);

/* After ARCHIVE_HEAD and ARCHIVE_END. */
const struct archive_head *archive_head(const struct archive_reader *r);
const struct archive_end *archive_end(const struct archive_reader *r);

/* Was ARCHIVE_END told? */
bool archive_is_whole(const struct archive_reader *r);

#endif /* HSM_BACKUP_ARCHIVE_H */
