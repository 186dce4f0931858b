/* SPDX-License-Identifier: GPL-2.0 */
/* A pool's content for the tests of Live-Sync: a history with its true digest, and what lives. */
#ifndef TESTS_UNIT_DISK_WORLD_H
#define TESTS_UNIT_DISK_WORLD_H

#include <check.h>

#include "batch.h"
#include "content.h"
#include "disk_bed.h"
#include "object.h"

#define WORLD_LABELS	48
#define WORLD_PAYLOAD	300
#define WORLD_NEWCOMER	2	/* node id */

/**
 * struct world_object - one that lives
 */
struct world_object {
	bool exists;
	uint64_t version;
	uint64_t seq;
	uint64_t attrs;
	unsigned int payload_len;
	uint8_t payload[WORLD_PAYLOAD];
	uint64_t digest;
};

/**
 * struct world - a donor's store, and what is in it
 * @b: the donor's
 * @key: of the content digest
 * @rng: state
 * @object: by number
 */
struct world {
	struct bed *b;
	uint8_t key[HSMREPL_KEY_LEN];
	uint64_t rng;
	struct world_object object[WORLD_LABELS];
};

static inline unsigned int world_draw(struct world *w, unsigned int n)
{
	w->rng = w->rng * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(w->rng >> 33) % n;
}

static inline void world_label(unsigned int i, char label[16])
{
	snprintf(label, 16, "object-%u", i);
}

/* What the object adds to the digest. */
static inline void world_digest(struct world *w, unsigned int i)
{
	struct world_object *o = &w->object[i];
	struct store_object so = { .payload = o->payload, .payload_len = o->payload_len,
				   .version = o->version, .attrs = o->attrs };
	char label[16];

	world_label(i, label);
	so.label = label;
	so.label_len = strlen(label);
	snprintf((char *)so.id, sizeof(so.id), "id%.13s", label);
	memcpy(so.type, "aes", 3);
	o->digest = o->exists ? content_digest(w->key, &so) : 0;
}

static inline uint64_t world_total(const struct world *w)
{
	uint64_t digest = 0;

	for (unsigned int i = 0; i < WORLD_LABELS; i++)
		digest ^= w->object[i].digest;
	return digest;
}

static inline void world_delete(struct world *w, size_t at, unsigned int i)
{
	char label[16];

	world_label(i, label);
	bed_op(w->b, at, HSMREPL_OP_DELETE, label, NULL, 0, 0, "");
	w->object[i] = (struct world_object){ .exists = false };
}

static inline void world_write(struct world *w, size_t at, unsigned int i)
{
	struct world_object *o = &w->object[i];
	bool is_new = !o->exists;
	char label[16];

	world_label(i, label);
	o->exists = true;
	o->version++;
	o->seq = w->b->after.seq;
	o->attrs = world_draw(w, 100);
	o->payload_len = world_draw(w, WORLD_PAYLOAD);
	memset(o->payload, (int)world_draw(w, 256), o->payload_len);
	bed_op(w->b, at, is_new ? HSMREPL_OP_CREATE : HSMREPL_OP_UPDATE, label, o->payload,
	       o->payload_len, o->attrs, is_new ? "aes" : "");
	world_digest(w, i);
}

static inline void world_commit(struct world *w)
{
	w->b->after.digest = world_total(w);
	ck_assert_int_eq(bed_yes(w->b), 0);
	bed_commit(w->b);
}

/* A few TLs of a few operations each: creates, updates, deletes. */
static inline void world_batch(struct world *w)
{
	unsigned int tls = 1 + world_draw(w, 4);

	bed_begin(w->b);
	while (tls--) {
		size_t at = bed_tl(w->b, HSMREPL_TL_DATA, w->rng | 1);
		unsigned int ops = 1 + world_draw(w, 3);

		while (ops--) {
			unsigned int i = world_draw(w, WORLD_LABELS);

			if (w->object[i].exists && !world_draw(w, 3))
				world_delete(w, at, i);
			else
				world_write(w, at, i);
		}
	}
	world_commit(w);
}

/* A list-changing TL; the members are node 1 alone. */
static inline void world_list(struct world *w, unsigned int kind, const struct node_list *list)
{
	struct hsmrepl_nl nl;

	nl_encode(list, &nl);
	bed_begin(w->b);
	bed_op(w->b, bed_tl(w->b, kind, w->rng | 1), HSMREPL_OP_NODES, "", &nl, sizeof(nl), 0, "");
	w->b->after.epoch = list->epoch;
	world_draw(w, 2);
	world_commit(w);
}

static inline void world_epoch(struct world *w, unsigned int kind)
{
	const struct node_list list = {
		.pool = { 9 }, .epoch = w->b->position.epoch + 1, .n = 1,
		.node = { { .id = BED_NODE, .name = "n1", .address = "127.0.0.1:4327" } },
	};

	world_list(w, kind, &list);
}

static inline void world_grow(struct world *w, unsigned int batches)
{
	while (batches--)
		world_batch(w);
	bed_settle(w->b);
}

static inline struct world *world_new(uint64_t seed, const struct store_options *options)
{
	struct world *w = calloc(1, sizeof(*w));

	w->b = bed_new();
	w->rng = seed;
	store_digest_key(bed_secret, w->key);
	ck_assert_msg(bed_open_sized(w->b, options), "%s", w->b->error);
	world_epoch(w, HSMREPL_TL_FORM);
	return w;
}

static inline void world_free(struct world *w)
{
	bed_free(w->b);
	free(w);
}

#endif /* TESTS_UNIT_DISK_WORLD_H */
