// SPDX-License-Identifier: GPL-2.0
/* import_finish(): sorts the objects of an import into their table. */
#include <errno.h>
#include <string.h>

#include <sqlite3.h>

#include "import_private.h"

#define OBJECTS_MAX	8192	/* of one call, about */

/* A later TL of the same import, or a deletion, took this one's place. */
static int drop(struct import *im, const struct stage_object *o)
{
	return table_unref(im->table, o->row.seq);
}

static int put(struct import *im, const struct stage_object *o)
{
	int ret = stage_is_gone(&im->stage, o->label, o->row.seq);

	if (ret)
		return ret < 0 ? ret : drop(im, o);
	im->stage.facts.digest ^= o->digest;
	return table_put(im->table, TABLE_OBJECT_ADD, o->label, &o->row, o->sealed);
}

/* Of each label the last one counts. Returns the number of objects, or -errno. */
static int build_bucket(struct import *im, unsigned int bucket)
{
	struct stage_object o, before = { 0 };
	int ret, n = 0;

	stage_bucket(&im->stage, bucket);
	while ((ret = stage_next(&im->stage, &o)) > 0) {
		if (n && !memcmp(before.label, o.label, SEAL_HASH_LEN))
			ret = drop(im, &before);
		else if (n)
			ret = put(im, &before);
		else
			ret = 0;
		if (ret)
			break;
		before = o;
		n++;
	}
	sqlite3_reset(im->stage.sql[STAGE_BUCKET]);
	if (!ret && n)
		ret = put(im, &before);
	if (!ret)
		ret = stage_empty(&im->stage, bucket);
	return ret ? ret : n;
}

static int build_some(struct import *im)
{
	struct stage_facts *f = &im->stage.facts;
	int n = 0, ret = import_transaction(im);

	while (!ret && f->bucket < STAGE_BUCKETS && n < OBJECTS_MAX) {
		ret = build_bucket(im, f->bucket);
		if (ret < 0)
			break;
		f->bucket++;
		n += ret;
		ret = 0;
	}
	return ret;
}

/* All items have come. */
static int complete(struct import *im)
{
	struct stage_facts *f = &im->stage.facts;
	int ret = import_check_rows(im);

	if (!ret)
		ret = import_transaction(im);
	if (ret)
		return ret;
	f->state.complete = true;
	f->state.at = f->state.start.place;
	f->state.at.digest = 0;
	/* What lost its last object goes at once. */
	im->table->state.window = f->state.start.place.seq;
	im->table->state.swept = f->state.start.place.seq;
	return 0;
}

static int close_build(struct import *im)
{
	struct stage_facts *f = &im->stage.facts;
	int ret;

	if (f->state.full && f->digest != f->state.start.place.digest)
		return -EBADMSG;
	ret = import_transaction(im);
	if (!ret && f->state.full)
		ret = table_exec(im->table, "CREATE INDEX tl_tid ON tl(tid)");
	f->built = !ret;
	return ret;
}

int import_finish(struct import *im)
{
	struct stage_facts *f = &im->stage.facts;
	int ret;

	if (f->built)
		return 0;
	if (!f->state.complete)
		ret = complete(im);
	else if (f->bucket < STAGE_BUCKETS)
		ret = build_some(im);
	else
		ret = close_build(im);
	if (!ret)
		ret = import_commit(im);
	if (!ret)
		return 1;
	if (im->in_transaction)
		table_rollback(im->table);
	im->in_transaction = false;
	return import_fail(im, ret, ret == -EBADMSG ?
			   "what came does not make up the donor's content" : IMPORT_FILE);
}
