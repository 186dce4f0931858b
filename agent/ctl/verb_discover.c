// SPDX-License-Identifier: GPL-2.0
/*
 * Verb discover: who was found in the domain.
 */
#include <fcntl.h>
#include <stdio.h>

#include "print.h"
#include "verbs.h"

static const char *yes_no(struct json_object *peer, const char *name)
{
	return json_object_get_boolean(json_object_object_get(peer, name)) ? "yes" : "no";
}

static void print_peer(struct json_object *peer)
{
	printf("%-5lld %-12s %-24s %-6s %-8s %-7s %-32s %6lld s\n",
	       (long long)json_number(peer, "id"), json_text(peer, "name", "?"),
	       json_text(peer, "address", "-"), json_text(peer, "mode", "-"),
	       yes_no(peer, "key_set_match"), yes_no(peer, "offered"), json_text(peer, "pool", "-"),
	       (long long)json_number(peer, "last_heard_ms") / 1000);
}

static void print_peers(struct json_object *answer)
{
	struct json_object *peers = json_object_object_get(answer, "peers");
	size_t n = json_object_is_type(peers, json_type_array) ? json_object_array_length(peers) :
								 0;

	printf("domain %s: %zu found\n", json_text(answer, "domain", "?"), n);
	if (n)
		printf("%-5s %-12s %-24s %-6s %-8s %-7s %-32s %8s\n", "ID", "NAME", "ADDRESS",
		       "MODE", "KEY SET", "OFFERED", "POOL", "HEARD");
	for (size_t i = 0; i < n; i++)
		print_peer(json_object_array_get_idx(peers, i));
	json_object_put(answer);
}

int verb_discover(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *answer;
	int status;

	status = ctl_ask_plain(ctl, argc, argv, O_RDONLY, HSMREPL_VERB_DISCOVER, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json)
		print_json(answer);
	else
		print_peers(answer);
	return CTL_DONE;
}
