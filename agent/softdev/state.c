// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that ask what the node is: INFO, STATE, OUTCOME.
 */
#include <errno.h>

#include "command.h"

int command_info(struct conn *conn, struct call *call)
{
	struct hsmrepl_info *info = &call->arg.info;

	hsm_info(&conn->dev->hsm, info);
	info->features = HSMREPL_FEATURE_ASYNC | HSMREPL_FEATURE_SOFT |
			 HSMREPL_FEATURE_PROTOCOL;
	return 0;
}

int command_state(struct conn *conn, struct call *call)
{
	struct hsmrepl_state *state = &call->arg.state;

	hsm_state(&conn->dev->hsm, state);
	if (state->seq >= state->min_seq)
		return 0;
	call_wait(conn, state->timeout_ms);
	return CALL_WAITS_CHANGE;
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
