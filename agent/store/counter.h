/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A counter outside the store, on other storage, that only rises: a store that was put back from an
 * old copy, and has forgotten what was said in its name since, is told by it.
 *
 * The store holds the value that is to be written next before it is written: the counter is the
 * store's or one less. If it is more, the store is an old copy. It rises with every start and with
 * every COUNTER_STEP TLs that are settled.
 */
#ifndef HSM_STORE_COUNTER_H
#define HSM_STORE_COUNTER_H

#include "store_private.h"

#define COUNTER_STEP	1024

/**
 * counter_look() - compare, before the store is written
 * @s: store
 * @rolled_back: the store is an old copy; it does not count any more
 * @error: filled in on failure: what is wrong and what to do
 * Returns 0, or -1 with @error set.
 */
int counter_look(struct store *s, bool *rolled_back, char error[STORE_ERROR_MAX]);

/* In a transaction: the next value, if it is time for one, or @now. */
void counter_rise(struct store *s, bool now);

/* After it: write what is not written yet. Returns 0 or -errno. */
int counter_tell(struct store *s);

#endif /* HSM_STORE_COUNTER_H */
