/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SQLite's file is flushed a little at a time while pages are written to it. A checkpoint writes
 * tens of megabytes and flushes them at its end: the kernel makes requests of several megabytes of
 * that, and the next writes of the log, for which commits wait, stand behind all of them.
 */
#ifndef HSM_STORE_TRICKLE_H
#define HSM_STORE_TRICKLE_H

struct sqlite3;
struct trickle;

/*
 * Of the file of @db, from now on. NULL without memory. trickle_free() once @db is closed.
 */
struct trickle *trickle_new(struct sqlite3 *db);
void trickle_free(struct trickle *t);

#endif /* HSM_STORE_TRICKLE_H */
