// SPDX-License-Identifier: GPL-2.0
/* The thread that writes the log: all that waits goes out by one write and one fdatasync. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "priority.h"
#include "store_private.h"

#define QUICK_NS	2000000	/* a disk that takes longer, on average, is left to the thread */
#define USUAL_OF	8	/* so many flushes count, the latest the most */

static int flush(struct writer *w)
{
	int ret = strip_flush(&w->strip, w->active);

	if (!ret)
		w->durable = w->next_lsn;
	return ret;
}

static bool fits(const struct writer *w, size_t len)
{
	return strip_end(&w->strip) + len <= w->active->bytes;
}

static int place(struct writer *w, struct entry *e)
{
	struct record *r = &e->rec;

	assert(fits(w, record_len(r)));
	r->lsn = w->next_lsn++;
	r->durable = w->durable;
	r->generation = w->active->generation;
	record_finish(w->hasher, r);
	return strip_put(&w->strip, w->active, e->buf, record_len(r));
}

/* The undecided YES as it stands after this record. */
static void follow(struct writer *w, struct entry *e)
{
	if (e->rec.type == RECORD_YES) {
		assert(!w->open);
		w->open = e;
		return;
	}
	w->last_decision = e->rec.lsn;
	if (w->open && record_is_decision(e->rec.type) &&
	    same_batch(w->open->rec.batch, e->rec.batch)) {
		e->decides = w->open->rec.lsn;
		w->open = NULL;
	}
}

/* With the lock held. NULL if none is free and none can be made. */
static struct segment *take_segment(struct store *s)
{
	struct segment *seg;

	s->segment_error = 0;
	while (!(seg = segments_find_free(&s->segments)) && !s->segment_error) {
		s->need_segment = true;
		pthread_cond_signal(&s->settle_work);
		pthread_cond_wait(&s->room, &s->lock);
	}
	s->need_segment = false;
	if (seg) {
		seg->generation = ++s->generation;
		seg->last_decision = 0;
	}
	return seg;
}

/*
 * Go on in a segment of zeros or of settled records. What is undecided is written there once more:
 * no segment is kept for its sake.
 */
static int switch_segment(struct store *s)
{
	struct writer *w = &s->w;
	struct segment *seg;
	int ret;

	ret = flush(w);
	if (ret)
		return ret;
	pthread_mutex_lock(&s->lock);
	s->kept_generation = w->active->generation;
	w->active->last_decision = w->last_decision;
	seg = take_segment(s);
	if (seg)
		w->active = seg;
	ret = seg ? 0 : s->segment_error;
	pthread_mutex_unlock(&s->lock);
	if (ret)
		return ret;
	strip_begin(&w->strip);
	w->last_decision = 0;
	return w->open ? place(w, w->open) : 0;
}

static size_t group_len(const struct entries *group)
{
	const struct entry *e;
	size_t len = 0;

	TAILQ_FOREACH(e, group, link)
		len += record_len(&e->rec);
	return len;
}

static int write_group(struct store *s, bool durably)
{
	struct writer *w = &s->w;
	size_t len = group_len(&s->writing), carried;
	struct entry *e;
	int ret = 0;

	carried = w->open ? record_len(&w->open->rec) : 0;
	if (!fits(w, len) && carried + len <= w->active->bytes)
		ret = switch_segment(s);
	TAILQ_FOREACH(e, &s->writing, link) {
		if (!ret && !fits(w, record_len(&e->rec)))
			ret = switch_segment(s);
		if (!ret)
			ret = place(w, e);
		if (ret)
			return ret;
		follow(w, e);
	}
	return durably ? flush(w) : strip_write(&w->strip, w->active);
}

static void complete(struct store *s, const struct entry *e)
{
	uint64_t n = s->completed;

	assert(n - atomic_load_explicit(&s->fetched, memory_order_acquire) < STORE_DONE_MAX);
	s->done[n % STORE_DONE_MAX] = (struct store_done){
		.record = e->rec.type,
		.batch = e->rec.batch,
		.error = s->error,
		.done_ns = clock_ns(),
	};
	atomic_store_explicit(&s->completed, n + 1, memory_order_release);
}

/* With the lock held: a decision goes on to SQLite, unless the log has failed. */
static void pass_on(struct store *s, struct entry *e)
{
	if (s->error) {
		s->unsettled -= entry_weight(e);
		entry_put(&s->pool, e);
		return;
	}
	s->written_ms = clock_ms();
	if (TAILQ_EMPTY(&s->written))
		s->written_since_ms = s->written_ms;
	TAILQ_INSERT_TAIL(&s->written, e, link);
}

/* Else the settle thread looks by itself after a while: waking it for each group costs more. */
static bool settle_must_look(struct store *s, bool was_empty)
{
	bool many = s->unsettled >= s->look_at;

	if (many)
		s->look_at = SIZE_MAX;
	return s->error || (was_empty && !TAILQ_EMPTY(&s->written)) || many;
}

/* The log failed with @first and what follows: that is told even if nobody waits for them. */
static void fail(struct store *s, struct entry *first, int error)
{
	s->error = -error;
	log_error(s->log, "%s: the log cannot be written: %s: nothing is durable from now on; "
			  "repair it and start again",
		  s->dir, strerror(s->error));
	if (!first->awaited)
		s->waited_for++;
	first->awaited = true;
}

/**
 * struct news - who is told when the lock is given up; under it they would only wait for it
 * @done: something was completed
 * @settle: the settle thread has to look
 */
struct news {
	bool done;
	bool settle;
};

static struct news finish_group(struct store *s, int error)
{
	bool was_empty = TAILQ_EMPTY(&s->written);
	struct news news = { false, false };
	struct entry *e;

	if (error && !s->error)
		fail(s, TAILQ_FIRST(&s->writing), error);
	s->w.active->last_decision = s->w.last_decision;
	if (!s->w.strip.dirty)
		s->kept_generation = s->w.active->generation;
	while ((e = TAILQ_FIRST(&s->writing))) {
		TAILQ_REMOVE(&s->writing, e, link);
		if (e->awaited) {
			complete(s, e);
			news.done = true;
		}
		if (e->rec.type != RECORD_YES) {
			pass_on(s, e);
		} else {
			entry_put(&s->pool, e->with);
			e->with = NULL;
		}
	}
	news.settle = settle_must_look(s, was_empty);
	return news;
}

/* With the lock held, given up for the disk. */
static struct news write_queued(struct store *s)
{
	bool durably = s->urgent || s->stop_writer;
	int64_t began_ns = (int64_t)clock_ns(), took_ns;
	int error = -s->error;

	s->urgent = 0;
	TAILQ_CONCAT(&s->writing, &s->queued, link);
	pthread_mutex_unlock(&s->lock);
	if (!error)
		error = write_group(s, durably);
	pthread_mutex_lock(&s->lock);
	took_ns = (int64_t)clock_ns() - began_ns;
	if (durably)
		s->usual_ns += (took_ns - s->usual_ns) / USUAL_OF;
	return finish_group(s, error);
}

/*
 * With the lock held: may the caller's thread do it itself? The other one may be at it, the disk
 * may be slow, or a segment must be waited for.
 */
static bool caller_writes(struct store *s)
{
	return TAILQ_EMPTY(&s->writing) && fits(&s->w, group_len(&s->queued)) &&
	       s->usual_ns <= QUICK_NS;
}

void store_flush(struct store *s)
{
	struct news news = { false, false };
	bool urgent, own;

	pthread_mutex_lock(&s->lock);
	urgent = s->urgent;
	own = urgent && caller_writes(s);
	if (own)
		news = write_queued(s);
	pthread_mutex_unlock(&s->lock);
	if (urgent && !own)
		pthread_cond_signal(&s->writer_work);
	if (news.settle)
		pthread_cond_signal(&s->settle_work);
}

static void tell(struct store *s, struct news news)
{
	uint64_t one = 1;

	if (news.done && write(s->event_fd, &one, sizeof(one)) != sizeof(one))
		assert(!"an eventfd takes a one");
	if (news.settle)
		pthread_cond_signal(&s->settle_work);
}

/* Returns when something must be written or the end has come. */
static void wait_for_work(struct store *s)
{
	uint64_t deadline = clock_ms() + STORE_LAZY_MS;

	while (!s->urgent && !s->stop_writer) {
		if (clock_ms() < deadline) {
			store_wait(s, &s->writer_work, deadline);
		} else if (TAILQ_EMPTY(&s->queued)) {
			s->idle = true;
			pthread_cond_wait(&s->writer_work, &s->lock);
			s->idle = false;
			deadline = clock_ms() + STORE_LAZY_MS;
		} else {
			return;
		}
	}
}

void *writer_main(void *store)
{
	struct store *s = store;
	struct news news;

	priority_urgent();
	pthread_mutex_lock(&s->lock);
	for (;;) {
		wait_for_work(s);
		if (TAILQ_EMPTY(&s->queued)) {
			if (s->stop_writer)
				break;
			continue;
		}
		news = write_queued(s);
		pthread_mutex_unlock(&s->lock);
		tell(s, news);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int writer_start(struct store *s, uint64_t follows)
{
	struct record_start body = {
		.follows = htole64(follows),
		.incarnation = htole32(s->incarnation),
		.node_id = htole16(s->node_id),
	};
	struct writer *w = &s->w;
	struct entry *e;
	int ret;

	pthread_mutex_lock(&s->lock);
	if (!segments_find_free(&s->segments))
		settle_make_segment(s);
	w->active = segments_find_free(&s->segments);
	pthread_mutex_unlock(&s->lock);
	if (!w->active)
		return s->segment_error;
	w->active->generation = ++s->generation;
	s->kept_generation = s->generation;
	w->next_lsn = s->table->state.settled + 1;
	if (w->next_lsn < follows)
		w->next_lsn = follows;
	w->durable = w->next_lsn;
	w->open = s->slot;
	e = entry_get(&s->pool, RECORD_START, (struct batch_id){ 0 }, sizeof(body));
	memcpy(entry_body(e), &body, sizeof(body));
	ret = place(w, e);
	if (!ret && w->open)
		ret = place(w, w->open);
	entry_put(&s->pool, e);
	return ret ? ret : flush(w);
}
