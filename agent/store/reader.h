/* SPDX-License-Identifier: GPL-2.0 */
/* A connection to SQLite that reads, with what opens the rows; for one thread. */
#ifndef HSM_STORE_READER_H
#define HSM_STORE_READER_H

#include "ops.h"
#include "table.h"

#define READER_SQLS_MAX	8
#define READER_BODY	"sealed(seq, file, at, len)"	/* column: the body of a row of tl */

/**
 * struct reader - one reading connection
 * @db: connection
 * @sql: the owner's statements
 * @bodies: what the bodies are read with
 * @object: finds an object's row
 * @opener: opens TLs
 * @object_opener: opens object rows
 * @labels: hashes labels
 * @scratch: one TL in the clear, of @scratch_len bytes
 * @scratch_len: bytes of @scratch
 */
struct reader {
	struct sqlite3 *db;
	struct sqlite3_stmt *sql[READER_SQLS_MAX];
	struct body_reader *bodies;
	struct sqlite3_stmt *object;
	struct opener *opener;
	struct opener *object_opener;
	struct hasher *labels;
	uint8_t *scratch;
	size_t scratch_len;
};

/* A reader of the store @s, with @n statements of the owner's. NULL with @error set. */
struct reader *reader_open_store(const struct store *s, const char *const *texts, unsigned int n,
				 char error[STORE_ERROR_MAX]);

/* The same of any file. */
struct reader *reader_open(const char *dir, const char *file, const struct seal_keys *keys,
			   const char *const *texts, unsigned int n, char error[STORE_ERROR_MAX]);
void reader_close(struct reader *r);

/*
 * From the next read on all is of one moment, until reader_close(). Returns 0, or -1 with @error
 * set.
 */
int reader_begin(struct reader *r, char error[STORE_ERROR_MAX]);

/*
 * One row of a statement, bound before: 1, 0 when there is none, -errno. After 0 or an error it is
 * reset.
 */
int reader_step(struct sqlite3_stmt *q);

/* A column that holds bytes, borrowed until the statement moves on. */
struct bytes reader_bytes(struct sqlite3_stmt *q, int column);

/* A column that holds a number. */
uint64_t reader_u64(struct sqlite3_stmt *q, int column);

/* Open a sealed TL into @r->scratch and begin with its operations. Returns 0 or -errno. */
int reader_tl(struct reader *r, struct bytes sealed, struct ops *ops);

/*
 * The next operation of the TL @seq in @r->scratch that is the content of an object: 1, with @o
 * filled in from both (borrowed from @r); 0 at the end; -errno.
 */
int reader_next_object(struct reader *r, uint64_t seq, struct ops *ops, struct op *op,
		       struct store_object *o);

/*
 * The row of an object that @q is at, with columns n, label, version and sealed: fills in all of
 * @row but its place, which is there. Returns 0, or -EBADMSG unless it is that of @op.
 */
int reader_object(struct reader *r, struct sqlite3_stmt *q, const struct op *op,
		  struct object_row *row);

#endif /* HSM_STORE_READER_H */
