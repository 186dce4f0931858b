/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of IMPORT_FILE beside those of a store: what is known of the import, the labels that
 * are gone, and objects until import_finish() sorts them in. An object table that is filled in the
 * order of arrival would be written anew with every transaction, since keyed hashes lie anywhere.
 */
#ifndef HSM_STORE_STAGE_H
#define HSM_STORE_STAGE_H

#include "import.h"
#include "table.h"

#define STAGE_BUCKETS	128	/* objects gather by the first bits of the label's hash */

/**
 * struct stage_facts - what is known of the import; one row, saved with each transaction
 * @state: as told
 * @base: position of the store when it began: a delta fits on this alone
 * @row_seq: row of the history taken last
 * @row_sp: likewise
 * @bucket: import_finish() goes on here
 * @digest: XOR of the digests of the objects in the buckets below
 * @built: import_finish() is done
 */
struct stage_facts {
	struct import_state state;
	struct position base;
	uint64_t row_seq;
	uint64_t row_sp;
	uint32_t bucket;
	uint64_t digest;
	bool built;
};

enum stage_sql {
	STAGE_SAVE, STAGE_LOAD, STAGE_GONE, STAGE_FIND_GONE, STAGE_ROW, STAGE_TL, STAGE_OBJECT,
	STAGE_BUCKET, STAGE_EMPTY,
	STAGE_SQLS
};

/**
 * struct stage - these tables
 * @t: of IMPORT_FILE, borrowed
 * @sql: prepared statements
 * @facts: change them within a transaction
 */
struct stage {
	struct table *t;
	struct sqlite3_stmt *sql[STAGE_SQLS];
	struct stage_facts facts;
};

/* Make the tables if they are not there; facts that are there are read. Returns 0 or -errno. */
int stage_open(struct stage *g, struct table *t);
void stage_close(struct stage *g);

/* Save the facts. Returns 0 or -errno, as all that follows. */
int stage_save(struct stage *g);

/* The object of this label was deleted, if it is one of TLs up to @facts.state.k. */
int stage_gone(struct stage *g, const uint8_t label[SEAL_HASH_LEN]);

/* Is an object of this label, from TL @seq, gone? 1, 0 or -errno. */
int stage_is_gone(struct stage *g, const uint8_t label[SEAL_HASH_LEN], uint64_t seq);

int stage_row(struct stage *g, const struct history_row *row);

/* @sealed: as in the table of bodies. -EBADMSG if the TL's row says otherwise. */
int stage_tl(struct stage *g, const struct history_tl *tl, unsigned int refs, struct bytes sealed);

/**
 * struct stage_object - an object on its way
 * @label: keyed hash
 * @row: its identity is not there when it comes from stage_next()
 * @sealed: identity
 * @digest: what it adds to the content digest
 */
struct stage_object {
	uint8_t label[SEAL_HASH_LEN];
	struct object_row row;
	uint8_t sealed[OBJECT_SEALED];
	uint64_t digest;
};

int stage_object(struct stage *g, const struct stage_object *o);

/* Walk one bucket, by label, then by seq: stage_bucket(), then stage_next() 1, 0, -errno. */
void stage_bucket(struct stage *g, unsigned int bucket);
int stage_next(struct stage *g, struct stage_object *o);

/* Empty a bucket. */
int stage_empty(struct stage *g, unsigned int bucket);

#endif /* HSM_STORE_STAGE_H */
