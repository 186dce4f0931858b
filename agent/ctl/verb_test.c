// SPDX-License-Identifier: GPL-2.0
/*
 * Verb test: could this node and the one at an address be in one pool?
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "verbs.h"

static void print_conditions(struct json_object *list)
{
	size_t n = json_object_array_length(list);

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *note = json_text(o, "note", "");

		printf("%-12s %-10s%s%s\n", json_text(o, "condition", "?"),
		       json_text(o, "result", "?"), *note ? " " : "", note);
	}
}

/* The first condition that does not hold, on stderr; CTL_DONE if there is none. */
static int conclude(struct ctl *ctl, const char *address, struct json_object *list)
{
	size_t n = json_object_array_length(list);

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		char what[64];

		if (strcmp(json_text(o, "result", ""), "not ok"))
			continue;
		snprintf(what, sizeof(what), "%s: %s", address, json_text(o, "condition", "?"));
		return ctl_refuse(ctl, what, "not ok", json_text(o, "note", "?"));
	}
	return CTL_DONE;
}

int verb_test(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct json_object *request, *answer, *list;
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	request = json_object_new_object();
	json_object_object_add(request, "address", json_object_new_string(operands.at[0]));
	status = ctl_ask(ctl, HSMREPL_VERB_TEST, request, &answer);
	if (status != CTL_GO_ON)
		return status;
	list = json_object_object_get(answer, "conditions");
	status = conclude(ctl, operands.at[0], list);
	if (!ctl->json)
		print_conditions(list);
	if (ctl->json)
		print_json(answer);
	else
		json_object_put(answer);
	return status;
}
