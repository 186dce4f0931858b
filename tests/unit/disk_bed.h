/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of the store share: a directory, a store in it, and how to feed it. */
#ifndef TESTS_UNIT_DISK_BED_H
#define TESTS_UNIT_DISK_BED_H

#include <poll.h>

#include "clock.h"
#include "disk_batch.h"
#include "disk_files.h"

#define BED_DONE_MS	20000	/* patience for a completion */

static const uint8_t bed_secret[STORE_KEY_LEN] = "the key set that all nodes share";

/* Sizes that make segments turn over quickly. */
static const struct store_options bed_small = {
	.segment_bytes = 32768,
	.unsettled_max = 1 << 20,
	.settle_ms = 20,
};

static inline struct bed *bed_new(void)
{
	struct bed *b = calloc(1, sizeof(*b));
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert(b && fd >= 0);
	snprintf(b->dir, sizeof(b->dir), "%s/hsmrepl-disk-XXXXXX", bed_place());
	if (!mkdtemp(b->dir))
		abort();
	b->log = log_new(getenv("BED_LOG") ? 2 : fd, LOG_LEVEL_DEBUG);
	return b;
}

static inline bool bed_open_sized(struct bed *b, const struct store_options *options)
{
	b->store = store_open_sized(b->dir, bed_secret, BED_NODE, b->log, options, &b->image,
				    b->error);
	return b->store != NULL;
}

static inline bool bed_open(struct bed *b)
{
	return bed_open_sized(b, &bed_small);
}

static inline void bed_close(struct bed *b)
{
	if (!b->store)
		return;
	store_release_slot(b->store, &b->image);
	store_close(b->store);
	b->store = NULL;
}

/* As after a restart of the agent. */
static inline void bed_reopen_sized(struct bed *b, const struct store_options *options)
{
	bed_close(b);
	if (bed_open_sized(b, options))
		return;
	fprintf(stderr, "%s: %s\n", b->dir, b->error);
	abort();
}

static inline void bed_reopen(struct bed *b)
{
	bed_reopen_sized(b, &bed_small);
}

static inline void bed_free(struct bed *b)
{
	bed_close(b);
	bed_remove(b->dir);
	log_free(b->log);
	free(b);
}

/* The next completion within the deadline; false if there is none. */
static inline bool bed_done(struct bed *b, struct store_done *done)
{
	struct pollfd fd = { .fd = store_fd(b->store), .events = POLLIN };

	store_flush(b->store);
	while (!store_next_done(b->store, &done->record, &done->batch, &done->error)) {
		if (poll(&fd, 1, BED_DONE_MS) != 1)
			return false;
		store_heed(b->store);
	}
	return true;
}

static inline struct batch_id bed_id(const struct bed *b)
{
	return (struct batch_id){ BED_NODE, b->number };
}

/* Append the yes for what was composed and wait for the disk. Returns its error. */
static inline int bed_yes(struct bed *b)
{
	struct store_done done;

	b->number++;
	store_append(b->store, RECORD_YES, bed_id(b), (struct bytes){ b->tls, b->len }, b->n, NULL);
	if (!bed_done(b, &done))
		abort();
	return done.error;
}

static inline void bed_commit(struct bed *b)
{
	store_append(b->store, RECORD_COMMIT, bed_id(b), (struct bytes){ NULL, 0 }, 0, &b->after);
	b->position = b->after;
}

/* A learner is told what was composed: nobody waits for the disk. */
static inline void bed_learn(struct bed *b)
{
	b->number++;
	store_append_lazily(b->store, bed_id(b), (struct bytes){ b->tls, b->len }, b->n);
	bed_commit(b);
}

static inline int bed_refuse(struct bed *b)
{
	struct store_done done;

	store_append(b->store, RECORD_REFUSED, bed_id(b), (struct bytes){ NULL, 0 }, 0, NULL);
	if (!bed_done(b, &done))
		abort();
	return done.error;
}

static inline void bed_abort(struct bed *b)
{
	store_append(b->store, RECORD_ABORTED, bed_id(b), (struct bytes){ NULL, 0 }, 0, NULL);
}

/* Wait until the log's thread has nothing to do: what nobody waits for is written, too. */
static inline void bed_rest(struct bed *b)
{
	uint64_t deadline = clock_ms() + BED_DONE_MS;
	bool idle = false;

	while (!idle) {
		assert(clock_ms() < deadline);
		pthread_mutex_lock(&b->store->lock);
		idle = b->store->idle && TAILQ_EMPTY(&b->store->queued);
		pthread_mutex_unlock(&b->store->lock);
		poll(NULL, 0, 1);
	}
}

/* Wait until SQLite has everything. */
static inline void bed_settle(struct bed *b)
{
	uint64_t deadline = clock_ms() + BED_DONE_MS;
	size_t unsettled = 1;

	while (unsettled) {
		assert(clock_ms() < deadline);
		pthread_mutex_lock(&b->store->lock);
		unsettled = b->store->unsettled;
		pthread_mutex_unlock(&b->store->lock);
		poll(NULL, 0, 1);
	}
}

/* One batch with one create. */
static inline int bed_create(struct bed *b, const char *label, const void *payload, size_t len)
{
	int error;

	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x1000 + b->position.seq), HSMREPL_OP_CREATE, label,
	       payload, len, 7, "aes");
	error = bed_yes(b);
	if (!error)
		bed_commit(b);
	return error;
}

#endif /* TESTS_UNIT_DISK_BED_H */
