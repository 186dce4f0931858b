// SPDX-License-Identifier: GPL-2.0
/* The store as its caller's thread sees it: append, completions, outcomes, the walk, zeroize. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "lookup.h"
#include "store_private.h"
#include "wipe.h"
#include "../core/batch.h"

static_assert(STORE_KEY_LEN == SEAL_KEY_LEN, "the secret is key material");
static_assert(SEGMENT_BYTES > 2 * RECORD_MAX + 4096, "a segment holds a carried YES and a new one");

void store_wait(struct store *s, pthread_cond_t *cond, uint64_t deadline_ms)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};

	pthread_cond_timedwait(cond, &s->lock, &ts);
}

static bool is_about(const struct entry *yes, const struct entry *e)
{
	return yes && same_batch(yes->rec.batch, e->rec.batch);
}

int store_decide(struct store *s, struct entry *e)
{
	switch (e->rec.type) {
	case RECORD_COMMIT:
		if (!is_about(s->slot, e))
			return -EBADMSG;
		e->with = s->slot;
		s->slot = NULL;
		return 0;
	case RECORD_REFUSED:
		if (is_about(s->slot, e)) {
			e->with = s->dropped;
			s->dropped = s->slot;
			s->slot = NULL;
		}
		return 0;
	case RECORD_ABORTED:
		if (is_about(s->slot, e)) {
			e->with = s->slot;
			s->slot = NULL;
		} else if (is_about(s->dropped, e)) {
			e->with = s->dropped;
			s->dropped = NULL;
		}
		return 0;
	case RECORD_PROMISE:
	case RECORD_ACCEPT:
		return 0;	/* of no batch */
	default:
		return -EBADMSG;
	}
}

static struct entry *take_entry(struct store *s, enum record_type record, struct batch_id batch,
				size_t body_len)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = entry_get(&s->pool, record, batch, body_len);
	pthread_mutex_unlock(&s->lock);
	return e;
}

/* Seal the TLs one by one: SQLite keeps each on its own. */
static struct entry *seal_yes(struct store *s, struct batch_id batch, struct bytes tls,
			      unsigned int n_tls)
{
	struct entry *e;
	const uint8_t *p = tls.p;
	size_t used = 0;

	assert(!s->slot && tls.n <= HSMREPL_BATCH_MAX);
	assert(n_tls >= 1 && n_tls <= HSMREPL_BATCH_TLS_MAX);
	e = take_entry(s, RECORD_YES, batch, tls.n + n_tls * RECORD_TL_LEN(0));
	assert(record_len(&e->rec) <= s->options.segment_bytes / 2);
	e->rec.n_tls = n_tls;
	e->rec.incarnation = s->incarnation;
	e->rec.counter = sealer_next(s->sealer);
	for (unsigned int i = 0; i < n_tls; i++) {
		struct record_part part;
		struct hsmrepl_tl tl;

		assert((size_t)(p - (const uint8_t *)tls.p) + sizeof(tl) <= tls.n);
		memcpy(&tl, p, sizeof(tl));
		part.tid = le64toh(tl.tid);
		part.seq = le64toh(tl.seq);
		part.sp = le64toh(tl.sync_point) ^ part.tid;
		part.tl_len = le32toh(tl.len);
		assert(part.tl_len >= sizeof(tl) && part.tl_len % RECORD_ALIGN == 0 &&
		       (size_t)(p - (const uint8_t *)tls.p) + part.tl_len <= tls.n);
		used += record_tl_seal(s->sealer, &part, p, entry_body(e) + used);
		p += part.tl_len;
	}
	assert(used == e->rec.body.n);
	e->with = s->dropped;
	s->dropped = NULL;
	s->slot = e;
	return e;
}

static struct entry *seal_value(struct store *s, struct batch_id batch, struct bytes value)
{
	const struct record_part part = { .tid = batch.number, .tl_len = DOWN_VALUE_LEN };
	struct entry *e = take_entry(s, RECORD_ACCEPT, batch, RECORD_VALUE_LEN);

	assert(value.n == DOWN_VALUE_LEN);
	e->rec.n_tls = 1;
	e->rec.incarnation = s->incarnation;
	e->rec.counter = sealer_next(s->sealer);
	record_tl_seal(s->sealer, &part, value.p, entry_body(e));
	return e;
}

static struct entry *make_decision(struct store *s, enum record_type record, struct batch_id batch,
				   const struct position *after)
{
	size_t body = record == RECORD_COMMIT ? sizeof(struct record_position) : 0;
	struct entry *e = take_entry(s, record, batch, body);
	int ret = store_decide(s, e);

	assert(!ret);
	if (record == RECORD_COMMIT) {
		e->after = *after;
		record_position_write(after, (struct record_position *)entry_body(e));
	}
	return e;
}

size_t store_many(const struct store *s)
{
	return s->options.unsettled_max / 2;
}

/* With the lock held: memory for what SQLite does not hold yet is bounded. */
static void wait_for_room(struct store *s)
{
	while (s->unsettled > s->options.unsettled_max && !s->settle_error && !s->error) {
		pthread_cond_signal(&s->settle_work);
		pthread_cond_wait(&s->room, &s->lock);
	}
	if (s->unsettled > s->options.unsettled_max && !s->error) {
		s->error = ENOSPC;
		log_error(s->log, "%s: too much waits for " TABLE_FILE ": nothing is durable "
				  "from now on; free space and start again",
			  s->dir);
	}
}

static void enqueue(struct store *s, struct entry *e)
{
	bool wake;

	pthread_mutex_lock(&s->lock);
	if (e->rec.type != RECORD_YES) {
		wait_for_room(s);
		s->unsettled += entry_weight(e);
	}
	if (e->awaited) {
		assert(s->waited_for - s->fetched < STORE_DONE_MAX);
		s->waited_for++;
		s->urgent++;
	}
	TAILQ_INSERT_TAIL(&s->queued, e, link);
	wake = !e->awaited && s->idle;
	pthread_mutex_unlock(&s->lock);
	/* Woken before, it would only wait for the lock. */
	if (wake)
		pthread_cond_signal(&s->writer_work);
}

void store_append(struct store *s, enum record_type record, struct batch_id batch,
		  struct bytes tls, unsigned int n_tls, const struct position *after)
{
	struct entry *e;

	assert(s->running);
	s->appended = true;
	if (record == RECORD_YES)
		e = seal_yes(s, batch, tls, n_tls);
	else if (record == RECORD_ACCEPT)
		e = seal_value(s, batch, tls);
	else
		e = make_decision(s, record, batch, after);
	e->awaited = record != RECORD_COMMIT && record != RECORD_ABORTED;
	enqueue(s, e);
}

void store_append_lazily(struct store *s, struct batch_id batch, struct bytes tls,
			 unsigned int n_tls)
{
	assert(s->running);
	s->appended = true;
	enqueue(s, seal_yes(s, batch, tls, n_tls));
}

int store_fd(const struct store *s)
{
	return s->event_fd;
}

static bool take_done(struct store *s, struct store_done *done)
{
	if (s->fetched == atomic_load_explicit(&s->completed, memory_order_acquire))
		return false;
	*done = s->done[s->fetched % STORE_DONE_MAX];
	atomic_store_explicit(&s->fetched, s->fetched + 1, memory_order_release);
	return true;
}

void store_heed(struct store *s)
{
	uint64_t count;

	if (read(s->event_fd, &count, sizeof(count)) < 0)
		assert(errno == EAGAIN);
}

bool store_next_done(struct store *s, enum record_type *record, struct batch_id *batch, int *error)
{
	struct store_done done;

	if (!take_done(s, &done))
		return false;
	*record = done.record;
	*batch = done.batch;
	*error = done.error;
	s->fetched_ns = done.done_ns;
	return true;
}

uint64_t store_done_ns(const struct store *s)
{
	return s->fetched_ns;
}

static bool holds(const struct entry *yes, uint64_t tid, struct record_part *part)
{
	struct record_cursor c;

	if (!yes)
		return false;
	c = (struct record_cursor){ .r = &yes->rec };
	while (record_next(&c, part) > 0)
		if (part->tid == tid)
			return true;
	return false;
}

/* What decisions on their way to SQLite say. */
static int outcome_in(const struct entries *list, uint64_t tid, struct record_part *part)
{
	const struct entry *e;

	TAILQ_FOREACH(e, list, link) {
		if (e->rec.type == RECORD_COMMIT && holds(e->with, tid, part))
			return HSMREPL_OUTCOME_COMMITTED;
		if (e->rec.type == RECORD_ABORTED && holds(e->with, tid, part))
			return HSMREPL_OUTCOME_ABORTED;
	}
	return 0;
}

int store_outcome(struct store *s, uint64_t tid, uint64_t *seq, uint64_t *sp)
{
	const struct entries *lists[] = { &s->queued, &s->writing, &s->written, &s->settling };
	struct record_part part;
	int outcome = 0;

	if (holds(s->slot, tid, &part) || holds(s->dropped, tid, &part))
		return HSMREPL_OUTCOME_PENDING;
	pthread_mutex_lock(&s->lock);
	for (unsigned int i = 0; i < 4 && !outcome; i++)
		outcome = outcome_in(lists[i], tid, &part);
	pthread_mutex_unlock(&s->lock);
	if (outcome == HSMREPL_OUTCOME_COMMITTED) {
		*seq = part.seq;
		*sp = part.sp;
	}
	if (!outcome)
		outcome = lookup_outcome(s->lookup, tid, seq, sp);
	if (outcome < 0) {
		log_error(s->log, "%s: outcome of a transaction: %s", s->dir, strerror(-outcome));
		outcome = 0;
	}
	return outcome;
}

int store_each(struct store *s, int (*fn)(void *arg, const struct store_object *o), void *arg)
{
	int ret;

	assert(!s->appended);
	ret = lookup_each(s->lookup, fn, arg);
	if (ret < 0)
		log_error(s->log, "%s/" TABLE_FILE ": objects cannot be read: %s", s->dir,
			  strerror(-ret));
	return ret;
}

void store_release_slot(struct store *s, struct store_image *image)
{
	(void)s;
	OPENSSL_clear_free((void *)image->slot.p, image->slot.n);
	image->slot = (struct bytes){ 0 };
}

void store_stop(struct store *s)
{
	if (!s->running)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop_writer = true;
	pthread_cond_signal(&s->writer_work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->writer_thread, NULL);
	pthread_mutex_lock(&s->lock);
	s->stop_settle = true;
	pthread_cond_signal(&s->settle_work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->settle_thread, NULL);
	s->running = false;
}

int store_zeroize(struct store *s)
{
	int ret;

	store_stop(s);
	lookup_close(s->lookup);
	reader_close(s->history);
	table_close(s->table);
	s->lookup = NULL;
	s->history = NULL;
	s->table = NULL;
	segments_close(&s->segments);
	ret = wipe_all(s);
	if (ret)
		log_error(s->log, "%s: cannot be wiped: %s: repair it and zeroize again", s->dir,
			  strerror(-ret));
	return ret;
}

void store_digest_key(const uint8_t secret[STORE_KEY_LEN], uint8_t key[HSMREPL_KEY_LEN])
{
	static const char purpose[] = "hsmrepl digest";
	int ret = seal_derive(secret, NULL, 0, purpose, sizeof(purpose) - 1, key, HSMREPL_KEY_LEN);

	assert(!ret);
}
