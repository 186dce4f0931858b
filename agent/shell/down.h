/* SPDX-License-Identifier: GPL-2.0 */
/* The administrative verb node-down: its request and its answer. */
#ifndef HSM_SHELL_DOWN_H
#define HSM_SHELL_DOWN_H

#include <json-c/json.h>

#include "agent.h"

/* {"nodes":[name…],"dry_run","force"}: give it to the core, which answers by ACT_ANSWER. */
int down_take(struct agent *a, const struct device_request *dr, struct json_object *request);

/*
 * {"epoch","nodes":[name…],"commit":[tid…],"abort":[tid…],"survives"}: the node list after, and the
 * fate of what was undecided. @refused: of a dry run, why it would be refused, or NULL.
 */
struct json_object *down_plan_json(const struct down_plan *plan, const char *refused);

#endif /* HSM_SHELL_DOWN_H */
