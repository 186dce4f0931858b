// SPDX-License-Identifier: GPL-2.0
/* Opens and closes a store: lock, keys, SQLite, replay, a new run of the log, threads. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sys/eventfd.h>

#include "counter.h"
#include "lookup.h"
#include "store_private.h"
#include "wipe.h"

#define SEGMENTS_AT_FIRST	(1 + STORE_SPARES)

const struct store_options store_defaults = {
	.segment_bytes = SEGMENT_BYTES,
	.unsettled_max = STORE_UNSETTLED_MAX,
	.settle_ms = STORE_SETTLE_MS,
};

static int fail(const struct store *s, const char *what, int error, const char *remedy,
		char text[STORE_ERROR_MAX])
{
	return home_error(s->dir, what, error, remedy, text);
}

static int table_failed(struct store *s, int ret, char error[STORE_ERROR_MAX])
{
	snprintf(error, STORE_ERROR_MAX, "%.300s/" TABLE_FILE ": %s", s->dir,
		 table_trouble(s->table, ret));
	table_rollback(s->table);
	return -1;
}

static int open_table(struct store *s, char error[STORE_ERROR_MAX])
{
	uint32_t incarnation = 0;
	int ret = wipe_finish(s->dir_fd, &incarnation);

	if (ret)
		return fail(s, "a zeroize cannot be finished", -ret, "repair the disk", error);
	s->table = table_open(s->dir, TABLE_FILE, TABLE_LIVE, &s->keys, s->node_id, incarnation,
			      error);
	if (!s->table)
		return -1;
	if (s->options.window.tls)
		s->table->window = s->options.window;
	if (s->options.body_bytes)
		s->table->bodies.file_bytes = s->options.body_bytes;
	/* What an import leaves behind in its file, which is the store now. */
	if (table_exec(s->table, "DROP TABLE IF EXISTS import; DROP TABLE IF EXISTS gone;"))
		return table_failed(s, -EIO, error);
	ret = bodies_sweep(&s->table->bodies, s->dir);
	if (ret)
		log_warning(s->log, "%s: body files that are not needed stay: %s", s->dir,
			    strerror(-ret));
	ret = wipe_done(s->dir_fd);
	return ret ? fail(s, "a zeroize cannot be finished", -ret, "repair the disk", error) : 0;
}

/* In one transaction: this incarnation, and all that the log decides. */
static int replay(struct store *s, uint64_t *end, char error[STORE_ERROR_MAX])
{
	int ret = segments_open(&s->segments, s->dir_fd, s->options.segment_bytes);

	if (ret)
		return fail(s, "log segments cannot be opened", -ret, "repair the disk", error);
	ret = table_begin(s->table);
	if (ret)
		return table_failed(s, ret, error);
	s->incarnation = ++s->table->state.incarnation;
	s->generation = (uint64_t)s->incarnation << 32;
	if (table_start(s->table, &s->keys)) {
		table_rollback(s->table);
		return fail(s, "cannot seal", ENOMEM, "see OpenSSL's providers", error);
	}
	if (replay_log(s, end, error)) {
		table_rollback(s->table);
		return -1;
	}
	ret = table_commit(s->table);
	if (ret)
		return table_failed(s, ret, error);
	segments_free_below(&s->segments, s->table->state.tail);
	return 0;
}

/* The log goes on in a segment of its own; nothing from before it is needed any more. */
static int start_log(struct store *s, uint64_t end, char error[STORE_ERROR_MAX])
{
	int ret = 0;

	s->w.hasher = hasher_new(s->keys.log);
	s->sealer = sealer_new(s->keys.tl, s->incarnation);
	if (strip_open(&s->w.strip))
		return fail(s, "no memory", ENOMEM, "free some", error);
	if (!s->w.hasher || !s->sealer)
		return fail(s, "cannot seal", ENOMEM, "see OpenSSL's providers", error);
	pthread_mutex_lock(&s->lock);
	while (s->segments.n < SEGMENTS_AT_FIRST && !s->segment_error)
		settle_make_segment(s);
	pthread_mutex_unlock(&s->lock);
	ret = writer_start(s, end);
	if (ret)
		return fail(s, "the log cannot be written", -ret, "free or repair the disk", error);
	ret = table_begin(s->table);
	s->table->state.tail = s->kept_generation;
	counter_rise(s, true);
	if (!ret)
		ret = table_commit(s->table);
	if (ret)
		return table_failed(s, ret, error);
	ret = counter_tell(s);
	if (ret)
		return fail(s, "the counter outside cannot be written", -ret, "see counter", error);
	segments_free_below(&s->segments, s->kept_generation);
	return 0;
}

/* The undecided batch in the clear. */
static int open_slot(struct store *s, struct store_image *image)
{
	struct opener *opener = opener_new(s->keys.tl);
	struct record_cursor c = { .r = &s->slot->rec };
	uint8_t *tls = OPENSSL_malloc(c.r->body.n);
	struct record_part part;
	size_t used = 0;
	int ret = opener && tls ? 1 : -ENOMEM;

	while (ret > 0 && (ret = record_next(&c, &part)) > 0) {
		ret = record_tl_open(opener, part.sealed, tls + used) ? -EBADMSG : 1;
		used += part.tl_len;
	}
	opener_free(opener);
	if (ret) {
		OPENSSL_clear_free(tls, c.r->body.n);
		return ret;
	}
	image->slot = (struct bytes){ tls, used };
	image->slot_id = c.r->batch;
	image->slot_n_tls = c.r->n_tls;
	return 0;
}

static int make_image(struct store *s, struct store_image *image, char error[STORE_ERROR_MAX])
{
	int ret;

	image->position = s->table->state.position;
	image->last = s->table->state.last;
	image->incarnation = s->incarnation;
	image->promised = s->table->state.promised;
	image->accepted = s->table->state.accepted;
	image->has_value = s->table->state.has_value;
	s->lookup = lookup_open(s, error);
	s->history = s->lookup ? history_open(s, error) : NULL;
	if (!s->history)
		return -1;
	ret = table_nl(&s->table->state, &image->nl) ? 0 : -EBADMSG;
	if (!ret)
		ret = lookup_image(s->lookup, image);
	if (!ret && image->has_value)
		ret = table_value(s->table, image->value);
	if (!ret && s->slot)
		ret = open_slot(s, image);
	return ret ? fail(s, TABLE_FILE, -ret, "put the directory back from a copy", error) : 0;
}

/* Signals are for the caller's thread. */
static int start_threads(struct store *s, char error[STORE_ERROR_MAX])
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&s->settle_thread, NULL, settle_main, s);
	if (!ret) {
		ret = pthread_create(&s->writer_thread, NULL, writer_main, s);
		s->running = !ret;
		if (ret) {
			pthread_mutex_lock(&s->lock);
			s->stop_settle = true;
			pthread_cond_signal(&s->settle_work);
			pthread_mutex_unlock(&s->lock);
			pthread_join(s->settle_thread, NULL);
		}
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!ret) {	/* for those who look at threads */
		pthread_setname_np(s->settle_thread, "store-settle");
		pthread_setname_np(s->writer_thread, "store-log");
	}
	return ret ? fail(s, "no threads", ret, "raise the limit", error) : 0;
}

static void init(struct store *s, const char *dir, uint16_t node_id, struct log *log,
		 const struct store_options *options)
{
	pthread_condattr_t monotonic;

	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	s->node_id = node_id;
	s->log = log;
	s->options = *options;
	s->dir_fd = -1;
	s->lock_fd = -1;
	s->event_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->writer_work, &monotonic);
	pthread_cond_init(&s->settle_work, &monotonic);
	pthread_cond_init(&s->room, &monotonic);
	pthread_condattr_destroy(&monotonic);
	entry_pool_init(&s->pool);
	TAILQ_INIT(&s->queued);
	TAILQ_INIT(&s->writing);
	TAILQ_INIT(&s->written);
	TAILQ_INIT(&s->settling);
	s->pin = UINT64_MAX;
}

static int start(struct store *s, const uint8_t secret[STORE_KEY_LEN], struct store_image *image,
		 char error[STORE_ERROR_MAX])
{
	uint64_t end = 0;

	if (home_open(s->dir, &s->dir_fd, &s->lock_fd, error))
		return -1;
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->event_fd < 0)
		return fail(s, "no eventfd", errno, "raise the limit of open files", error);
	if (seal_keys_derive(&s->keys, secret, s->node_id))
		return fail(s, "no keys", EIO, "see OpenSSL's providers", error);
	memset(image, 0, sizeof(*image));
	if (open_table(s, error) || counter_look(s, &image->rolled_back, error) ||
	    replay(s, &end, error) || start_log(s, end, error) || make_image(s, image, error))
		return -1;
	if (!start_threads(s, error))
		return 0;
	store_release_slot(s, image);
	return -1;
}

struct store *store_open_sized(const char *dir, const uint8_t secret[STORE_KEY_LEN],
			       uint16_t node_id, struct log *log,
			       const struct store_options *options, struct store_image *image,
			       char error[STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(error, STORE_ERROR_MAX, "no memory");
		return NULL;
	}
	init(s, dir, node_id, log, options);
	if (strlen(dir) >= sizeof(s->dir))
		fail(s, "the path", ENAMETOOLONG, "name a shorter state-dir", error);
	else if (!start(s, secret, image, error))
		return s;
	store_close(s);
	return NULL;
}

struct store *store_open(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
			 const char *counter, struct log *log, struct store_image *image,
			 char error[STORE_ERROR_MAX])
{
	struct store_options options = store_defaults;

	options.counter = counter;
	return store_open_sized(dir, secret, node_id, log, &options, image, error);
}

static void put_all(struct store *s, struct entries *list)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, e, link);
		entry_put(&s->pool, e);
	}
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_stop(s);
	put_all(s, &s->written);
	put_all(s, &s->settling);
	entry_put(&s->pool, s->slot);
	entry_put(&s->pool, s->dropped);
	entry_pool_free(&s->pool);
	lookup_close(s->lookup);
	reader_close(s->history);
	table_close(s->table);
	sealer_free(s->sealer);
	hasher_free(s->w.hasher);
	strip_close(&s->w.strip);
	segments_close(&s->segments);
	pthread_cond_destroy(&s->writer_work);
	pthread_cond_destroy(&s->settle_work);
	pthread_cond_destroy(&s->room);
	pthread_mutex_destroy(&s->lock);
	if (s->event_fd >= 0)
		close(s->event_fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	OPENSSL_cleanse(&s->keys, sizeof(s->keys));
	free(s);
}
