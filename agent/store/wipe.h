/* SPDX-License-Identifier: GPL-2.0 */
/* Zeroize: everything goes but the incarnation. */
#ifndef HSM_STORE_WIPE_H
#define HSM_STORE_WIPE_H

#include "store_private.h"

/* Begin: note the incarnation, then destroy everything else. */
int wipe_all(struct store *s);

/*
 * Finish a wipe that was cut off; @incarnation is left alone if there was none. Returns 0 or
 * -errno.
 */
int wipe_finish(int dir_fd, uint32_t *incarnation);

/* The wipe's note goes, once the new database holds the incarnation. Returns 0 or -errno. */
int wipe_done(int dir_fd);

#endif /* HSM_STORE_WIPE_H */
