/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the time of a commit goes: one histogram for each phase of the batches that this node
 * coordinates, and one for the votes of each peer. Documentation/performance.md says how to read
 * them.
 */
#ifndef HSM_PUMP_PHASES_H
#define HSM_PUMP_PHASES_H

#include "../core/step.h"

enum phase {
	PHASE_QUEUE,	/* the first transaction waits: until the grant, for turn and slot */
	PHASE_CLAIM,	/* from the grant, or from the read if nothing waited, to the TLs at hand */
	PHASE_APPEND,	/* from there until the own yes is on the disk */
	PHASE_VOTE,	/* from there until the last vote came */
	PHASE_APPLY,	/* the device is told to apply it; the module does so meanwhile */
	PHASE_WAKE_UP,	/* from the disk's answer until the protocol's thread takes it */
	PHASE_COMMIT,	/* from the TLs at hand until then */
	PHASE_ANSWER,	/* as a voter: from PREPARE to vote */
	PHASES
};

#define PHASE_BUCKETS		18	/* the last one has no bound */
#define PHASE_FIRST_US		16	/* bound of the first; each next one is twice as far */

/**
 * struct histogram - how long a phase took
 * @sum_ns: of all
 * @count: of each bucket alone, not of those below it
 */
struct histogram {
	uint64_t sum_ns;
	uint64_t count[PHASE_BUCKETS];
};

/**
 * struct voter - how long a peer takes to vote
 * @id: node id, 0 for an unused entry
 * @asked_ns: the last PREPARE went to it
 * @waits: its vote on that has not come
 * @took: from there until its vote came
 */
struct voter {
	uint16_t id;
	uint64_t asked_ns;
	bool waits;
	struct histogram took;
};

/**
 * struct phases - what was seen of the batch under way, and the histograms
 * @of: one for each phase
 * @voter: peers that were asked for votes, the latest HSMREPL_NODES_MAX of them
 * @own: number of the own batch that is undecided, 0 for none
 * @queued_ns: transactions wait since then, as far as told; 0 if none do
 * @granted_ns: last grant
 * @read_ns: the device's last read began
 * @claimed_ns: @own was at hand
 * @flushed_ns: @own was on the disk, 0 if it is not
 * @voted_ns: newest vote on @own, 0 for none
 * @asked_ns: a PREPARE came and was not answered, 0 for none
 */
struct phases {
	struct histogram of[PHASES];
	struct voter voter[HSMREPL_NODES_MAX];
	uint64_t own;
	uint64_t queued_ns;
	uint64_t granted_ns;
	uint64_t read_ns;
	uint64_t claimed_ns;
	uint64_t flushed_ns;
	uint64_t voted_ns;
	uint64_t asked_ns;
};

const char *phase_name(enum phase phase);

/* How long that peer took for its votes; NULL if it was never asked for one. */
const struct histogram *phases_voter(const struct phases *p, uint16_t id);

/* How long transactions have waited for turn and slot, as far as told; 0 if none do. */
uint64_t phases_waiting_ns(const struct phases *p, uint64_t now_ns);

/* The pump takes an event, and an action that came of it, both at @now_ns. */
void phases_event(struct phases *p, const struct event *ev, uint64_t now_ns);
void phases_action(struct phases *p, const struct action *a, uint64_t now_ns);

/* The device was told to RESOLVE, which began at @began_ns. */
void phases_given(struct phases *p, const struct action *a, uint64_t began_ns, uint64_t now_ns);

/* The device is being read. */
void phases_read(struct phases *p, uint64_t now_ns);

/* The store had a yes on the disk at @done_ns; its EV_DURABLE comes next. */
void phases_flushed(struct phases *p, uint64_t number, uint64_t done_ns);

#endif /* HSM_PUMP_PHASES_H */
