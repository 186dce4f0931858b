/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a restored node begins: a FORM TL with a TID of its own on top of the history that it got
 * back. It begins an epoch with a new pool id and this node alone, so neither the pool that the
 * history came from nor another node restored from the same backup can be taken for this one.
 */
#ifndef HSM_BACKUP_FOUNDING_H
#define HSM_BACKUP_FOUNDING_H

#include "history.h"

/**
 * struct founding - what that TL comes to
 * @nl: node list of the new pool
 * @place: position after it
 * @row: of the history
 * @epoch: that it begins
 */
struct founding {
	struct node_list nl;
	struct position place;
	struct history_row row;
	struct history_epoch epoch;
};

/*
 * @from: the history's end; @protocol: that its pool was finalised at, 0 for never; @self: this
 * node. False if there are no random numbers.
 */
bool founding_make(const struct position *from, uint16_t protocol, const struct member *self,
		   struct founding *f);

#endif /* HSM_BACKUP_FOUNDING_H */
