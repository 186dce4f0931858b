/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of SQLite: made, and brought from older formats to the present one. */
#ifndef HSM_STORE_SCHEMA_H
#define HSM_STORE_SCHEMA_H

#include "table.h"

#define TABLE_FORMAT		3	/* of a file made anew */
/* The same, of a pool finalised at protocol 2 or later: agents that speak only 1 keep off. */
#define TABLE_FORMAT_FINALISED	4

/**
 * struct schema_owner - whose tables they are
 * @keys: borrowed
 * @node_id: of this node
 * @first_incarnation: what a file made anew says of the start before
 */
struct schema_owner {
	const struct seal_keys *keys;
	uint16_t node_id;
	uint32_t first_incarnation;
};

/**
 * schema_open() - make the tables in an empty file, or bring those of an older format up to date
 * @t: its connection and bodies are there
 * @path: of the file, for the error
 * @use: an import of an older format is not gone on with
 * @owner: whose they are
 * @error: filled in on failure: what is wrong and what to do
 *
 * In one transaction. A newer format, another secret or node is an error and changes nothing.
 * Returns 0, or -1 with @error set.
 */
int schema_open(struct table *t, const char *path, enum table_use use,
		const struct schema_owner *owner, char error[STORE_ERROR_MAX]);

/*
 * Within a transaction: when the node list says for the first time that the pool was finalised, the
 * format says so as well. Returns 0 or -errno.
 */
int schema_finalise(struct table *t);

#endif /* HSM_STORE_SCHEMA_H */
