// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: printing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

void print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* UTF-8: every byte but those that continue a character takes a column. */
void print_label(const char *label, size_t len, int width)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = label[i];

		putchar(c < 0x20 || c == 0x7f ? '?' : c);
		if ((c & 0xc0) != 0x80)
			width--;
	}
	while (width-- > 0)
		putchar(' ');
}

char *format_hex64(uint64_t value, char text[HEX64_ROOM])
{
	snprintf(text, HEX64_ROOM, "%016" PRIx64, value);
	return text;
}

/* Bytes as hex digits into @text (2 * @len + 1 bytes); returns @text. */
static char *format_hex(const uint8_t *bytes, size_t len, char *text)
{
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	text[2 * len] = '\0';
	return text;
}

struct json_object *json_hex64(uint64_t value)
{
	char text[HEX64_ROOM];

	return json_object_new_string(format_hex64(value, text));
}

struct json_object *json_hex(const uint8_t *bytes, size_t len)
{
	char text[2 * len + 1];

	return json_object_new_string(format_hex(bytes, len, text));
}

const char *json_text(struct json_object *object, const char *name, const char *absent)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object, name, &member) ||
	    !json_object_is_type(member, json_type_string))
		return absent;
	return json_object_get_string(member);
}

int64_t json_number(struct json_object *object, const char *name)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object, name, &member))
		return 0;
	return json_object_get_int64(member);
}

struct json_object *json_outcome(uint64_t tid, const char *outcome, uint64_t seq,
				 uint64_t sync_point)
{
	struct json_object *object = json_object_new_object();
	int committed = !strcmp(outcome, "committed");

	json_object_object_add(object, "tid", json_hex64(tid));
	json_object_object_add(object, "seq", committed ? json_object_new_uint64(seq) : NULL);
	json_object_object_add(object, "sync_point", committed ? json_hex64(sync_point) : NULL);
	json_object_object_add(object, "outcome", json_object_new_string(outcome));
	return object;
}
