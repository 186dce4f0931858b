// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs cross-check, verify, split-brain: do the nodes agree, and if not, where did they part?
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "verbs.h"

#define LONG_MS 600000	/* all objects are read */

static const char *word(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !v)
		return "?";
	return json_object_get_boolean(v) ? "yes" : "NO";
}

static size_t length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void print_nodes(struct json_object *nodes)
{
	printf("%-12s %-10s %6s %10s  %s\n", "node", "state", "epoch", "seq", "sync point");
	for (size_t i = 0; i < length(nodes); i++) {
		struct json_object *o = json_object_array_get_idx(nodes, i);

		printf("%-12s ", json_text(o, "node", "?"));
		if (!strcmp(word(o, "reached"), "yes"))
			printf("%-10s %6" PRId64 " %10" PRId64 "  %s\n", json_text(o, "state", "?"),
			       json_number(o, "epoch"), json_number(o, "seq"),
			       json_text(o, "sync_point", "?"));
		else
			printf("not reached: %s\n", json_text(o, "why", "?"));
	}
}

static void print_pairs(struct json_object *pairs)
{
	printf("\n%-12s %-12s %-10s %-6s %-8s %s\n", "a", "b", "connected", "epoch", "history",
	       "digest");
	for (size_t i = 0; i < length(pairs); i++) {
		struct json_object *o = json_object_array_get_idx(pairs, i);

		printf("%-12s %-12s %-10s %-6s %-8s %s\n", json_text(o, "a", "?"),
		       json_text(o, "b", "?"), word(o, "connected"), word(o, "epoch"),
		       word(o, "history"), word(o, "digest"));
	}
}

int verb_cross_check(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *answer;
	bool ok;
	int status;

	status = ctl_ask_plain(ctl, argc, argv, O_RDONLY, HSMREPL_VERB_CROSS_CHECK, &answer);
	if (status != CTL_GO_ON)
		return status;
	ok = !strcmp(word(answer, "ok"), "yes");
	if (ctl->json) {
		print_json(answer);
	} else {
		print_nodes(json_object_object_get(answer, "nodes"));
		print_pairs(json_object_object_get(answer, "pairs"));
		json_object_put(answer);
	}
	return ok ? CTL_DONE :
		    ctl_refuse(ctl, NULL, "not all members are connected and agree",
			       "see nodes for who is away, split-brain NODE for where histories "
			       "part, verify --against NODE for what differs");
}

static void print_classes(struct json_object *classes)
{
	struct json_object *names = json_object_object_get(classes, "names");

	printf("objects: %" PRId64 " the same, %" PRId64 " only here, %" PRId64 " only there, %"
	       PRId64 " different, %" PRId64 " changed meanwhile\n", json_number(classes, "same"),
	       json_number(classes, "only_here"), json_number(classes, "only_there"),
	       json_number(classes, "different"), json_number(classes, "moving"));
	for (size_t i = 0; i < length(names); i++) {
		struct json_object *o = json_object_array_get_idx(names, i);
		const char *label = json_text(o, "label", "?");

		printf("  %-11s ", json_text(o, "class", "?"));
		print_label(label, strlen(label), 0);
		putchar('\n');
	}
}

static void print_verified(struct json_object *answer)
{
	struct json_object *classes;

	printf("%" PRId64 " objects at seq %" PRId64 ", digest %s, expected %s: %s\n",
	       json_number(answer, "objects"), json_number(answer, "seq"),
	       json_text(answer, "digest", "?"), json_text(answer, "expected", "?"),
	       !strcmp(word(answer, "ok"), "yes") ? "all is well" : "NOT as it should be");
	if (json_object_object_get_ex(answer, "classes", &classes))
		print_classes(classes);
}

int verb_verify(struct ctl *ctl, int argc, char **argv)
{
	const char *against = NULL;
	const struct ctl_option options[] = {
		{ .name = "against", .value = &against }, { 0 }
	};
	struct json_object *request, *answer;
	struct ctl_operands operands;
	bool ok;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	request = json_object_new_object();
	if (against)
		json_object_object_add(request, "against", json_object_new_string(against));
	status = ctl_ask_for(ctl, HSMREPL_VERB_VERIFY, request, LONG_MS, &answer);
	if (status != CTL_GO_ON)
		return status;
	ok = !strcmp(word(answer, "ok"), "yes");
	if (ctl->json) {
		print_json(answer);
	} else {
		print_verified(answer);
		json_object_put(answer);
	}
	return ok ? CTL_DONE :
		    ctl_refuse(ctl, against, "the content is not as it should be",
			       "compare with further nodes; the one that is wrong leaves, is "
			       "zeroized, and comes back by live-sync");
}

static void print_side(struct json_object *side)
{
	struct json_object *list = json_object_object_get(side, "transactions");
	struct json_object *nodes = json_object_object_get(side, "nodes");

	printf("\n%s: nodes", json_text(side, "node", "?"));
	for (size_t i = 0; i < length(nodes); i++)
		printf(" %s", json_object_get_string(json_object_array_get_idx(nodes, i)));
	printf(" (majority: %s), epoch %" PRId64 ", seq %" PRId64 ", %" PRId64 " since the fork\n",
	       word(side, "majority"), json_number(side, "epoch"), json_number(side, "seq"),
	       json_number(side, "since"));
	for (size_t i = 0; i < length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);

		printf("  seq %" PRId64 "  tid %s\n", json_number(row, "seq"),
		       json_text(row, "tid", "?"));
	}
}

static void print_split(struct json_object *answer)
{
	struct json_object *fork, *objects;

	if (!json_object_object_get_ex(answer, "fork", &fork)) {
		printf("no split brain%s%s\n", json_text(answer, "kind", "")[0] ? ": " : "",
		       json_text(answer, "kind", ""));
		return;
	}
	printf("split brain with %s: last common transaction seq %" PRId64 ", sync point %s\n",
	       json_text(answer, "with", "?"), json_number(fork, "seq"),
	       json_text(fork, "sync_point", "?"));
	print_side(json_object_object_get(answer, "left"));
	print_side(json_object_object_get(answer, "right"));
	if (json_object_object_get_ex(answer, "objects", &objects))
		print_classes(objects);
	printf("\nkeep one side; on each node of the other: live-sync NODE --overwrite\n");
}

int verb_split_brain(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct json_object *request, *answer;
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	request = json_object_new_object();
	if (operands.n)
		json_object_object_add(request, "node", json_object_new_string(operands.at[0]));
	status = ctl_ask_for(ctl, HSMREPL_VERB_SPLIT_BRAIN, request, LONG_MS, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json) {
		print_json(answer);
		return CTL_DONE;
	}
	print_split(answer);
	json_object_put(answer);
	return CTL_DONE;
}
