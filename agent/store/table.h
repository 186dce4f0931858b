/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is settled, in SQLite: objects, history, outcomes, refusals, and where the log stands.
 * Documentation/store.md lists the tables. One connection writes (table.c, apply.c), a second
 * one reads for the caller's thread (lookup.c).
 */
#ifndef HSM_STORE_TABLE_H
#define HSM_STORE_TABLE_H

#include "object.h"
#include "record.h"
#include "store.h"

#define TABLE_FILE	"store.db"
#define TABLE_HISTORY	(1u << 20)	/* TLs without live objects that are remembered by TID */
#define TABLE_ABORTED	(1u << 16)	/* aborted TIDs that are remembered */
#define TABLE_BUSY_MS	2000		/* patience with the other connections */

struct sqlite3;
struct sqlite3_stmt;

/**
 * struct table_state - the one row of facts; saved by table_commit()
 * @incarnation: of the present start
 * @settled: decisions up to this lsn are in the tables
 * @decided: highest lsn of a YES that a settled decision was about
 * @tail: lowest generation of a log segment that a restart needs, 0 before there is one; with a
 *	counter of 0 (see struct record_header) that of none yet: what is below is of another life
 * @position: after the last settled batch
 * @last: the last settled batch
 * @has_nl: @nl holds a list
 * @nl: node list in force, as it came in the TL
 * @promised: node-down: highest ballot promised that still binds, 0 for none
 * @accepted: node-down: ballot of @value, if it leads beyond the epoch of @position; else 0
 * @has_value: @value holds one; without @accepted it is of the epoch before
 * @value: node-down: the value accepted last, sealed as in its ACCEPT
 * @window: every TL after this one is whole (history.h)
 * @swept: up to here the bodies without live objects are gone
 * @dead: bytes of those that are there
 * @live: TLs that hold live objects
 * @counter: value of the counter outside the store, or one more than it
 */
struct table_state {
	uint32_t incarnation;
	uint64_t settled;
	uint64_t decided;
	uint64_t tail;
	struct position position;
	struct batch_id last;
	bool has_nl;
	struct hsmrepl_nl nl;
	uint64_t promised;
	uint64_t accepted;
	bool has_value;
	uint8_t value[RECORD_VALUE_LEN];
	uint64_t window;
	uint64_t swept;
	uint64_t dead;
	uint64_t live;
	uint64_t counter;
};

/**
 * struct window - what history.h says of the window, in numbers
 * @tls: TLs
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
	TABLE_DEAD_NEXT, TABLE_BODY_LEN, TABLE_BODY_FIND, TABLE_BODY_ADD, TABLE_BODY_DROP,
	TABLE_OBJECT_FIND, TABLE_OBJECT_ADD, TABLE_OBJECT_CHANGE, TABLE_OBJECT_DROP,
	TABLE_ABORT_ADD, TABLE_ABORT_SWEEP, TABLE_REFUSE, TABLE_EPOCH_ADD,
	TABLE_SQLS
};

/**
 * struct table - the writing connection; of one thread at a time
 * @state: change it within a transaction
 * @before: @state as it was saved last
 * @db: connection
 * @sql: prepared statements
 * @opener: opens TLs
 * @object_opener: opens object rows
 * @object_sealer: seals object rows; made by table_start()
 * @labels: hashes labels
 * @scratch: room for one TL in the clear
 * @window: sizes; HISTORY_* unless changed
 * @wal_pages: in the WAL after the last transaction, 0 after table_checkpoint()
 * @pin: the window reaches back to this seq at least, UINT64_MAX for none (history_pin())
 */
struct table {
	struct table_state state;
	struct table_state before;
	struct sqlite3 *db;
	struct sqlite3_stmt *sql[TABLE_SQLS];
	struct opener *opener;
	struct opener *object_opener;
	struct sealer *object_sealer;
	struct hasher *labels;
	uint8_t *scratch;
	unsigned int wal_pages;
	struct window window;
	uint64_t pin;
};

/* What a file of tables is for. */
enum table_use {
	TABLE_LIVE,	/* readers beside the writer, small transactions */
	TABLE_IMPORT,	/* one connection, large transactions; a single file when it is closed */
};

/*
 * table_open() - open or create
 * @path: of the file
 * @use: what for
 * @first_incarnation: what a file made anew says of the start before
 * @error: what is wrong and what to do
 *
 * Another secret, node id or a newer format is an error. Returns NULL with @error set.
 */
struct table *table_open(const char *path, enum table_use use, const struct seal_keys *keys,
			 uint16_t node_id, uint32_t first_incarnation,
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

/* Bring the WAL into the file, as far as no reader needs it as it is. */
void table_checkpoint(struct table *t);

/* The object of a label: 1, 0 when there is none, -errno. */
int table_find(struct table *t, const uint8_t label[SEAL_HASH_LEN], struct object_row *row);

/* Add or change (TABLE_OBJECT_ADD, _CHANGE) a row whose identity is sealed already. */
int table_put(struct table *t, enum table_sql how, const uint8_t label[SEAL_HASH_LEN],
	      const struct object_row *row, const uint8_t sealed[OBJECT_SEALED]);

/* An epoch began at @p, with this list. */
int table_add_epoch(struct table *t, const struct position *p, const struct hsmrepl_nl *nl);

/* One object less lives in the TL @seq; the last one takes its bytes along, outside the window. */
int table_unref(struct table *t, uint64_t seq);

/* Apply a batch. @yes: its YES; @lsn: of the COMMIT. */
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

/* One line about the last failure. */
const char *table_trouble(const struct table *t);

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
