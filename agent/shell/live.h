/* SPDX-License-Identifier: GPL-2.0 */
/* Live-Sync in this agent: what it needs of the shell, and the administrative verbs about it. */
#ifndef HSM_SHELL_LIVE_H
#define HSM_SHELL_LIVE_H

#include <json-c/json.h>

#include "agent.h"
#include "roster.h"

/* Makes @a->sync. Returns 0, or -1 with @error set. */
int live_open(struct agent *a, char error[AGENT_ERROR_MAX]);

/* Who may connect beside the members: the newcomer that is served, or that the core names. */
void live_connect(struct agent *a);

/* The node of that name in the node list or in the manual list, or NULL. */
const struct member *live_named(const struct agent *a, const char *name, struct roster *room);

/* {"donor","overwrite"}: join by way of that node. Status shows what comes of it. */
int live_take(struct agent *a, const struct device_request *dr, struct json_object *request);

/* {}: leave the pool in order; the core answers by ACT_ANSWER. */
int live_leave(struct agent *a, const struct device_request *dr);

/*
 * {"role","phase","with","percent","bytes","bytes_total","transactions","rate","left_s","trouble",
 * "quarantine"}, or NULL if no Live-Sync ever was.
 */
struct json_object *live_json(const struct agent *a);

#endif /* HSM_SHELL_LIVE_H */
