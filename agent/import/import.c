// SPDX-License-Identifier: GPL-2.0
/* Begins an import, or goes on with one, and takes the items of a snapshot. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "content.h"
#include "import_private.h"
#include "../core/batch.h"

static const char *const files[] = { IMPORT_FILE "-journal", IMPORT_FILE };

int import_fail(struct import *im, int error, const char *what)
{
	snprintf(im->trouble, sizeof(im->trouble), "%s: %s", what,
		 im->table && error != -EBADMSG ? table_trouble(im->table, error) :
						  strerror(-error));
	return error;
}

/* The journal goes first: by itself it is nothing. */
int import_remove_files(int dir_fd)
{
	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlinkat(dir_fd, files[i], 0) < 0 && errno != ENOENT)
			return -errno;
	return fsync(dir_fd) < 0 ? -errno : 0;
}

int import_drop(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = import_remove_files(fd);
	close(fd);
	return ret;
}

/* Whether this node is a member is not known while its yes to that is undecided. */
static bool is_own_addition(const struct store_image *image, uint16_t node_id)
{
	struct batch b;

	return image->slot_id.coordinator && batch_read(image->slot, image->slot_n_tls, &b) &&
	       b.has_nl && nl_has(&b.nl, node_id) && !nl_has(&image->nl, node_id);
}

/* What the log holds goes into SQLite; and what must never be used again is learnt. */
static int settle_old(struct import *im, const uint8_t secret[STORE_KEY_LEN],
		      struct position *base, char error[STORE_ERROR_MAX])
{
	struct store_image image;
	struct store *s = store_open_sized(im->dir, secret, im->node_id, im->log,
					   &im->options, &image, error);
	bool addition;

	if (!s)
		return -1;
	addition = is_own_addition(&image, im->node_id);
	store_release_slot(s, &image);
	store_stop(s);
	*base = image.position;
	im->incarnation = s->incarnation;
	im->lsn = s->w.next_lsn;
	store_close(s);
	if (!addition)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "%.300s: this node voted to be added to its pool, and "
		 "what came of it is not known yet: let the pool decide it first, or zeroize this "
		 "node if that pool is no more", im->dir);
	return -1;
}

static int open_tables(struct import *im, char error[STORE_ERROR_MAX])
{
	int ret;

	im->table = table_open(im->dir, IMPORT_FILE, TABLE_IMPORT, &im->keys, im->node_id, 0,
			       error);
	if (!im->table)
		return -1;
	ret = stage_open(&im->stage, im->table);
	if (!ret)
		return 0;
	return home_error(im->dir, IMPORT_FILE, -ret, "start the Live-Sync anew", error);
}

static bool same_place(const struct position *a, const struct position *b)
{
	return a->seq == b->seq && a->sp == b->sp;
}

/* What is there must be what this goes on with. */
static int check_resumed(const struct import *im, const struct import_start *start,
			 const struct position *base, char error[STORE_ERROR_MAX])
{
	const struct stage_facts *f = &im->stage.facts;
	const char *why = NULL;

	if (!f->state.exists)
		why = "there is no import to go on with";
	else if (memcmp(f->state.start.pool, start->pool, HSMREPL_POOL_LEN))
		why = "the import is of another pool";
	else if (!f->state.full && !same_place(&f->base, base))
		why = "the store has moved on since";
	else if (start->place.seq < f->state.at.seq)
		why = "the donor is behind what is there already";
	if (!why)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "%.300s/" IMPORT_FILE ": %s: start the Live-Sync anew",
		 im->dir, why);
	return -1;
}

static int take_start(struct import *im, const struct import_start *start,
		      const struct position *base, char error[STORE_ERROR_MAX])
{
	struct stage_facts *f = &im->stage.facts;

	if (start->kind == IMPORT_RESUME) {
		if (check_resumed(im, start, base, error))
			return -1;
	} else {
		*f = (struct stage_facts){ .base = *base };
		f->state.exists = true;
		f->state.full = start->kind == IMPORT_FULL;
		if (!f->state.full) {
			f->state.at = *base;
			f->state.at.digest = 0;
			f->state.k = base->seq;
		}
	}
	f->state.start = *start;
	f->row_seq = f->state.at.seq;
	f->row_sp = f->state.at.sp;
	if (f->row_seq <= start->place.seq)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "the donor, at seq %" PRIu64 ", is behind this store",
		 start->place.seq);
	return -1;
}

static int begin(struct import *im, const uint8_t secret[STORE_KEY_LEN],
		 const struct import_start *start, char error[STORE_ERROR_MAX])
{
	struct position base;
	int ret;

	if (settle_old(im, secret, &base, error) ||
	    home_open(im->dir, &im->dir_fd, &im->lock_fd, error))
		return -1;
	if (seal_keys_derive(&im->keys, secret, im->node_id))
		return home_error(im->dir, "no keys", EIO, "see OpenSSL's providers", error);
	ret = start->kind == IMPORT_RESUME ? 0 : import_remove_files(im->dir_fd);
	if (ret)
		return home_error(im->dir, IMPORT_FILE, -ret, "repair the disk", error);
	if (open_tables(im, error) || take_start(im, start, &base, error))
		return -1;
	im->table->state.incarnation = im->incarnation;
	import_window(im);
	im->sealer = sealer_new(im->keys.tl, im->incarnation);
	im->sealed = malloc(RECORD_TL_LEN(HSMREPL_TL_MAX));
	if (!im->sealer || !im->sealed || table_start(im->table, &im->keys))
		return home_error(im->dir, "cannot seal", ENOMEM, "free memory", error);
	/* Durable from the start: a restart knows where it was. */
	ret = import_transaction(im);
	if (!ret)
		ret = import_commit(im);
	return ret ? home_error(im->dir, IMPORT_FILE, -ret, "free or repair the disk", error) : 0;
}

static struct import *new_import(const char *dir, uint16_t node_id, struct log *log,
				 char error[STORE_ERROR_MAX])
{
	struct import *im = calloc(1, sizeof(*im));

	if (!im) {
		snprintf(error, STORE_ERROR_MAX, "no memory");
		return NULL;
	}
	snprintf(im->dir, sizeof(im->dir), "%s", dir);
	im->dir_fd = -1;
	im->lock_fd = -1;
	im->node_id = node_id;
	im->log = log;
	im->bytes_max = IMPORT_BYTES;
	return im;
}

struct import *import_begin_sized(const char *dir, const uint8_t secret[STORE_KEY_LEN],
				  uint16_t node_id, struct log *log,
				  const struct store_options *options,
				  const struct import_start *start, char error[STORE_ERROR_MAX])
{
	struct import *im = new_import(dir, node_id, log, error);

	if (im) {
		im->options = *options;
		if (!begin(im, secret, start, error))
			return im;
	}
	import_close(im);
	return NULL;
}

struct import *import_begin(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
			    struct log *log, const struct import_start *start,
			    char error[STORE_ERROR_MAX])
{
	return import_begin_sized(dir, secret, node_id, log, &store_defaults, start, error);
}

/* A delta fits on the position that the store had. */
static bool fits_store(const char *dir, const struct position *base)
{
	char path[HOME_FILE_MAX];
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	bool fits = false;

	home_file(dir, TABLE_FILE, path);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ==
		    SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT seq, sp FROM meta", -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		fits = (uint64_t)sqlite3_column_int64(q, 0) == base->seq &&
		       (uint64_t)sqlite3_column_int64(q, 1) == base->sp;
	sqlite3_finalize(q);
	sqlite3_close(db);
	return fits;
}

static int look(struct import *im, const uint8_t secret[STORE_KEY_LEN], struct import_state *state,
		char error[STORE_ERROR_MAX])
{
	const struct stage_facts *f = &im->stage.facts;

	if (seal_keys_derive(&im->keys, secret, im->node_id))
		return home_error(im->dir, "no keys", EIO, "see OpenSSL's providers", error);
	if (open_tables(im, error))
		return -1;
	if (f->state.exists && (f->state.full || fits_store(im->dir, &f->base)))
		*state = f->state;
	return 0;
}

int import_state(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
		 struct import_state *state, char error[STORE_ERROR_MAX])
{
	struct import *im = new_import(dir, node_id, NULL, error);
	char path[HOME_FILE_MAX];
	int ret = 0;

	*state = (struct import_state){ .exists = false };
	if (!im)
		return -1;
	home_file(dir, IMPORT_FILE, path);
	if (access(path, F_OK) == 0)
		ret = look(im, secret, state, error);
	import_close(im);
	return ret;
}

void import_progress(const struct import *im, struct import_state *state)
{
	*state = im->stage.facts.state;
}

int import_transaction(struct import *im)
{
	int ret = im->in_transaction ? 0 : table_begin(im->table);

	im->in_transaction = !ret;
	return ret;
}

int import_commit(struct import *im)
{
	int ret;

	if (!im->in_transaction)
		return 0;
	ret = stage_save(&im->stage);
	if (!ret)
		ret = table_commit(im->table);
	if (ret)
		table_rollback(im->table);
	im->in_transaction = false;
	im->pending = 0;
	return ret;
}

int import_check_rows(struct import *im)
{
	const struct stage_facts *f = &im->stage.facts;
	const struct position *place = &f->state.start.place;

	/* A donor that was itself filled a moment ago has no rows to give. */
	if (!f->row_seq)
		return 0;
	return f->row_seq == place->seq && f->row_sp == place->sp ? 0 : -EBADMSG;
}

const char *import_trouble(const struct import *im)
{
	return im->trouble;
}

static void close_tables(struct import *im)
{
	stage_close(&im->stage);
	table_close(im->table);
	im->table = NULL;
}

void import_close(struct import *im)
{
	if (!im)
		return;
	if (im->in_transaction && import_commit(im))
		log_warning(im->log, "%s/" IMPORT_FILE ": what came last is not kept", im->dir);
	aside_free(im->aside);
	table_close(im->base);
	close_tables(im);
	sealer_free(im->sealer);
	if (im->sealed)
		OPENSSL_cleanse(im->sealed, RECORD_TL_LEN(HSMREPL_TL_MAX));
	free(im->sealed);
	if (im->lock_fd >= 0)
		close(im->lock_fd);
	if (im->dir_fd >= 0)
		close(im->dir_fd);
	OPENSSL_cleanse(&im->keys, sizeof(im->keys));
	free(im);
}
