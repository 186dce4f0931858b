// SPDX-License-Identifier: GPL-2.0
#include "verify.h"

#include <errno.h>
#include <string.h>

#include "fields.h"
#include "live.h"
#include "reply.h"
#include "request.h"

static const char *const class_words[COMPARE_CLASSES] = {
	[COMPARE_HERE] = "only here", [COMPARE_THERE] = "only there",
	[COMPARE_DIFFERS] = "different",
};

struct json_object *verify_classes(const struct compare_report *r)
{
	struct json_object *o = json_object_new_object(), *names = json_object_new_array();
	uint64_t shared = r->objects - r->n[COMPARE_HERE];

	add_number(o, "same", shared - r->n[COMPARE_DIFFERS]);
	add_number(o, "only_here", r->n[COMPARE_HERE]);
	add_number(o, "only_there", r->n[COMPARE_THERE]);
	add_number(o, "different", r->n[COMPARE_DIFFERS]);
	add_number(o, "moving", r->moving);
	for (unsigned int i = 0; i < r->names; i++) {
		struct json_object *name = json_object_new_object();

		add_text(name, "label", r->name[i].label);
		add_text(name, "class", class_words[r->name[i].class]);
		json_object_array_add(names, name);
	}
	json_object_object_add(o, "names", names);
	return o;
}

static void on_verified(void *arg, uint64_t request, const struct compare_report *r)
{
	struct json_object *o = json_object_new_object();
	bool ok = r->digest == r->place.digest;
	struct agent *a = arg;
	struct refusal refusal;

	if (r->why[0]) {
		json_object_put(o);
		refusal_from(&refusal, EIO, r->why);
		agent_heed(a, reply_refusal(a, request, &refusal));
		return;
	}
	for (unsigned int i = 0; i < COMPARE_CLASSES; i++)
		ok &= r->n[i] == 0;
	add_bool(o, "ok", ok);
	add_number(o, "seq", r->place.seq);
	add_number(o, "objects", r->objects);
	add_hex64(o, "digest", r->digest);
	add_hex64(o, "expected", r->place.digest);
	if (r->compared) {
		add_number(o, "against_seq", r->there.seq);
		json_object_object_add(o, "classes", verify_classes(r));
	}
	agent_heed(a, reply_json(a, request, 0, o));
}

static bool in_a_pool(struct agent *a)
{
	struct node_view view;

	pump_look(a->pump, &view);
	return view.nl->n != 0;
}

int verify_take(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	const char *name = request_text(request, "against");
	const struct member *m = NULL;
	char error[SYNC_ERROR_MAX];
	struct roster room;
	struct refusal r;

	if (json_object_object_get_ex(request, "against", NULL)) {
		if (!in_a_pool(a)) {
			refusal_set(&r, ENONET, "form one, or live-sync from a member",
				    "this node is in no pool: there is nothing to compare");
			return reply_refusal(a, dr->id, &r);
		}
		m = live_named(a, name, &room);
		if (!m || m->id == a->config.node_id) {
			refusal_set(&r, ENOENT, "name a peer of this node",
				    "no other listed node is named %s", name);
			return reply_refusal(a, dr->id, &r);
		}
	}
	if (sync_compare(a->sync, m, true, on_verified, a, dr->id, error))
		return 0;
	refusal_from(&r, EBUSY, error);
	return reply_refusal(a, dr->id, &r);
}
