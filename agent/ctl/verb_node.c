// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs status, nodes, pending, metrics: what there is to see of node and pool.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "verbs.h"

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, len - 1);
}

static void add_content(struct json_object *json, const struct hsmrepl_state *state)
{
	char code[8];

	snprintf(code, sizeof(code), "%04u", state->check_code % 10000);
	json_object_object_add(json, "epoch", json_object_new_uint64(state->epoch));
	json_object_object_add(json, "seq", json_object_new_uint64(state->seq));
	json_object_object_add(json, "sync_point", json_hex64(state->sync_point));
	json_object_object_add(json, "check_code", json_object_new_string(code));
	json_object_object_add(json, "digest", json_hex64(state->digest));
	json_object_object_add(json, "chain", json_hex(state->chain, sizeof(state->chain)));
	json_object_object_add(json, "objects", json_object_new_uint64(state->objects));
	json_object_object_add(json, "bytes", json_object_new_uint64(state->bytes));
}

/* What the device knows, and what its agent adds; the device alone is enough. */
static struct json_object *status_json(const struct hsmrepl_state *state,
				       struct json_object *agent)
{
	const char *mode = state->mode == HSMREPL_MODE_FIPS ? "fips" : "normal";
	struct json_object *json = json_object_new_object();
	bool pool = !all_zero(state->pool, sizeof(state->pool));

	json_object_object_add(json, "node", json_object_new_string(state->name));
	json_object_object_add(json, "node_id", json_object_new_uint64(state->node_id));
	json_object_object_add(json, "pool",
			       pool ? json_hex(state->pool, sizeof(state->pool)) : NULL);
	json_object_object_add(json, "state",
			       json_object_new_string(hsmrepl_state_name(state->state)));
	json_object_object_add(json, "mode", json_object_new_string(mode));
	add_content(json, state);
	json_object_object_add(json, "queue", json_object_new_uint64(state->queue));
	json_object_object_add(json, "pending_tid",
			       state->pending_tid ? json_hex64(state->pending_tid) : NULL);
	json_object_object_add(json, "agent", json_object_new_boolean(state->agent));
	json_object_object_add(json, "turn", NULL);
	json_object_object_add(json, "nodes_total", json_object_new_uint64(state->nodes_total));
	json_object_object_add(json, "nodes_up", json_object_new_uint64(state->nodes_up));
	json_object_object_add(json, "last_error", json_object_new_string(state->last_error));
	if (json_object_is_type(agent, json_type_object)) {
		json_object_object_foreach(agent, name, value)
			json_object_object_add(json, name, json_object_get(value));
	}
	return json;
}

static void print_members(struct json_object *json)
{
	json_object_object_foreach(json, name, value) {
		const char *text = json_object_get_string(value);

		printf("%-12s %s\n", name, text && *text ? text : "-");
	}
	json_object_put(json);
}

/* An agent that does not answer in time leaves the status of the device. */
static struct json_object *ask_status(struct ctl *ctl)
{
	struct json_object *agent;
	char *answer;
	int ret;

	ret = hsmrepl_node_ask(ctl->dev, HSMREPL_VERB_STATUS, NULL, CTL_STATUS_MS, &answer);
	agent = ret || !answer ? NULL : json_tokener_parse(answer);
	free(answer);
	return agent;
}

int node_status(struct ctl *ctl, struct json_object **json)
{
	struct json_object *agent = NULL;
	struct hsmrepl_state state;
	int ret;

	ret = hsmrepl_node_state(ctl->dev, 0, 0, &state);
	if (ret)
		return ret;
	if (state.agent)
		agent = ask_status(ctl);
	*json = status_json(&state, agent);
	json_object_put(agent);
	return 0;
}

/* One that hangs looks as if all were well: what it would add is missing, that is all. */
static bool is_silent(struct json_object *json)
{
	return json_object_get_boolean(json_object_object_get(json, "agent")) &&
	       !json_object_object_get_ex(json, "version", NULL);
}

int verb_status(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct ctl_operands operands;
	struct json_object *json;
	int ret, status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	ret = node_status(ctl, &json);
	if (ret)
		return ctl_fail(ctl, NULL, ret);
	if (is_silent(json))
		ctl_say("status: the agent does not answer, this is what the device knows: look at "
			"the agent's log");
	if (ctl->json)
		print_json(json);
	else
		print_members(json);
	return CTL_DONE;
}

static void print_node(struct json_object *node, const char *slowest)
{
	const char *name = json_text(node, "name", "?");
	struct json_object *rtt;

	printf("%-3lld %-12s %-24s %-9s %10lld %16s ", (long long)json_number(node, "id"), name,
	       json_text(node, "address", "-"), json_text(node, "state", "-"),
	       (long long)json_number(node, "seq"), json_text(node, "sync_point", "-"));
	if (json_object_object_get_ex(node, "rtt_ms", &rtt) && rtt)
		printf("%8.3f", json_object_get_double(rtt));
	else
		printf("%8s", "-");
	printf(" %6lld %-20s%s\n", (long long)json_number(node, "lag"),
	       json_text(node, "certificate_expiry", "-"),
	       slowest && !strcmp(slowest, name) ? " slowest" : "");
}

int verb_nodes(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *answer, *nodes;
	const char *slowest;
	size_t i, n = 0;
	int status;

	status = ctl_ask_plain(ctl, argc, argv, O_RDONLY, HSMREPL_VERB_NODES, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json) {
		print_json(answer);
		return CTL_DONE;
	}
	slowest = json_text(answer, "slowest", NULL);
	if (json_object_object_get_ex(answer, "nodes", &nodes) &&
	    json_object_is_type(nodes, json_type_array))
		n = json_object_array_length(nodes);
	printf("%-3s %-12s %-24s %-9s %10s %16s %8s %6s %-20s\n", "ID", "NAME", "ADDRESS", "STATE",
	       "SEQ", "SYNC POINT", "RTT ms", "LAG", "CERTIFICATE UNTIL");
	for (i = 0; i < n; i++)
		print_node(json_object_array_get_idx(nodes, i), slowest);
	json_object_put(answer);
	return CTL_DONE;
}

int verb_pending(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *answer, *tids;
	int status;

	status = ctl_ask_plain(ctl, argc, argv, O_RDONLY, HSMREPL_VERB_PENDING, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json) {
		print_json(answer);
		return CTL_DONE;
	}
	if (json_object_object_get_ex(answer, "tids", &tids) &&
	    json_object_is_type(tids, json_type_array) && json_object_array_length(tids)) {
		print_members(answer);
	} else {
		puts("nothing is undecided");
		json_object_put(answer);
	}
	return CTL_DONE;
}

int verb_metrics(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *answer;
	int status;

	status = ctl_ask_plain(ctl, argc, argv, O_RDONLY, HSMREPL_VERB_METRICS, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json) {
		print_json(answer);
	} else {
		fputs(json_text(answer, "text", ""), stdout);
		json_object_put(answer);
	}
	return CTL_DONE;
}
