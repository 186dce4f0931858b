/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of IMPORT_FILE beside those of a store: how far it is, and the labels that are gone.
 */
#ifndef HSM_IMPORT_STAGE_H
#define HSM_IMPORT_STAGE_H

#include "import.h"
#include "table.h"

/**
 * struct stage_facts - what is known of the import; one row, saved with each transaction
 * @state: as told
 * @base: position of the store when it began: a delta fits on this alone
 * @row_seq: row of the history taken last
 * @row_sp: likewise
 * @digest: XOR of the digests of the objects that are there
 * @built: import_finish() is done
 */
struct stage_facts {
	struct import_state state;
	struct position base;
	uint64_t row_seq;
	uint64_t row_sp;
	uint64_t digest;
	bool built;
};

enum stage_sql {
	STAGE_SAVE, STAGE_LOAD, STAGE_GONE, STAGE_ROW, STAGE_TL, STAGE_SQLS
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

int stage_row(struct stage *g, const struct history_row *row);

/* @sealed: the body. -EBADMSG if the TL's row says otherwise. */
int stage_tl(struct stage *g, const struct history_tl *tl, unsigned int refs, struct bytes sealed);

#endif /* HSM_IMPORT_STAGE_H */
