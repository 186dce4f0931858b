/* SPDX-License-Identifier: GPL-2.0 */
/* Lets another node compare its content with this one's: answers DIGESTS, one asker at a time. */
#ifndef HSM_SYNC_INSPECT_H
#define HSM_SYNC_INSPECT_H

#include "census.h"
#include "message.h"

#define INSPECT_ENTRIES	32	/* a bucket with no more is told object by object */

/**
 * struct inspect_entry - one object, as ENTRIES tells it
 * @entry: its digest
 * @label: NUL terminated
 */
struct inspect_entry {
	struct digest_entry entry;
	char label[HSMREPL_LABEL_MAX + 1];
};

struct inspect;
struct service;

/* Returns NULL without memory. */
struct inspect *inspect_new(const struct sync_host *host);
void inspect_free(struct inspect *in);

/* Whether it was a question for it. */
bool inspect_frame(struct inspect *in, struct service *s, const struct sync_message *m);
void inspect_closed(struct inspect *in, struct service *s);

/* The store will be closed. */
void inspect_stop(struct inspect *in);

/* Takes the next entry, or bucket, from the data of an answer; false at its end. */
bool inspect_read_entry(struct bytes *from, struct inspect_entry *e);
bool inspect_read_bucket(struct bytes *from, struct census_bucket *b);

#endif /* HSM_SYNC_INSPECT_H */
