/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The newcomer's side of Live-Sync: asks a member for what this node lacks, makes it its own,
 * follows what is committed, and becomes a member. Whatever breaks, it goes on: with the same
 * donor or another member, in this run of the agent or the next one, until it is done or refused.
 */
#ifndef HSM_SYNC_NEWCOMER_H
#define HSM_SYNC_NEWCOMER_H

#include "host.h"
#include "order.h"

enum newcomer_state {
	NEWCOMER_IDLE,		/* nothing was asked for */
	NEWCOMER_WAITING,	/* for the moment to dial */
	NEWCOMER_DIALLING,	/* a member */
	NEWCOMER_PLANNING,	/* it looks what is to be sent */
	NEWCOMER_IMPORTING,	/* items come */
	NEWCOMER_LOADING,	/* all are there: store and device are made */
	NEWCOMER_CATCHING_UP,	/* a learner: TLs come */
	NEWCOMER_ADMITTING,	/* it stands where the pool does, and asks to be a member */
	NEWCOMER_DONE,		/* it is one */
	NEWCOMER_FAILED,	/* refused, or broken */
	NEWCOMER_STATES
};

struct newcomer;

/**
 * struct newcomer_view - how far it has come
 * @state: see above
 * @phase: the same in words
 * @donor: name of the member that it is about
 * @percent: of all
 * @bytes: received
 * @bytes_total: to receive, an estimate; 0 if it is not known yet
 * @tls: TLs received
 * @rate: bytes a second
 * @left_s: seconds left, an estimate
 * @trouble: why it waits, or failed; empty if all is well
 * @quarantine: where old objects were put aside, or empty
 */
struct newcomer_view {
	enum newcomer_state state;
	const char *phase;
	char donor[HSMREPL_NAME_MAX];
	unsigned int percent;
	uint64_t bytes;
	uint64_t bytes_total;
	uint64_t tls;
	uint64_t rate;
	uint64_t left_s;
	char trouble[SYNC_ERROR_MAX];
	char quarantine[SYNC_ERROR_MAX];
};

/* Returns NULL without memory. */
struct newcomer *newcomer_new(const struct sync_host *host);
void newcomer_free(struct newcomer *n);

/* Goes on with what an earlier run was asked for, if there is anything. Once, at the start. */
void newcomer_wake(struct newcomer *n);

/**
 * newcomer_begin() - join by way of that member
 * @n: newcomer
 * @order: donor, and whether to overwrite
 * @why: why not: what, ": ", what to do
 * Returns 0, or an errno with @why set.
 */
int newcomer_begin(struct newcomer *n, const struct order *order, char why[SYNC_ERROR_MAX]);

/* Forget it: the node is zeroized. Not while newcomer_busy(). */
void newcomer_forget(struct newcomer *n);

void newcomer_tick(struct newcomer *n, uint64_t now_ms);

void newcomer_look(const struct newcomer *n, struct newcomer_view *view);

#endif /* HSM_SYNC_NEWCOMER_H */
