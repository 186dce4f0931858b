/* SPDX-License-Identifier: GPL-2.0 */
/* How another node's history stands to this one's; if they forked: where, and what came since. */
#ifndef HSM_SYNC_FORK_H
#define HSM_SYNC_FORK_H

#include "host.h"
#include "message.h"

#define FORK_ROWS_MAX 256	/* of each side, after the fork */

enum fork_kind {
	FORK_FAILED,		/* it could not be asked: @why */
	FORK_STRANGER,		/* it is of no pool, or of another one */
	FORK_SAME,		/* one's history is a part of the other's */
	FORK_SPLIT,		/* both went on after one common place */
};

struct fork_row {
	uint64_t seq;
	uint64_t tid;
	uint64_t sp;
};

/**
 * struct fork_side - one side since the fork
 * @place: where it stands
 * @nl: its node list
 * @major: more than half of the last common node list are in it
 * @n: entries of @row
 * @row: the first TLs after the fork
 */
struct fork_side {
	struct position place;
	struct node_list nl;
	bool major;
	unsigned int n;
	struct fork_row row[FORK_ROWS_MAX];
};

/**
 * struct fork_report - what was found
 * @kind: FORK_SPLIT: everything below counts
 * @why: FORK_FAILED
 * @whom: who was asked
 * @seq: last common TL
 * @sp: Sync-Point after it
 * @common: node list at that moment, n == 0 if it is remembered no more
 * @left: this node's side
 * @right: the other one
 */
struct fork_report {
	enum fork_kind kind;
	char why[SYNC_ERROR_MAX];
	struct member whom;
	uint64_t seq;
	uint64_t sp;
	struct node_list common;
	struct fork_side left;
	struct fork_side right;
};

typedef void (*fork_fn)(void *arg, uint64_t request, const struct fork_report *r);

/* Ask @whom; @done is called once, from the event loop. Returns false without memory. */
bool fork_begin(const struct sync_host *host, const struct member *whom, fork_fn done, void *arg,
		uint64_t request);

#endif /* HSM_SYNC_FORK_H */
