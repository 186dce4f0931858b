/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of sealed TLs beside the tables: appended to, flushed before the transaction that refers
 * to them is committed, unlinked when no table names them. Documentation/store.md has the rules.
 */
#ifndef HSM_STORE_BODIES_H
#define HSM_STORE_BODIES_H

#include "record.h"

#define BODIES_PREFIX		"bodies-"	/* begins the names of these files */
#define BODIES_FILE_BYTES	(32u << 20)	/* of one file, about */
#define BODIES_IMPORT		(1u << 31)	/* an import counts its files from here on, */
#define BODIES_MERGE		(1u << 30)	/* and those that it adds to a store from here */

struct sqlite3;
struct sqlite3_stmt;

/**
 * struct body_place - where a body lies
 * @file: number of the file
 * @at: offset in it
 * @len: bytes
 */
struct body_place {
	uint64_t file;
	uint64_t at;
	uint64_t len;
};

/**
 * struct bodies - the writing side; of the thread that has the writing connection
 * @dir_fd: directory, owned
 * @fd: of the file that is appended to, -1 for none
 * @number: of it
 * @base: a file made now gets the number @base + 1; set it before the first append
 * @at: its length, with what is not written, flushed or committed
 * @gathered: its end that is not written, owned
 * @n_gathered: bytes of that
 * @first_gathered: lowest seq in it
 * @committed: its length as the tables have it
 * @held: bytes that came into that file in this transaction, less those that were given up in it
 * @first: lowest seq that came, INT64_MAX for none
 * @last: highest
 * @changed: the tables do not say so yet
 * @added: bytes appended in this transaction, to any file
 * @file_bytes: BODIES_FILE_BYTES unless changed
 * @dirty: not all is flushed
 * @fresh: neither is the file's name
 */
struct bodies {
	int dir_fd;
	int fd;
	uint64_t number;
	uint64_t base;
	uint64_t at;
	uint8_t *gathered;
	size_t n_gathered;
	uint64_t first_gathered;
	uint64_t committed;
	int64_t held;
	uint64_t first;
	uint64_t last;
	uint64_t added;
	uint64_t file_bytes;
	bool changed;
	bool dirty;
	bool fresh;
};

/* @dir: directory of the tables. Returns 0 or -errno; bodies_close() in either case. */
int bodies_open(struct bodies *b, const char *dir);
void bodies_close(struct bodies *b);

/*
 * Go on with the newest file that @db names, if there is room in it. Returns 0 or -errno, as all
 * that follows.
 */
int bodies_resume(struct bodies *b, struct sqlite3 *db);

/* Append the body of TL @seq, within a transaction of @db. */
int bodies_append(struct bodies *b, struct sqlite3 *db, uint64_t seq, struct bytes sealed,
		  struct body_place *place);

/* The body of TL @seq can be read from now on, even if it was appended in this transaction. */
int bodies_expose(struct bodies *b, uint64_t seq);

/* @len bytes in file @file are given up, within a transaction. */
int bodies_give_up(struct bodies *b, struct sqlite3_stmt *less, uint64_t file, uint64_t len);

/* Before the commit: all is on the disk, and @db says how long the file is. */
int bodies_flush(struct bodies *b, struct sqlite3 *db);

/* After it; or after a rollback. */
void bodies_keep(struct bodies *b);
void bodies_undo(struct bodies *b);

/* Unlink what neither the store's tables nor an import's name, of those in @dir. */
int bodies_sweep(const struct bodies *b, const char *dir);

/* bodyfile.c: what is under a name. */

#define BODIES_NAME_MAX	32

void bodies_name(uint64_t number, char name[BODIES_NAME_MAX]);

/*
 * Register sealed(seq, file, at, len) with @db: the body as a blob, NULL if @len is 0. @reader: out
 * unless NULL, for as long as @db is open.
 */
struct body_reader;
int bodies_register(struct sqlite3 *db, const char *dir, struct body_reader **reader);

/*
 * For a walk in the order of writing, within one read transaction: what comes next is read as well,
 * many bodies at a time. False at its end, since what is not committed may be written anew.
 */
void bodies_read_ahead(struct body_reader *reader, bool on);

#endif /* HSM_STORE_BODIES_H */
