/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the administrator ordered, in ORDER_FILE of the state directory (home.h): a Live-Sync goes
 * on by itself after a restart until it is done.
 */
#ifndef HSM_SYNC_ORDER_H
#define HSM_SYNC_ORDER_H

#include "types.h"

/**
 * struct order - a Live-Sync that was asked for
 * @donor: from whom
 * @overwrite: what this node holds may be put aside
 */
struct order {
	struct member donor;
	bool overwrite;
};

/* Returns 0, or a negative errno. What was there is replaced at once, or not at all. */
int order_write(const char *dir, const struct order *o);

/* Returns 1, 0 if there is none, or a negative errno; -EBADMSG: it cannot be read. */
int order_read(const char *dir, struct order *o);

/* Done, or given up. */
int order_drop(const char *dir);

#endif /* HSM_SYNC_ORDER_H */
