/* SPDX-License-Identifier: GPL-2.0 */
/* A TL of a snapshot from elsewhere: is it what it says, and which objects live in it? */
#ifndef HSM_IMPORT_LIVE_TL_H
#define HSM_IMPORT_LIVE_TL_H

#include "ops.h"
#include "snapshot.h"

struct object_row;

/* Does the head of the TL say what the item says of it? */
bool live_tl_is_sound(const struct history_tl *t);

/**
 * live_tl_each() - walk the operations whose objects live
 * @item: SNAP_TL
 * @fn: called for each, in order; a non-zero return ends the walk and is returned
 * @arg: of @fn
 *
 * Returns 0, what @fn returned, or -EBADMSG if the TL is malformed, lacks an operation that is to
 * live, or has one that makes no object.
 */
int live_tl_each(const struct snapshot_item *item,
		   int (*fn)(void *arg, const struct op *op, const struct snapshot_live *live),
		   void *arg);

/* What the item says of the object beside its content. */
void live_identity(const struct snapshot_live *live, struct object_row *row);

#endif /* HSM_IMPORT_LIVE_TL_H */
