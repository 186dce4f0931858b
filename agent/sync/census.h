/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All objects of one moment as digests, in memory, in the order of their label hashes. It is made
 * a bounded piece at a time, beside the other work of the agent.
 */
#ifndef HSM_SYNC_CENSUS_H
#define HSM_SYNC_CENSUS_H

#include "digest.h"
#include "host.h"

#define CENSUS_BUCKETS 256

struct census;

/* One byte of hashes further: how many objects, and the XOR of their digests. */
struct census_bucket {
	uint64_t n;
	uint64_t sum;
};

/* It is complete, or @why not; then it is void. */
typedef void (*census_fn)(void *arg, struct census *c, const char *why);

/* Returns NULL with @error set. @done is called from the event loop. The store must stay open. */
struct census *census_begin(const struct sync_host *host, census_fn done, void *arg,
			    char error[SYNC_ERROR_MAX]);
void census_free(struct census *c);

/* The moment; what its objects' digests come to; how many they are. */
const struct position *census_place(const struct census *c);
uint64_t census_sum(const struct census *c);
size_t census_count(const struct census *c);

/* The objects whose hash begins with @len bytes at @prefix. */
const struct digest_entry *census_range(const struct census *c, const uint8_t *prefix, size_t len,
					size_t *n);
void census_buckets(const struct census *c, const uint8_t *prefix, size_t len,
		    struct census_bucket bucket[CENSUS_BUCKETS]);

/* Label of an object; false if it cannot be read. */
bool census_label(struct census *c, const struct digest_entry *e,
		  char label[HSMREPL_LABEL_MAX + 1]);

#endif /* HSM_SYNC_CENSUS_H */
