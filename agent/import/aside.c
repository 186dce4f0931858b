// SPDX-License-Identifier: GPL-2.0
/* import_quarantine(): finds the objects that the new store lacks, or has otherwise. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "import_private.h"
#include "quarantine.h"
#include "reader.h"

#define STEPS	32	/* TLs of one call */

enum old_sql { OLD_TLS, OLD_SQLS };

static const char *const old_texts[OLD_SQLS] = {
	[OLD_TLS] = "SELECT seq, tid, " READER_BODY " FROM tl WHERE refs > 0 ORDER BY seq",
};

enum new_sql { NEW_FIND, NEW_SQLS };

static const char *const new_texts[NEW_SQLS] = {
	[NEW_FIND] = "SELECT seq, tid, " READER_BODY " FROM tl WHERE seq = ?1",
};

/**
 * struct aside - the search
 * @old: the store
 * @new: what was imported
 * @q: the file, NULL before the first object
 */
struct aside {
	struct reader *old;
	struct reader *new;
	struct quarantine *q;
};

void aside_free(struct aside *a)
{
	if (!a)
		return;
	reader_close(a->old);
	reader_close(a->new);
	quarantine_free(a->q);
	free(a);
}

static int open_readers(struct import *im)
{
	im->aside = calloc(1, sizeof(*im->aside));
	if (!im->aside)
		return -ENOMEM;
	im->aside->old = reader_open(im->dir, TABLE_FILE, &im->keys, old_texts, OLD_SQLS,
				     im->trouble);
	if (!im->aside->old)
		return -EIO;
	im->aside->new = reader_open(im->dir, IMPORT_FILE, &im->keys, new_texts, NEW_SQLS,
				     im->trouble);
	return im->aside->new ? 0 : -EIO;
}

static bool is_same(const struct store_object *a, const struct store_object *b)
{
	return a->attrs == b->attrs && a->payload_len == b->payload_len &&
	       !memcmp(a->payload, b->payload, a->payload_len) &&
	       !memcmp(a->type, b->type, HSMREPL_TYPE_MAX);
}

static bool is_label(const struct store_object *a, const struct store_object *b)
{
	return a->label_len == b->label_len && !memcmp(a->label, b->label, a->label_len);
}

/* Is the object at the row of NEW_FIND as @o? 1, 0, -errno. */
static int compare(struct reader *new, const struct store_object *o)
{
	sqlite3_stmt *q = new->sql[NEW_FIND];
	uint64_t seq = reader_u64(q, 0);
	struct store_object other;
	struct ops ops;
	struct op op;
	int ret = reader_tl(new, reader_bytes(q, 2), &ops);

	while (!ret && (ret = reader_next_object(new, seq, &ops, &op, &other)) > 0) {
		if (is_label(o, &other))
			return is_same(o, &other);
		ret = 0;
	}
	return ret ? ret : -EBADMSG;
}

/* Does the new content have this object, of the TL @tid? 1, 0, -errno. */
static int is_there(struct import *im, uint64_t tid, const struct store_object *o)
{
	struct aside *a = im->aside;
	sqlite3_stmt *q = a->new->sql[NEW_FIND];
	uint8_t label[SEAL_HASH_LEN];
	struct object_row row;
	int ret;

	hasher_hash(a->old->labels, o->label, o->label_len, NULL, 0, label);
	ret = table_find(im->table, label, &row);
	if (ret <= 0)
		return ret;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)row.seq);
	ret = reader_step(q);
	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	if (row.seq != o->seq || reader_u64(q, 1) != tid)
		ret = compare(a->new, o);
	sqlite3_reset(q);
	return ret;
}

static int put(struct import *im, const struct store_object *o)
{
	struct aside *a = im->aside;

	if (!a->q)
		a->q = quarantine_new(im->dir_fd, &im->keys, im->node_id);
	return a->q ? quarantine_put(a->q, o) : errno ? -errno : -ENOMEM;
}

/* The objects in the next TL of the old store. 1, 0 at the end, -errno. */
static int look_at_tl(struct import *im)
{
	struct aside *a = im->aside;
	sqlite3_stmt *q = a->old->sql[OLD_TLS];
	struct store_object o;
	struct ops ops;
	struct op op;
	int ret = reader_step(q);

	if (ret <= 0)
		return ret;
	ret = reader_tl(a->old, reader_bytes(q, 2), &ops);
	while (!ret && (ret = reader_next_object(a->old, reader_u64(q, 0), &ops, &op, &o)) > 0) {
		ret = is_there(im, reader_u64(q, 1), &o);
		if (ret < 0)
			break;
		ret = ret ? 0 : put(im, &o);
	}
	return ret ? ret : 1;
}

static int step(struct import *im)
{
	int ret = 1;

	if (!im->aside)
		ret = open_readers(im) ? -EIO : 1;
	for (unsigned int i = 0; i < STEPS && ret > 0; i++)
		ret = look_at_tl(im);
	return ret;
}

int import_quarantine(struct import *im, char path[STORE_ERROR_MAX], uint64_t *n)
{
	char name[QUARANTINE_NAME_MAX];
	int ret;

	path[0] = '\0';
	*n = 0;
	if (!im->stage.facts.built)
		return import_fail(im, -EINVAL, "not all is there yet");
	ret = step(im);
	if (ret > 0)
		return 1;
	if (!ret && im->aside->q) {
		*n = quarantine_count(im->aside->q);
		ret = quarantine_end(im->aside->q, name);
		if (!ret)
			snprintf(path, STORE_ERROR_MAX, "%.400s/%s", im->dir, name);
	}
	aside_free(im->aside);
	im->aside = NULL;
	return ret ? import_fail(im, ret, "quarantine") : 0;
}
