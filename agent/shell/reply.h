/* SPDX-License-Identifier: GPL-2.0 */
/* Answers to administrative requests. */
#ifndef HSM_SHELL_REPLY_H
#define HSM_SHELL_REPLY_H

#include <json-c/json.h>

#include "agent.h"

/**
 * struct refusal - why a request is not carried out
 * @status: errno
 * @error: what and why
 * @hint: what to do
 */
struct refusal {
	int status;
	char error[AGENT_ERROR_MAX];
	const char *hint;
};

/*
 * Answer a request with a JSON object, which is freed; NULL tells that memory was short. Returns 0
 * or a negative errno of the device.
 */
int reply_json(struct agent *a, uint64_t request, int status, struct json_object *o);

/* Refuse a request with {"error","hint"}. */
int reply_refusal(struct agent *a, uint64_t request, const struct refusal *r);

/* From one line, "what and why: what to do"; @line lives as long as @r. */
void refusal_from(struct refusal *r, int status, const char *line);

void refusal_set(struct refusal *r, int status, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* HSM_SHELL_REPLY_H */
