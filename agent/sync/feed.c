// SPDX-License-Identifier: GPL-2.0
#include "feed.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <openssl/crypto.h>

/* One batch; TLs hold keys, so they are wiped when they go. */
struct kept {
	STAILQ_ENTRY(kept) entry;
	struct batch_id id;
	uint64_t before;
	unsigned int n_tls;
	size_t n;
	uint8_t tls[];
};

/**
 * struct feed - committed batches
 * @runs: started
 * @broken: memory was short, or the limit reached: there is a gap
 * @from: it goes back to this seq
 * @end: seq after the last one
 * @bytes: in @ring
 * @open: the batch that is not decided yet, or NULL
 * @ring: the rest, oldest first
 */
struct feed {
	bool runs;
	bool broken;
	uint64_t from;
	uint64_t end;
	size_t bytes;
	struct kept *open;
	STAILQ_HEAD(, kept) ring;
};

struct feed *feed_new(void)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f)
		STAILQ_INIT(&f->ring);
	return f;
}

static void drop(struct kept *k)
{
	if (k)
		OPENSSL_clear_free(k, sizeof(*k) + k->n);
}

static void drop_first(struct feed *f)
{
	struct kept *k = STAILQ_FIRST(&f->ring);

	STAILQ_REMOVE_HEAD(&f->ring, entry);
	f->bytes -= k->n;
	f->from = k->before + k->n_tls;
	drop(k);
}

void feed_stop(struct feed *f)
{
	while (!STAILQ_EMPTY(&f->ring))
		drop_first(f);
	drop(f->open);
	f->open = NULL;
	f->runs = false;
	f->broken = false;
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	feed_stop(f);
	free(f);
}

void feed_start(struct feed *f, uint64_t seq)
{
	feed_stop(f);
	f->runs = true;
	f->from = seq;
	f->end = seq;
}

bool feed_runs(const struct feed *f)
{
	return f->runs;
}

static uint64_t first_seq(struct bytes tls)
{
	struct hsmrepl_tl tl;

	assert(tls.n >= sizeof(tl));
	memcpy(&tl, tls.p, sizeof(tl));
	return le64toh(tl.seq);
}

void feed_yes(struct feed *f, struct batch_id id, struct bytes tls, unsigned int n_tls)
{
	struct kept *k;

	if (!f->runs || f->broken)
		return;
	drop(f->open);
	k = f->open = OPENSSL_malloc(sizeof(*k) + tls.n);
	if (!k) {
		f->broken = true;
		return;
	}
	k->id = id;
	k->before = first_seq(tls) - 1;
	k->n_tls = n_tls;
	k->n = tls.n;
	memcpy(k->tls, tls.p, tls.n);
}

static bool is_open(const struct feed *f, struct batch_id id)
{
	return f->open && same_batch(f->open->id, id) && f->open->before == f->end;
}

void feed_commit(struct feed *f, struct batch_id id, uint64_t after)
{
	struct kept *k = f->open;

	if (!f->runs || f->broken)
		return;
	if (!is_open(f, id)) {
		/* The first commit after the start may be of a batch whose yes was before it. */
		f->broken = f->from != f->end;
		f->from = after;
		f->end = after;
		return;
	}
	f->open = NULL;
	STAILQ_INSERT_TAIL(&f->ring, k, entry);
	f->bytes += k->n;
	f->end = k->before + k->n_tls;
	while (f->bytes > FEED_BYTES_MAX)
		drop_first(f);
}

int feed_next(const struct feed *f, uint64_t seq, struct feed_batch *b)
{
	const struct kept *k;

	if (!f->runs || f->broken || seq < f->from || seq > f->end)
		return -1;
	STAILQ_FOREACH(k, &f->ring, entry) {
		if (k->before == seq) {
			*b = (struct feed_batch){
				.before = seq, .after = seq + k->n_tls, .n_tls = k->n_tls,
				.tls = { k->tls, k->n },
			};
			return 1;
		}
		if (k->before > seq)
			return -1;	/* in the middle of a batch */
	}
	return seq == f->end ? 0 : -1;
}

void feed_forget(struct feed *f, uint64_t seq)
{
	struct kept *k;

	while ((k = STAILQ_FIRST(&f->ring)) && k->before + k->n_tls <= seq)
		drop_first(f);
}

size_t feed_bytes(const struct feed *f)
{
	return f->bytes;
}
