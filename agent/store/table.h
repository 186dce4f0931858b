/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is settled, in SQLite: objects, history, outcomes, refusals, and where the log stands.
 * Documentation/store.md lists the tables. One connection writes (table.c, apply.c, rows.c), a
 * second one reads for the caller's thread (lookup.c). The TLs themselves are in files (bodies.h).
 */
#ifndef HSM_STORE_TABLE_H
#define HSM_STORE_TABLE_H

#include "bodies.h"
#include "facts.h"
#include "object.h"
#include "places.h"
#include "store.h"

#define TABLE_FILE	"store.db"
#define TABLE_HISTORY	(1u << 20)	/* TLs without live objects that are remembered by TID */
#define TABLE_ABORTED	(1u << 16)	/* aborted TIDs that are remembered */
#define TABLE_BUSY_MS	2000		/* patience with the other connections */

struct sqlite3;
struct sqlite3_stmt;
struct trickle;

/**
 * struct window - what history.h says of the window, in numbers
 * @tls: so many of the newest at most
 * @bytes: of those without live objects
 * @pinned: likewise, while there is a pin
 */
struct window {
	uint64_t tls;
	uint64_t bytes;
	uint64_t pinned;
};

/* Statements of a struct table. */
enum table_sql {
	TABLE_BEGIN, TABLE_COMMIT, TABLE_ROLLBACK, TABLE_SAVE,
	TABLE_TL_ADD, TABLE_TL_UNREF, TABLE_TL_REFS, TABLE_TL_SWEEP, TABLE_TL_DROP,
	TABLE_DEAD_NEXT, TABLE_BODY_LEN, TABLE_BODY_FIND, TABLE_BODY_DROP, TABLE_BODY_MOVE,
	TABLE_BODY_IN, TABLE_FILE_LESS, TABLE_FILE_WORST, TABLE_FILE_DROP,
	TABLE_LABELS, TABLE_OBJECT_FIND, TABLE_OBJECT_ADD, TABLE_OBJECT_DROP,
	TABLE_ABORT_ADD, TABLE_ABORT_SWEEP, TABLE_REFUSE, TABLE_EPOCH_ADD,
	TABLE_SQLS
};

/**
 * struct table - the writing connection; of one thread at a time
 * @state: change it within a transaction
 * @before: @state as it was saved last
 * @db: connection
 * @trickle: how its file is written, in WAL mode
 * @sql: prepared statements
 * @opener: opens TLs
 * @object_opener: opens object rows
 * @object_sealer: seals object rows; made by table_start()
 * @labels: hashes labels
 * @scratch: room for one TL in the clear
 * @content: room for another, for table_content()
 * @bodies: where TLs go
 * @places: finds objects by label, from table_load() on
 * @loaded: it is complete
 * @loaded_to: number of the row it has got to
 * @emptying: file that is being emptied, 0 for none; up to TL @emptied it is done
 * @emptied: see @emptying
 * @unnamed: there are files that the tables do not name any more
 * @window: sizes; HISTORY_* unless changed
 * @wal_pages: in the WAL after the last transaction, 0 after table_checkpoint()
 * @pin: the window reaches back to this seq at least, UINT64_MAX for none (history_pin())
 */
struct table {
	struct table_state state;
	struct table_state before;
	struct sqlite3 *db;
	struct trickle *trickle;
	struct sqlite3_stmt *sql[TABLE_SQLS];
	struct opener *opener;
	struct opener *object_opener;
	struct sealer *object_sealer;
	struct hasher *labels;
	uint8_t *scratch;
	uint8_t *content;
	struct bodies bodies;
	struct places places;
	bool loaded;
	uint64_t loaded_to;
	uint64_t emptying;
	uint64_t emptied;
	bool unnamed;
	unsigned int wal_pages;
	struct window window;
	uint64_t pin;
};

/* What a file of tables is for. */
enum table_use {
	TABLE_LIVE,	/* readers beside the writer, small transactions */
	TABLE_IMPORT,	/* one connection, large transactions; a single file when it is closed */
};

/**
 * table_open() - open or create
 * @dir: directory
 * @file: in it
 * @use: what for
 * @keys: of this node
 * @node_id: of this node
 * @first_incarnation: what a file made anew says of the start before
 * @error: what is wrong and what to do
 *
 * Another secret, node id or a newer format is an error. Returns NULL with @error set.
 */
struct table *table_open(const char *dir, const char *file, enum table_use use,
			 const struct seal_keys *keys, uint16_t node_id, uint32_t first_incarnation,
			 char error[STORE_ERROR_MAX]);
void table_close(struct table *t);

/* Seals from now on under @t->state.incarnation. Returns 0 or -ENOMEM. */
int table_start(struct table *t, const struct seal_keys *keys);

/*
 * All of these return 0; -EBADMSG if what they are given cannot follow what is there; else -errno
 * that says why SQLite failed. After any failure: table_rollback(), which also undoes changes of
 * @state.
 */
int table_begin(struct table *t);
int table_commit(struct table *t);
void table_rollback(struct table *t);

/*
 * Bring the WAL into the file, as far as no reader needs it as it is. Returns whether all of it is
 * there: then no reader is at an older state than the present one.
 */
bool table_checkpoint(struct table *t);

/* An epoch began at @p, with this list. */
int table_add_epoch(struct table *t, const struct position *p, const struct hsmrepl_nl *nl);

/* compact.c: move some bodies out of a file that holds few; what holds none is named no more. */
int table_compact(struct table *t);

/* One object less lives in the TL @seq; the last one takes its bytes along, outside the window. */
int table_unref(struct table *t, uint64_t seq);

/* Apply a batch. @yes: its YES; @after: position after it. */
int table_apply(struct table *t, const struct record *yes, const struct position *after);

/* Batch @id is refused for ever. */
int table_refuse(struct table *t, struct batch_id id);

/* The transactions of @yes were told "aborted". */
int table_abort(struct table *t, const struct record *yes);

/* node-down: @ballot is promised; the value in the body of @accept is accepted. */
void table_promise(struct table *t, uint64_t ballot);
void table_accept(struct table *t, const struct record *accept);

/* Open the value into @value, DOWN_VALUE_LEN bytes. Returns 0 or -EBADMSG. */
int table_value(const struct table *t, uint8_t *value);

/* Run statement @i, bound before, to its end. Returns 0 or -errno. */
int table_run(struct table *t, enum table_sql i);

/* What failed just now with @error (-errno): in SQLite's words if it was SQLite. */
const char *table_trouble(const struct table *t, int error);

/* -errno for an SQLite result code. */
int table_errno(int rc);

/* Several statements without results. */
int table_exec(struct table *t, const char *text);

/* Run statement @i on one seq. */
int table_run_on(struct table *t, enum table_sql i, uint64_t seq);

/* Up to this seq rows of TLs without live objects are forgotten. */
uint64_t table_forgotten(const struct table_state *s);

/* Host form of a list that was in a TL. Returns false if it is none. */
bool table_nl(const struct table_state *state, struct node_list *nl);

#endif /* HSM_STORE_TABLE_H */
