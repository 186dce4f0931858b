/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: printing, and JSON in the shapes of the interface.
 */
#ifndef HSM_CTL_PRINT_H
#define HSM_CTL_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

#define HEX64_ROOM	17	/* 16 digits and NUL */

/** print_json() - one line on stdout; frees @object */
void print_json(struct json_object *object);

/** print_label() - a label on stdout, control characters as '?', padded to @width columns */
void print_label(const char *label, size_t len, int width);

/** format_hex64() - 16 lower-case hex digits into @text; returns @text */
char *format_hex64(uint64_t value, char text[HEX64_ROOM]);

/** json_hex64() - a number as 16 lower-case hex digits */
struct json_object *json_hex64(uint64_t value);

/** json_hex() - bytes as hex digits */
struct json_object *json_hex(const uint8_t *bytes, size_t len);

/** json_text() - string member of @object, or @absent if it has none */
const char *json_text(struct json_object *object, const char *name, const char *absent);

/** json_number() - numeric member of @object, or 0 */
int64_t json_number(struct json_object *object, const char *name);

/** json_outcome() - fate of a transaction; "seq" and "sync_point" are null unless committed */
struct json_object *json_outcome(uint64_t tid, const char *outcome, uint64_t seq,
				 uint64_t sync_point);

#endif /* HSM_CTL_PRINT_H */
