// SPDX-License-Identifier: MIT
/*
 * The node: limits, state, outcomes, questions to its agent.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hsmrepl.h"

int hsmrepl_node_info(struct hsmrepl *dev, struct hsmrepl_info *info)
{
	*info = (struct hsmrepl_info) { .size = sizeof(*info) };
	return hsmrepl_ioctl(dev, HSMREPL_IOC_INFO, info);
}

int hsmrepl_node_state(struct hsmrepl *dev, uint64_t min_seq, unsigned int timeout_ms,
		       struct hsmrepl_state *state)
{
	*state = (struct hsmrepl_state) {
		.size = sizeof(*state),
		.min_seq = min_seq,
		.timeout_ms = timeout_ms,
	};
	return hsmrepl_ioctl(dev, HSMREPL_IOC_STATE, state);
}

int hsmrepl_node_outcome(struct hsmrepl *dev, uint64_t tid, int wait, unsigned int timeout_ms,
			 struct hsmrepl_outcome *outcome)
{
	*outcome = (struct hsmrepl_outcome) {
		.size = sizeof(*outcome),
		.tid = tid,
		.wait = !!wait,
		.timeout_ms = timeout_ms,
	};
	return hsmrepl_ioctl(dev, HSMREPL_IOC_OUTCOME, outcome);
}

int hsmrepl_node_ask(struct hsmrepl *dev, unsigned int verb, const char *request,
		     unsigned int timeout_ms, char **answer)
{
	struct hsmrepl_admin admin = {
		.size = sizeof(admin),
		.verb = verb,
		.timeout_ms = timeout_ms,
		.request = (uintptr_t)request,
		.request_len = request ? strlen(request) : 0,
		.answer_max = HSMREPL_ADMIN_MAX,
	};
	char *text = malloc(HSMREPL_ADMIN_MAX + 1);
	int ret;

	*answer = NULL;
	if (!text)
		return -ENOMEM;
	admin.answer = (uintptr_t)text;
	ret = hsmrepl_ioctl(dev, HSMREPL_IOC_ADMIN, &admin);
	if (ret) {
		free(text);
		return ret;
	}
	text[admin.answer_len] = '\0';
	*answer = text;
	return -(int)admin.status;
}
