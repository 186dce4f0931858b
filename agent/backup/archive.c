// SPDX-License-Identifier: GPL-2.0
/* Writes a backup's file; archive_read.c reads it. */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "archive_private.h"

int archive_keys_derive(const uint8_t secret[SEAL_KEY_LEN], struct archive_keys *keys)
{
	static const char box[] = "hsmrepl backup", head[] = "hsmrepl backup head",
			  check[] = "hsmrepl backup check";

	if (seal_derive(secret, NULL, 0, box, sizeof(box) - 1, keys->box, SEAL_KEY_LEN) ||
	    seal_derive(secret, NULL, 0, head, sizeof(head) - 1, keys->head, SEAL_KEY_LEN) ||
	    seal_derive(secret, NULL, 0, check, sizeof(check) - 1, keys->check, SEAL_HASH_LEN))
		return -1;
	return 0;
}

int archive_sum(const struct archive_disk *d, uint8_t sum[SEAL_HASH_LEN])
{
	uint8_t whole[EVP_MAX_MD_SIZE];
	size_t n = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, d, offsetof(struct archive_disk, sum), whole,
			 &n) != 1 || n < SEAL_HASH_LEN)
		return -1;
	memcpy(sum, whole, SEAL_HASH_LEN);
	return 0;
}

int archive_tag(const struct archive_keys *keys, const struct archive_disk *d,
		uint8_t tag[SEAL_HASH_LEN])
{
	struct hasher *h = hasher_new(keys->head);

	if (!h)
		return -1;
	hasher_hash(h, d, offsetof(struct archive_disk, tag), NULL, 0, tag);
	hasher_free(h);
	return 0;
}

struct archive_place archive_place(const struct archive_disk *d, uint64_t index, bool last)
{
	struct archive_place place = { .index = htole64(index), .last = htole32(last) };

	memcpy(place.tag, d->tag, sizeof(place.tag));
	return place;
}

/**
 * struct archive_writer - a file being written
 * @disk: its head
 * @sealer: of the frames
 * @index: of the next frame
 * @bytes: plain bytes so far
 */
struct archive_writer {
	struct archive_disk disk;
	struct sealer *sealer;
	uint64_t index;
	uint64_t bytes;
};

static int make_head(struct archive_disk *d, const struct archive_keys *keys,
		     const struct archive_head *head)
{
	const struct position *p = &head->place;

	*d = (struct archive_disk){
		.magic = htole32(ARCHIVE_MAGIC), .format = htole16(ARCHIVE_FORMAT),
		.node = htole16(head->node), .mode = htole32(head->mode),
		.protocol = htole16(head->protocol),
		.time = htole64(head->time), .epoch = htole64(p->epoch), .seq = htole64(p->seq),
		.sp = htole64(p->sp), .digest = htole64(p->digest), .tls = htole64(head->tls),
		.bytes = htole64(head->bytes),
	};
	memcpy(d->pool, head->pool, sizeof(d->pool));
	memcpy(d->chain, p->chain, sizeof(d->chain));
	memcpy(d->name, head->name, sizeof(d->name));
	memcpy(d->check, keys->check, sizeof(d->check));
	if (RAND_bytes(d->id, sizeof(d->id)) != 1 || archive_sum(d, d->sum))
		return -1;
	return archive_tag(keys, d, d->tag);
}

struct archive_writer *archive_writer_new(const uint8_t secret[SEAL_KEY_LEN],
					  const struct archive_head *head,
					  uint8_t out[ARCHIVE_HEAD_LEN])
{
	struct archive_writer *w = calloc(1, sizeof(*w));
	struct archive_keys keys;

	if (!w)
		return NULL;
	if (!archive_keys_derive(secret, &keys) && !make_head(&w->disk, &keys, head))
		w->sealer = sealer_new(keys.box, head->node);
	OPENSSL_cleanse(&keys, sizeof(keys));
	if (!w->sealer) {
		archive_writer_free(w);
		return NULL;
	}
	memcpy(out, &w->disk, sizeof(w->disk));
	return w;
}

void archive_writer_free(struct archive_writer *w)
{
	if (!w)
		return;
	sealer_free(w->sealer);
	free(w);
}

static size_t write_frame(struct archive_writer *w, const void *plain, size_t n, bool last,
			  uint8_t *out)
{
	const struct archive_place place = archive_place(&w->disk, w->index++, last);
	__le32 len = htole32((uint32_t)(n + SEAL_OVERHEAD));

	assert(n <= ARCHIVE_CHUNK);
	memcpy(out, &len, sizeof(len));
	sealer_seal(w->sealer, &place, sizeof(place), plain, n, out + sizeof(len));
	return sizeof(len) + n + SEAL_OVERHEAD;
}

size_t archive_write(struct archive_writer *w, const void *plain, size_t n,
		     uint8_t *out)
{
	w->bytes += n;
	return write_frame(w, plain, n, false, out);
}

size_t archive_write_end(struct archive_writer *w, const struct archive_end *end,
			 uint8_t *out)
{
	const struct archive_disk_end d = {
		.objects = htole64(end->objects), .tls = htole64(end->tls),
		.bytes = htole64(w->bytes),
	};

	return write_frame(w, &d, sizeof(d), true, out);
}
