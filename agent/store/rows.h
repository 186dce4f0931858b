/* SPDX-License-Identifier: GPL-2.0 */
/* The rows of objects, by label; as the writing connection sees them. */
#ifndef HSM_STORE_ROWS_H
#define HSM_STORE_ROWS_H

#include "table.h"

/* All as in table.h: within a transaction where they change something. */

/* The object of a label: 1, 0 when there is none, -errno. */
int table_find(struct table *t, const uint8_t label[SEAL_HASH_LEN], struct object_row *row);

/* Fetch what table_find() needs, @max objects. 1: there is more, 0, -errno. */
int table_load(struct table *t, unsigned int max);
void table_unload(struct table *t);

/* Add a row; take one out that table_find() told. */
int table_put(struct table *t, const uint8_t label[SEAL_HASH_LEN], const struct object_row *row);
int table_take_out(struct table *t, const uint8_t label[SEAL_HASH_LEN],
		   const struct object_row *row);

/* The operation a row names, borrowed until the next call; its identity is there then. */
int table_content(struct table *t, struct object_row *row, struct op *op);

#endif /* HSM_STORE_ROWS_H */
