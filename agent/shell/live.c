// SPDX-License-Identifier: GPL-2.0
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "reply.h"
#include "request.h"
#include "vault.h"

/* What Live-Sync asks of the agent. */

static void look(void *arg, struct node_view *view)
{
	const struct agent *a = arg;

	pump_look(a->pump, view);
}

static struct store *store(void *arg)
{
	const struct agent *a = arg;

	return a->store;
}

static void tell(void *arg, const struct event *ev)
{
	struct agent *a = arg;

	pump_note(a->pump, ev);
	agent_pump(a);
}

static int park(void *arg, char error[SYNC_ERROR_MAX])
{
	_Static_assert(SYNC_ERROR_MAX >= AGENT_ERROR_MAX, "an error of the agent fits");

	return boot_park(arg, error);
}

static int resume(void *arg, char error[SYNC_ERROR_MAX])
{
	return boot_resume(arg, error);
}

static void guest(void *arg, const struct member *m)
{
	struct agent *a = arg;

	a->guest = m ? *m : (struct member){ 0 };
	live_connect(a);
}

static void progress(void *arg, uint16_t node, unsigned int percent)
{
	struct agent *a = arg;

	device_report(a->device, a->reported.state, a->reported.nodes_up, HSMREPL_EVENT_SYNC, node,
		      percent, a->reported.why);
}

static void fatal(void *arg)
{
	struct agent *a = arg;

	agent_end(a);
}

int live_open(struct agent *a, char error[AGENT_ERROR_MAX])
{
	const struct sync_host host = {
		.base = loop_base(a->loop), .mesh = a->mesh, .log = a->log,
		.config = &a->config, .secret = a->secret,
		.look = look, .store = store, .tell = tell, .park = park, .resume = resume,
		.guest = guest, .progress = progress, .fatal = fatal, .arg = a,
	};

	a->sync = sync_new(&host);
	if (a->sync)
		return 0;
	snprintf(error, AGENT_ERROR_MAX, "no memory for Live-Sync");
	return -1;
}

void live_connect(struct agent *a)
{
	struct member extra[2];
	unsigned int n = 0;

	_Static_assert(MESH_EXTRA_MAX >= 2, "both may be there");
	if (a->guest.id)
		extra[n++] = a->guest;
	if (a->candidate.id && a->candidate.id != a->guest.id)
		extra[n++] = a->candidate;
	mesh_set_extra(a->mesh, extra, n);
}

/* The verbs. */

const struct member *live_named(const struct agent *a, const char *name, struct roster *room)
{
	const struct node_list none = { .n = 0 };
	const struct member *m;
	struct node_view view;

	pump_look(a->pump, &view);
	roster_make(room, &a->config, &a->found, view.nl);
	m = roster_named(room, name);
	if (m)
		return m;
	roster_make(room, &a->config, &a->found, &none);
	return roster_named(room, name);
}

/* The member that is named; false with @r set. */
static bool read_donor(struct agent *a, struct json_object *request, struct order *order,
		       struct refusal *r)
{
	const char *name = request_text(request, "donor");
	struct json_object *overwrite = NULL;
	const struct member *m;
	struct roster room;

	json_object_object_get_ex(request, "overwrite", &overwrite);
	m = live_named(a, name, &room);
	if (!m || m->id == a->config.node_id) {
		refusal_set(r, m ? EINVAL : ENOENT, "name a member of the pool that is a peer here",
			    m ? "%s is this node itself" : "no listed node is named %s", name);
		return false;
	}
	order->donor = *m;
	order->overwrite = json_object_get_boolean(overwrite);
	return true;
}

int live_take(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct order order = { 0 };
	char why[SYNC_ERROR_MAX];
	struct refusal r;
	int ret;

	if (!read_donor(a, request, &order, &r))
		return reply_refusal(a, dr->id, &r);
	if (vault_restores(a)) {
		refusal_set(&r, EBUSY, "wait for it", "a restore onto this node is under way");
		return reply_refusal(a, dr->id, &r);
	}
	ret = newcomer_begin(sync_newcomer(a->sync), &order, why);
	if (ret) {
		refusal_from(&r, ret, why);
		return reply_refusal(a, dr->id, &r);
	}
	return reply_json(a, dr->id, 0, live_json(a));
}

int live_leave(struct agent *a, const struct device_request *dr)
{
	const struct event ev = { .type = EV_LEAVE, .request = dr->id };

	pump_note(a->pump, &ev);
	return 0;
}

static struct json_object *newcomer_json(const struct newcomer_view *v)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "role", json_object_new_string("newcomer"));
	json_object_object_add(o, "phase", json_object_new_string(v->phase));
	json_object_object_add(o, "with", json_object_new_string(v->donor));
	json_object_object_add(o, "percent", json_object_new_int((int)v->percent));
	json_object_object_add(o, "bytes", json_object_new_uint64(v->bytes));
	json_object_object_add(o, "bytes_total", json_object_new_uint64(v->bytes_total));
	json_object_object_add(o, "transactions", json_object_new_uint64(v->tls));
	json_object_object_add(o, "rate", json_object_new_uint64(v->rate));
	json_object_object_add(o, "left_s", json_object_new_uint64(v->left_s));
	json_object_object_add(o, "trouble", json_object_new_string(v->trouble));
	json_object_object_add(o, "quarantine", json_object_new_string(v->quarantine));
	return o;
}

static struct json_object *donor_json(const struct donor_view *v)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "role", json_object_new_string("donor"));
	json_object_object_add(o, "phase", json_object_new_string(v->phase));
	json_object_object_add(o, "with", json_object_new_string(v->name));
	json_object_object_add(o, "percent", json_object_new_int((int)v->percent));
	json_object_object_add(o, "bytes", json_object_new_uint64(v->bytes));
	return o;
}

struct json_object *live_json(const struct agent *a)
{
	struct newcomer_view newcomer;
	struct donor_view donor;

	newcomer_look(sync_newcomer(a->sync), &newcomer);
	donor_look(sync_donor(a->sync), &donor);
	if (donor.serves)
		return donor_json(&donor);
	return newcomer.state == NEWCOMER_IDLE ? NULL : newcomer_json(&newcomer);
}
