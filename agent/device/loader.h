/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gives a store's content to the device: while a thread hands over one chunk of objects, the next
 * one is filled. Nothing else may be asked of the device between loader_begin() and loader_end()
 * or loader_free().
 */
#ifndef HSM_DEVICE_LOADER_H
#define HSM_DEVICE_LOADER_H

#include "store.h"
#include "../core/step.h"

struct hsmrepl;
struct loader;

/* NULL: no memory. */
struct loader *loader_new(struct hsmrepl *dev);
void loader_free(struct loader *l);

/*
 * All return 0 or what LOAD did, -errno; loader_add() also what it did with objects that were added
 * before.
 */
int loader_begin(struct loader *l);
int loader_add(struct loader *l, const struct store_object *o);
int loader_end(struct loader *l, const struct position *position, const struct node_list *nl);

#endif /* HSM_DEVICE_LOADER_H */
