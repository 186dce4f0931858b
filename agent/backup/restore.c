// SPDX-License-Identifier: GPL-2.0
#include "restore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "audit.h"
#include "batch.h"
#include "home.h"
#include "import.h"
#include "item.h"
#include "log.h"

#define PERCENT_READ 90	/* of all that is done when the file is read */

enum stage {
	STAGE_READING,	/* bytes of the file come */
	STAGE_BUILDING,	/* import_finish() */
	STAGE_SWITCHING,	/* import_end(), and the node is what it says */
	STAGE_DONE,
};

/**
 * struct restore - a backup being read
 * @host: the agent
 * @rehearsal: nothing is written
 * @self: this node
 * @reader: of the file
 * @stage: enum stage
 * @begun: the head was taken
 * @audit: of a rehearsal, else NULL
 * @import: else; NULL before the head came
 * @parked: the node takes part in nothing
 * @founding: what is put on top
 * @founded: how much of it was put: the kind of item that came last
 * @seen: objects, TLs and bytes of TLs so far
 * @used: bytes of @stream
 * @room: for the item at work
 * @stream: plain bytes that make no whole item yet
 */
struct restore {
	const struct sync_host *host;
	bool rehearsal;
	struct member self;
	struct archive_reader *reader;
	enum stage stage;
	bool begun;
	struct audit *audit;
	struct import *import;
	bool parked;
	struct founding founding;
	enum snapshot_kind founded;
	struct archive_end seen;
	size_t used;
	struct item_room room;
	uint8_t stream[ITEM_MAX + ARCHIVE_CHUNK];
};

static int fail(char error[SYNC_ERROR_MAX], const char *why)
{
	snprintf(error, SYNC_ERROR_MAX, "%s", why);
	return -1;
}

bool restore_obstacle(const struct sync_host *host, char why[SYNC_ERROR_MAX])
{
	struct node_view view;

	host->look(host->arg, &view);
	if (view.nl->n || view.position.seq)
		fail(why, "this node is in a pool, or holds the keys of one: zeroize it first, if "
		     "they may go, or restore on a blank node");
	else if (view.slot != SLOT_FREE || view.queued || !host->store(host->arg))
		fail(why, "this node is about to form or join a pool: wait, and see status");
	else
		return false;
	return true;
}

struct restore *restore_begin(const struct sync_host *host, bool rehearsal,
			      const struct member *self, char error[SYNC_ERROR_MAX])
{
	struct restore *r;

	if (!rehearsal && restore_obstacle(host, error))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r)
		r->reader = archive_reader_new(host->secret);
	if (!r || !r->reader) {
		fail(error, "no memory for a restore: free some");
		free(r);
		return NULL;
	}
	r->host = host;
	r->rehearsal = rehearsal;
	r->self = *self;
	return r;
}

static bool resume(struct restore *r, char error[SYNC_ERROR_MAX])
{
	r->parked = false;
	if (r->host->resume(r->host->arg, error) == 0)
		return true;
	log_error(r->host->log, "restore: %s", error);
	r->host->fatal(r->host->arg);
	return false;
}

static void drop_import(struct restore *r)
{
	int ret;

	import_close(r->import);
	r->import = NULL;
	ret = import_drop(r->host->config->state_dir);
	if (ret)
		log_warning(r->host->log, "restore: what was read cannot be removed from %s: %s",
			    r->host->config->state_dir, strerror(-ret));
}

void restore_free(struct restore *r)
{
	char error[SYNC_ERROR_MAX];

	if (!r)
		return;
	if (r->parked)
		drop_import(r);
	if (r->parked)
		resume(r, error);
	audit_free(r->audit);
	archive_reader_free(r->reader);
	OPENSSL_cleanse(r, sizeof(*r));
	free(r);
}

void restore_abandon(struct restore *r)
{
	if (!r)
		return;
	if (r->parked)
		drop_import(r);
	r->parked = false;
	restore_free(r);
}

/* The head. */

static int begin_import(struct restore *r, char error[SYNC_ERROR_MAX])
{
	const struct archive_head *h = archive_head(r->reader);
	const struct config *c = r->host->config;
	struct import_start start = {
		.kind = IMPORT_FULL, .donor = c->node_id, .place = r->founding.place,
		.total = { .tls = h->tls, .bytes = h->bytes },
	};

	_Static_assert(SYNC_ERROR_MAX >= STORE_ERROR_MAX, "an error of the store fits");
	memcpy(start.pool, r->founding.nl.pool, sizeof(start.pool));
	memcpy(start.address, r->self.address, sizeof(start.address));
	nl_encode(&r->founding.nl, &start.nl);
	if (restore_obstacle(r->host, error) || r->host->park(r->host->arg, error) != 0)
		return -1;
	r->parked = true;
	r->import = import_begin(c->state_dir, r->host->secret, c->node_id, r->host->log, &start,
				 error);
	return r->import ? 0 : -1;
}

static int take_head(struct restore *r, char error[SYNC_ERROR_MAX])
{
	const struct archive_head *h = archive_head(r->reader);
	struct node_view view;

	r->begun = true;
	if (h->mode != r->host->config->mode)
		return fail(error, h->mode == HSMREPL_MODE_FIPS ?
			    "the backup is of a pool in mode fips: set mode = fips on this node" :
			    "the backup is of a pool that is not in mode fips: restore it on a "
			    "node without mode = fips");
	r->host->look(r->host->arg, &view);
	if (h->protocol > view.protocol) {
		snprintf(error, SYNC_ERROR_MAX, "the backup is of a pool finalised at protocol %u, "
			 "this node speaks only up to %u: restore it on a newer agent and module",
			 h->protocol, view.protocol);
		return -1;
	}
	if (!founding_make(&h->place, h->protocol, &r->self, &r->founding))
		return fail(error, "there are no random numbers: see OpenSSL and the kernel");
	if (!r->rehearsal)
		return begin_import(r, error);
	r->audit = audit_new(r->host->secret, &h->place);
	return r->audit ? 0 : fail(error, "no memory for a rehearsal: free some");
}

/* The items. */

static int put(struct restore *r, const struct snapshot_item *item, char error[SYNC_ERROR_MAX])
{
	int ret = r->audit ? audit_item(r->audit, item) : import_item(r->import, item);

	if (ret == -EBADMSG)
		return fail(error, "the backup holds what cannot be: make another one, on a node "
			    "whose verify says ok");
	return ret ? fail(error, import_trouble(r->import)) : 0;
}

/* The founding TL's row and epoch come behind the last ones of their kind. */
static int put_founding(struct restore *r, enum snapshot_kind next, char error[SYNC_ERROR_MAX])
{
	const struct snapshot_item epoch = { .kind = SNAP_EPOCH, .epoch = &r->founding.epoch };
	const struct snapshot_item row = { .kind = SNAP_ROW, .row = r->founding.row };

	if (r->rehearsal)
		return 0;
	if (next > SNAP_EPOCH && r->founded < SNAP_EPOCH) {
		r->founded = SNAP_EPOCH;
		if (put(r, &epoch, error))
			return -1;
	}
	if (next > SNAP_ROW && r->founded < SNAP_ROW) {
		r->founded = SNAP_ROW;
		return put(r, &row, error);
	}
	return 0;
}

static int take_item(struct restore *r, const struct snapshot_item *item,
		     char error[SYNC_ERROR_MAX])
{
	if (item->kind == SNAP_TL) {
		r->seen.tls++;
		r->seen.objects += item->n_live;
		r->seen.bytes += item->tl.tl.n;
	}
	return put_founding(r, item->kind, error) ? -1 : put(r, item, error);
}

static int take_plain(struct restore *r, struct bytes plain, char error[SYNC_ERROR_MAX])
{
	struct bytes left = { r->stream, r->used + plain.n };
	struct snapshot_item item;
	int ret = 0;

	if (left.n > sizeof(r->stream))
		return fail(error, archive_why(ARCHIVE_DAMAGED));
	memcpy(r->stream + r->used, plain.p, plain.n);
	while (!ret && item_is_whole(left)) {
		if (item_decode(&left, &r->room, &item))
			ret = take_item(r, &item, error);
		else
			ret = fail(error, archive_why(ARCHIVE_DAMAGED));
	}
	memmove(r->stream, left.p, left.n);
	r->used = left.n;
	return ret;
}

static int take_end(const struct restore *r, char error[SYNC_ERROR_MAX])
{
	const struct archive_end *end = archive_end(r->reader);

	if (r->used || end->objects != r->seen.objects || end->tls != r->seen.tls)
		return fail(error, archive_why(ARCHIVE_DAMAGED));
	return 0;
}

int restore_data(struct restore *r, struct bytes data, char error[SYNC_ERROR_MAX])
{
	enum archive_event event;
	struct bytes plain;
	int ret = 0;

	while (!ret && (event = archive_read(r->reader, &data, &plain)) != ARCHIVE_MORE) {
		if (event == ARCHIVE_HEAD)
			ret = take_head(r, error);
		else if (event == ARCHIVE_DATA)
			ret = take_plain(r, plain, error);
		else if (event == ARCHIVE_END)
			ret = take_end(r, error);
		else
			ret = fail(error, archive_why(event));
	}
	return ret;
}

/* What is left when the file was read. */

static int end_reading(struct restore *r, char error[SYNC_ERROR_MAX])
{
	if (!archive_is_whole(r->reader))
		return fail(error, archive_why(ARCHIVE_MORE));
	if (put_founding(r, SNAP_TL, error))
		return -1;
	r->stage = r->rehearsal ? STAGE_DONE : STAGE_BUILDING;
	if (!r->rehearsal)
		return 1;
	if (audit_end(r->audit) == 0)
		return 0;
	return fail(error, "the content does not come to the backup's digest and Sync-Point: make "
		    "another one, on a node whose verify says ok");
}

static int trouble(const struct restore *r, int ret, char error[SYNC_ERROR_MAX])
{
	snprintf(error, SYNC_ERROR_MAX, "%s: %s", import_trouble(r->import),
		 ret == -ENOSPC ? "make room, then restore again" :
		 ret == -EBADMSG ? "make another backup, on a node whose verify says ok" :
		 "see the disk of state-dir");
	return -1;
}

static int finish(struct restore *r, char error[SYNC_ERROR_MAX])
{
	int ret = import_end(r->import);

	if (ret)
		return trouble(r, ret, error);
	import_close(r->import);
	r->import = NULL;
	r->stage = STAGE_DONE;
	if (!resume(r, error))
		return -1;
	log_warning(r->host->log, "restored from a backup of seq %llu: this node alone is a new "
		    "pool: others join it by live-sync",
		    (unsigned long long)archive_head(r->reader)->place.seq);
	return 0;
}

int restore_step(struct restore *r, char error[SYNC_ERROR_MAX])
{
	int ret;

	switch (r->stage) {
	case STAGE_READING:
		return end_reading(r, error);
	case STAGE_BUILDING:
		ret = import_finish(r->import);
		if (ret == 0)
			r->stage = STAGE_SWITCHING;
		return ret < 0 ? trouble(r, ret, error) : 1;
	case STAGE_SWITCHING:
		return finish(r, error);
	case STAGE_DONE:
		break;
	}
	return 0;
}

void restore_look(const struct restore *r, struct restore_view *view)
{
	const struct archive_head *h = archive_head(r->reader);
	uint64_t percent = h->bytes ? r->seen.bytes * PERCENT_READ / h->bytes : 0;

	*view = (struct restore_view){
		.begun = r->begun, .head = *h, .whole = archive_is_whole(r->reader),
		.end = *archive_end(r->reader),
		.founding = r->rehearsal ? NULL : &r->founding,
	};
	if (percent > PERCENT_READ)
		percent = PERCENT_READ;
	view->percent = r->stage == STAGE_READING ? (unsigned int)percent :
			r->stage == STAGE_BUILDING ? PERCENT_READ :
			r->stage == STAGE_SWITCHING ? 99 : 100;
}

void restore_sweep(const struct sync_host *host)
{
	const struct config *c = host->config;
	struct import_state state;
	char error[STORE_ERROR_MAX];
	int ret;

	/* Nobody receives a Live-Sync from itself. What cannot be read is told by the newcomer. */
	if (import_state(c->state_dir, host->secret, c->node_id, &state, error) != 0 ||
	    (state.exists && state.start.donor != c->node_id))
		return;
	ret = import_drop(c->state_dir);
	if (!state.exists)	/* not even begun, if there was anything */
		return;
	if (ret)
		log_error(host->log, "a restore was cut off, and %s/" IMPORT_FILE
			  " cannot be removed: %s: remove it by hand", c->state_dir,
			  strerror(-ret));
	else
		log_warning(host->log, "a restore was cut off: this node is as it was before: "
			    "restore again");
}
