/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the newcomer: newcomer.c (whom to ask, what comes of it), newcomer_take.c (the import),
 * newcomer_follow.c (the learner).
 */
#ifndef HSM_SYNC_NEWCOMER_PRIVATE_H
#define HSM_SYNC_NEWCOMER_PRIVATE_H

#include <event2/util.h>

#include "intake.h"
#include "newcomer.h"

/**
 * struct newcomer - this node on its way into a pool
 * @host: the agent
 * @state: enum newcomer_state
 * @order: what was asked for
 * @via: member that is dialled or connected
 * @service: to it, or NULL
 * @intake: import under way
 * @had: what a cut import had when the JOIN was sent
 * @parked: the node takes part in nothing, its store is closed
 * @learnt: it was a learner since the order came
 * @passed_by: it cannot learn what is next in the history: it has to be fetched
 * @pool: members of the pool, once one told them
 * @attempt: how often was dialled in vain
 * @now_ms: of the last tick
 * @due_ms: NEWCOMER_WAITING: when to dial; ADMITTING: when to ask again
 * @moved_ms: when something came last
 * @seq: position at @moved_ms
 * @paused: the donor is to wait with more TLs
 * @ended: the donor sent all that is settled
 * @goal: where the donor stood when it said that it feeds
 * @begun_ms: when the order came, 0 until the first tick after it
 * @import_ms: when the items began to come
 * @bytes: received in this run, @total to receive
 * @total: estimate
 * @base: bytes that were there before this run
 * @tls: received, as last counted
 * @percent: as last reported
 * @trouble: see struct newcomer_view
 * @quarantine: see struct newcomer_view
 * @step: goes on with LOADING
 */
struct newcomer {
	const struct sync_host *host;
	enum newcomer_state state;
	struct order order;
	struct member via;
	struct service *service;
	struct intake *intake;
	struct import_state had;
	bool parked;
	bool learnt;
	bool passed_by;
	struct node_list pool;
	unsigned int attempt;
	uint64_t now_ms;
	uint64_t due_ms;
	uint64_t moved_ms;
	uint64_t seq;
	bool paused;
	bool ended;
	uint64_t goal;
	uint64_t begun_ms;
	uint64_t import_ms;
	uint64_t bytes;
	uint64_t total;
	uint64_t base;
	uint64_t tls;
	unsigned int percent;
	char trouble[SYNC_ERROR_MAX];
	char quarantine[SYNC_ERROR_MAX];
	struct event *step;
};

/* newcomer.c */
void newcomer_move(struct newcomer *n, enum newcomer_state to);

/* Has it come further? Then whoever listens is told. */
void newcomer_report(struct newcomer *n);

/* Later, with this member or another one. */
void newcomer_retry(struct newcomer *n, const char *why);

/* For good: the node stands where it stood before. */
void newcomer_fail(struct newcomer *n, const char *why);

/* Why it waits, for people; logged by the caller. */
void newcomer_trouble(struct newcomer *n, const char *why);

/* The node is again what its state directory says; false: it cannot be, the agent ends. */
bool newcomer_unpark(struct newcomer *n);

/* newcomer_take.c */

/* All items had come when the agent ended: no donor is needed. False if it is not so. */
bool newcomer_go_on_loading(struct newcomer *n);
void newcomer_take_plan(struct newcomer *n, const struct sync_message *plan);
void newcomer_take_items(struct newcomer *n, const struct sync_message *m);

/* All items are there: make store and device, a step at a time. */
void newcomer_load(struct newcomer *n);
void newcomer_step(evutil_socket_t fd, short what, void *arg);

/* newcomer_follow.c */

/* Catch up, from where the node stands. */
void newcomer_follow(struct newcomer *n);
void newcomer_follow_tick(struct newcomer *n);
void newcomer_learn(struct newcomer *n, const struct sync_message *m);
void newcomer_take_fed(struct newcomer *n, const struct sync_message *m);
void newcomer_take_again(struct newcomer *n, const struct sync_message *m);

#endif /* HSM_SYNC_NEWCOMER_PRIVATE_H */
