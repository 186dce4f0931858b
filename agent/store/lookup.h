/* SPDX-License-Identifier: GPL-2.0 */
/* What the caller's thread asks of what is settled, on a reading connection of its own. */
#ifndef HSM_STORE_LOOKUP_H
#define HSM_STORE_LOOKUP_H

#include "reader.h"

#define LOOKUP_RECENT	(1u << 16)	/* TLs whose TIDs are in memory at the least */

/**
 * struct lookup - answers from what is settled
 * @r: reading connection
 * @recent: TIDs to seqs, of TLs from @recent_from to @recent_to
 * @recent_from: see @recent
 * @recent_to: likewise
 */
struct lookup {
	struct reader *r;
	struct places recent;
	uint64_t recent_from;
	uint64_t recent_to;
};

struct lookup *lookup_open(const struct store *s, char error[STORE_ERROR_MAX]);
void lookup_close(struct lookup *l);

/*
 * store_outcome() of what is settled: at once for recent TLs, by a scan for what is older. -errno
 * for trouble.
 */
int lookup_outcome(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp);

/* store_each(). */
int lookup_each(struct lookup *l, int (*fn)(void *arg, const struct store_object *o), void *arg);

/* Fill in @image->objects, refused, n_refused; @image->nl is there already. Returns 0 or -errno. */
int lookup_image(struct lookup *l, struct store_image *image);

#endif /* HSM_STORE_LOOKUP_H */
