// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: what to say when something does not work, and what to exit with. One line: what,
 * why, what to do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <json-c/json.h>

#include "ctl.h"
#include "print.h"

static const struct {
	int error;
	const char *hint;
} hints[] = {
	{ EACCES, "run it as a user who may use the device" },
	{ EAGAIN, "try again later" },
	{ ECANCELED, "see status and pending, then submit it again" },
	{ EEXIST, "use update, or another label" },
	{ EINPROGRESS, "ask with: hsmreplctl outcome TID" },
	{ EINTR, "ask with: hsmreplctl outcome TID" },
	{ EMSGSIZE, "make it smaller" },
	{ ENODEV, "start the software device again" },
	{ ENOENT, "see which labels there are with: hsmreplctl list" },
	{ ENONET, "form a pool with: hsmreplctl form, or join one" },
	{ ENOSPC, "delete objects, or raise the limit of the device" },
	{ ENOTCONN, "start hsmrepld on this node" },
	{ EPERM, "run it as root" },
	{ EROFS, "see state and last_error with: hsmreplctl status" },
	{ ESTALE, "read the object again, then repeat with its present version" },
	{ ETIMEDOUT, "ask again, or give it longer with --timeout" },
};

static const struct {
	int error;
	const char *why;
	const char *hint;
} open_hints[] = {
	{ ENOENT, "there is no such device", "load the module (hsmrepl), or give --device" },
	{ EACCES, "permission denied", "run it as a user who may use the device" },
	{ ECONNREFUSED, "nobody serves there", "start hsmrepl-softdev, or give --device" },
	{ ENOTSUP, "neither a device nor a socket", "give --device" },
	{ EPROTO, "no software device of this version", "give --device" },
};

int ctl_exit_status(int error)
{
	switch (-error) {
	case 0:
		return CTL_DONE;
	case EINPROGRESS:
	case EINTR:
		return CTL_PENDING;
	case ETIMEDOUT:
		return CTL_TIMEOUT;
	default:
		return CTL_FAILED;
	}
}

static void say(struct ctl *ctl, const char *what)
{
	fputs("hsmreplctl: ", stderr);
	if (ctl->verb)
		fprintf(stderr, "%s%s", ctl->verb->name, what ? " " : "");
	fprintf(stderr, "%s: ", what ? what : "");
}

int ctl_refuse(struct ctl *ctl, const char *what, const char *why, const char *hint)
{
	say(ctl, what);
	fprintf(stderr, "%s: %s\n", why, hint);
	return CTL_FAILED;
}

int ctl_fail(struct ctl *ctl, const char *what, int error)
{
	const char *hint = "see hsmreplctl status";
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (hints[i].error == -error)
			hint = hints[i].hint;
	}
	say(ctl, what);
	fprintf(stderr, "%s (%s): %s\n", hsmrepl_error_text(error), hsmrepl_error_name(error),
		hint);
	return ctl_exit_status(error);
}

int ctl_open(struct ctl *ctl, int flags)
{
	const char *path = ctl->device;
	size_t i;

	ctl->dev = hsmrepl_open(path, flags);
	if (ctl->dev)
		return CTL_GO_ON;
	if (!path)
		path = getenv(HSMREPL_ENV_DEVICE);
	if (!path)
		path = HSMREPL_DEVICE;
	for (i = 0; i < sizeof(open_hints) / sizeof(open_hints[0]); i++) {
		if (open_hints[i].error == errno) {
			fprintf(stderr, "hsmreplctl: %s: %s (%s): %s\n", path, open_hints[i].why,
				hsmrepl_error_name(errno), open_hints[i].hint);
			return CTL_FAILED;
		}
	}
	return ctl_fail(ctl, path, -errno);
}

/* The agent refused: it says why, and what to do. */
static int refused(struct ctl *ctl, struct json_object *answer, int error)
{
	const char *why = json_text(answer, "error", hsmrepl_error_text(error));
	const char *hint = json_text(answer, "hint", "see hsmreplctl status");

	say(ctl, NULL);
	fprintf(stderr, "%s (%s): %s\n", why, hsmrepl_error_name(error), hint);
	return ctl_exit_status(error);
}

int ctl_ask(struct ctl *ctl, unsigned int verb, struct json_object *request,
	    struct json_object **answer)
{
	return ctl_ask_for(ctl, verb, request, CTL_ASK_MS, answer);
}

int ctl_ask_plain(struct ctl *ctl, int argc, char **argv, int flags, unsigned int verb,
		  struct json_object **answer)
{
	const struct ctl_option options[] = { { 0 } };
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, flags);
	if (status == CTL_GO_ON)
		status = ctl_ask(ctl, verb, NULL, answer);
	return status;
}

int ctl_ask_for(struct ctl *ctl, unsigned int verb, struct json_object *request,
		unsigned int timeout_ms, struct json_object **answer)
{
	const char *text = request ? json_object_to_json_string(request) : NULL;
	char *reply;
	int ret;

	ret = hsmrepl_node_ask(ctl->dev, verb, text, timeout_ms, &reply);
	json_object_put(request);
	if (!reply)
		return ctl_fail(ctl, NULL, ret);
	*answer = json_tokener_parse(reply);
	free(reply);
	if (ret) {
		ret = refused(ctl, *answer, ret);
		json_object_put(*answer);
		return ret;
	}
	if (!*answer)
		return ctl_refuse(ctl, NULL, "the agent's answer is not JSON",
				  "see that hsmreplctl and hsmrepld are of one version");
	return CTL_GO_ON;
}
