/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Do the items of a full snapshot make up the content of a position? The same that an import asks
 * (import.h), without a disk: in bounded memory, for a rehearsal.
 */
#ifndef HSM_IMPORT_AUDIT_H
#define HSM_IMPORT_AUDIT_H

#include "snapshot.h"

struct audit;

/* NULL without memory, or if the digest's key cannot be derived. */
struct audit *audit_new(const uint8_t secret[STORE_KEY_LEN], const struct position *place);
void audit_free(struct audit *a);

/* The next item, in the order of a snapshot. Returns 0, or -EBADMSG if it cannot be right. */
int audit_item(struct audit *a, const struct snapshot_item *item);

/*
 * All items have come: is the last row of the history at the position, and does the content come
 * to its digest? Returns 0 or -EBADMSG.
 */
int audit_end(const struct audit *a);

#endif /* HSM_IMPORT_AUDIT_H */
