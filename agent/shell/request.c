// SPDX-License-Identifier: GPL-2.0
#include "request.h"

#include <errno.h>
#include <string.h>

#define REQUEST_DEPTH 4		/* of nested JSON */

/* Of all verbs; which one takes what is up to them. */
static const struct {
	const char *name;
	enum json_type type;
} members[] = {
	{ "address", json_type_string },
	{ "against", json_type_string },
	{ "data", json_type_string },
	{ "donor", json_type_string },
	{ "dry_run", json_type_boolean },
	{ "epoch", json_type_int },
	{ "force", json_type_boolean },
	{ "node", json_type_string },
	{ "nodes", json_type_array },
	{ "overwrite", json_type_boolean },
	{ "piece", json_type_int },
	{ "session", json_type_string },
	{ "tid", json_type_string },
};

/* The text as a JSON object; no text at all is an empty one. NULL if it is anything else. */
static struct json_object *parse(const struct device_request *dr)
{
	struct json_tokener *tok;
	struct json_object *o;

	if (!dr->json_len)
		return json_object_new_object();
	tok = json_tokener_new_ex(REQUEST_DEPTH);
	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, dr->json, (int)dr->json_len);
	if (json_tokener_get_error(tok) != json_tokener_success ||
	    !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

/* What an array holds is texts. */
static bool has_type(struct json_object *value, enum json_type type)
{
	if (!json_object_is_type(value, type))
		return false;
	for (size_t i = 0; type == json_type_array && i < json_object_array_length(value); i++)
		if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_string))
			return false;
	return true;
}

static bool member_ok(const char *name, struct json_object *value, struct refusal *r)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].name, name))
			continue;
		if (has_type(value, members[i].type))
			return true;
		refusal_set(r, EINVAL, "send what verbs.md says", "\"%s\" is not of type %s%s",
			    name, json_type_to_name(members[i].type),
			    members[i].type == json_type_array ? " of string" : "");
		return false;
	}
	refusal_set(r, EOPNOTSUPP, "use an agent of the tool's version",
		    "this agent has no \"%.64s\" in a request", name);
	return false;
}

struct json_object *request_parse(const struct device_request *dr, struct refusal *r)
{
	struct json_object *request = parse(dr);

	if (!request) {
		refusal_set(r, EINVAL, "send one JSON object", "the request is not a JSON object");
		return NULL;
	}
	json_object_object_foreach(request, name, value) {
		if (!member_ok(name, value, r)) {
			json_object_put(request);
			return NULL;
		}
	}
	return request;
}

const char *request_text(struct json_object *request, const char *name)
{
	struct json_object *text;

	return json_object_object_get_ex(request, name, &text) ? json_object_get_string(text) : "";
}
