// SPDX-License-Identifier: GPL-2.0
#include "test.h"

#include <errno.h>
#include <string.h>

#include "history.h"
#include "probe.h"
#include "reply.h"
#include "request.h"

static void place(void *arg, struct probe_place *p)
{
	const struct agent *a = arg;
	struct node_view view;

	pump_look(a->pump, &view);
	memset(p, 0, sizeof(*p));
	if (view.nl->n)
		memcpy(p->pool, view.nl->pool, sizeof(p->pool));
	p->epoch = view.position.epoch;
	p->seq = view.position.seq;
	p->sp = view.position.sp;
	memcpy(p->chain, view.position.chain, sizeof(p->chain));
}

static enum probe_known knows(void *arg, const struct probe_place *p)
{
	const struct agent *a = arg;

	if (!a->store)
		return PROBE_KNOWN_UNSURE;
	switch (history_find(a->store, p->seq, p->sp, p->chain)) {
	case HISTORY_HAS:
		return PROBE_KNOWN_YES;
	case HISTORY_LACKS:
		return PROBE_KNOWN_NO;
	default:
		return PROBE_KNOWN_UNSURE;
	}
}

void test_host(struct agent *a)
{
	const struct probe_host host = { .place = place, .knows = knows, .arg = a };

	mesh_host_probes(a->mesh, &host);
}

static struct json_object *condition(const struct probe_report *r, enum probe_condition c)
{
	static const char *const words[] = {
		[PROBE_NOT_TESTED] = "not tested", [PROBE_OK] = "ok", [PROBE_NOT_OK] = "not ok",
	};
	const struct probe_result *result = &r->result[c];
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "condition", json_object_new_string(probe_condition_name(c)));
	json_object_object_add(o, "result", json_object_new_string(words[result->verdict]));
	json_object_object_add(o, "note", json_object_new_string(result->note));
	return o;
}

static void on_done(void *arg, uint64_t request, const struct probe_report *r)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	struct agent *a = arg;
	bool ok = true;

	for (enum probe_condition c = 0; c < PROBE_CONDITIONS; c++) {
		json_object_array_add(list, condition(r, c));
		ok &= r->result[c].verdict == PROBE_OK;
	}
	json_object_object_add(o, "ok", json_object_new_boolean(ok));
	json_object_object_add(o, "node", r->node ? json_object_new_int(r->node) : NULL);
	json_object_object_add(o, "name", r->node ? json_object_new_string(r->name) : NULL);
	json_object_object_add(o, "conditions", list);
	agent_heed(a, reply_json(a, request, 0, o));
}

int test_take(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	char address[HSMREPL_ADDRESS_MAX];
	struct refusal r;

	if (!config_address(request_text(request, "address"), address))
		refusal_set(&r, EINVAL, "give HOST, HOST:PORT or [IPV6]:PORT",
			    "\"address\" is no address");
	else if (probe_start(a->mesh, address, on_done, a, dr->id))
		refusal_set(&r, EBUSY, "try again when they are done",
			    "%d tests are under way already", PROBES_MAX);
	else
		return 0;
	return reply_refusal(a, dr->id, &r);
}
