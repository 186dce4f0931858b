// SPDX-License-Identifier: GPL-2.0
/*
 * Console: figures of commits, from two looks at counters that only grow.
 */
#include <math.h>

#include "track.h"

/* Counters start anew with the agent, and seq with a node that is wiped. */
static double rate(const struct track *track, const struct known *known)
{
	if (known->device_error || known->state.seq < track->seq)
		return NAN;
	return (double)(known->state.seq - track->seq) * 1000 /
	       (double)(known->at_ms - track->at_ms);
}

static double latency(const struct track *track, const struct known *known)
{
	if (known->agent_error || known->commits <= track->commits)
		return NAN;
	return (known->commit_s - track->commit_s) * 1000 /
	       (double)(known->commits - track->commits);
}

void track_take(struct track *track, const struct known *known)
{
	if (track->begun && known->at_ms - track->at_ms < TRACK_MS)
		return;
	if (track->begun) {
		samples_add(&track->rate, rate(track, known));
		samples_add(&track->latency, latency(track, known));
	}
	track->begun = true;
	track->at_ms = known->at_ms;
	if (!known->device_error)
		track->seq = known->state.seq;
	if (!known->agent_error) {
		track->commits = known->commits;
		track->commit_s = known->commit_s;
	}
}
