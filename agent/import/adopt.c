// SPDX-License-Identifier: GPL-2.0
/* import_end(): what was imported becomes the store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "content.h"
#include "import_private.h"

/* Attach a file of the directory to @t under a name. Returns 0 or -errno. */
static int attach(const struct import *im, struct table *t, const char *file, const char *name)
{
	char path[HOME_FILE_MAX];
	sqlite3_stmt *q = NULL;
	int rc;

	home_file(im->dir, file, path);
	rc = sqlite3_prepare_v2(t->db, "ATTACH ?1 AS ?2", -1, &q, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
		sqlite3_bind_text(q, 2, name, -1, SQLITE_STATIC);
		rc = sqlite3_step(q);
	}
	sqlite3_finalize(q);
	return table_errno(rc);
}

/*
 * The log begins anew above all that was: no segment is needed, and none from before it is looked
 * at. Nobody knows a last batch.
 */
static void begin_anew(const struct import *im, struct table_state *s)
{
	const struct import_start *start = &im->stage.facts.state.start;

	s->incarnation = im->incarnation + 1;
	s->settled = im->lsn;
	s->decided = im->lsn;
	s->tail = (uint64_t)s->incarnation << 32;
	s->position = start->place;
	s->last = (struct batch_id){ 0 };
	s->has_nl = true;
	s->nl = start->nl;
	s->promised = 0;
	s->accepted = 0;
	s->has_value = false;
	s->window = start->place.seq;
	s->counter = 0;	/* whatever the one outside says, this is no old copy */
}

/* The new file gets the facts of this node that outlive its content. */
static int carry_over(struct import *im)
{
	struct table *t = im->table;
	int ret = attach(im, t, TABLE_FILE, "old");

	if (!ret)
		ret = table_begin(t);
	if (ret)
		return ret;
	begin_anew(im, &t->state);
	t->state.swept = t->state.window;
	ret = table_exec(t, "DELETE FROM refused; DELETE FROM aborted; DELETE FROM gone;"
			 "INSERT INTO refused SELECT * FROM old.refused;"
			 "INSERT INTO aborted SELECT * FROM old.aborted;");
	if (!ret)
		ret = table_commit(t);
	if (ret)
		table_rollback(t);
	return ret ? ret : table_exec(t, "DETACH old");
}

/* What SQLite keeps beside the old file must not be taken for the new one's. */
static int retire_old(const struct import *im)
{
	char path[HOME_FILE_MAX];
	sqlite3 *db = NULL;
	int rc;

	home_file(im->dir, TABLE_FILE, path);
	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE);"
				  "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	sqlite3_close(db);
	if (rc != SQLITE_OK)
		return table_errno(rc);
	return faccessat(im->dir_fd, TABLE_FILE "-wal", F_OK, 0) ? 0 : -EBUSY;
}

static void close_tables(struct import *im)
{
	stage_close(&im->stage);
	table_close(im->table);
	im->table = NULL;
}

static int replace(struct import *im)
{
	int ret = carry_over(im);

	if (ret)
		return ret;
	close_tables(im);
	ret = retire_old(im);
	if (ret)
		return ret;
	if (fsync(im->dir_fd) < 0 ||
	    renameat(im->dir_fd, IMPORT_FILE, im->dir_fd, TABLE_FILE) < 0 ||
	    fsync(im->dir_fd) < 0)
		return -errno;
	return 0;
}

static int remove_object(struct import *im, struct table *t, const uint8_t label[SEAL_HASH_LEN],
			 uint64_t *digest)
{
	struct object_row row;
	int ret = table_find(t, label, &row);

	if (ret <= 0)
		return ret;
	ret = import_digest(im, t, &row, digest);
	if (!ret)
		ret = table_take_out(t, label, &row);
	return ret ? ret : table_unref(t, row.seq);
}

/* Each label that the import has something to say of. */
static int remove_touched(struct import *im, struct table *t, uint64_t *digest)
{
	sqlite3_stmt *q = NULL;
	int rc, ret;

	ret = table_errno(sqlite3_prepare_v2(t->db, "SELECT label FROM sync.gone UNION ALL"
					     " SELECT label FROM sync.object", -1, &q, NULL));
	while (!ret && (rc = sqlite3_step(q)) != SQLITE_DONE) {
		uint8_t label[SEAL_HASH_LEN];

		ret = table_errno(rc);
		if (!ret && sqlite3_column_bytes(q, 0) != SEAL_HASH_LEN)
			ret = -EBADMSG;
		if (ret)
			break;
		memcpy(label, sqlite3_column_blob(q, 0), SEAL_HASH_LEN);
		ret = remove_object(im, t, label, digest);
	}
	sqlite3_finalize(q);
	return ret;
}

/* In one transaction of the store's. */
static int merge(struct import *im, struct table *t)
{
	const struct stage_facts *f = &im->stage.facts;
	uint64_t digest = f->base.digest ^ f->digest;
	int ret = remove_touched(im, t, &digest);

	if (!ret && digest != f->state.start.place.digest)
		ret = -EBADMSG;
	if (!ret)
		ret = table_exec(t, "INSERT INTO object SELECT * FROM sync.object;"
				 "INSERT INTO tl SELECT * FROM sync.tl;"
				 "INSERT INTO file SELECT * FROM sync.file;"
				 "INSERT OR REPLACE INTO epoch SELECT * FROM sync.epoch;");
	if (ret)
		return ret;
	begin_anew(im, &t->state);
	t->state.live += im->table->state.live;
	return table_commit(t);
}

static int add(struct import *im)
{
	char error[STORE_ERROR_MAX];
	struct table *t = im->base;
	int ret;

	if (!t)	/* import_finish() was done before a restart */
		t = table_open(im->dir, TABLE_FILE, TABLE_LIVE, &im->keys, im->node_id, 0, error);
	if (!t)
		return -EIO;
	im->base = t;
	t->bodies.base = (uint64_t)im->incarnation << 32 | BODIES_MERGE;
	ret = attach(im, t, IMPORT_FILE, "sync");
	if (!ret)
		ret = table_begin(t);
	if (!ret)
		ret = merge(im, t);
	if (ret)
		table_rollback(t);
	table_close(t);
	im->base = NULL;
	if (ret)
		return ret;
	close_tables(im);
	return import_remove_files(im->dir_fd);
}

int import_end(struct import *im)
{
	const struct stage_facts *f = &im->stage.facts;
	int ret;

	if (!f->built)
		return import_fail(im, -EINVAL, "not all is there yet");
	ret = f->state.full ? replace(im) : add(im);
	return ret ? import_fail(im, ret, ret == -EBADMSG ?
				 "the delta does not come to the donor's content" : TABLE_FILE) : 0;
}
