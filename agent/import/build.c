// SPDX-License-Identifier: GPL-2.0
/* import_finish(): all is there? Then what a delta goes into is made ready, some with each call. */
#include <errno.h>

#include "import_private.h"

#define OBJECTS_MAX	65536	/* of one call */

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
	import_window(im);
	return 0;
}

/* The labels of the store's objects. 1: there are more, 0, -errno. */
static int read_base(struct import *im)
{
	char error[STORE_ERROR_MAX];

	if (!im->base)
		im->base = table_open(im->dir, TABLE_FILE, TABLE_LIVE, &im->keys, im->node_id, 0,
				      error);
	return im->base ? table_load(im->base, OBJECTS_MAX) : -EIO;
}

static int check_digest(struct import *im)
{
	struct stage_facts *f = &im->stage.facts;
	int ret;

	if (f->state.full && f->digest != f->state.start.place.digest)
		return -EBADMSG;
	ret = import_transaction(im);
	f->built = !ret;
	return ret;
}

static int step(struct import *im)
{
	struct stage_facts *f = &im->stage.facts;
	int ret;

	if (!f->state.complete)
		return complete(im);
	ret = f->state.full ? 0 : read_base(im);
	if (ret)
		return ret < 0 ? ret : 0;
	return check_digest(im);
}

int import_finish(struct import *im)
{
	int ret;

	if (im->stage.facts.built)
		return 0;
	ret = step(im);
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
