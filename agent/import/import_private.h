/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of an import, shared by import.c (begins, goes on), take.c (takes items), build.c
 * (import_finish()), adopt.c (import_end()) and aside.c (import_quarantine()).
 */
#ifndef HSM_IMPORT_IMPORT_PRIVATE_H
#define HSM_IMPORT_IMPORT_PRIVATE_H

#include "rows.h"
#include "stage.h"
#include "store_private.h"

struct aside;

/**
 * struct import - one import
 * @dir: the store's directory
 * @dir_fd: of it
 * @lock_fd: holds its lock
 * @node_id: of this node
 * @log: for people
 * @options: with which the old store is opened
 * @keys: derived from the secret
 * @incarnation: highest one of the old store, used up
 * @lsn: the same of its log
 * @table: of IMPORT_FILE; NULL after import_end()
 * @stage: likewise
 * @sealer: for TLs
 * @sealed: room for one
 * @last: kind of the item taken last
 * @bytes_max: of items in a transaction
 * @pending: bytes of items in the present one
 * @in_transaction: there is one
 * @base: tables of the store that a delta goes into, from import_finish() on; else NULL
 * @aside: import_quarantine() under way, NULL if not
 * @trouble: the last failure
 */
struct import {
	char dir[HOME_PATH_MAX];
	int dir_fd;
	int lock_fd;
	uint16_t node_id;
	struct log *log;
	struct store_options options;
	struct seal_keys keys;
	uint32_t incarnation;
	uint64_t lsn;
	struct table *table;
	struct stage stage;
	struct sealer *sealer;
	uint8_t *sealed;
	enum snapshot_kind last;
	size_t bytes_max;
	size_t pending;
	bool in_transaction;
	struct table *base;
	struct aside *aside;
	char trouble[STORE_ERROR_MAX];
};

/* import_begin() with sizes of one's own. */
struct import *import_begin_sized(const char *dir, const uint8_t secret[STORE_KEY_LEN],
				  uint16_t node_id, struct log *log,
				  const struct store_options *options,
				  const struct import_start *start, char error[STORE_ERROR_MAX]);

/* Say what went wrong. Returns @error. */
int import_fail(struct import *im, int error, const char *what);

/* A transaction, if there is none yet. Returns 0 or -errno. */
int import_transaction(struct import *im);

/* End it, with the facts. Returns 0 or -errno. */
int import_commit(struct import *im);

/* What an object adds to the digest, of one in @t. Returns 0 or -errno. */
int import_digest(struct import *im, struct table *t, struct object_row *row, uint64_t *digest);

/* No body without a live object is kept: the window begins at the donor's place. */
void import_window(struct import *im);

/* Its files go. Returns 0 or -errno. */
int import_remove_files(int dir_fd);

void aside_free(struct aside *a);

/* All rows of the history have come, up to the donor's place? Returns 0 or -EBADMSG. */
int import_check_rows(struct import *im);

#endif /* HSM_IMPORT_IMPORT_PRIVATE_H */
