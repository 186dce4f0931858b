// SPDX-License-Identifier: GPL-2.0
/*
 * JSON lines of load and txn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "line.h"

/* Takes a copy of a string value; NULL, or what is wrong. */
static const char *copy_text(struct json_object *value, char **copy, size_t *len)
{
	if (!json_object_is_type(value, json_type_string))
		return "must be a string";
	if (*copy)
		return "stands there twice";
	*len = json_object_get_string_len(value);
	*copy = malloc(*len + 1);
	if (!*copy)
		return "no memory";
	memcpy(*copy, json_object_get_string(value), *len + 1);
	return NULL;
}

static const char *take_op(struct line *line, struct json_object *value)
{
	static const struct {
		const char *name;
		unsigned int code;
	} ops[] = {
		{ "create", HSMREPL_OP_CREATE },
		{ "update", HSMREPL_OP_UPDATE },
		{ "delete", HSMREPL_OP_DELETE },
	};
	const char *name = json_object_get_string(value);
	size_t i;

	for (i = 0; name && i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (!strcmp(ops[i].name, name)) {
			line->change.code = ops[i].code;
			return NULL;
		}
	}
	return "must be create, update or delete";
}

static const char *take_label(struct line *line, struct json_object *value)
{
	const char *wrong = copy_text(value, &line->label, &line->change.label_len);

	line->change.label = line->label;
	return wrong;
}

static const char *take_type(struct line *line, struct json_object *value)
{
	size_t len;
	const char *wrong = copy_text(value, &line->type, &len);

	line->change.type = line->type;
	if (!wrong && strlen(line->type) != len)
		return "must be printable ASCII";
	return wrong;
}

static const char *take_payload(struct line *line, struct json_object *value)
{
	size_t len = json_object_get_string_len(value);
	long bytes;

	if (!json_object_is_type(value, json_type_string))
		return "must be a string";
	if (line->payload)
		return "stands there twice";
	line->payload = malloc(len / 4 * 3 + 1);
	if (!line->payload)
		return "no memory";
	bytes = base64_decode(json_object_get_string(value), len, line->payload);
	if (bytes < 0)
		return "must be base64";
	line->change.payload = line->payload;
	line->change.payload_len = bytes;
	return NULL;
}

static const char *take_if_version(struct line *line, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 1)
		return "must be a number, 1 or more";
	line->change.if_version = json_object_get_uint64(value);
	return NULL;
}

static const char *take_id(struct line *line, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t i;

	if (!text || strlen(text) != 2 * HSMREPL_ID_LEN ||
	    strspn(text, "0123456789abcdefABCDEF") != 2 * HSMREPL_ID_LEN)
		return "must be 32 hex digits";
	for (i = 0; i < HSMREPL_ID_LEN; i++) {
		const char byte[] = { text[2 * i], text[2 * i + 1], '\0' };

		line->id[i] = strtoul(byte, NULL, 16);
	}
	line->change.id = line->id;
	return NULL;
}

static const struct {
	const char *name;
	const char *(*take)(struct line *line, struct json_object *value);
} members[] = {
	{ "op", take_op },
	{ "label", take_label },
	{ "type", take_type },
	{ "payload_b64", take_payload },
	{ "if_version", take_if_version },
	{ "id", take_id },
};

static const char *take_member(struct line *line, const char *name, struct json_object *value)
{
	const char *wrong = "is no member of an operation";
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!strcmp(members[i].name, name)) {
			wrong = members[i].take(line, value);
			break;
		}
	}
	if (!wrong)
		return NULL;
	snprintf(line->wrong, sizeof(line->wrong), "\"%.32s\" %s", name, wrong);
	return line->wrong;
}

static const char *take_object(struct line *line, struct json_object *object)
{
	const char *wrong;

	if (!json_object_is_type(object, json_type_object))
		return "not a JSON object";
	json_object_object_foreach(object, name, value) {
		wrong = take_member(line, name, value);
		if (wrong)
			return wrong;
	}
	if (!line->label)
		return "\"label\" is missing";
	if (!line->payload && line->change.code != HSMREPL_OP_DELETE)
		return "\"payload_b64\" is missing";
	return NULL;
}

bool line_is_blank(const char *text, size_t len)
{
	while (len && memchr(" \t\r\n", text[len - 1], 4))
		len--;
	return !len;
}

const char *line_parse(struct line *line, const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	const char *wrong;

	memset(line, 0, sizeof(*line));
	line->change.code = HSMREPL_OP_CREATE;
	if (!tokener)
		return "no memory";
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, len);
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		wrong = "the line ends before its JSON object does";
	else if (json_tokener_get_error(tokener) != json_tokener_success)
		wrong = "not JSON in UTF-8";
	else if (json_tokener_get_parse_end(tokener) != len)
		wrong = "more than one JSON object";
	else
		wrong = take_object(line, object);
	json_object_put(object);
	json_tokener_free(tokener);
	return wrong;
}

void line_clear(struct line *line)
{
	if (line->payload)
		explicit_bzero(line->payload, line->change.payload_len);
	free(line->payload);
	free(line->label);
	free(line->type);
	memset(line, 0, sizeof(*line));
}
