// SPDX-License-Identifier: GPL-2.0
/* Walks the content of one moment as digests, within one read transaction. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "content.h"
#include "digest.h"
#include "reader.h"
#include "store_private.h"

static_assert(DIGEST_HASH_LEN == SEAL_HASH_LEN, "a keyed hash");

enum digest_sql { FACTS, TLS, TL, SQLS };

static const char *const texts[SQLS] = {
	[FACTS] = "SELECT epoch, seq, sp, digest, chain FROM meta",
	[TLS] = "SELECT seq, " READER_BODY " FROM tl WHERE seq > ?1 AND refs > 0 ORDER BY seq",
	[TL] = "SELECT " READER_BODY " FROM tl WHERE seq = ?1",
};

/**
 * struct digest_walk - one walk
 * @r: reading connection, within a transaction
 * @common: hashes labels as all nodes do
 * @key: of the content digest
 * @place: position
 * @seq: TL that @ops is in; 0 before the first
 * @ops: the rest of its operations; it lies in @r's scratch
 * @broken: digest_object() took the scratch
 */
struct digest_walk {
	struct reader *r;
	struct hasher *common;
	uint8_t key[HSMREPL_KEY_LEN];
	struct position place;
	uint64_t seq;
	struct ops ops;
	bool broken;
};

static int read_place(struct digest_walk *w, char error[STORE_ERROR_MAX])
{
	sqlite3_stmt *q = w->r->sql[FACTS];
	struct bytes chain;

	if (reader_step(q) <= 0) {
		snprintf(error, STORE_ERROR_MAX, TABLE_FILE ": %s", sqlite3_errmsg(w->r->db));
		return -1;
	}
	w->place = (struct position){ reader_u64(q, 0), reader_u64(q, 1), reader_u64(q, 2),
				      reader_u64(q, 3), { 0 } };
	chain = reader_bytes(q, 4);
	if (chain.n == sizeof(w->place.chain))
		memcpy(w->place.chain, chain.p, chain.n);
	sqlite3_reset(q);
	return 0;
}

struct digest_walk *digest_open(struct store *s, char error[STORE_ERROR_MAX])
{
	struct digest_walk *w = calloc(1, sizeof(*w));

	if (w) {
		w->common = hasher_new(s->keys.common);
		memcpy(w->key, s->keys.digest, sizeof(w->key));
		w->r = reader_open_store(s, texts, SQLS, error);
	}
	if (!w || !w->common) {
		snprintf(error, STORE_ERROR_MAX, "no memory");
	} else if (w->r && !reader_begin(w->r, error) && !read_place(w, error)) {
		digest_rewind(w);
		return w;
	}
	digest_close(w);
	return NULL;
}

void digest_close(struct digest_walk *w)
{
	if (!w)
		return;
	reader_close(w->r);
	hasher_free(w->common);
	OPENSSL_cleanse(w->key, sizeof(w->key));
	free(w);
}

const struct position *digest_place(const struct digest_walk *w)
{
	return &w->place;
}

void digest_rewind(struct digest_walk *w)
{
	sqlite3_reset(w->r->sql[TLS]);
	sqlite3_bind_int64(w->r->sql[TLS], 1, 0);
	w->seq = 0;
	w->broken = false;
}

static int next_tl(struct digest_walk *w)
{
	sqlite3_stmt *q = w->r->sql[TLS];
	int ret = reader_step(q);

	if (ret <= 0)
		return ret;
	w->seq = reader_u64(q, 0);
	ret = reader_tl(w->r, reader_bytes(q, 1), &w->ops);
	return ret ? ret : 1;
}

static void hash_label(struct digest_walk *w, const struct store_object *o,
		       uint8_t hash[DIGEST_HASH_LEN])
{
	hasher_hash(w->common, o->label, o->label_len, NULL, 0, hash);
}

int digest_next(struct digest_walk *w, struct digest_entry *e)
{
	struct store_object o;
	struct op op;
	int ret;

	assert(!w->broken);
	do {
		ret = w->seq ? reader_next_object(w->r, w->seq, &w->ops, &op, &o) : 0;
		if (ret < 0)
			return ret;
		if (!ret) {
			int more = next_tl(w);

			if (more <= 0)
				return more;
		}
	} while (!ret);
	hash_label(w, &o, e->hash);
	e->digest = content_digest(w->key, &o);
	e->seq = w->seq;
	return 1;
}

/* Into the scratch, where the walk's own TL is. */
static int open_tl(struct digest_walk *w, uint64_t seq, struct ops *ops)
{
	sqlite3_stmt *q = w->r->sql[TL];
	int ret;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)seq);
	ret = reader_step(q);
	if (ret <= 0)
		return ret;
	ret = reader_tl(w->r, reader_bytes(q, 0), ops);
	sqlite3_reset(q);
	return ret ? ret : 1;
}

int digest_object(struct digest_walk *w, const uint8_t hash[DIGEST_HASH_LEN], uint64_t seq,
		  struct store_object *o)
{
	struct ops ops;
	struct op op;
	int ret;

	w->broken = true;
	ret = open_tl(w, seq, &ops);
	if (ret <= 0)
		return ret;
	while ((ret = reader_next_object(w->r, seq, &ops, &op, o)) > 0) {
		uint8_t own[DIGEST_HASH_LEN];

		hash_label(w, o, own);
		if (!memcmp(own, hash, sizeof(own)))
			break;
	}
	return ret;
}
