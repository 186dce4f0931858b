/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The content as digests, to find out in which objects two nodes differ: a walk over what is
 * settled at one moment, as in snapshot.h.
 */
#ifndef HSM_STORE_DIGEST_H
#define HSM_STORE_DIGEST_H

#include "store.h"

#define DIGEST_HASH_LEN	16

/**
 * struct digest_entry - one object
 * @hash: keyed hash of its label; the same on all nodes of a key set
 * @digest: what it adds to the content digest: label, payload, version, attrs, id, type
 * @seq: TL that wrote it last
 */
struct digest_entry {
	uint8_t hash[DIGEST_HASH_LEN];
	uint64_t digest;
	uint64_t seq;
};

struct digest_walk;

/* Hold what is settled now. Returns NULL with @error set. Close it before the store. */
struct digest_walk *digest_open(struct store *s, char error[STORE_ERROR_MAX]);
void digest_close(struct digest_walk *w);

/* The position that it holds. */
const struct position *digest_place(const struct digest_walk *w);

/* The next object, ascending by seq: 1; 0 at the end; else -errno. One TL is read at most. */
int digest_next(struct digest_walk *w, struct digest_entry *e);

/* Begin anew, at the same moment. */
void digest_rewind(struct digest_walk *w);

/**
 * digest_object() - the object of a hash
 * @w: walk under way
 * @hash: of the label
 * @seq: of its entry: TL that wrote it last
 * @o: filled in; lives until the next call
 *
 * It breaks off a walk: digest_next() must not be called after it before digest_rewind(). Returns
 * 1, 0 if there is none, or -errno.
 */
int digest_object(struct digest_walk *w, const uint8_t hash[DIGEST_HASH_LEN], uint64_t seq,
		  struct store_object *o);

#endif /* HSM_STORE_DIGEST_H */
