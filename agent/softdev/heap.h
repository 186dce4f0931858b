/* SPDX-License-Identifier: GPL-2.0 */
/* Pages for the heap, many in one call, before they are touched. */
#ifndef HSM_SOFTDEV_HEAP_H
#define HSM_SOFTDEV_HEAP_H

/** heap_open() - from now on the heap grows by 1 MiB or more at a time; returns where it ends */
char *heap_open(void);

/**
 * heap_ahead() - have the kernel provide what the heap grew by
 * @end: where it ended when one of these was called last
 *
 * Returns where it ends now. If the kernel cannot, pages come as they are touched.
 */
char *heap_ahead(char *end);

#endif /* HSM_SOFTDEV_HEAP_H */
