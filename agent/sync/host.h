/* SPDX-License-Identifier: GPL-2.0 */
/* What Live-Sync needs of the agent that it works in; the shell fills it in. */
#ifndef HSM_SYNC_HOST_H
#define HSM_SYNC_HOST_H

#include "config.h"
#include "mesh.h"
#include "step.h"
#include "view.h"

#define SYNC_ERROR_MAX 512
/* Requests to the core that Live-Sync makes for itself bear this bit; those of callers never do. */
#define SYNC_REQUEST (1ull << 63)

struct event_base;
struct store;

/**
 * struct sync_host - the agent, as Live-Sync sees it
 * @base: event loop
 * @mesh: connections
 * @log: for people
 * @config: of this node
 * @secret: of the key set
 * @look: where the node stands
 * @store: the open store, or NULL while the node is parked
 * @tell: an event for the core; it is taken before the return, with what follows from it
 * @park: take the node out of everything: no peers, no pump events that touch the store, which is
 *	closed. Nothing of what it holds is lost. 0, or -1 with @error set
 * @resume: the opposite: whatever the state directory holds now is opened, loaded into the device
 *	and booted. 0, or -1 with @error set: the agent cannot go on then
 * @guest: this node may connect although it is not in the node list; NULL: nobody, any more
 * @progress: Live-Sync has come so far, with or from @node; for sysfs and listeners
 * @fatal: the agent cannot go on; why is in the log
 * @arg: of the calls
 *
 * All calls come from the event loop, outside of the pump.
 */
struct sync_host {
	struct event_base *base;
	struct mesh *mesh;
	struct log *log;
	const struct config *config;
	const uint8_t *secret;
	void (*look)(void *arg, struct node_view *view);
	struct store *(*store)(void *arg);
	void (*tell)(void *arg, const struct event *ev);
	int (*park)(void *arg, char error[SYNC_ERROR_MAX]);
	int (*resume)(void *arg, char error[SYNC_ERROR_MAX]);
	void (*guest)(void *arg, const struct member *m);
	void (*progress)(void *arg, uint16_t node, unsigned int percent);
	void (*fatal)(void *arg);
	void *arg;
};

#endif /* HSM_SYNC_HOST_H */
