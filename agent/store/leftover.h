/* SPDX-License-Identifier: GPL-2.0 */
/* An import that nothing will ever go on with. */
#ifndef HSM_STORE_LEFTOVER_H
#define HSM_STORE_LEFTOVER_H

/*
 * Remove what there is of an import (import.h) in a store's directory; the store stays as it is.
 * Not while the import is open. Returns 0 or -errno.
 */
int leftover_drop(const char *dir);

#endif /* HSM_STORE_LEFTOVER_H */
