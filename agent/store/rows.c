// SPDX-License-Identifier: GPL-2.0
/* The rows of objects: found by label in memory, read and written in order of what wrote them. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "rows.h"

static uint64_t bits_of(const uint8_t label[SEAL_HASH_LEN])
{
	uint64_t bits;

	memcpy(&bits, label, sizeof(bits));
	return bits;
}

int table_load(struct table *t, unsigned int max)
{
	sqlite3_stmt *q = t->sql[TABLE_LABELS];
	int rc = SQLITE_DONE, ret = 0;
	unsigned int n = 0;

	if (t->loaded)
		return 0;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)t->loaded_to);
	while (!ret && n < max && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		t->loaded_to = (uint64_t)sqlite3_column_int64(q, 0);
		n++;
		if (sqlite3_column_bytes(q, 1) == SEAL_HASH_LEN)
			ret = places_add(&t->places, bits_of(sqlite3_column_blob(q, 1)),
					 t->loaded_to);
		else
			ret = -EBADMSG;
	}
	sqlite3_reset(q);
	if (!ret)
		ret = table_errno(rc);
	if (!ret && n == max)
		return 1;
	t->loaded = !ret;
	return ret;
}

void table_unload(struct table *t)
{
	places_free(&t->places);
	t->loaded = false;
	t->loaded_to = 0;
}

/* Is the row @n that of this label? 1, 0, -errno. */
static int read_row(struct table *t, uint64_t n, const uint8_t label[SEAL_HASH_LEN],
		    struct object_row *row)
{
	sqlite3_stmt *q = t->sql[TABLE_OBJECT_FIND];
	int rc, ret = 0;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)n);
	rc = sqlite3_step(q);
	if (rc != SQLITE_ROW)
		ret = rc == SQLITE_DONE ? -EBADMSG : table_errno(rc);
	else if (sqlite3_column_bytes(q, 0) == SEAL_HASH_LEN &&
		 !memcmp(sqlite3_column_blob(q, 0), label, SEAL_HASH_LEN))
		ret = 1;
	if (ret > 0) {
		struct bytes sealed = { sqlite3_column_blob(q, 2),
					(size_t)sqlite3_column_bytes(q, 2) };

		*row = object_row_at(n);
		row->version = (uint64_t)sqlite3_column_int64(q, 1);
		row->plain = sqlite3_column_type(q, 2) == SQLITE_NULL;
		if (!row->plain && object_open(t->object_opener, label, sealed, row))
			ret = -EBADMSG;
	}
	sqlite3_reset(q);
	return ret;
}

int table_find(struct table *t, const uint8_t label[SEAL_HASH_LEN], struct object_row *row)
{
	uint64_t n;
	int ret = table_load(t, UINT32_MAX);

	for (unsigned int i = 0; !ret && (n = places_find(&t->places, bits_of(label), i)); i++)
		ret = read_row(t, n, label, row);
	return ret;
}

int table_put(struct table *t, const uint8_t label[SEAL_HASH_LEN], const struct object_row *row)
{
	sqlite3_stmt *q = t->sql[TABLE_OBJECT_ADD];
	uint8_t sealed[OBJECT_SEALED];
	int ret;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)object_row_number(row));
	sqlite3_bind_blob(q, 2, label, SEAL_HASH_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)row->version);
	if (!row->plain) {
		object_seal(t->object_sealer, label, row, sealed);
		sqlite3_bind_blob(q, 4, sealed, OBJECT_SEALED, SQLITE_STATIC);
	}
	ret = table_run(t, TABLE_OBJECT_ADD);
	if (!ret && t->loaded)
		ret = places_add(&t->places, bits_of(label), object_row_number(row));
	return ret;
}

int table_take_out(struct table *t, const uint8_t label[SEAL_HASH_LEN],
		   const struct object_row *row)
{
	places_remove(&t->places, bits_of(label), object_row_number(row));
	sqlite3_bind_int64(t->sql[TABLE_OBJECT_DROP], 1, (sqlite3_int64)object_row_number(row));
	return table_run(t, TABLE_OBJECT_DROP);
}

static int open_content(struct table *t, uint64_t seq, size_t *len)
{
	sqlite3_stmt *q = t->sql[TABLE_BODY_FIND];
	struct bytes sealed;
	int rc, ret = bodies_expose(&t->bodies, seq);

	if (ret)
		return ret;
	ret = -EBADMSG;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)seq);
	rc = sqlite3_step(q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		ret = table_errno(rc);
	if (rc == SQLITE_ROW) {
		sealed.p = sqlite3_column_blob(q, 0);
		sealed.n = (size_t)sqlite3_column_bytes(q, 0);
		*len = sealed.n - RECORD_TL_LEN(0);
		if (sealed.n > RECORD_TL_LEN(0) && *len <= HSMREPL_TL_MAX)
			ret = record_tl_open(t->opener, sealed, t->content);
	}
	sqlite3_reset(q);
	return ret;
}

int table_content(struct table *t, struct object_row *row, struct op *op)
{
	size_t len = 0;
	int ret = open_content(t, row->seq, &len);

	if (!ret)
		ret = op_at(t->content, len, row->op, op);
	return !ret && row->plain ? object_created(op, row) : ret;
}
