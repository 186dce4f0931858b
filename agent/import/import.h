/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a newcomer receives, brought to disk: the items of a donor's snapshot go into IMPORT_FILE
 * beside the store, which is left alone until all is there; then the new content takes its place
 * at once. A crash at any moment leaves the old store, with or without an import to go on with, or
 * the new store. The store is closed meanwhile, and the import holds its lock.
 *
 *	import_begin() - import_item()... - import_finish()... - [import_quarantine()...] -
 *	import_end() - import_close()
 *
 * Transactions of about IMPORT_BYTES are flushed; the progress they hold is what import_state()
 * tells. What import_close() finds unwritten is written as well.
 */
#ifndef HSM_IMPORT_IMPORT_H
#define HSM_IMPORT_IMPORT_H

#include "snapshot.h"

#define IMPORT_BYTES	(8u << 20)

enum import_kind {
	IMPORT_FULL = 1, /* everything: the content of the store is replaced */
	IMPORT_DELTA,	/* what came after the store's own position: it is added */
	IMPORT_RESUME,	/* goes on with either, from import_state() */
};

/**
 * struct import_start - what the donor offered
 * @kind: IMPORT_FULL and IMPORT_DELTA drop an import that was under way
 * @pool: pool id; IMPORT_RESUME: must be that of the import
 * @donor: node id
 * @address: of the donor, "host:port"
 * @place: S': position of the donor's snapshot
 * @nl: node list at @place
 * @total: as the donor tells it
 */
struct import_start {
	enum import_kind kind;
	uint8_t pool[HSMREPL_POOL_LEN];
	uint16_t donor;
	char address[HSMREPL_ADDRESS_MAX];
	struct position place;
	struct hsmrepl_nl nl;
	struct snapshot_total total;
};

/**
 * struct import_state - how far an import has come, durably
 * @exists: there is one; else nothing below counts
 * @full: it replaces the content; else it adds to the store's
 * @complete: all items are there: import_begin() with IMPORT_RESUME, then import_finish()
 * @start: of its last transfer
 * @k: content of TLs up to this seq is there,
 * @at: as of this position in the history: what IMPORT_RESUME asks a donor to go on from. Its
 *	digest is not kept and zero
 * @tls: SNAP_TL items taken in all transfers
 * @bytes: of these TLs
 */
struct import_state {
	bool exists;
	bool full;
	bool complete;
	struct import_start start;
	uint64_t k;
	struct position at;
	uint64_t tls;
	uint64_t bytes;
};

struct import;

/**
 * import_begin() - begin or go on
 * @dir: the store's directory; made if it is not there
 * @secret: key-set secret
 * @node_id: of this node
 * @log: where lines go
 * @start: what the donor offered
 * @error: what is wrong and what to do
 *
 * Settles what the store's log holds. Returns NULL with @error set, also while the store's slot
 * holds a NODE_ADD that this node said yes to: whether it is a member must be known first.
 */
struct import *import_begin(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
			    struct log *log, const struct import_start *start,
			    char error[STORE_ERROR_MAX]);

/**
 * import_state() - look for an import that was under way
 * @dir: state directory
 * @secret: of the key set
 * @node_id: of this node
 * @state: filled in
 * @error: what is wrong and what to do
 *
 * Of the directory of a closed store, or of an open one, by its owner. Returns 0 or -1 with @error
 * set; one that is damaged or of another key set is told as an error.
 */
int import_state(const char *dir, const uint8_t secret[STORE_KEY_LEN], uint16_t node_id,
		 struct import_state *state, char error[STORE_ERROR_MAX]);

/* The same of one that is open; what is not durable yet is not counted. */
void import_progress(const struct import *im, struct import_state *state);

/**
 * import_item() - take one item of a snapshot, in the order they came
 * @im: import
 * @item: one item of the transfer
 *
 * Returns 0; -EBADMSG for one that cannot be right; else -errno. After a failure only
 * import_close() may follow; import_trouble() says what it was.
 */
int import_item(struct import *im, const struct snapshot_item *item);

/*
 * All items are there: make it a store. Returns 1: some of it is done, call again; 0: all is done;
 * -EBADMSG: it does not come to the donor's position; else -errno.
 */
int import_finish(struct import *im);

/**
 * import_quarantine() - put the objects aside that the import lacks or has otherwise
 * @im: import
 * @path: of the file, once one was written; else empty
 * @n: objects in it
 *
 * After import_finish(). Returns 1: call again; 0: all are in the file, durably, or there were
 * none; else -errno. See quarantine.h.
 */
int import_quarantine(struct import *im, char path[STORE_ERROR_MAX], uint64_t *n);

/*
 * After import_finish(): what was imported becomes the store. Incarnation, refusals and aborted
 * TIDs of the old one are carried over; what its log held is dropped, the slot with it, and no
 * batch is known as the last one. Returns 0; -EBADMSG if a delta does not come to the donor's
 * content; else -errno. Only import_close() follows.
 */
int import_end(struct import *im);

/*
 * Remove what there is of an import that nothing will ever go on with; the store in @dir stays as
 * it is. Not while the import is open. Returns 0 or -errno.
 */
int import_drop(const char *dir);

/* One line about the last failure. */
const char *import_trouble(const struct import *im);

void import_close(struct import *im);

#endif /* HSM_IMPORT_IMPORT_H */
