/* SPDX-License-Identifier: GPL-2.0 */
/* Asks all members where they stand, and how they stand to each other. */
#ifndef HSM_SYNC_CROSS_H
#define HSM_SYNC_CROSS_H

#include "answer.h"

/**
 * struct cross_node - what one member says; of this node itself, what it knows
 * @member: as listed
 * @reached: it answered
 * @why: why not
 * @here: its answer, without data
 * @n_peers: entries of @peer
 * @peer: how others stand to it
 */
struct cross_node {
	struct member member;
	bool reached;
	char why[SYNC_ERROR_MAX];
	struct sync_message here;
	unsigned int n_peers;
	struct answer_peer peer[HSMREPL_NODES_MAX];
};

/* A pair of members, as one sees the other. */
enum cross_fact {
	CROSS_UNSURE,	/* one was not reached, or has moved on while the other answered */
	CROSS_YES,
	CROSS_NO,
};

/* All have answered, or failed to. */
typedef void (*cross_fn)(void *arg, uint64_t request, const struct cross_node *node,
			 unsigned int n);

/* Returns false without memory or a pool; @done may be called before it returns. */
bool cross_begin(const struct sync_host *host, cross_fn done, void *arg, uint64_t request);

/* Does @a hold a connection to @b, as a member of its history? */
bool cross_connected(const struct cross_node *a, const struct cross_node *b);
enum cross_fact cross_epoch(const struct cross_node *a, const struct cross_node *b);

/* Sync-Point and chain; by the place of the node that asked, unless both stand at one seq. */
enum cross_fact cross_history(const struct cross_node *a, const struct cross_node *b);
enum cross_fact cross_digest(const struct cross_node *a, const struct cross_node *b);

#endif /* HSM_SYNC_CROSS_H */
