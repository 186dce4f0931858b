// SPDX-License-Identifier: GPL-2.0
#include "fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define HEX64_ROOM 17
#define HEX_MAX 32

void add_text(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, json_object_new_string(s));
}

void add_number(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

void add_bool(struct json_object *o, const char *key, bool b)
{
	json_object_object_add(o, key, json_object_new_boolean(b));
}

void add_hex64(struct json_object *o, const char *key, uint64_t n)
{
	char text[HEX64_ROOM];

	snprintf(text, sizeof(text), "%016" PRIx64, n);
	add_text(o, key, text);
}

void add_hex(struct json_object *o, const char *key, const uint8_t *bytes, size_t n)
{
	char text[2 * HEX_MAX + 1] = "";

	assert(n <= HEX_MAX);
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	add_text(o, key, text);
}
