/* SPDX-License-Identifier: GPL-2.0 */
/* What an object adds to the content digest: as the device computes it (kmod/core.c). */
#ifndef HSM_STORE_CONTENT_H
#define HSM_STORE_CONTENT_H

#include "ops.h"
#include "store.h"

/* @key: store_digest_key(). */
uint64_t content_digest(const uint8_t key[HSMREPL_KEY_LEN], const struct store_object *o);

/* An object whose content is the operation @op of TL @seq; identity and version from its row. */
struct object_row;
struct store_object content_of(const struct op *op, const struct object_row *row);

#endif /* HSM_STORE_CONTENT_H */
