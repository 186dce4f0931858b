/* SPDX-License-Identifier: GPL-2.0 */
/* Members of the JSON objects that answer administrative requests. */
#ifndef HSM_SHELL_FIELDS_H
#define HSM_SHELL_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

void add_text(struct json_object *o, const char *key, const char *s);
void add_number(struct json_object *o, const char *key, uint64_t n);
void add_bool(struct json_object *o, const char *key, bool b);

/* 16 lower-case hex digits. */
void add_hex64(struct json_object *o, const char *key, uint64_t n);

/* @n bytes, 32 at most, as lower-case hex digits. */
void add_hex(struct json_object *o, const char *key, const uint8_t *bytes, size_t n);

#endif /* HSM_SHELL_FIELDS_H */
