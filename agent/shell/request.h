/* SPDX-License-Identifier: GPL-2.0 */
/* Administrative requests as JSON, judged before anything is made of them. */
#ifndef HSM_SHELL_REQUEST_H
#define HSM_SHELL_REQUEST_H

#include <json-c/json.h>

#include "device.h"
#include "reply.h"

/**
 * request_parse() - read a request
 * @dr: the request; no text at all is an empty object
 * @r: set if it is refused
 *
 * Every member is one that Documentation/verbs.md names, and of the type that it says: a program
 * that writes "false" for false, or has a word misspelt, must not get what it did not mean.
 *
 * Return: the object, which json_object_put() frees, or NULL.
 */
struct json_object *request_parse(const struct device_request *dr, struct refusal *r);

/* Text of a member, which lives as long as @request; "" if it is not there. */
const char *request_text(struct json_object *request, const char *name);

#endif /* HSM_SHELL_REQUEST_H */
