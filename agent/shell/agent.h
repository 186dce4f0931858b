/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One agent: a node's store, device and mesh around its pump. Shared by the files that make it
 * up.
 */
#ifndef HSM_SHELL_AGENT_H
#define HSM_SHELL_AGENT_H

#include <time.h>

#include "config.h"
#include "device.h"
#include "discovery.h"
#include "log.h"
#include "loop.h"
#include "mesh.h"
#include "netwatch.h"
#include "pump.h"
#include "roster.h"
#include "secret.h"
#include "store.h"
#include "sync.h"
#include "trace.h"

struct vault;

#define AGENT_ERROR_MAX 512
#define AGENT_SIGNALS 3

/**
 * struct agent - everything that the daemon holds
 * @config_path: to read the log level again
 * @config: as read at start
 * @secret: of the key set
 * @log: standard error
 * @trace: NULL without --trace
 * @store: what is on disk
 * @device: the attached device
 * @protocol: highest version that agent and device speak
 * @mesh: connections
 * @netwatch: link and address changes, NULL if they cannot be heard
 * @moved: one was heard; mesh and discovery are told by @on_note
 * @discovery: NULL without a domain
 * @sought: what was found, or is connected, has changed; @found is made anew by @on_note
 * @found: what discovery found, as the roster takes it
 * @pump: the node
 * @loop: event loop
 * @on_note: the mesh noted something for the pump
 * @on_device: device readable
 * @on_store: records became durable
 * @on_tick: every NODE_TICK_MS
 * @on_soon: the protocol wants a tick earlier
 * @on_watchdog: the service manager wants to hear that the loop turns; NULL: it does not
 * @on_signal: SIGTERM, SIGINT, SIGHUP
 * @started_ms: when, by clock_ms()
 * @granted: batch number of the last grant; a batch claimed under another one is stale
 * @flooding: peers whose frames found no room, to be dropped, @n_flooding
 * @n_flooding: entries of @flooding
 * @sync: Live-Sync
 * @vault: backups and restores
 * @guest: newcomer that is served, id 0 for none; may connect beside the members
 * @candidate: the same, as the core names it
 * @reported: what the core reported last
 * @crossed: what the last cross-check found: when, whether all was well, pairs of members whose
 *	digests differ; @crossed.at is 0 before the first one
 * @failed: the loop ended for an error
 */
struct agent {
	const char *config_path;
	struct config config;
	uint8_t secret[SECRET_LEN];
	struct log *log;
	struct trace *trace;
	struct store *store;
	struct device *device;
	uint16_t protocol;
	struct mesh *mesh;
	struct netwatch *netwatch;
	bool moved;
	struct discovery *discovery;
	bool sought;
	struct found found;
	struct pump *pump;
	struct loop *loop;
	struct watch *on_note;
	struct watch *on_device;
	struct watch *on_store;
	struct watch *on_tick;
	struct watch *on_soon;
	struct watch *on_watchdog;
	struct watch *on_signal[AGENT_SIGNALS];
	uint64_t started_ms;
	uint64_t granted;
	uint16_t flooding[HSMREPL_NODES_MAX];
	unsigned int n_flooding;
	struct sync *sync;
	struct vault *vault;
	struct member guest;
	struct member candidate;
	struct {
		enum hsmrepl_node_state state;
		unsigned int nodes_up;
		char why[HSMREPL_ERROR_MAX];
	} reported;
	struct {
		time_t at;
		bool ok;
		unsigned int digests;
	} crossed;
	bool failed;
};

_Static_assert(SECRET_LEN == STORE_KEY_LEN && SECRET_LEN == MESH_SECRET_LEN, "one secret");

/**
 * agent_run() - be the daemon until a signal ends it
 * @config_path: configuration file
 * @trace_path: NULL for no trace
 * Returns the exit status: 0 after SIGTERM or SIGINT, 1 for an error (its line is in the log).
 */
int agent_run(const char *config_path, const char *trace_path);

/*
 * Watch the store's completions; after every store_open(), and not beyond store_close(). 0 or -1
 * without memory.
 */
int agent_watch_store(struct agent *a);
void agent_unwatch_store(struct agent *a);

/* The agent cannot go on: the loop ends. Why is in the log. */
void agent_end(struct agent *a);

/* Take what waits in the pump; an error ends the loop. */
void agent_pump(struct agent *a);

/* Note for the pump what the log has written. */
void agent_fetch(struct agent *a);

/* As agent_pump(), but the device is at nothing any more after it. */
void agent_settle(struct agent *a);

/* @ret of something that was told to the device: an error ends the loop. */
void agent_heed(struct agent *a, int ret);

/* What the pump's actions do here: fills in @hands, with @a as their argument. */
void hands_of(struct agent *a, struct hands *hands);

/* Connect to the members of @nl, or to the manual list if there are none. */
void hands_connect(struct agent *a, const struct node_list *nl);

#endif /* HSM_SHELL_AGENT_H */
