/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The batches that this node committed last, for a learner that stands close behind: in memory, in
 * order, without a gap, and only while somebody wants them.
 */
#ifndef HSM_SYNC_FEED_H
#define HSM_SYNC_FEED_H

#include "types.h"

#define FEED_BYTES_MAX (16u << 20)

struct feed;

/**
 * struct feed_batch - one committed batch, borrowed until the next call
 * @before: seq that it stands on
 * @after: seq after it
 * @n_tls: TLs
 * @tls: the TLs
 */
struct feed_batch {
	uint64_t before;
	uint64_t after;
	unsigned int n_tls;
	struct bytes tls;
};

/* Returns NULL without memory. */
struct feed *feed_new(void);
void feed_free(struct feed *f);

/* Keep from now on what is committed after @seq, where this node stands. */
void feed_start(struct feed *f, uint64_t seq);
void feed_stop(struct feed *f);
bool feed_runs(const struct feed *f);

/* What the log is told: a yes with its TLs (copied), then its commit, with the seq after it. */
void feed_yes(struct feed *f, struct batch_id id, struct bytes tls, unsigned int n_tls);
void feed_commit(struct feed *f, struct batch_id id, uint64_t after);

/**
 * feed_next() - the batch that stands on @seq
 * @f: feed
 * @seq: place that the batch follows
 * @b: filled in
 *
 * Returns 1 with @b filled in; 0: there is none yet; -1: it does not go back so far (any more), or
 * memory was short: it must be started again.
 */
int feed_next(const struct feed *f, uint64_t seq, struct feed_batch *b);

/* What ends at @seq or before is not wanted any more. */
void feed_forget(struct feed *f, uint64_t seq);

/* Bytes of the batches that it holds. */
size_t feed_bytes(const struct feed *f);

#endif /* HSM_SYNC_FEED_H */
