// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: what becomes of the pool by a node-down.
 */
#include "plan.h"
#include "print.h"

static void print_names(FILE *to, const char *what, struct json_object *answer, const char *key)
{
	struct json_object *list = json_object_object_get(answer, key);
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	fprintf(to, "%-10s", what);
	for (size_t i = 0; i < n; i++)
		fprintf(to, " %s", json_object_get_string(json_object_array_get_idx(list, i)));
	fprintf(to, "%s\n", n ? "" : " none");
}

void plan_print(FILE *to, struct json_object *answer, bool dry)
{
	struct json_object *newcomer;
	const char *refused = json_text(answer, "refused", NULL);

	print_names(to, dry ? "would commit" : "committed", answer, "commit");
	print_names(to, dry ? "would abort" : "aborted", answer, "abort");
	print_names(to, "nodes then", answer, "nodes");
	newcomer = json_object_object_get(answer, "newcomer");
	if (dry && newcomer)
		fprintf(to,
			"%s is about to join and must answer, or be declared down as well\n",
			json_object_get_string(newcomer));
	if (refused)
		fprintf(to, "refused as it is: %s\n", refused);
	fprintf(to, "epoch %lld, %lld more may crash before node-down needs --force\n",
		(long long)json_number(answer, "epoch"),
		(long long)json_number(answer, "survives"));
}
