// SPDX-License-Identifier: GPL-2.0
#include "agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "admin.h"
#include "boot.h"
#include "clock.h"
#include "finder.h"
#include "fips.h"
#include "live.h"
#include "notify.h"
#include "priority.h"
#include "test.h"
#include "vault.h"
#include "../lib/hsmrepl.h"

static void end(struct agent *a, bool failed)
{
	a->failed |= failed;
	loop_end(a->loop);
}

void agent_end(struct agent *a)
{
	end(a, true);
}

static void device_gone(struct agent *a, int error)
{
	log_error(a->log, "device %s: %s: start the agent again once it is back", a->config.device,
		  hsmrepl_error_text(error));
	end(a, true);
}

/* Whose frames find no room is dropped: a frame left out would be a hole in what it said. */
static void drop_flooding(struct agent *a)
{
	for (unsigned int i = 0; i < a->n_flooding; i++)
		mesh_drop(a->mesh, a->flooding[i], "more frames than this node can take in");
	a->n_flooding = 0;
}

static void heed_pump(struct agent *a, int ret)
{
	if (ret && !a->failed)
		device_gone(a, ret);
	drop_flooding(a);
}

void agent_pump(struct agent *a)
{
	heed_pump(a, pump_run(a->pump));
}

void agent_settle(struct agent *a)
{
	heed_pump(a, pump_settle(a->pump));
}

/* What the mesh and the device report. */

static void note_peer(void *arg, enum event_type type, uint16_t peer)
{
	struct agent *a = arg;
	struct event ev = {
		.type = type, .peer = peer, .protocol = (uint16_t)mesh_protocol(a->mesh, peer),
	};

	pump_note(a->pump, &ev);
	watch_note(a->on_note);
}

static void on_up(void *arg, uint16_t peer)
{
	note_peer(arg, EV_PEER_UP, peer);
}

static void on_down(void *arg, uint16_t peer, const char *why)
{
	(void)why;	/* the mesh logs it */
	((struct agent *)arg)->sought = true;	/* it may have been kept only for being there */
	note_peer(arg, EV_PEER_DOWN, peer);
}

static void on_removed(void *arg, uint16_t peer)
{
	note_peer(arg, EV_REMOVED, peer);
}

static bool is_flooding(const struct agent *a, uint16_t peer)
{
	for (unsigned int i = 0; i < a->n_flooding; i++)
		if (a->flooding[i] == peer)
			return true;
	return false;
}

static void on_frame(void *arg, uint16_t peer, const void *frame, size_t len)
{
	struct agent *a = arg;
	struct event ev = { .type = EV_MESSAGE, .peer = peer, .data = { frame, len } };

	watch_note(a->on_note);
	if (is_flooding(a, peer) || pump_note(a->pump, &ev))
		return;
	a->flooding[a->n_flooding++] = peer;
}

static void on_queued(void *arg)
{
	struct agent *a = arg;
	struct event ev = { .type = EV_QUEUED };

	if (a->store)		/* else the node is parked: boot_park() */
		pump_note(a->pump, &ev);
}

/* A batch of a grant that was forgotten since (zeroize) is no more. */
static void on_claimed(void *arg, uint64_t number, struct bytes tls, unsigned int n_tls)
{
	struct agent *a = arg;
	struct event ev = {
		.type = EV_CLAIMED,
		.batch = { .coordinator = a->config.node_id, .number = number },
		.n_tls = n_tls,
		.data = tls,
	};

	if (number == a->granted)
		pump_note(a->pump, &ev);
}

void agent_heed(struct agent *a, int ret)
{
	if (ret == -ENODEV)
		device_gone(a, ret);
	else if (ret)
		end(a, true);
}

static void on_admin(void *arg, const struct device_request *r)
{
	struct agent *a = arg;

	agent_heed(a, admin_take(a, r));
}

/* What the loop watches. */

static void on_device(void *arg)
{
	struct agent *a = arg;
	const struct device_sink sink = {
		.queued = on_queued,
		.claimed = on_claimed,
		.admin = on_admin,
		.arg = a,
	};
	int ret;

	phases_read(pump_phases(a->pump), clock_ns());
	agent_settle(a);	/* who asks after his commit is told of it */
	if (a->failed)
		return;
	ret = device_read(a->device, &sink);
	if (ret)
		device_gone(a, ret);
	else
		agent_pump(a);
}

void agent_fetch(struct agent *a)
{
	struct event ev = { .type = EV_DURABLE };

	while (store_next_done(a->store, &ev.record, &ev.batch, &ev.error)) {
		if (ev.record == RECORD_YES)
			phases_flushed(pump_phases(a->pump), ev.batch.number,
				       store_done_ns(a->store));
		ev.type = ev.error ? EV_DISK_ERROR : EV_DURABLE;
		pump_note(a->pump, &ev);
	}
}

static void on_store(void *arg)
{
	struct agent *a = arg;

	store_heed(a->store);
	agent_fetch(a);
	agent_pump(a);
}

static void on_soon(void *arg)
{
	struct agent *a = arg;
	struct event ev = { .type = EV_TICK };

	pump_note(a->pump, &ev);
	agent_pump(a);
}

static void on_tick(void *arg)
{
	struct agent *a = arg;

	on_soon(a);
	sync_tick(a->sync, clock_ms());
	vault_tick(a);
}

static void on_note(void *arg)
{
	struct agent *a = arg;

	agent_pump(a);
	if (a->moved) {
		a->moved = false;
		mesh_kick(a->mesh);
		if (a->discovery)
			discovery_moved(a->discovery);
	}
	if (a->sought && !a->failed)
		finder_refresh(a);
}

static void on_moved(void *arg)
{
	struct agent *a = arg;

	a->moved = true;
	watch_note(a->on_note);
}

static void on_end(void *arg)
{
	struct agent *a = arg;

	log_info(a->log, "ended by a signal");
	on_soon(a);	/* a commit that others have not been told of */
	end(a, false);
}

static void on_reload(void *arg)
{
	struct agent *a = arg;
	char error[CONFIG_ERROR_MAX], list[CONFIG_ERROR_MAX];
	struct config c;

	if (config_read(a->config_path, &c, error) != 0) {
		log_error(a->log, "not read again: %s", error);
		return;
	}
	log_set_level(a->log, c.log_level);
	if (mesh_reload(a->mesh, &c, error) != 0)
		log_error(a->log, "certificates stay as they were: %s", error);
	else
		log_info(a->log, "read again: log level, certificate, CA bundle");
	if (config_differs(&a->config, &c, list))
		log_warning(a->log, "%s: changed, but read at a start only: restart the agent",
			    list);
}

int agent_watch_store(struct agent *a)
{
	a->on_store = loop_watch_fd(a->loop, store_fd(a->store), on_store, a);
	return a->on_store ? 0 : -1;
}

void agent_unwatch_store(struct agent *a)
{
	watch_free(a->on_store);
	a->on_store = NULL;
}

static int watch_signals(struct agent *a)
{
	static const struct {
		int signal;
		loop_fn fn;
	} watched[AGENT_SIGNALS] = {
		{ SIGTERM, on_end },
		{ SIGINT, on_end },
		{ SIGHUP, on_reload },
	};

	/* A peer or a service manager that went away shows as an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0; i < AGENT_SIGNALS; i++) {
		a->on_signal[i] = loop_watch_signal(a->loop, watched[i].signal, watched[i].fn, a);
		if (!a->on_signal[i])
			return -1;
	}
	return 0;
}

static int make_pump(struct agent *a, char error[AGENT_ERROR_MAX])
{
	struct hands hands;

	hands_of(a, &hands);
	a->pump = pump_new(a->config.node_id, a->config.node_name, &hands, a->trace);
	a->loop = loop_new();
	if (a->loop)
		a->on_note = loop_watch_note(a->loop, on_note, a);
	if (a->loop)
		a->on_soon = loop_watch_alarm(a->loop, on_soon, a);
	if (a->pump && a->on_note && a->on_soon && watch_signals(a) == 0)
		return 0;
	snprintf(error, AGENT_ERROR_MAX, "no memory");
	return -1;
}

static int make_mesh(struct agent *a, char error[AGENT_ERROR_MAX])
{
	const struct mesh_sink sink = {
		.up = on_up, .down = on_down, .frame = on_frame, .removed = on_removed, .arg = a,
	};
	char trouble[NETWATCH_ERROR_MAX];

	_Static_assert(AGENT_ERROR_MAX >= CONFIG_ERROR_MAX, "an error of the shells fits");
	a->mesh = mesh_new(loop_base(a->loop), &a->config, a->secret, a->log, &sink, error);
	if (!a->mesh)
		return -1;
	/* Without it a lost peer is dialled again a little later. */
	a->netwatch = netwatch_new(loop_base(a->loop), on_moved, a, trouble);
	if (!a->netwatch)
		log_warning(a->log, "changes of links and addresses are not heard: %s", trouble);
	return 0;
}

static int watch_device(struct agent *a, char error[AGENT_ERROR_MAX])
{
	a->on_device = loop_watch_fd(a->loop, device_fd(a->device), on_device, a);
	a->on_tick = loop_watch_tick(a->loop, NODE_TICK_MS, on_tick, a);
	if (a->on_device && a->on_tick)
		return 0;
	snprintf(error, AGENT_ERROR_MAX, "no memory");
	return -1;
}

/* From the loop itself: one that hangs is told by the silence. */
static void on_watchdog(void *arg)
{
	(void)arg;
	notify_send("WATCHDOG=1");
}

static int watch_watchdog(struct agent *a, char error[AGENT_ERROR_MAX])
{
	unsigned int ms = notify_watchdog_ms();

	if (!ms)
		return 0;
	a->on_watchdog = loop_watch_tick(a->loop, ms, on_watchdog, a);
	if (a->on_watchdog)
		return 0;
	snprintf(error, AGENT_ERROR_MAX, "no memory");
	return -1;
}

/* Before anything of OpenSSL is used. */
static int enter_mode(struct agent *a, char error[AGENT_ERROR_MAX])
{
	char version[FIPS_ERROR_MAX];

	_Static_assert(AGENT_ERROR_MAX >= FIPS_ERROR_MAX, "an error of the shells fits");
	if (a->config.mode != HSMREPL_MODE_FIPS)
		return 0;
	if (fips_enter(version, error) != 0)
		return -1;
	log_info(a->log, "mode fips: %s, self-test passed", version);
	return 0;
}

static int start(struct agent *a, const char *trace_path, char error[AGENT_ERROR_MAX])
{
	_Static_assert(AGENT_ERROR_MAX >= SECRET_ERROR_MAX, "an error of the shells fits");

	a->started_ms = clock_ms();
	if (config_read(a->config_path, &a->config, error) != 0)
		return -1;
	log_set_level(a->log, a->config.log_level);
	log_node(a->log, a->config.node_name);
	if (trace_path) {
		a->trace = trace_open(trace_path);
		if (!a->trace) {
			snprintf(error, AGENT_ERROR_MAX, "trace %s: %s", trace_path,
				 strerror(errno));
			return -1;
		}
	}
	if (enter_mode(a, error) != 0)
		return -1;
	if (secret_read(a->config.key_set, a->secret, error) != 0 || make_pump(a, error) != 0 ||
	    make_mesh(a, error) != 0 || live_open(a, error) != 0 || vault_open(a, error) != 0 ||
	    boot_start(a, error) != 0 || finder_start(a, error) != 0)
		return -1;
	if (watch_device(a, error) != 0 || watch_watchdog(a, error) != 0)
		return -1;
	test_host(a);
	sync_start(a->sync);
	return 0;
}

/* The device goes first, so that no caller waits on an agent that no longer works. */
static void stop(struct agent *a)
{
	watch_free(a->on_device);
	watch_free(a->on_tick);
	watch_free(a->on_watchdog);
	agent_unwatch_store(a);
	device_close(a->device);
	if (a->netwatch)
		netwatch_free(a->netwatch);
	discovery_free(a->discovery);
	vault_close(a);
	sync_free(a->sync);
	if (a->mesh)
		mesh_free(a->mesh);
	if (a->store)
		store_close(a->store);
	for (unsigned int i = 0; i < AGENT_SIGNALS; i++)
		watch_free(a->on_signal[i]);
	watch_free(a->on_note);
	watch_free(a->on_soon);
	loop_free(a->loop);
	pump_free(a->pump);
	trace_close(a->trace);
	OPENSSL_cleanse(a->secret, sizeof(a->secret));
}

int agent_run(const char *config_path, const char *trace_path)
{
	struct agent a = { .config_path = config_path };
	char error[AGENT_ERROR_MAX];

	a.log = log_new(STDERR_FILENO, LOG_LEVEL_INFO);
	if (!a.log)
		return 1;
	if (start(&a, trace_path, error) != 0) {
		log_error(a.log, "%s", error);
		a.failed = true;
	} else {
		int ret = notify_send("READY=1");

		if (ret)
			log_warning(a.log, "service manager not told: %s", strerror(-ret));
		log_info(a.log, "node %s (%u) is up, version %s", a.config.node_name,
			 a.config.node_id, HSMREPL_VERSION);
		priority_urgent();
		agent_pump(&a);
		if (!a.failed && loop_run(a.loop) != 0)
			a.failed = true;
		if (!a.failed)
			agent_settle(&a);
		notify_send("STOPPING=1");
	}
	stop(&a);
	log_free(a.log);
	return a.failed ? 1 : 0;
}
