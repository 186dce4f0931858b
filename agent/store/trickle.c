// SPDX-License-Identifier: GPL-2.0
#include "trickle.h"

#include <stddef.h>
#include <stdlib.h>

#include <sqlite3.h>

#define TRICKLE_BYTES (512u << 10)	/* written before a flush */

/**
 * struct trickle - in place of the methods of one file
 * @methods: SQLite's own, but for xWrite
 * @own: SQLite's own
 * @unflushed: bytes written since the last flush of ours
 */
struct trickle {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *own;
	size_t unflushed;
};

/* An error of the flush is one of the write: then a checkpoint has failed, and the WAL stays. */
static int write_page(sqlite3_file *file, const void *page, int n, sqlite3_int64 at)
{
	const char *methods = (const char *)file->pMethods;
	struct trickle *t = (struct trickle *)(methods - offsetof(struct trickle, methods));
	int rc = t->own->xWrite(file, page, n, at);

	if (rc != SQLITE_OK)
		return rc;
	t->unflushed += (size_t)n;
	if (t->unflushed < TRICKLE_BYTES)
		return SQLITE_OK;
	t->unflushed = 0;
	return t->own->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

struct trickle *trickle_new(sqlite3 *db)
{
	struct trickle *t = calloc(1, sizeof(*t));
	sqlite3_file *file = NULL;

	sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (t && file && file->pMethods) {
		t->own = file->pMethods;
		t->methods = *t->own;
		t->methods.xWrite = write_page;
		file->pMethods = &t->methods;
	}
	return t;
}

void trickle_free(struct trickle *t)
{
	free(t);
}
