// SPDX-License-Identifier: GPL-2.0
#include "admin.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <json-c/json.h>

#include "boot.h"
#include "cross_check.h"
#include "down.h"
#include "finder.h"
#include "live.h"
#include "panel.h"
#include "reply.h"
#include "report.h"
#include "request.h"
#include "roster.h"
#include "verify.h"
#include "test.h"
#include "vault.h"
#include "../core/batch.h"

#define TID_DIGITS 16

static bool read_tid(struct json_object *request, uint64_t *tid)
{
	const char *s = request_text(request, "tid");
	char *end;

	if (strlen(s) == 0 || strlen(s) > TID_DIGITS ||
	    strspn(s, "0123456789abcdefABCDEF") != strlen(s))
		return false;
	*tid = strtoull(s, &end, 16);
	return *tid != 0;
}

static struct json_object *show_outcome(const struct agent *a, struct json_object *request,
					struct refusal *r)
{
	uint64_t tid;

	if (read_tid(request, &tid))
		return panel_outcome(a, tid);
	refusal_set(r, EINVAL, "give the TID as create and its like print it",
		    "\"tid\" is not a transaction id of up to %d hex digits", TID_DIGITS);
	return NULL;
}

/* Whether @name names one node of @all that is not in @nl yet; it is added. */
static bool add_named(const struct roster *all, const char *name, struct node_list *nl,
		      struct refusal *r)
{
	const struct member *m = roster_named(all, name);

	if (!m) {
		refusal_set(r, ENOENT, "list it as a peer, see discover, or correct the name",
			    "no node that is listed or found is named %s", name);
		return false;
	}
	if (nl_has(nl, m->id))
		return true;
	if (nl->n == HSMREPL_NODES_MAX) {
		refusal_set(r, EINVAL, "form the pool with fewer nodes",
			    "a pool has at most %d nodes", HSMREPL_NODES_MAX);
		return false;
	}
	nl->node[nl->n++] = *m;
	return true;
}

static int by_id(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	return (int)a->id - (int)b->id;
}

/* The list to form: this node, and the named ones, or all listed ones if none is named. */
static bool form_list(const struct agent *a, struct json_object *request, struct node_list *nl,
		      struct refusal *r)
{
	const struct node_list none = { .n = 0 };
	struct json_object *names;
	struct roster all;
	size_t n = 0;

	roster_make(&all, &a->config, &a->found, &none);
	memset(nl, 0, sizeof(*nl));
	nl->epoch = 1;
	nl->node[nl->n++] = *roster_find(&all, a->config.node_id);
	if (!nl->node[0].address[0]) {
		refusal_set(r, ENETDOWN, "set address, or bring up an interface with an address",
			    "this node has no address that peers could be told");
		return false;
	}
	if (json_object_object_get_ex(request, "nodes", &names))
		n = json_object_array_length(names);
	for (size_t i = 0; i < n; i++)
		if (!add_named(&all, json_object_get_string(json_object_array_get_idx(names, i)),
			       nl, r))
			return false;
	for (unsigned int i = 0; n == 0 && i < all.n; i++) {
		if (nl_has(nl, all.node[i].id) ||
		    roster_is_taken(&a->config, &a->found, all.node[i].id))
			continue;
		if (nl->n == HSMREPL_NODES_MAX) {
			refusal_set(r, EINVAL, "name the nodes that are to form the pool",
				    "more than %d nodes are listed or found", HSMREPL_NODES_MAX);
			return false;
		}
		nl->node[nl->n++] = all.node[i];
	}
	qsort(nl->node, nl->n, sizeof(nl->node[0]), by_id);
	return true;
}

static int form(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct node_list nl;
	struct event ev = { .type = EV_FORM, .nl = &nl, .request = dr->id };
	struct refusal r;
	ssize_t got;

	if (!form_list(a, request, &nl, &r))
		return reply_refusal(a, dr->id, &r);
	got = getrandom(nl.pool, sizeof(nl.pool), 0);
	assert(got == (ssize_t)sizeof(nl.pool));
	pump_note(a->pump, &ev);
	return 0;
}

static int finalise(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct event ev = { .type = EV_FINALISE, .request = dr->id };
	struct json_object *dry = NULL;

	json_object_object_get_ex(request, "dry_run", &dry);
	ev.dry = json_object_get_boolean(dry);
	pump_note(a->pump, &ev);
	return 0;
}

int admin_answer(struct agent *a, const struct action *act)
{
	struct refusal r;

	if (!act->error && act->plan)
		return reply_json(a, act->request, 0, down_plan_json(act->plan, act->why));
	if (!act->error)
		return reply_json(a, act->request, 0, panel_pool(a));
	refusal_from(&r, act->error, act->why ? act->why : strerror(act->error));
	return reply_refusal(a, act->request, &r);
}

static int zeroize(struct agent *a, const struct device_request *r)
{
	char error[AGENT_ERROR_MAX];

	newcomer_forget(sync_newcomer(a->sync));
	if (boot_zeroize(a, error) != 0) {
		log_error(a->log, "%s", error);
		return -EIO;
	}
	return reply_json(a, r->id, 0, json_object_new_object());
}

static int show(struct agent *a, uint64_t request, struct json_object *o)
{
	return reply_json(a, request, 0, o);
}

static int carry_out(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct json_object *o;
	struct refusal r;

	switch (dr->verb) {
	case HSMREPL_VERB_STATUS:
		return show(a, dr->id, panel_status(a));
	case HSMREPL_VERB_NODES:
		return show(a, dr->id, panel_nodes(a));
	case HSMREPL_VERB_PENDING:
		return show(a, dr->id, panel_pending(a));
	case HSMREPL_VERB_METRICS:
		return show(a, dr->id, panel_metrics(a));
	case HSMREPL_VERB_OUTCOME:
		o = show_outcome(a, request, &r);
		return o ? show(a, dr->id, o) : reply_refusal(a, dr->id, &r);
	case HSMREPL_VERB_TEST:
		return test_take(a, dr, request);
	case HSMREPL_VERB_DISCOVER:
		o = finder_show(a, &r);
		return o ? show(a, dr->id, o) : reply_refusal(a, dr->id, &r);
	case HSMREPL_VERB_REPORT:
		return show(a, dr->id, report_json(a));
	case HSMREPL_VERB_FORM:
		return form(a, dr, request);
	case HSMREPL_VERB_ZEROIZE:
		return zeroize(a, dr);
	case HSMREPL_VERB_NODE_DOWN:
		return down_take(a, dr, request);
	case HSMREPL_VERB_LIVE_SYNC:
		return live_take(a, dr, request);
	case HSMREPL_VERB_CROSS_CHECK:
		return cross_check_take(a, dr);
	case HSMREPL_VERB_VERIFY:
		return verify_take(a, dr, request);
	case HSMREPL_VERB_SPLIT_BRAIN:
		return split_brain_take(a, dr, request);
	case HSMREPL_VERB_LEAVE:
		return live_leave(a, dr);
	case HSMREPL_VERB_FINALISE:
		return finalise(a, dr, request);
	case HSMREPL_VERB_BACKUP:
		return vault_backup(a, dr, request);
	case HSMREPL_VERB_RESTORE:
		return vault_restore(a, dr, request);
	default:
		refusal_set(&r, EOPNOTSUPP, "use an agent of the tool's version",
			    "this agent has no verb 0x%x", dr->verb);
		return reply_refusal(a, dr->id, &r);
	}
}

/* While the store is closed for other content nothing is possible but to look at the node. */
static bool is_possible(const struct agent *a, unsigned int verb)
{
	return a->store || verb == HSMREPL_VERB_STATUS || verb == HSMREPL_VERB_NODES ||
	       verb == HSMREPL_VERB_METRICS || verb == HSMREPL_VERB_REPORT ||
	       verb == HSMREPL_VERB_LIVE_SYNC || verb == HSMREPL_VERB_RESTORE;
}

int admin_take(struct agent *a, const struct device_request *dr)
{
	struct json_object *request;
	struct refusal r;
	int ret;

	request = request_parse(dr, &r);
	if (!request)
		return reply_refusal(a, dr->id, &r);
	if (is_possible(a, dr->verb)) {
		ret = carry_out(a, dr, request);
	} else {
		refusal_set(&r, EBUSY, "see how far it is with status, then try again",
			    "a %s onto this node is under way",
			    vault_restores(a) ? "restore" : "Live-Sync");
		ret = reply_refusal(a, dr->id, &r);
	}
	json_object_put(request);
	return ret;
}
