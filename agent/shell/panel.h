/* SPDX-License-Identifier: GPL-2.0 */
/* What the agent shows of its node: answers of the administrative verbs that change nothing. */
#ifndef HSM_SHELL_PANEL_H
#define HSM_SHELL_PANEL_H

#include <json-c/json.h>

#include "agent.h"

/* Each returns a new JSON object, the caller's; NULL without memory or when the device is gone. */

/* {"turn","uptime_ms","version","live_sync"}; see live_json(). */
struct json_object *panel_status(const struct agent *a);

/* {"nodes":[…],"slowest"}: members of the node list, or of the manual list before there is one. */
struct json_object *panel_nodes(const struct agent *a);

/*
 * {"tids","coordinator","age_ms","votes","waiting_for","queued","reason"}: what is undecided, and
 * why.
 */
struct json_object *panel_pending(const struct agent *a);

/* {"tid","outcome","seq","sync_point"}: what store and device know of one transaction. */
struct json_object *panel_outcome(const struct agent *a, uint64_t tid);

/* {"text"}: Prometheus text format. */
struct json_object *panel_metrics(const struct agent *a);

/* {"pool","epoch","nodes","seq","sync_point"}: the pool that was formed. */
struct json_object *panel_pool(const struct agent *a);

#endif /* HSM_SHELL_PANEL_H */
