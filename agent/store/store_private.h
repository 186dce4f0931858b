/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of a store: for its life (store.c, recover.c, replay.c), its threads (writer.c,
 * settle.c), what reads beside them, and an import (agent/import), which replaces its content.
 *
 * A record goes: store_append() seals it into an entry -> queued -> writing (writer: one write, one
 * fdatasync) -> completion; decisions go on -> written -> settling (SQLite) -> back to the pool.
 * The entry of a YES is in a list only until it is written; then it belongs to @slot, to
 * @dropped, or to its decision.
 */
#ifndef HSM_STORE_STORE_PRIVATE_H
#define HSM_STORE_STORE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "entry.h"
#include "home.h"
#include "options.h"
#include "segment.h"
#include "table.h"
#include "writer.h"

#define STORE_DONE_MAX		4096	/* completions not fetched yet */
#define STORE_UNSETTLED_MAX	(64u << 20) /* bytes decided, and not in SQLite yet */
#define STORE_SPARES		1	/* zero-filled segments kept ready */
#define STORE_LAZY_MS		20	/* a COMMIT or ABORTED waits so long for company */
#define STORE_SETTLE_MS		1000	/* so long decisions gather before a transaction, */
#define STORE_SETTLE_BYTES	(16u << 20) /* or until there are so many bytes */
#define STORE_RETRY_MS		1000	/* after a failed transaction */

/*
 * struct store_done - one completion
 */
struct store_done {
	enum record_type record;
	struct batch_id batch;
	int error;
	uint64_t done_ns;
};

/**
 * struct store - one store
 * @dir: directory
 * @dir_fd: of @dir
 * @lock_fd: holds the lock against a second agent
 * @options: sizes
 * @log: for people
 * @node_id: of this node
 * @incarnation: of this start
 * @keys: derived from the secret
 * @sealer: for TLs; caller's thread
 * @lookup: reading connection; caller's thread
 * @history: another one, for history.h; caller's thread
 * @slot: undecided YES; caller's thread
 * @dropped: YES refused last, its TIDs may be told aborted yet; caller's thread
 * @appended: there was an append; caller's thread
 * @fetched_ns: when the completion fetched last was on the disk; caller's thread
 * @table: writing connection; settle thread
 * @w: the writer's
 * @done: ring of completions
 * @completed: so many came into @done; writer
 * @fetched: so many were taken out; caller's thread
 * @event_fd: eventfd, written to after something came into @done
 * @lock: guards all that follows
 * @writer_work: for the writer: @queued, @stop_writer
 * @settle_work: for the settle thread: @written, @need_segment, @stop_settle, @pin
 * @room: for whoever waits: something was settled, or a segment was made, or will not be
 * @pool: unused entries
 * @segments: the log's files
 * @generation: drawn last
 * @kept_generation: the newest segment that is known to be on the disk, carried YES included
 * @queued: to be written; @urgent of them wait for the disk
 * @urgent: somebody waits for the flush
 * @writing: the writer is at them
 * @written: decisions to be settled; the first came at @written_since_ms, the last at @written_ms
 * @written_since_ms: since when something waits to be settled
 * @written_ms: when something was settled last
 * @settling: the settle thread is at them
 * @unsettled: bytes of decisions from queued to settling
 * @look_at: the settle thread wants to know when there are so many
 * @waited_for: completions that came or will come, all in all
 * @usual_ns: so long a group takes until it is on the disk, about
 * @idle: the writer waits without a deadline
 * @need_segment: the writer waits for a segment
 * @stop_writer: the writer thread is to end
 * @stop_settle: the settle thread is to end
 * @counted: seq at which the counter outside rose last; settle thread
 * @counter_told: value that was written there; settle thread
 * @pin: history_pin(), UINT64_MAX for none
 * @error: errno of a failed write: nothing later is durable
 * @settle_error: errno of the last transaction, 0 when it went well
 * @segment_error: -errno of the last try to make a segment
 * @writer_thread: running from store_open() until store_close() or store_zeroize()
 * @settle_thread: likewise
 * @running: both are
 */
struct store {
	char dir[HOME_PATH_MAX];
	int dir_fd;
	int lock_fd;
	struct store_options options;
	struct log *log;
	uint16_t node_id;
	uint32_t incarnation;
	struct seal_keys keys;
	struct sealer *sealer;
	struct lookup *lookup;
	struct reader *history;
	struct entry *slot;
	struct entry *dropped;
	bool appended;
	uint64_t fetched_ns;
	struct table *table;
	struct writer w;
	struct store_done done[STORE_DONE_MAX];
	_Atomic uint64_t completed;
	_Atomic uint64_t fetched;
	int event_fd;

	pthread_mutex_t lock;
	pthread_cond_t writer_work;
	pthread_cond_t settle_work;
	pthread_cond_t room;
	struct entry_pool pool;
	struct segments segments;
	uint64_t generation;
	uint64_t kept_generation;
	struct entries queued;
	unsigned int urgent;
	struct entries writing;
	struct entries written;
	uint64_t written_since_ms, written_ms;
	struct entries settling;
	size_t unsettled;
	size_t look_at;
	uint64_t waited_for;
	int64_t usual_ns;
	bool idle;
	bool need_segment;
	bool stop_writer;
	bool stop_settle;
	uint64_t pin;
	uint64_t counted;
	uint64_t counter_told;
	int error;
	int settle_error;
	int segment_error;
	pthread_t writer_thread;
	pthread_t settle_thread;
	bool running;
};

/* store_open() with sizes of one's own. */
struct store *store_open_sized(const char *dir, const uint8_t secret[STORE_KEY_LEN],
			       uint16_t node_id, struct log *log,
			       const struct store_options *options, struct store_image *image,
			       char error[STORE_ERROR_MAX]);

/*
 * Move @slot and @dropped on to what a decision leaves of them, with @e->with set. Returns 0, or
 * -EBADMSG for a COMMIT of what is not in the slot.
 */
int store_decide(struct store *s, struct entry *e);

/* Write and settle what waits, end the threads. */
void store_stop(struct store *s);

/* history.c: the connection for history.h. NULL with @error set. */
struct reader *history_open(const struct store *s, char error[STORE_ERROR_MAX]);

/* Bytes of @unsettled beyond which appends may soon have to wait. */
size_t store_many(const struct store *s);

/* Wait on @cond until @deadline_ms of clock_ms(). */
void store_wait(struct store *s, pthread_cond_t *cond, uint64_t deadline_ms);

/*
 * settle.c: one decision into the tables (as table_apply() and its like); the thread; one more
 * segment if a spare is missing (lock held, given up meanwhile).
 */
int settle_entry(struct table *t, const struct entry *e);
void *settle_main(void *store);
void settle_make_segment(struct store *s);

/**
 * replay_log() - bring SQLite up to the end of the log
 * @s: store
 * @end: lsn at which the log ends
 * @error: filled in on failure: what is wrong and what to do
 * Leaves the undecided YES in @s->slot, the last refused one in @s->dropped. Within a
 * transaction of @s->table. Returns 0, or -1 with @error set.
 */
int replay_log(struct store *s, uint64_t *end, char error[STORE_ERROR_MAX]);

#endif /* HSM_STORE_STORE_PRIVATE_H */
