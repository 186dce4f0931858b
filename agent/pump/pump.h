/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pump: feeds events to the protocol core one at a time, and has the actions that follow
 * carried out in their order. It knows no device, socket or file: the hands do.
 */
#ifndef HSM_PUMP_PUMP_H
#define HSM_PUMP_PUMP_H

#include "phases.h"
#include "trace.h"
#include "../core/step.h"
#include "../core/view.h"

struct pump;

/**
 * struct hands - who carries the actions out
 * @send: queue a frame to a peer
 * @drop: close a connection
 * @soon: note an EV_TICK in NODE_SOON_MS; one that was to come before need not
 * @append: append a record to the log; @after is the position after the batch, for RECORD_COMMIT
 * @flush: nothing else is to be done: what was appended may go to the disk now; notes EV_DURABLE
 * @grant: begin to let the device claim a batch
 * @revoke: take the grant back; *error as EV_REVOKED has it
 * @prepare: begin to have the device validate a batch
 * @resolve: begin to decide the slot
 * @give: the device gets what was begun
 * @end: wait for the first of those that were begun; *error as EV_PREPARED has it, *after is where
 *	the device stands after a resolve, or would after the commit of what was prepared (seq 0 if
 *	it does not tell)
 * @nodes: queue a transaction that changes the node list; *error as EV_SUBMITTED has it
 * @answer: answer an administrative request
 * @report: tell device and log
 * @members: connect to these nodes
 * @candidate: connect to this node as well, or to none
 * @lookup: look for a place in the store's history; note EV_LOOKUP, now or later
 * @arg: handed to all of them
 *
 * They must not call the pump, but for pump_note() of an event without data. Those that return int
 * return 0, or a negative errno if their resource is gone: then the pump stops for good.
 */
struct hands {
	void (*send)(void *arg, const struct action *a);
	void (*drop)(void *arg, const struct action *a);
	void (*soon)(void *arg);
	void (*append)(void *arg, const struct action *a, const struct position *after);
	void (*flush)(void *arg);
	void (*grant)(void *arg, const struct action *a);
	int (*revoke)(void *arg, int *error);
	void (*prepare)(void *arg, const struct action *a);
	void (*resolve)(void *arg, const struct action *a);
	void (*give)(void *arg);
	int (*end)(void *arg, int *error, struct position *after);
	int (*nodes)(void *arg, const struct action *a, int *error);
	int (*answer)(void *arg, const struct action *a);
	int (*report)(void *arg, const struct action *a);
	void (*members)(void *arg, const struct action *a);
	void (*candidate)(void *arg, const struct action *a);
	void (*lookup)(void *arg, const struct action *a);
	void *arg;
};

#define PUMP_CALLS_MAX 4	/* begun by @grant, @prepare and @resolve, and not ended */
#define PUMP_MESSAGES 32
#define PUMP_RECORDS 8

/**
 * struct pump_counters - since the start
 * @events: by type
 * @actions: by type
 * @frames_out: by message type, those over the array in the last entry
 * @frames_in: the same
 * @appends: by record type
 * @batches: applied
 * @transactions: applied
 * @frames_refused: frames dropped because too much waited
 */
struct pump_counters {
	uint64_t events[EV_TYPES];
	uint64_t actions[ACT_TYPES];
	uint64_t frames_out[PUMP_MESSAGES];
	uint64_t frames_in[PUMP_MESSAGES];
	uint64_t appends[PUMP_RECORDS];
	uint64_t batches;
	uint64_t transactions;
	uint64_t frames_refused;
};

/**
 * pump_new() - a node that waits for pump_boot()
 * @id: of this node
 * @name: of this node
 * @hands: copied
 * @trace: where to write the story, NULL for nowhere; the caller's
 * Returns NULL without memory.
 */
struct pump *pump_new(uint16_t id, const char *name, const struct hands *hands,
		      struct trace *trace);
void pump_free(struct pump *p);

/**
 * pump_boot() - start the node, or start it again with other content
 * @p: pump
 * @recovery: borrowed for the call. Nothing may wait (call pump_run() before)
 */
void pump_boot(struct pump *p, const struct recovery *recovery);

/**
 * pump_note() - an event happened: it waits for pump_run()
 * @p: pump
 * @ev: copied; time and random number are filled in when its turn comes
 *
 * Returns false if an EV_MESSAGE finds no room; its connection must then be dropped.
 */
bool pump_note(struct pump *p, const struct event *ev);

/**
 * pump_run() - take the waiting events, and those that come of them
 * @p: pump
 *
 * The device may still be at work on what was begun at last: nobody sleeps for that alone. What
 * it comes to is taken before the next event, which may wait until the next EV_TICK.
 *
 * Returns 0, or the negative errno with which a hand stopped the pump, now or earlier.
 */
int pump_run(struct pump *p);

/* As pump_run(), but nothing is under way after it. */
int pump_settle(struct pump *p);

/*
 * Its times are by clock_ms(). Its position is the device's, the store's too: what is under way is
 * not in it.
 */
void pump_look(const struct pump *p, struct node_view *view);
const struct pump_counters *pump_count(const struct pump *p);

/* Where its commits' time goes, by clock_ns(); who reads the device or the store tells it when. */
struct phases *pump_phases(struct pump *p);
#endif /* HSM_PUMP_PUMP_H */
