// SPDX-License-Identifier: GPL-2.0
#include "reply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int reply_json(struct agent *a, uint64_t request, int status, struct json_object *o)
{
	const char *json = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN) : NULL;
	int ret;

	if (!json || strlen(json) > HSMREPL_ADMIN_MAX) {
		status = json ? EMSGSIZE : ENOMEM;
		json = "{\"error\":\"the answer finds no room\",\"hint\":\"try again later\"}";
	}
	ret = device_answer(a->device, request, status, json);
	json_object_put(o);
	return ret;
}

int reply_refusal(struct agent *a, uint64_t request, const struct refusal *r)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "error", json_object_new_string(r->error));
	json_object_object_add(o, "hint", json_object_new_string(r->hint));
	return reply_json(a, request, r->status, o);
}

void refusal_set(struct refusal *r, int status, const char *hint, const char *fmt, ...)
{
	va_list ap;

	r->status = status;
	r->hint = hint;
	va_start(ap, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, ap);
	va_end(ap);
}

void refusal_from(struct refusal *r, int status, const char *line)
{
	const char *colon = strstr(line, ": ");

	refusal_set(r, status, colon ? colon + 2 : "look at nodes, then try again", "%.*s",
		    colon ? (int)(colon - line) : (int)strlen(line), line);
}
