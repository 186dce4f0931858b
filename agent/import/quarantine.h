/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file of objects that were put aside when another content took their place:
 * quarantine-YYYYMMDD-HHMMSS in the store's directory, sealed under a key derived from the key-set
 * secret alone, so that every node of the pool can read it. Documentation/store.md draws it.
 */
#ifndef HSM_IMPORT_QUARANTINE_H
#define HSM_IMPORT_QUARANTINE_H

#include "store.h"

#define QUARANTINE_NAME_MAX	64

struct seal_keys;
struct quarantine;

/* Begin a file, nameless for people yet. NULL, with errno, if that cannot be. */
struct quarantine *quarantine_new(int dir_fd, const struct seal_keys *keys, uint16_t node_id);

/* Returns 0 or -errno. */
int quarantine_put(struct quarantine *q, const struct store_object *o);

/* Objects so far. */
uint64_t quarantine_count(const struct quarantine *q);

/* End the file and give it its name, durably. Returns 0 or -errno. */
int quarantine_end(struct quarantine *q, char name[QUARANTINE_NAME_MAX]);

/* What was not ended goes. */
void quarantine_free(struct quarantine *q);

/**
 * quarantine_each() - walk the objects in a file
 * @path: of the file
 * @secret: key-set secret
 * @fn: called for each; a non-zero return ends the walk and is returned
 * @arg: of the callback
 * @error: what is wrong and what to do
 *
 * A file that was cut off, or changed, is an error, told after the objects before that place.
 * Returns 0, what @fn returned, or -1 with @error set.
 */
int quarantine_each(const char *path, const uint8_t secret[STORE_KEY_LEN],
		    int (*fn)(void *arg, const struct store_object *o), void *arg,
		    char error[STORE_ERROR_MAX]);

#endif /* HSM_IMPORT_QUARANTINE_H */
