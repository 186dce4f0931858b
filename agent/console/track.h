/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: commits per second and how long they take, as they went.
 */
#ifndef HSM_CONSOLE_TRACK_H
#define HSM_CONSOLE_TRACK_H

#include "known.h"
#include "samples.h"

#define TRACK_MS	1000	/* between two samples, at least */

/**
 * struct track - what was, sample by sample
 * @rate: transactions applied here, per second
 * @latency: milliseconds of an own batch, in the mean; NAN when there was none
 * @begun: the rest is that of the last sample
 * @at_ms: when
 * @seq: TLs applied until then
 * @commits: own batches until then
 * @commit_s: seconds that they took
 */
struct track {
	struct samples rate;
	struct samples latency;
	bool begun;
	uint64_t at_ms;
	uint64_t seq;
	uint64_t commits;
	double commit_s;
};

/** track_take() - a look at the node; makes a sample if TRACK_MS went by since the last one */
void track_take(struct track *track, const struct known *known);

#endif /* HSM_CONSOLE_TRACK_H */
