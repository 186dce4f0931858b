/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One node: its machine, its disk and its agent, which is the real protocol core and, in the
 * place of agent/pump and all around it, this pump.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "disk.h"
#include "machine.h"
#include "net.h"

#define INBOX_MAX	1024	/* events that wait */

struct world;

/**
 * struct incoming - an event that waits
 * @ev: the event
 * @position: what ev.position points to
 * @frame: what ev.data points into, or NULL
 */
struct incoming {
	struct event ev;
	struct position position;
	struct frame *frame;
};

/**
 * struct host - one node
 * @w: its world
 * @id: node id
 * @machine: its kernel
 * @disk: its log
 * @node: protocol core, while @agent
 * @agent: the agent runs
 * @halted: its disk failed
 * @protocol: highest version that its agent speaks
 * @power: counts starts of the machine
 * @life: counts starts of the agent
 * @clock_us: ahead of simulated time
 * @slow_until_us: flushes take long until then
 * @fail_until_us: allocations of the device may fail until then
 * @after: the device's position after the last resolve
 * @nl: node list in force, as the core told it: with others there are no connections
 * @candidate: newcomer that may connect as well, 0 for none
 * @loading: its device gets other content: what is queued there is dropped
 * @form_nl: list of the form that is asked for
 * @inbox: ring of events that wait, @n_inbox from @first_inbox on; the first @n_results of them
 *	are results of device calls
 * @running: host_run() is at work
 * @run_due: DUE_RUN is on the agenda
 * @read_due: DUE_READ is on the agenda
 * @idle_due: DUE_IDLE is on the agenda
 * @batch: TLs read of the claimed batch, @batch_len bytes, @batch_tls of them
 */
struct host {
	struct world *w;
	uint16_t id;
	struct machine machine;
	struct disk disk;
	struct node *node;
	bool agent;
	bool halted;
	uint16_t protocol;
	unsigned int power;
	unsigned int life;
	uint64_t clock_us;
	uint64_t slow_until_us;
	uint64_t fail_until_us;
	struct position after;
	struct node_list nl;
	uint16_t candidate;
	bool loading;
	struct node_list form_nl;
	struct incoming inbox[INBOX_MAX];
	unsigned int first_inbox;
	unsigned int n_inbox;
	unsigned int n_results;
	bool running;
	bool run_due;
	bool read_due;
	bool idle_due;
	uint32_t batch_len;
	unsigned int batch_tls;
	uint8_t batch[SIM_SLOT_MAX] __attribute__((aligned(8)));
};

void host_init(struct host *h, struct world *w, uint16_t id);
void host_free(struct host *h);

/* The place for one more event of that type (inbox.c). */
struct incoming *host_place(struct host *h, enum event_type type);
void host_drop_inbox(struct host *h);

/* An event for the agent, in its turn; takes @frame over, which may be NULL. */
void host_note(struct host *h, const struct event *ev, struct frame *frame);
/* Power and agent come up, as far as they are down (recover.c). */
void host_start(struct host *h);
void host_boot(struct host *h, const struct recovery *r);
void host_agent_dies(struct host *h);
void host_power_off(struct host *h);

/* As it stands in a node list. */
struct member host_member(const struct host *h);

/* What is due. */
void host_tick(struct host *h);
void host_soon(struct host *h);
void host_run(struct host *h);
void host_read(struct host *h);
void host_flushed(struct host *h);
void host_idle(struct host *h);
void host_grace_ends(struct host *h);

/* After anything that was done to the machine: callers are told, reads come due. */
void host_settle(struct host *h);
void host_flush(struct host *h);

#endif /* SIM_HOST_H */
