/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The history as far as it is settled: which TL was where, and the TLs themselves as long as the
 * window holds them. All of it is for the caller's thread, on its reading connection; what was
 * committed a moment ago (STORE_SETTLE_MS) may not be in it yet.
 *
 * The window: every TL after history_window() is there whole, live objects or not. It spans
 * HISTORY_WINDOW_TLS TLs, but no more than HISTORY_WINDOW_BYTES of TLs without live objects, and
 * reaches back to the pin, if there is one.
 */
#ifndef HSM_STORE_HISTORY_H
#define HSM_STORE_HISTORY_H

#include "store.h"

#define HISTORY_WINDOW_TLS	(1u << 16)
#define HISTORY_WINDOW_BYTES	(256u << 20)	/* of TLs that hold no live object */
#define HISTORY_PINNED_BYTES	(1u << 30)	/* likewise, while there is a pin */

/* Is a place in the history? */
enum history_answer {
	HISTORY_HAS = 1,	/* it is; seq 0 with Sync-Point 0 always is */
	HISTORY_LACKS,		/* another Sync-Point is there, or another chain */
	HISTORY_FORGOTTEN,	/* that TL is remembered no more (or never came with a Live-Sync) */
	HISTORY_AHEAD,		/* nothing settled reaches so far */
};

/**
 * history_find() - look for a place
 * @s: store
 * @seq: of it
 * @sp: Sync-Point after TL @seq
 * @chain: after it. It counts only where one is known, which is at the end of each batch; a place
 *	where none is known is found by its Sync-Point
 * Returns an enum history_answer or -errno.
 */
int history_find(struct store *s, uint64_t seq, uint64_t sp,
		 const uint8_t chain[HSMREPL_CHAIN_LEN]);

/* Seq of the last TL that is settled. */
uint64_t history_settled(struct store *s);

/* So much is not settled that an append may soon have to wait: who can, gives it time. */
bool history_behind(struct store *s);

/* Every TL after this seq, up to history_settled(), is whole. */
uint64_t history_window(struct store *s);

/**
 * struct history_tl - one TL in the clear; borrowed for the call
 * @seq: of it
 * @tid: of it
 * @sp: Sync-Point after it
 * @tl: its bytes, header first
 */
struct history_tl {
	uint64_t seq;
	uint64_t tid;
	uint64_t sp;
	struct bytes tl;
};

/**
 * history_tail() - the TLs after @after, one after the other
 * @s: store
 * @after: seq before the first one
 * @max_bytes: ends before a TL that would go beyond this; the first one is always told
 * @fn: a non-zero return ends it and is returned; it must not call the store
 * @arg: of the callback
 *
 * Returns the number of TLs, 0 at the end; -ENODATA if @after is before the window; -EBADMSG if
 * the store is damaged; else -errno.
 */
int history_tail(struct store *s, uint64_t after, size_t max_bytes,
		 int (*fn)(void *arg, const struct history_tl *t), void *arg);

/**
 * struct history_row - what is remembered of one TL
 * @seq: of it
 * @tid: of it
 * @sp: Sync-Point after it
 * @has_chain: it ended a batch, and @chain is known
 * @chain: after it
 */
struct history_row {
	uint64_t seq;
	uint64_t tid;
	uint64_t sp;
	bool has_chain;
	uint8_t chain[HSMREPL_CHAIN_LEN];
};

/*
 * The rows with a seq above @after, ascending, @max at most; those forgotten are left out, so look
 * at @seq. Returns the number of rows, what @fn returned if not zero, or -errno.
 */
int history_rows(struct store *s, uint64_t after, unsigned int max,
		 int (*fn)(void *arg, const struct history_row *r), void *arg);

/**
 * struct history_epoch - how one epoch began
 * @position: with the TL that began it applied; its digest is not kept and zero
 * @nl: its node list
 */
struct history_epoch {
	struct position position;
	struct hsmrepl_nl nl;
};

/*
 * All epochs that are known, ascending. Returns their number, what @fn returned if not zero, or
 * -errno.
 */
int history_epochs(struct store *s, int (*fn)(void *arg, const struct history_epoch *e), void *arg);

/*
 * Keep every TL after @seq whole, if the window reaches so far now, until history_unpin() or the
 * next pin. One pin at a time. It gives way after HISTORY_PINNED_BYTES: history_tail() then says
 * -ENODATA.
 */
void history_pin(struct store *s, uint64_t seq);
void history_unpin(struct store *s);

#endif /* HSM_STORE_HISTORY_H */
