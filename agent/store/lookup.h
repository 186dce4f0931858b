/* SPDX-License-Identifier: GPL-2.0 */
/* What the caller's thread asks of what is settled, on a reading connection of its own. */
#ifndef HSM_STORE_LOOKUP_H
#define HSM_STORE_LOOKUP_H

#include "reader.h"
#include "tids.h"

/**
 * struct lookup - answers from what is settled
 * @r: reading connection
 * @tids: of what is settled; who settles adds to them
 */
struct lookup {
	struct reader *r;
	struct tids tids;
};

struct lookup *lookup_open(const struct store *s, char error[STORE_ERROR_MAX]);
void lookup_close(struct lookup *l);

/* store_outcome() of what is settled. -errno for trouble. */
int lookup_outcome(struct lookup *l, uint64_t tid, uint64_t *seq, uint64_t *sp);

/* store_each(). */
int lookup_each(struct lookup *l, int (*fn)(void *arg, const struct store_object *o), void *arg);

/* Fill in @image->objects, refused, n_refused; @image->nl is there already. Returns 0 or -errno. */
int lookup_image(struct lookup *l, struct store_image *image);

#endif /* HSM_STORE_LOOKUP_H */
