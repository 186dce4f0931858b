// SPDX-License-Identifier: GPL-2.0
#include "panel.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live.h"
#include "metrics.h"
#include "scene.h"
#include "../lib/hsmrepl.h"

#define HEX64_MAX 17
#define TIME_MAX 32

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static struct json_object *text(const char *s)
{
	return json_object_new_string(s);
}

static struct json_object *number(uint64_t n)
{
	return json_object_new_uint64(n);
}

static struct json_object *hex64(uint64_t n)
{
	char buf[HEX64_MAX];

	snprintf(buf, sizeof(buf), "%016" PRIx64, n);
	return text(buf);
}

static struct json_object *name(const struct scene *s, uint16_t id)
{
	char buf[HSMREPL_NAME_MAX];

	return text(roster_name(&s->roster, id, buf));
}

struct json_object *panel_status(const struct agent *a)
{
	struct json_object *o = json_object_new_object();
	struct scene s;

	scene_look(a, &s);
	add(o, "turn", s.view.turn_holder ? name(&s, s.view.turn_holder) : NULL);
	add(o, "protocol", number(mesh_pool_protocol(a->mesh)));
	add(o, "finalised", s.view.nl->n ? number(list_protocol(s.view.nl)) : NULL);
	add(o, "uptime_ms", number(scene_age(&s, a->started_ms)));
	add(o, "version", text(HSMREPL_VERSION));
	add(o, "live_sync", live_json(a));
	return o;
}

static enum hsmrepl_node_state peer_state(const struct peer_view *p)
{
	switch (p ? p->link : LINK_DOWN) {
	case LINK_DOWN:
		return HSMREPL_OFFLINE;
	case LINK_GREETING:
		return HSMREPL_STARTING;
	case LINK_BLANK:
	case LINK_BEHIND:
	case LINK_LEARNER:
		return HSMREPL_JOINING;
	case LINK_MEMBER:
	case LINK_AHEAD:
		return HSMREPL_MEMBER;
	case LINK_DIVERGED:
		return HSMREPL_DIVERGED;
	case LINK_STATES:
		break;
	}
	assert(!"a link state that there is not");
	return HSMREPL_OFFLINE;
}

static struct json_object *expiry(const struct agent *a, uint16_t id)
{
	time_t t = mesh_expiry(a->mesh, id);
	char buf[TIME_MAX];
	struct tm tm;

	if (!t || !gmtime_r(&t, &tm))
		return NULL;
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return text(buf);
}

/* What a node says of itself, or this one of itself; all null while nothing was ever heard. */
static void add_standing(struct json_object *o, const struct scene *s, uint16_t id)
{
	const struct peer_view *p = scene_peer(s, id);
	bool self = id == s->view.id;
	uint64_t seq = self ? s->view.position.seq : p ? p->seq : 0;
	uint64_t sp = self ? s->view.position.sp : p ? p->sp : 0;
	bool known = self || (p && p->last_heard_ms);
	uint64_t here = s->view.position.seq;

	add(o, "seq", known ? number(seq) : NULL);
	add(o, "sync_point", known ? hex64(sp) : NULL);
	add(o, "rtt_ms", self ? number(0) :
	    known && p->link != LINK_DOWN ? number(p->rtt_ms) : NULL);
	add(o, "last_ack_ms", self ? number(0) :
	    known ? number(scene_age(s, p->last_heard_ms)) : NULL);
	add(o, "lag", known ? number(here > seq ? here - seq : 0) : NULL);
}

static struct json_object *node(const struct scene *s, const struct member *m)
{
	struct json_object *o = json_object_new_object();
	unsigned int version = mesh_protocol(s->a->mesh, m->id);
	bool self = m->id == s->view.id;
	enum hsmrepl_node_state state = self ? s->view.state : peer_state(scene_peer(s, m->id));

	add(o, "id", number(m->id));
	add(o, "name", text(m->name));
	add(o, "address", text(m->address));
	add(o, "state", text(hsmrepl_state_name(state)));
	add_standing(o, s, m->id);
	add(o, "certificate_expiry", expiry(s->a, m->id));
	add(o, "protocol", version ? number(version) : NULL);
	if (!self)
		add(o, "trouble", text(mesh_trouble(s->a->mesh, m->id)));
	return o;
}

/* A voter that is not there holds everything up; else the one with the longest round trip. */
static struct json_object *slowest(const struct scene *s)
{
	const struct node_list *nl = s->view.nl;
	uint16_t slow = 0;
	uint32_t worst = 0;

	for (unsigned int i = 0; i < nl->n; i++) {
		uint16_t id = nl->node[i].id;

		if (!scene_linked(s, id))
			return name(s, id);
		if (id == s->view.id || (slow && scene_peer(s, id)->rtt_ms <= worst))
			continue;
		slow = id;
		worst = scene_peer(s, id)->rtt_ms;
	}
	return slow ? name(s, slow) : NULL;
}

struct json_object *panel_nodes(const struct agent *a)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct scene s;

	scene_look(a, &s);
	for (unsigned int i = 0; i < s.roster.n; i++)
		json_object_array_add(list, node(&s, &s.roster.node[i]));
	add(o, "nodes", list);
	add(o, "slowest", slowest(&s));
	return o;
}

static struct json_object *vote(enum vote v)
{
	switch (v) {
	case VOTE_NONE:
		return NULL;
	case VOTE_YES:
		return text("yes");
	case VOTE_NO:
		return text("no");
	}
	assert(!"a vote that there is not");
	return NULL;
}

static struct json_object *votes(const struct scene *s)
{
	struct json_object *o = json_object_new_object();

	for (unsigned int i = 0; i < s->roster.n; i++) {
		uint16_t id = s->roster.node[i].id;
		const struct peer_view *p = scene_peer(s, id);

		add(o, s->roster.node[i].name,
		    id == s->view.id ? vote(s->view.own_vote) : vote(p ? p->vote : VOTE_NONE));
	}
	return o;
}

/* Why that node is not linked: the mesh knows, unless they just greet each other. */
static const char *unlinked_why(const struct scene *s, uint16_t id)
{
	const char *trouble = mesh_trouble(s->a->mesh, id);
	const struct peer_view *p = scene_peer(s, id);

	return trouble[0] || !p ? trouble : link_state_name(p->link);
}

static void add_waiting(struct json_object *o, const struct scene *s)
{
	struct json_object *list = json_object_new_array();
	char reason[HSMREPL_ERROR_MAX + HSMREPL_NAME_MAX] = "";

	for (unsigned int i = 0; i < s->roster.n; i++) {
		const struct member *m = &s->roster.node[i];

		if (!scene_waits_for(s, m->id))
			continue;
		json_object_array_add(list, text(m->name));
		if (!reason[0] && !scene_linked(s, m->id))
			snprintf(reason, sizeof(reason), "%s is not connected as a member: %s",
				 m->name, unlinked_why(s, m->id));
	}
	if (!reason[0] && s->view.slot != SLOT_FREE)
		snprintf(reason, sizeof(reason), "the batch is %s", slot_state_name(s->view.slot));
	add(o, "waiting_for", list);
	add(o, "reason", text(reason));
}

static void add_tids(struct json_object *o, const struct scene *s, uint64_t first_queued)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < s->view.n_tids; i++)
		json_object_array_add(list, hex64(s->view.tids[i]));
	if (!s->view.n_tids && first_queued)
		json_object_array_add(list, hex64(first_queued));
	add(o, "tids", list);
}

struct json_object *panel_pending(const struct agent *a)
{
	struct json_object *o;
	struct device_view device;
	struct scene s;
	bool taken;

	if (device_look(a->device, &device) != 0)
		return NULL;
	o = json_object_new_object();
	scene_look(a, &s);
	taken = s.view.slot != SLOT_FREE;
	add_tids(o, &s, device.queued ? device.first_tid : 0);
	add(o, "coordinator", taken ? name(&s, s.view.slot_id.coordinator) :
	    device.queued ? name(&s, s.view.id) : NULL);
	add(o, "age_ms", number(scene_pending_ms(&s, pump_phases(a->pump), device.queued)));
	add(o, "votes", taken ? votes(&s) : json_object_new_object());
	add(o, "queued", number(device.queued));
	if (taken || device.queued) {
		add_waiting(o, &s);
	} else {
		add(o, "waiting_for", json_object_new_array());
		add(o, "reason", text(""));
	}
	return o;
}

static const char *outcome_word(int outcome)
{
	switch (outcome) {
	case HSMREPL_OUTCOME_PENDING:
		return "pending";
	case HSMREPL_OUTCOME_COMMITTED:
		return "committed";
	case HSMREPL_OUTCOME_ABORTED:
		return "aborted";
	default:
		return "unknown";
	}
}

struct json_object *panel_outcome(const struct agent *a, uint64_t tid)
{
	struct json_object *o = json_object_new_object();
	uint64_t seq = 0, sp = 0;
	int outcome = store_outcome(a->store, tid, &seq, &sp);
	bool committed = outcome == HSMREPL_OUTCOME_COMMITTED;

	add(o, "tid", hex64(tid));
	add(o, "outcome", text(outcome_word(outcome)));
	add(o, "seq", committed ? number(seq) : NULL);
	add(o, "sync_point", committed ? hex64(sp) : NULL);
	return o;
}

struct json_object *panel_metrics(const struct agent *a)
{
	struct json_object *o;
	struct readings r;
	char *metrics;

	if (readings_take(a, &r) != 0)
		return NULL;
	metrics = metrics_text(&r);
	if (!metrics)
		return NULL;
	o = json_object_new_object();
	add(o, "text", text(metrics));
	free(metrics);
	return o;
}

struct json_object *panel_pool(const struct agent *a)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	char pool[2 * HSMREPL_POOL_LEN + 1];
	struct scene s;

	scene_look(a, &s);
	for (unsigned int i = 0; i < HSMREPL_POOL_LEN; i++)
		snprintf(pool + 2 * i, 3, "%02x", s.view.nl->pool[i]);
	for (unsigned int i = 0; i < s.view.nl->n; i++)
		json_object_array_add(list, text(s.view.nl->node[i].name));
	add(o, "pool", text(pool));
	add(o, "epoch", number(s.view.position.epoch));
	add(o, "nodes", list);
	add(o, "seq", number(s.view.position.seq));
	add(o, "sync_point", hex64(s.view.position.sp));
	add(o, "protocol", number(mesh_pool_protocol(a->mesh)));
	add(o, "finalised", number(list_protocol(s.view.nl)));
	return o;
}
