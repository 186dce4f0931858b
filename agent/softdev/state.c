// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that ask what the node is: INFO, STATE, OUTCOME.
 */
#include <errno.h>

#include "command.h"

int command_info(struct conn *conn, struct call *call)
{
	struct hsmrepl_info *info = &call->arg.info;
	u32 size = info->size;

	hsm_info(&conn->dev->hsm, info);
	info->size = size;
	info->features |= HSMREPL_FEATURE_SOFT;
	return 0;
}

int command_state(struct conn *conn, struct call *call)
{
	struct hsmrepl_state *state = &call->arg.state;
	struct hsm *hsm = &conn->dev->hsm;
	u32 size = state->size;

	if (hsm->point.seq < state->min_seq) {
		call_wait(conn, state->timeout_ms);
		return CALL_WAITS_CHANGE;
	}
	hsm_state(hsm, state);
	state->size = size;
	return 0;
}

int command_outcome(struct conn *conn, struct call *call)
{
	struct hsmrepl_outcome *outcome = &call->arg.outcome;
	int ret;

	if (outcome->wait > 1)
		return -EINVAL;
	ret = hsm_outcome(&conn->dev->hsm, outcome);
	if (!ret && outcome->wait && outcome->outcome == HSMREPL_OUTCOME_PENDING) {
		call_wait(conn, outcome->timeout_ms);
		return CALL_WAITS_CHANGE;
	}
	return ret;
}
