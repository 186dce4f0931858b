/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks out for nodes that once were of this pool and are not connected: has one gone on without
 * it? That is a split brain, and the core is told.
 */
#ifndef HSM_SYNC_LOOKOUT_H
#define HSM_SYNC_LOOKOUT_H

#include "fork.h"

#define LOOKOUT_MS 10000	/* between two looks at all of them */

struct lookout;

/* Returns NULL without memory. */
struct lookout *lookout_new(const struct sync_host *host);
void lookout_free(struct lookout *l);

void lookout_tick(struct lookout *l, uint64_t now_ms);

/* The split that was found, or NULL. */
const struct fork_report *lookout_split(const struct lookout *l);

#endif /* HSM_SYNC_LOOKOUT_H */
