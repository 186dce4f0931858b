/* SPDX-License-Identifier: GPL-2.0 */
/* Discovery's place in the agent: what it finds becomes part of the roster, and is shown. */
#ifndef HSM_SHELL_FINDER_H
#define HSM_SHELL_FINDER_H

#include <json-c/json.h>

#include "agent.h"
#include "reply.h"

/* Begin to look, if there is a domain. Returns 0, or -1 with @error. After boot_start(). */
int finder_start(struct agent *a, char error[AGENT_ERROR_MAX]);

/* Take over what is known now; a node without a pool connects to it. Not while the pump runs. */
void finder_refresh(struct agent *a);

/*
 * {"domain","peers":[{"name","id","address","mode","key_set_match","domain","pool",
 * "last_heard_ms","offered"}]}; NULL with @r without a domain.
 */
struct json_object *finder_show(const struct agent *a, struct refusal *r);

#endif /* HSM_SHELL_FINDER_H */
