/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The settled content at one moment, for a donor to send: what a store that is complete for the
 * content of TLs up to K as of position S lacks. A read transaction on a connection of its own
 * holds that moment; commits go on beside it. Bounded memory, and bounded work with each call.
 *
 * Items come in this order: labels that TLs after S deleted; epochs after S; rows of the history
 * after S; then every TL after K in which objects live. With K = S = 0 it is all there is, but of
 * the history the last HISTORY_WINDOW_TLS rows only; some of them may be missing.
 */
#ifndef HSM_STORE_SNAPSHOT_H
#define HSM_STORE_SNAPSHOT_H

#include "history.h"

enum snapshot_kind {
	SNAP_NOTHING,	/* work was done, and nothing came of it yet: call again */
	SNAP_GONE,	/* @label: was deleted, and may have been created again in a TL to come */
	SNAP_EPOCH,	/* @epoch */
	SNAP_ROW,	/* @row */
	SNAP_TL,	/* @tl, @live */
};

/**
 * struct snapshot_live - an object whose content is in a TL
 * @op: index of the operation in the TL
 * @version: of the object
 * @id: of the object
 * @type: of the object, NUL padded
 */
struct snapshot_live {
	unsigned int op;
	uint64_t version;
	uint8_t id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

/**
 * struct snapshot_item - one item; what it points to lives until the next call
 * @kind: which fields below count
 * @label: SNAP_GONE: 1 to HSMREPL_LABEL_MAX bytes
 * @epoch: SNAP_EPOCH; the digest of its position is zero
 * @row: SNAP_ROW
 * @tl: SNAP_TL; ascending by seq
 * @n_live: SNAP_TL: entries of @live, at least one
 * @live: SNAP_TL: ascending by @op
 */
struct snapshot_item {
	enum snapshot_kind kind;
	struct bytes label;
	const struct history_epoch *epoch;
	struct history_row row;
	struct history_tl tl;
	unsigned int n_live;
	const struct snapshot_live *live;
};

/**
 * struct snapshot_total - what is to come: estimates, from when the snapshot was opened
 * @tls: SNAP_TL items
 * @bytes: in them
 * @rows: SNAP_ROW items at most
 */
struct snapshot_total {
	uint64_t tls;
	uint64_t bytes;
	uint64_t rows;
};

struct snapshot;

/**
 * snapshot_open() - hold what is settled now
 * @s: store
 * @k: the other side has the content of TLs up to this one,
 * @at: as of this seq, @k <= @at; its place must be in the history (history_find()). Both 0: all
 * @error: why not
 *
 * Returns NULL with @error set: @at is before the window, or beyond what is settled, or trouble.
 * To have the tail after it: history_pin(s, position.seq) before anything else is done. Close it
 * before the store, and soon after its end: SQLite's WAL grows while it is open.
 */
struct snapshot *snapshot_open(struct store *s, uint64_t k, uint64_t at,
			       char error[STORE_ERROR_MAX]);
void snapshot_close(struct snapshot *snap);

/* The position S' that it holds (digest and chain included), and the node list there. */
const struct position *snapshot_place(const struct snapshot *snap);
const struct hsmrepl_nl *snapshot_nl(const struct snapshot *snap);

struct snapshot_total snapshot_total(const struct snapshot *snap);

/* The next item: 1, 0 at the end, -EBADMSG if the store is damaged, else -errno. */
int snapshot_next(struct snapshot *snap, struct snapshot_item *item);

#endif /* HSM_STORE_SNAPSHOT_H */
