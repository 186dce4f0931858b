/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TIDs of the last TABLE_HISTORY settled TLs, 8 bytes each: which seq has a TID is found by
 * going through all of them, which takes a millisecond and no disk. One thread adds, one asks.
 */
#ifndef HSM_STORE_TIDS_H
#define HSM_STORE_TIDS_H

#include <stdatomic.h>
#include <stdint.h>

/**
 * struct tids - TIDs by seq
 * @tid: that of seq n at n % TABLE_HISTORY, 0 where it is not known; owned
 * @last: highest seq that was added
 */
struct tids {
	_Atomic uint64_t *tid;
	_Atomic uint64_t last;
};

/* Returns 0 or -ENOMEM; tids_close() in either case. */
int tids_open(struct tids *t);
void tids_close(struct tids *t);

/* @seq is higher than that of all before; those between were forgotten. */
void tids_add(struct tids *t, uint64_t seq, uint64_t tid);

/* Seq of a TID, 0 if it is not among them. */
uint64_t tids_find(const struct tids *t, uint64_t tid);

#endif /* HSM_STORE_TIDS_H */
