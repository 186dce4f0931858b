// SPDX-License-Identifier: MIT
/*
 * Words for what the ABI numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hsmrepl.h"

static const struct {
	int error;
	const char *text;
} error_texts[] = {
	{ EACCES, "the device was not opened for that" },
	{ EAGAIN, "the queue is full" },
	{ EBADMSG, "malformed" },
	{ EBUSY, "in use" },
	{ ECANCELED, "aborted; it was never applied and never will be" },
	{ EEXIST, "the label or the id exists" },
	{ EINPROGRESS, "the outcome is pending" },
	{ EINTR, "interrupted; the outcome is pending" },
	{ EINVAL, "not allowed" },
	{ EKEYREJECTED, "content of another node or key is loaded" },
	{ EMSGSIZE, "over the size limit" },
	{ ENODEV, "the software device went away" },
	{ ENOENT, "no such label" },
	{ ENONET, "this node belongs to no pool yet" },
	{ ENOSPC, "a limit on objects or bytes is reached" },
	{ ENOTCONN, "no agent is attached" },
	{ ENOTTY, "the device does not know the command" },
	{ EOPNOTSUPP, "the device does not know this option" },
	{ EPERM, "not permitted" },
	{ EROFS, "this node takes no writes" },
	{ ESTALE, "the object has another version" },
	{ ETIMEDOUT, "the time is over" },
};

const char *hsmrepl_error_name(int error)
{
	const char *name = strerrorname_np(abs(error));

	return name ? name : "unknown error";
}

const char *hsmrepl_error_text(int error)
{
	size_t i;

	for (i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++) {
		if (error_texts[i].error == abs(error))
			return error_texts[i].text;
	}
	return strerror(abs(error));
}

const char *hsmrepl_state_name(unsigned int state)
{
	static const char *const names[] = {
		[HSMREPL_OFFLINE] = "offline",
		[HSMREPL_STARTING] = "starting",
		[HSMREPL_JOINING] = "joining",
		[HSMREPL_MEMBER] = "member",
		[HSMREPL_BLOCKED] = "blocked",
		[HSMREPL_REMOVED] = "removed",
		[HSMREPL_DIVERGED] = "diverged",
		[HSMREPL_HALTED] = "halted",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

const char *hsmrepl_event_name(unsigned int event)
{
	static const char *const names[] = {
		[HSMREPL_EVENT_STATE] = "state",
		[HSMREPL_EVENT_COMMIT] = "commit",
		[HSMREPL_EVENT_NODE_UP] = "node-up",
		[HSMREPL_EVENT_NODE_DOWN] = "node-down",
		[HSMREPL_EVENT_SYNC] = "live-sync",
		[HSMREPL_EVENT_SPLIT_BRAIN] = "split-brain",
		[HSMREPL_EVENT_ATTACH] = "attach",
		[HSMREPL_EVENT_DETACH] = "detach",
	};

	if (!event || event >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[event];
}
