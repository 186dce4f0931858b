// SPDX-License-Identifier: GPL-2.0
/*
 * Console: one look at device and agent.
 */
#include <errno.h>
#include <stdlib.h>
#include <json-c/json.h>

#include "look.h"

#define ASK_MS	1000	/* an agent that takes longer for one question does not answer */

static int ask(struct hsmrepl *dev, struct known *known, unsigned int verb,
	       void (*take)(struct known *known, struct json_object *answer))
{
	struct json_object *answer;
	char *reply;
	int ret = hsmrepl_node_ask(dev, verb, NULL, ASK_MS, &reply);

	if (!ret) {
		answer = json_tokener_parse(reply);
		take(known, answer);
		json_object_put(answer);
	}
	free(reply);
	return ret;
}

static int ask_all(struct hsmrepl *dev, struct known *known)
{
	int ret;

	if (!known->state.agent)
		return -ENOTCONN;
	ret = ask(dev, known, HSMREPL_VERB_STATUS, known_status);
	if (!ret)
		ret = ask(dev, known, HSMREPL_VERB_NODES, known_nodes);
	if (!ret)
		ret = ask(dev, known, HSMREPL_VERB_PENDING, known_pending);
	if (!ret)
		ret = ask(dev, known, HSMREPL_VERB_METRICS, known_metrics);
	return ret;
}

void look_at(struct hsmrepl *dev, struct known *known)
{
	known->device_error = hsmrepl_node_state(dev, 0, 0, &known->state);
	if (known->device_error)
		known->state = (struct hsmrepl_state) { 0 };
	else
		known->agent_error = ask_all(dev, known);
}
