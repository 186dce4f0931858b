// SPDX-License-Identifier: GPL-2.0
#include "census.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#define SLICE		64	/* objects read before others have their turn */
#define ROOM_FIRST	4096

/**
 * struct census - all objects of one moment
 * @done: whom to tell
 * @arg: of @done
 * @walk: through the store
 * @slice: goes on
 * @entry: @n of @room
 * @n: entries used
 * @room: entries there are
 * @sum: XOR of all digests
 */
struct census {
	census_fn done;
	void *arg;
	struct digest_walk *walk;
	struct event *slice;
	struct digest_entry *entry;
	size_t n;
	size_t room;
	uint64_t sum;
};

void census_free(struct census *c)
{
	if (!c)
		return;
	if (c->slice)
		event_free(c->slice);
	if (c->walk)
		digest_close(c->walk);
	free(c->entry);
	free(c);
}

static bool add(struct census *c, const struct digest_entry *e)
{
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : ROOM_FIRST;
		struct digest_entry *more = realloc(c->entry, room * sizeof(*more));

		if (!more)
			return false;
		c->entry = more;
		c->room = room;
	}
	c->entry[c->n++] = *e;
	c->sum ^= e->digest;
	return true;
}

static int by_hash(const void *x, const void *y)
{
	const struct digest_entry *a = x, *b = y;

	return memcmp(a->hash, b->hash, sizeof(a->hash));
}

static void fail(struct census *c, const char *why)
{
	c->done(c->arg, c, why);
	census_free(c);
}

static void wake(struct census *c)
{
	static const struct timeval at_once;

	event_add(c->slice, &at_once);
}

static void on_slice(evutil_socket_t fd, short what, void *arg)
{
	struct census *c = arg;
	struct digest_entry e;
	int ret = 1;

	(void)fd;
	(void)what;
	for (unsigned int i = 0; i < SLICE && ret == 1; i++) {
		ret = digest_next(c->walk, &e);
		if (ret == 1 && !add(c, &e)) {
			fail(c, "no memory for all objects: free some, then try again");
			return;
		}
	}
	if (ret < 0) {
		fail(c, "the store is damaged: make that node anew by live-sync --overwrite");
	} else if (ret) {
		wake(c);
	} else {
		qsort(c->entry, c->n, sizeof(c->entry[0]), by_hash);
		c->done(c->arg, c, NULL);
	}
}

struct census *census_begin(const struct sync_host *host, census_fn done, void *arg,
			    char error[SYNC_ERROR_MAX])
{
	struct census *c = calloc(1, sizeof(*c));

	static_assert(SYNC_ERROR_MAX >= STORE_ERROR_MAX, "an error of the store fits");
	strcpy(error, "no memory");
	if (!c)
		return NULL;
	c->done = done;
	c->arg = arg;
	c->slice = evtimer_new(host->base, on_slice, c);
	if (c->slice)
		c->walk = digest_open(host->store(host->arg), error);
	if (c->walk) {
		wake(c);
		return c;
	}
	census_free(c);
	return NULL;
}

const struct position *census_place(const struct census *c)
{
	return digest_place(c->walk);
}

uint64_t census_sum(const struct census *c)
{
	return c->sum;
}

size_t census_count(const struct census *c)
{
	return c->n;
}

/* The first entry whose hash does not sort before @prefix; before all that begin so, or after. */
static size_t find(const struct census *c, const uint8_t *prefix, size_t len, bool after)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = memcmp(c->entry[mid].hash, prefix, len);

		if (order < 0 || (after && order == 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct digest_entry *census_range(const struct census *c, const uint8_t *prefix, size_t len,
					size_t *n)
{
	size_t from = find(c, prefix, len, false);

	*n = find(c, prefix, len, true) - from;
	return c->entry + from;
}

void census_buckets(const struct census *c, const uint8_t *prefix, size_t len,
		    struct census_bucket bucket[CENSUS_BUCKETS])
{
	const struct digest_entry *e;
	size_t n;

	assert(len < DIGEST_HASH_LEN);
	memset(bucket, 0, CENSUS_BUCKETS * sizeof(*bucket));
	e = census_range(c, prefix, len, &n);
	for (size_t i = 0; i < n; i++) {
		struct census_bucket *b = &bucket[e[i].hash[len]];

		b->n++;
		b->sum ^= e[i].digest;
	}
}

bool census_label(struct census *c, const struct digest_entry *e,
		  char label[HSMREPL_LABEL_MAX + 1])
{
	struct store_object o;

	if (digest_object(c->walk, e->hash, e->seq, &o) != 1)
		return false;
	memcpy(label, o.label, o.label_len);
	label[o.label_len] = '\0';
	return true;
}
