/* SPDX-License-Identifier: GPL-2.0 */
/* The administrative verbs cross-check and split-brain: questions to other nodes. */
#ifndef HSM_SHELL_CROSS_CHECK_H
#define HSM_SHELL_CROSS_CHECK_H

#include <json-c/json.h>

#include "agent.h"

/*
 * {}: {"ok","nodes":[{"node","reached","why","state","epoch","seq","sync_point","chain","digest"}],
 * "pairs":[{"a","b","connected","epoch","history","digest"}]}; the facts of a pair are true, false,
 * or null where they cannot be told.
 */
int cross_check_take(struct agent *a, const struct device_request *dr);

/*
 * {"node"}, without it the one that the lookout found: {"split","with","kind","fork":{"seq",
 * "sync_point","nodes"},"left":{"node","nodes","majority","epoch","seq","sync_point","since",
 * "transactions":[{"seq","tid","sync_point"}]},"right":…}
 */
int split_brain_take(struct agent *a, const struct device_request *dr,
		     struct json_object *request);

#endif /* HSM_SHELL_CROSS_CHECK_H */
