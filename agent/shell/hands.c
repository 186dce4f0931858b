// SPDX-License-Identifier: GPL-2.0
/* What each action of the core does to store, device and mesh. */
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "history.h"
#include "live.h"
#include "roster.h"
#include "../lib/hsmrepl.h"

void hands_connect(struct agent *a, const struct node_list *nl)
{
	struct roster r;

	roster_make(&r, &a->config, &a->found, nl);
	mesh_set_epoch(a->mesh, nl->n ? nl->epoch : 0);
	mesh_set_protocol(a->mesh, list_protocol(nl), a->protocol);
	mesh_set_peers(a->mesh, r.node, r.n);
	if (a->discovery)
		discovery_set_pool(a->discovery, nl->n ? nl->pool : NULL);
}

static void hand_send(void *arg, const struct action *act)
{
	struct agent *a = arg;

	mesh_send(a->mesh, act->peer, act->head, act->tail);
}

static void hand_drop(void *arg, const struct action *act)
{
	struct agent *a = arg;

	mesh_drop(a->mesh, act->peer, act->why ? act->why : "dropped");
}

static void hand_soon(void *arg)
{
	struct agent *a = arg;

	watch_alarm(a->on_soon, NODE_SOON_MS);
}

static void hand_append(void *arg, const struct action *act, const struct position *after)
{
	struct agent *a = arg;

	if (act->lazy)
		store_append_lazily(a->store, act->batch, act->tail, act->n_tls);
	else
		store_append(a->store, act->record, act->batch, act->tail, act->n_tls, after);
	sync_append(a->sync, act, after);
}

static void hand_flush(void *arg)
{
	struct agent *a = arg;

	store_flush(a->store);
	agent_fetch(a);
}

static void hand_grant(void *arg, const struct action *act)
{
	struct agent *a = arg;

	a->granted = act->batch.number;
	device_begin_grant(a->device, act->batch.number, act->position->epoch,
			   act->max_tls);
}

static int hand_revoke(void *arg, int *error)
{
	struct agent *a = arg;
	int ret = device_revoke(a->device);

	*error = ret == -EBUSY ? EBUSY : 0;
	return ret == -EBUSY ? 0 : ret;
}

static void hand_prepare(void *arg, const struct action *act)
{
	struct agent *a = arg;

	device_begin_prepare(a->device, act->batch, act->tail, act->n_tls,
			     act->foretell);
}

static void hand_resolve(void *arg, const struct action *act)
{
	struct agent *a = arg;

	device_begin_resolve(a->device, act->batch, act->resolution, act->error);
}

static void hand_give(void *arg)
{
	struct agent *a = arg;

	device_give(a->device);
}

static int hand_end(void *arg, int *error, struct position *after)
{
	struct agent *a = arg;

	_Static_assert(PUMP_CALLS_MAX <= DEVICE_CALLS_MAX, "the device can be asked all at once");
	return device_end(a->device, error, after);
}

static int hand_nodes(void *arg, const struct action *act, int *error)
{
	struct agent *a = arg;

	return device_nodes(a->device, act->kind, act->nl, error);
}

static int hand_answer(void *arg, const struct action *act)
{
	struct agent *a = arg;

	if (!(act->request & SYNC_REQUEST))
		return admin_answer(a, act);
	sync_answer(a->sync, act);
	return 0;
}

static enum log_level report_level(enum hsmrepl_node_state state)
{
	switch (state) {
	case HSMREPL_HALTED:
	case HSMREPL_DIVERGED:
	case HSMREPL_REMOVED:
		return LOG_LEVEL_ERROR;
	case HSMREPL_BLOCKED:
		return LOG_LEVEL_WARNING;
	case HSMREPL_OFFLINE:
	case HSMREPL_STARTING:
	case HSMREPL_JOINING:
	case HSMREPL_MEMBER:
		return LOG_LEVEL_INFO;
	}
	return LOG_LEVEL_ERROR;
}

static void log_report(struct agent *a, const struct action *act)
{
	const char *state = hsmrepl_state_name(act->state), *peer = "";
	char buf[HSMREPL_NAME_MAX];
	struct node_view view;
	struct roster r;

	pump_look(a->pump, &view);
	roster_make(&r, &a->config, &a->found, view.nl);
	if (act->node_event)
		peer = roster_name(&r, act->peer, buf);
	log_place(a->log, state, view.position.epoch, view.position.seq);
	log_about(a->log, report_level(act->state), peer,
		  "state %s, epoch %llu, seq %llu, %u of %u up%s%s%s%s%s%s", state,
		  (unsigned long long)view.position.epoch, (unsigned long long)view.position.seq,
		  act->nodes_up, view.nl->n, act->node_event ? ", " : "",
		  act->node_event ? hsmrepl_event_name(act->node_event) : "",
		  act->node_event ? " " : "", peer,
		  act->why && act->why[0] ? ": " : "", act->why ? act->why : "");
}

static int hand_report(void *arg, const struct action *act)
{
	struct agent *a = arg;

	log_report(a, act);
	a->reported.state = act->state;
	a->reported.nodes_up = act->nodes_up;
	snprintf(a->reported.why, sizeof(a->reported.why), "%s", act->why ? act->why : "");
	return device_report(a->device, act->state, act->nodes_up, act->node_event, act->peer, 0,
			     act->why);
}

static void hand_members(void *arg, const struct action *act)
{
	struct agent *a = arg;

	hands_connect(a, act->nl);
}

static void hand_candidate(void *arg, const struct action *act)
{
	struct agent *a = arg;

	a->candidate = act->nl ? act->nl->node[0] : (struct member){ 0 };
	live_connect(a);
}

static void hand_lookup(void *arg, const struct action *act)
{
	struct agent *a = arg;
	struct event ev = { .type = EV_LOOKUP, .peer = act->peer, .position = act->position };

	switch (history_find(a->store, act->position->seq, act->position->sp,
			     act->position->chain)) {
	case HISTORY_HAS:
		ev.lookup = LOOKUP_HAS;
		break;
	case HISTORY_LACKS:
		ev.lookup = LOOKUP_LACKS;
		break;
	case HISTORY_FORGOTTEN:
		ev.lookup = LOOKUP_FORGOTTEN;
		break;
	default:
		ev.lookup = LOOKUP_UNKNOWN;
	}
	pump_note(a->pump, &ev);
}

void hands_of(struct agent *a, struct hands *hands)
{
	*hands = (struct hands){
		.send = hand_send,
		.drop = hand_drop,
		.soon = hand_soon,
		.append = hand_append,
		.flush = hand_flush,
		.grant = hand_grant,
		.revoke = hand_revoke,
		.prepare = hand_prepare,
		.resolve = hand_resolve,
		.give = hand_give,
		.end = hand_end,
		.nodes = hand_nodes,
		.answer = hand_answer,
		.report = hand_report,
		.members = hand_members,
		.candidate = hand_candidate,
		.lookup = hand_lookup,
		.arg = a,
	};
}
