/* SPDX-License-Identifier: GPL-2.0 */
/* Clients: each makes one call after the other and keeps what it was told. */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "machine.h"

struct world;

/**
 * struct client - one thread of an application
 * @caller: what the device knows of it
 * @id: from 0
 * @home: node that it calls, 0 for any
 * @power: of the machine that it called
 * @polls: how often it still asks for the outcome of its pending transaction
 * @resting: it makes no calls until it is woken
 * @greedy: writes only, without a pause
 * @done: transactions since it became greedy
 * @value: last value that it wrote
 */
struct client {
	struct caller caller;
	uint16_t id;
	uint16_t home;
	unsigned int power;
	unsigned int polls;
	bool resting;
	bool greedy;
	unsigned int done;
	uint64_t value;
};

void client_init(struct client *c, uint16_t id, uint16_t home);
/* DUE_CLIENT: begin the next call, or ask for an outcome. */
void client_go(struct world *w, struct client *c);
/* DUE_TIMEOUT: of call number @call. */
void client_timeout(struct world *w, struct client *c, unsigned int call);
/* Its call ended: 0 or errno. */
void client_told(struct world *w, struct client *c, int error);
/* The machine that it called is gone, and it with it. */
void client_lost(struct world *w, struct client *c);

#endif /* SIM_CLIENT_H */
