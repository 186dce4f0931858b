// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs form, node-down, finalise and zeroize: who makes up the pool.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "print.h"
#include "verbs.h"

static void print_formed(struct json_object *answer)
{
	printf("formed pool %s, epoch %lld, seq %lld, sync point %s\n",
	       json_text(answer, "pool", "?"), (long long)json_number(answer, "epoch"),
	       (long long)json_number(answer, "seq"), json_text(answer, "sync_point", "?"));
	json_object_put(answer);
}

int verb_form(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct json_object *request, *names, *answer;
	struct ctl_operands operands;
	int i, status;

	status = ctl_options(ctl, argc, argv, options, 0, HSMREPL_NODES_MAX, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status != CTL_GO_ON)
		return status;
	names = json_object_new_array();
	for (i = 0; i < operands.n; i++)
		json_object_array_add(names, json_object_new_string(operands.at[i]));
	request = json_object_new_object();
	json_object_object_add(request, "nodes", names);
	status = ctl_ask(ctl, HSMREPL_VERB_FORM, request, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json)
		print_json(answer);
	else
		print_formed(answer);
	return CTL_DONE;
}

/* @name typed again: CTL_GO_ON, or CTL_FAILED after a message. @what says what will happen. */
static int confirm(struct ctl *ctl, const char *what, const char *name)
{
	char typed[HSMREPL_NAME_MAX + 2];

	fprintf(stderr, "%s. Type its name (%s) to go on: ", what, name);
	if (!fgets(typed, sizeof(typed), stdin))
		typed[0] = '\0';
	typed[strcspn(typed, "\n")] = '\0';
	if (!strcmp(typed, name))
		return CTL_GO_ON;
	return ctl_refuse(ctl, NULL, "not confirmed, nothing was changed",
			  "type the node's name, or give --yes");
}

int verb_node_down(struct ctl *ctl, int argc, char **argv)
{
	bool dry = false, force = false, yes = false;
	const struct ctl_option options[] = {
		{ .name = "dry-run", .flag = &dry }, { .name = "force", .flag = &force },
		{ .name = "yes", .flag = &yes }, { 0 }
	};
	struct json_object *request, *names, *answer;
	struct ctl_operands operands;
	struct hsmrepl_state state = { 0 };
	int ret, status;

	status = ctl_options(ctl, argc, argv, options, 1, HSMREPL_NODES_MAX, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status != CTL_GO_ON)
		return status;
	ret = hsmrepl_node_state(ctl->dev, 0, 0, &state);	/* it is said of this node list */
	if (ret)
		return ctl_fail(ctl, NULL, ret);
	names = json_object_new_array();
	for (int i = 0; status == CTL_GO_ON && i < operands.n; i++) {
		json_object_array_add(names, json_object_new_string(operands.at[i]));
		if (!yes && !dry)
			status = confirm(ctl, "This declares a node dead for good", operands.at[i]);
	}
	if (status != CTL_GO_ON) {
		json_object_put(names);
		return status;
	}
	request = json_object_new_object();
	json_object_object_add(request, "nodes", names);
	json_object_object_add(request, "dry_run", json_object_new_boolean(dry));
	json_object_object_add(request, "force", json_object_new_boolean(force));
	json_object_object_add(request, "epoch", json_object_new_uint64(state.epoch));
	status = ctl_ask(ctl, HSMREPL_VERB_NODE_DOWN, request, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json) {
		print_json(answer);
	} else {
		plan_print(stdout, answer, dry);
		json_object_put(answer);
	}
	return CTL_DONE;
}

static void print_finalised(struct json_object *answer, bool dry)
{
	long long protocol = json_number(answer, "protocol");

	if (dry)
		printf("all members speak protocol %lld, the pool is finalised at %lld: it can be "
		       "finalised at %lld, and then no node that speaks less is let in\n",
		       protocol, (long long)json_number(answer, "finalised"), protocol);
	else
		printf("finalised at protocol %lld, epoch %lld, seq %lld, sync point %s\n",
		       (long long)json_number(answer, "finalised"),
		       (long long)json_number(answer, "epoch"),
		       (long long)json_number(answer, "seq"),
		       json_text(answer, "sync_point", "?"));
	json_object_put(answer);
}

int verb_finalise(struct ctl *ctl, int argc, char **argv)
{
	bool dry = false;
	const struct ctl_option options[] = { { .name = "dry-run", .flag = &dry }, { 0 } };
	struct json_object *request, *answer;
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status != CTL_GO_ON)
		return status;
	request = json_object_new_object();
	json_object_object_add(request, "dry_run", json_object_new_boolean(dry));
	status = ctl_ask(ctl, HSMREPL_VERB_FINALISE, request, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json)
		print_json(answer);
	else
		print_finalised(answer, dry);
	return CTL_DONE;
}

int verb_zeroize(struct ctl *ctl, int argc, char **argv)
{
	bool yes = false;
	const struct ctl_option options[] = {
		{ .name = "yes", .flag = &yes },
		{ 0 }
	};
	struct ctl_operands operands;
	struct hsmrepl_state state;
	struct json_object *answer;
	int ret, status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status != CTL_GO_ON)
		return status;
	if (!yes) {
		ret = hsmrepl_node_state(ctl->dev, 0, 0, &state);
		status = ret ? ctl_fail(ctl, NULL, ret) :
			       confirm(ctl, "This wipes all keys of this node", state.name);
		if (status != CTL_GO_ON)
			return status;
	}
	status = ctl_ask(ctl, HSMREPL_VERB_ZEROIZE, json_object_new_object(), &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json)
		print_json(answer);
	else
		json_object_put(answer);
	return CTL_DONE;
}
