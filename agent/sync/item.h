/* SPDX-License-Identifier: GPL-2.0 */
/* What a snapshot consists of, as it travels in ITEMS; Documentation/wire.md shows the layouts. */
#ifndef HSM_SYNC_ITEM_H
#define HSM_SYNC_ITEM_H

#include "snapshot.h"

/* Bytes of the longest item. */
#define ITEM_MAX (HSMREPL_TL_MAX + HSMREPL_OPS_MAX * sizeof(struct snapshot_live) + 256)

/**
 * item_encode() - append one item
 * @item: one item
 * @buf: ITEM_MAX bytes
 * Returns the bytes written, 0 for SNAP_NOTHING.
 */
size_t item_encode(const struct snapshot_item *item, uint8_t *buf);

/* What a decoded item points to, beside the bytes that it came from. */
struct item_room {
	struct history_epoch epoch;
	struct snapshot_live live[HSMREPL_OPS_MAX];
};

/**
 * item_decode() - take the first item
 * @from: items; moved on behind it
 * @room: holds what the item points to
 * @item: borrows from @from and @room
 * Returns false if it is malformed.
 */
bool item_decode(struct bytes *from, struct item_room *room, struct snapshot_item *item);

/* Are the bytes of the first item all there? One that is too long to be an item counts as whole. */
bool item_is_whole(struct bytes from);

#endif /* HSM_SYNC_ITEM_H */
