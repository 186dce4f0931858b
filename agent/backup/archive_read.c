// SPDX-License-Identifier: GPL-2.0
/* Reads a backup's file, in whatever portions it comes. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "archive_private.h"

/**
 * struct archive_reader - a file being read
 * @keys: of the key set
 * @opener: of the frames
 * @state: of the last call: what it found is sticky from ARCHIVE_END on, and if negative
 * @begun: the head was told
 * @disk: the head
 * @head: the same in host order
 * @end: what the last frame said
 * @index: of the next frame
 * @bytes: plain bytes so far
 * @used: bytes of @frame that are there
 * @frame: head or frame that comes
 * @plain: what was in it
 */
struct archive_reader {
	struct archive_keys keys;
	struct opener *opener;
	enum archive_event state;
	bool begun;
	struct archive_disk disk;
	struct archive_head head;
	struct archive_end end;
	uint64_t index;
	uint64_t bytes;
	size_t used;
	uint8_t frame[ARCHIVE_FRAME_MAX];
	uint8_t plain[ARCHIVE_CHUNK];
};

struct archive_reader *archive_reader_new(const uint8_t secret[SEAL_KEY_LEN])
{
	struct archive_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	if (!archive_keys_derive(secret, &r->keys))
		r->opener = opener_new(r->keys.box);
	if (r->opener)
		return r;
	archive_reader_free(r);
	return NULL;
}

void archive_reader_free(struct archive_reader *r)
{
	if (!r)
		return;
	opener_free(r->opener);
	OPENSSL_cleanse(r, sizeof(*r));
	free(r);
}

const char *archive_why(enum archive_event fault)
{
	switch (fault) {
	case ARCHIVE_NOT_ONE:
		return "this is no backup of hsmrepl: name the file that backup wrote";
	case ARCHIVE_NEWER:
		return "the backup is of a newer version of hsmrepl: restore it with that version";
	case ARCHIVE_OTHER_KEYS:
		return "the backup is of another key set: give this node the key-set file of the "
		       "pool that made it";
	case ARCHIVE_DAMAGED:
		return "the backup is damaged: take another copy of it, or another backup";
	case ARCHIVE_LONGER:
		return "something follows the end of the backup: take another copy of it";
	case ARCHIVE_BROKEN:
		return "the backup cannot be opened: see OpenSSL's providers";
	case ARCHIVE_MORE:
	case ARCHIVE_HEAD:
	case ARCHIVE_DATA:
	case ARCHIVE_END:
		break;
	}
	return "the backup was cut off before its end: take another copy of it, or another backup";
}

static void read_head(struct archive_reader *r)
{
	const struct archive_disk *d = &r->disk;
	struct archive_head *h = &r->head;

	*h = (struct archive_head){
		.node = le16toh(d->node), .mode = (enum hsmrepl_mode)le32toh(d->mode),
		.protocol = le16toh(d->protocol),
		.time = le64toh(d->time), .tls = le64toh(d->tls), .bytes = le64toh(d->bytes),
		.place = { le64toh(d->epoch), le64toh(d->seq), le64toh(d->sp), le64toh(d->digest),
			   { 0 } },
	};
	memcpy(h->place.chain, d->chain, sizeof(h->place.chain));
	memcpy(h->pool, d->pool, sizeof(h->pool));
	memcpy(h->name, d->name, sizeof(h->name) - 1);
}

static enum archive_event take_head(struct archive_reader *r)
{
	uint8_t sum[SEAL_HASH_LEN], tag[SEAL_HASH_LEN];
	struct archive_disk *d = &r->disk;

	memcpy(d, r->frame, sizeof(*d));
	if (archive_sum(d, sum) || archive_tag(&r->keys, d, tag))
		return ARCHIVE_BROKEN;
	if (memcmp(sum, d->sum, sizeof(sum)))
		return le16toh(d->format) > ARCHIVE_FORMAT ? ARCHIVE_NEWER : ARCHIVE_DAMAGED;
	if (le16toh(d->format) > ARCHIVE_FORMAT)
		return ARCHIVE_NEWER;
	if (memcmp(d->check, r->keys.check, sizeof(d->check)))
		return ARCHIVE_OTHER_KEYS;
	if (CRYPTO_memcmp(tag, d->tag, sizeof(tag)) || le16toh(d->format) != ARCHIVE_FORMAT ||
	    le32toh(d->mode) > HSMREPL_MODE_FIPS)
		return ARCHIVE_DAMAGED;
	read_head(r);
	r->begun = true;
	return ARCHIVE_HEAD;
}

static enum archive_event take_end(struct archive_reader *r, size_t n)
{
	struct archive_disk_end d;

	if (n != sizeof(d))
		return ARCHIVE_DAMAGED;
	memcpy(&d, r->plain, sizeof(d));
	r->end = (struct archive_end){ le64toh(d.objects), le64toh(d.tls), le64toh(d.bytes) };
	return r->end.bytes == r->bytes ? ARCHIVE_END : ARCHIVE_DAMAGED;
}

static enum archive_event take_frame(struct archive_reader *r, size_t box_len, struct bytes *plain)
{
	const uint8_t *box = r->frame + sizeof(__le32);
	size_t n = box_len - SEAL_OVERHEAD;
	struct archive_place place;
	int ret;

	/* Only the last one holds so little, and it alone may be the last. */
	for (unsigned int last = 0; last < 2; last++) {
		place = archive_place(&r->disk, r->index, last);
		ret = opener_open(r->opener, &place, sizeof(place), box, box_len, r->plain);
		if (ret == -EIO)
			return ARCHIVE_BROKEN;
		if (ret)
			continue;
		r->index++;
		if (last)
			return take_end(r, n);
		r->bytes += n;
		*plain = (struct bytes){ r->plain, n };
		return ARCHIVE_DATA;
	}
	return ARCHIVE_DAMAGED;
}

/* Have @want bytes of it: true; else take what is there. */
static bool gather(struct archive_reader *r, struct bytes *from, size_t want)
{
	size_t n = r->used < want ? want - r->used : 0;

	if (n > from->n)
		n = from->n;
	if (n)
		memcpy(r->frame + r->used, from->p, n);
	r->used += n;
	from->p = (const uint8_t *)from->p + n;
	from->n -= n;
	return r->used >= want;
}

static enum archive_event next(struct archive_reader *r, struct bytes *from, struct bytes *plain)
{
	size_t box_len;
	__le32 len;

	if (!gather(r, from, sizeof(len)))
		return ARCHIVE_MORE;
	memcpy(&len, r->frame, sizeof(len));
	if (!r->begun && le32toh(len) != ARCHIVE_MAGIC)
		return ARCHIVE_NOT_ONE;
	if (!r->begun)
		return gather(r, from, ARCHIVE_HEAD_LEN) ? take_head(r) : ARCHIVE_MORE;
	box_len = le32toh(len);
	if (box_len <= SEAL_OVERHEAD || box_len > ARCHIVE_CHUNK + SEAL_OVERHEAD)
		return ARCHIVE_DAMAGED;
	if (!gather(r, from, sizeof(len) + box_len))
		return ARCHIVE_MORE;
	return take_frame(r, box_len, plain);
}

enum archive_event archive_read(struct archive_reader *r, struct bytes *from, struct bytes *plain)
{
	if (r->state < 0)
		return r->state;
	if (r->state == ARCHIVE_END)
		return from->n ? (r->state = ARCHIVE_LONGER) : ARCHIVE_MORE;
	r->state = next(r, from, plain);
	if (r->state != ARCHIVE_MORE)
		r->used = 0;
	return r->state;
}

const struct archive_head *archive_head(const struct archive_reader *r)
{
	return &r->head;
}

const struct archive_end *archive_end(const struct archive_reader *r)
{
	return &r->end;
}

bool archive_is_whole(const struct archive_reader *r)
{
	return r->state == ARCHIVE_END;
}
