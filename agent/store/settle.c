// SPDX-License-Identifier: GPL-2.0
/* The thread that brings decisions from the log into SQLite, and keeps segments ready. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sqlite3.h>

#include "clock.h"
#include "counter.h"
#include "lookup.h"
#include "priority.h"

#define FED_MS		200		/* as STORE_SETTLE_MS, while a peer is fed: it waits */
#define FED_BYTES	(8u << 20)	/* likewise */
#define GATHER_STEPS	12		/* of the time in which decisions gather */
#define PAUSE		8		/* gathering ends after this part of it without news */
#define WAL_PAGES_MAX	16384		/* then the WAL goes into the file, */
#define QUIET_MS	2000		/* or when nothing was decided for so long */
#define PACED_BYTES	(4u << 20)	/* less is through before many commits see it */
#define PIECE_NS	1000000		/* of more, worked at a time */

int settle_entry(struct table *t, const struct entry *e)
{
	int ret;

	if (e->decides > t->state.decided)
		t->state.decided = e->decides;
	t->state.settled = e->rec.lsn;
	if (e->rec.type == RECORD_COMMIT)
		return table_apply(t, &e->with->rec, &e->after);
	if (e->rec.type == RECORD_PROMISE) {
		table_promise(t, e->rec.batch.number);
		return 0;
	}
	if (e->rec.type == RECORD_ACCEPT) {
		table_accept(t, &e->rec);
		return 0;
	}
	ret = table_refuse(t, e->rec.batch);
	if (!ret && e->rec.type == RECORD_ABORTED && e->with)
		ret = table_abort(t, &e->with->rec);
	return ret;
}

/* A peer that is fed gets what is settled. */
static bool is_fed(const struct store *s)
{
	return s->pin != UINT64_MAX;
}

static size_t settle_bytes(const struct store *s)
{
	size_t bytes = is_fed(s) ? FED_BYTES : STORE_SETTLE_BYTES;

	return bytes < s->options.unsettled_max / 2 ? bytes : s->options.unsettled_max / 2;
}

/* Nothing came for so long that it is not worth to wait for more. */
static uint64_t pause_at_ms(const struct store *s)
{
	return s->written_ms + s->options.settle_ms / PAUSE;
}

/* The writer waits for a segment, and has no answer yet. */
static bool segment_wanted(struct store *s)
{
	return s->need_segment && !s->segment_error && !segments_find_free(&s->segments);
}

static unsigned int unused_number(const struct segments *s)
{
	unsigned int number = 0;

	for (unsigned int i = 0; i < s->n; i++)
		if (s->segment[i].number == number) {
			number++;
			i = (unsigned int)-1;
		}
	return number;
}

void settle_make_segment(struct store *s)
{
	unsigned int number = unused_number(&s->segments);
	struct segment seg;
	int ret = -ENOSPC;

	if (s->segments.n < SEGMENTS_MAX) {
		pthread_mutex_unlock(&s->lock);
		ret = segment_create(s->dir_fd, number, s->segments.bytes, &seg);
		pthread_mutex_lock(&s->lock);
	}
	if (!ret)
		s->segments.segment[s->segments.n++] = seg;
	else
		log_warning(s->log, "%s: no further log segment: %s", s->dir, strerror(-ret));
	s->segment_error = ret;
	pthread_cond_broadcast(&s->room);
}

static bool spare_missing(struct store *s)
{
	return s->segments.n < SEGMENTS_MAX && !s->segment_error &&
	       !segments_find_free(&s->segments);
}

/**
 * struct pace - how a group is spread over the time in which the next one gathers
 *
 * At full speed it would take the processors from the commits for long enough to be seen there.
 *
 * @since_ms: when the first of it was decided
 * @from_ms: when settling it began
 * @span_ms: so long it may take: as long as it took to gather, but for a quarter
 * @weight: bytes of all entries
 * @done: bytes of those that are through
 * @woke_ns: when the piece of work under way began
 */
struct pace {
	uint64_t since_ms;
	uint64_t from_ms;
	uint64_t span_ms;
	size_t weight;
	size_t done;
	uint64_t woke_ns;
};

static void begin_pace(struct store *s, struct pace *p)
{
	const struct entry *e;

	p->from_ms = clock_ms();
	p->span_ms = (p->from_ms - p->since_ms) * 3 / 4;
	p->woke_ns = clock_ns();
	TAILQ_FOREACH(e, &s->settling, link)
		p->weight += entry_weight(e);
}

/* With the lock held: somebody waits for what is settled, or for this thread. */
static bool must_hurry(struct store *s)
{
	return s->stop_settle || segment_wanted(s) || s->unsettled >= store_many(s) ||
	       clock_ms() >= pause_at_ms(s);
}

/* With the lock held. */
static void sleep_until(struct store *s, uint64_t due)
{
	uint64_t pause;

	s->look_at = store_many(s);
	while (clock_ms() < due && !must_hurry(s)) {
		pause = pause_at_ms(s);
		store_wait(s, &s->settle_work, due < pause ? due : pause);
	}
}

static void keep_pace(struct store *s, struct pace *p, const struct entry *e)
{
	uint64_t due;

	p->done += entry_weight(e);
	if (p->weight < PACED_BYTES || clock_ns() - p->woke_ns < PIECE_NS)
		return;
	due = p->from_ms + p->span_ms * p->done / p->weight;
	pthread_mutex_lock(&s->lock);
	/* The log may be full before this group is through. */
	if (spare_missing(s))
		settle_make_segment(s);
	sleep_until(s, due);
	pthread_mutex_unlock(&s->lock);
	p->woke_ns = clock_ns();
}

static int transaction(struct store *s, uint64_t tail, struct pace *pace)
{
	struct table *t = s->table;
	struct entry *e;
	int ret = table_begin(t);

	begin_pace(s, pace);
	TAILQ_FOREACH(e, &s->settling, link) {
		if (ret)
			break;
		ret = settle_entry(t, e);
		keep_pace(s, pace, e);
	}
	t->state.tail = tail;
	if (!ret)
		counter_rise(s, false);
	if (!ret)
		ret = table_commit(t);
	if (!ret) {
		ret = counter_tell(s);
		if (ret)
			log_warning(s->log, "counter %s cannot be written: %s: it is tried again",
				    s->options.counter, strerror(-ret));
		return 0;
	}
	log_error(s->log, "%s/" TABLE_FILE ": cannot be written: %s: it is tried again", s->dir,
		  table_trouble(t, ret));
	table_rollback(t);
	return ret;
}

static void remember_tids(struct store *s, const struct entry *e)
{
	struct record_cursor c = { .r = &e->with->rec };
	struct record_part part;

	while (record_next(&c, &part) > 0)
		tids_add(&s->lookup->tids, part.seq, part.tid);
}

/* Before the entries go: whoever asks for an outcome finds it here or there. */
static void remember(struct store *s)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &s->settling, link)
		if (e->rec.type == RECORD_COMMIT)
			remember_tids(s, e);
}

/* With the lock held, given up for the most: there are many, and a commit waits for it. */
static void release(struct store *s)
{
	struct entries settled = TAILQ_HEAD_INITIALIZER(settled);
	struct entry_pool unused;
	struct entry *e;

	TAILQ_CONCAT(&settled, &s->settling, link);
	pthread_mutex_unlock(&s->lock);
	entry_pool_init(&unused);
	while ((e = TAILQ_FIRST(&settled))) {
		TAILQ_REMOVE(&settled, e, link);
		entry_put(&unused, e);
	}
	pthread_mutex_lock(&s->lock);
	entry_pool_take(&s->pool, &unused);
	pthread_mutex_unlock(&s->lock);
	entry_pool_free(&unused);
	pthread_mutex_lock(&s->lock);
}

/* With the lock held, given up for the transaction. */
static void settle_group(struct store *s)
{
	struct pace pace = { .since_ms = s->written_since_ms };
	uint64_t last, tail;
	int ret;

	TAILQ_CONCAT(&s->settling, &s->written, link);
	last = TAILQ_LAST(&s->settling, entries)->rec.lsn;
	tail = segments_oldest(&s->segments, last, s->kept_generation);
	s->table->pin = s->pin;
	pthread_mutex_unlock(&s->lock);
	ret = transaction(s, tail, &pace);
	if (!ret)
		remember(s);
	pthread_mutex_lock(&s->lock);
	s->settle_error = -ret;
	if (!ret) {
		s->unsettled -= pace.weight;
		segments_free_below(&s->segments, tail);
		release(s);
	}
	pthread_cond_broadcast(&s->room);
}

/* Members commit the same at the same time, and would all begin at once: each takes less time. */
static unsigned int gather_ms(const struct store *s)
{
	unsigned int ms = s->options.settle_ms;

	if (is_fed(s) && ms > FED_MS)
		return FED_MS;
	return ms - ms / GATHER_STEPS * (s->node_id % (GATHER_STEPS / 2));
}

/* Only while more comes is it worth to wait for it: what is settled is what others can ask for. */
static uint64_t settle_at_ms(const struct store *s)
{
	uint64_t pause = pause_at_ms(s), whole = s->written_since_ms + gather_ms(s);

	return whole < pause ? whole : pause;
}

static bool is_due(struct store *s)
{
	if (TAILQ_EMPTY(&s->written) && TAILQ_EMPTY(&s->settling))
		return false;
	return s->stop_settle || segment_wanted(s) || s->unsettled >= settle_bytes(s) ||
	       clock_ms() >= settle_at_ms(s);
}

static bool is_quiet(const struct store *s)
{
	return TAILQ_EMPTY(&s->written) && clock_ms() >= s->written_ms + QUIET_MS;
}

static bool checkpoint_due(const struct store *s)
{
	unsigned int pages = s->table->wal_pages;

	return !s->stop_settle && (pages >= WAL_PAGES_MAX || (pages && is_quiet(s)));
}

static void checkpoint(struct store *s)
{
	pthread_mutex_unlock(&s->lock);
	if (table_checkpoint(s->table) && s->table->unnamed)
		s->table->unnamed = bodies_sweep(&s->table->bodies, s->dir) != 0;
	pthread_mutex_lock(&s->lock);
}

static void wait_for_work(struct store *s)
{
	while (!is_due(s) && !s->stop_settle && !spare_missing(s) && !segment_wanted(s) &&
	       !checkpoint_due(s)) {
		s->look_at = settle_bytes(s);
		if (!TAILQ_EMPTY(&s->written))
			store_wait(s, &s->settle_work, settle_at_ms(s));
		else if (s->table->wal_pages)
			store_wait(s, &s->settle_work, s->written_ms + QUIET_MS);
		else
			pthread_cond_wait(&s->settle_work, &s->lock);
	}
}

/* A transaction failed: it is tried again after a while. */
static void pause_settling(struct store *s)
{
	uint64_t deadline = clock_ms() + STORE_RETRY_MS;

	while (!s->stop_settle && !segment_wanted(s) && clock_ms() < deadline)
		store_wait(s, &s->settle_work, deadline);
}

void *settle_main(void *store)
{
	struct store *s = store;

	priority_background();
	pthread_mutex_lock(&s->lock);
	for (;;) {
		wait_for_work(s);
		if (s->stop_settle && (s->settle_error || !is_due(s)))
			break;
		if (is_due(s) && !(s->settle_error && segment_wanted(s)))
			settle_group(s);
		if (spare_missing(s) || segment_wanted(s))
			settle_make_segment(s);
		if (checkpoint_due(s))
			checkpoint(s);
		if (s->settle_error)
			pause_settling(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}
