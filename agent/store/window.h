/* SPDX-License-Identifier: GPL-2.0 */
/* How long the bodies of TLs without live objects stay (history.h says what the window is). */
#ifndef HSM_STORE_WINDOW_H
#define HSM_STORE_WINDOW_H

#include "table.h"

#define WINDOW_SWEEP	1024	/* TLs that one transaction may drop beside those it makes up for */

/* The last object that lived in the TL @seq has left it. Returns 0 or -errno. */
int window_dead(struct table *t, uint64_t seq);

/* Move on with @t->state.position, some steps at a time. Returns 0 or -errno. */
int window_move(struct table *t);

#endif /* HSM_STORE_WINDOW_H */
