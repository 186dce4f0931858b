/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of SQLite: made, and brought from older formats to the present one. */
#ifndef HSM_STORE_SCHEMA_H
#define HSM_STORE_SCHEMA_H

#include "store.h"

struct sqlite3;
struct seal_keys;

#define TABLE_FORMAT	2

/**
 * schema_open() - make the tables in an empty file, or bring those of an older format up to date
 * @db: the open file
 * @path: of the file, for the error
 * @keys: keys of the store
 * @node_id: id of this node
 * @first_incarnation: what a file made anew says of the start before
 * @error: filled in on failure: what is wrong and what to do
 *
 * In one transaction. A newer format, another secret or node is an error and changes nothing.
 * Returns 0, or -1 with @error set.
 */
int schema_open(struct sqlite3 *db, const char *path, const struct seal_keys *keys,
		uint16_t node_id, uint32_t first_incarnation, char error[STORE_ERROR_MAX]);

#endif /* HSM_STORE_SCHEMA_H */
