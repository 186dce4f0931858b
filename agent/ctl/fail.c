// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: what to say when something does not work, and what to exit with. One line: what,
 * why, what to do.
 */
#include <errno.h>
#include <stdarg.h>
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
	{ EEXIST, "use update, or another label or id" },
	{ EINPROGRESS, "ask with: hsmreplctl outcome TID" },
	{ EINTR, "ask with: hsmreplctl outcome TID" },
	{ EINVAL, "a label has 1 to 255 bytes of UTF-8, a type up to 16 of printable ASCII" },
	{ EMSGSIZE, "a label has up to 255 bytes, a payload 65536 or what payload_max says, a "
		    "transaction 256 operations and 1 MiB" },
	{ ENODEV, "start the software device again" },
	{ ENOENT, "see which labels there are with: hsmreplctl list" },
	{ ENONET, "form a pool with: hsmreplctl form, or join one" },
	{ ENOSPC, "delete objects, or raise the limit of the device" },
	{ ENOTCONN, "start hsmrepld on this node" },
	{ ENOTTY, "see that it is a device of hsmrepl, and of this version" },
	{ EPERM, "run it as root" },
	{ EROFS, "see state and last_error with: hsmreplctl status" },
	{ ESTALE, "read the object again, then repeat with its present version" },
	{ ETIMEDOUT, "ask again, with a longer --timeout where there is one, or see the log of "
		     "hsmrepld" },
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

static void say(const char *verb, const char *format, va_list args)
{
	char *line;

	if (vasprintf(&line, format, args) < 0)
		return;
	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
	fprintf(stderr, "hsmreplctl: %s%s%s\n", verb ? verb : "", verb ? ": " : "", line);
	free(line);
}

void ctl_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, format, args);
	va_end(args);
}

void ctl_vsay(struct ctl *ctl, const char *format, va_list args)
{
	say(ctl->verb ? ctl->verb->name : NULL, format, args);
}

int ctl_refuse(struct ctl *ctl, const char *what, const char *why, const char *hint)
{
	ctl_say("%s%s%s: %s: %s", ctl->verb->name, what ? " " : "", what ? what : "", why, hint);
	return CTL_FAILED;
}

static void complain(struct ctl *ctl, const char *what, const char *why, int error,
		     const char *hint)
{
	ctl_say("%s%s%s: %s (%s): %s", ctl->verb->name, what ? " " : "", what ? what : "", why,
		hsmrepl_error_name(error), hint);
}

int ctl_fail(struct ctl *ctl, const char *what, int error)
{
	const char *hint = "see hsmreplctl status";
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (hints[i].error == -error)
			hint = hints[i].hint;
	}
	complain(ctl, what, hsmrepl_error_text(error), error, hint);
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
	if (!path || !*path)
		path = HSMREPL_DEVICE;
	for (i = 0; i < sizeof(open_hints) / sizeof(open_hints[0]); i++) {
		if (open_hints[i].error == errno) {
			ctl_say("%s: %s (%s): %s", path, open_hints[i].why,
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

	complain(ctl, NULL, why, error, hint);
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
