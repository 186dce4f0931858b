/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line of load and txn: an operation as a JSON object.
 */
#ifndef HSM_CTL_LINE_H
#define HSM_CTL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hsmrepl.h"

#define LINE_WRONG_MAX	96

/**
 * struct line - an operation
 * @change: as the library takes it; points into the rest
 * @label: own copy
 * @type: own copy, or NULL
 * @payload: own copy, or NULL
 * @id: if given
 * @wrong: room for a message
 */
struct line {
	struct hsmrepl_change change;
	char *label;
	char *type;
	uint8_t *payload;
	uint8_t id[HSMREPL_ID_LEN];
	char wrong[LINE_WRONG_MAX];
};

/**
 * line_parse() - read {"op","label","type","payload_b64","if_version","id"}
 * @line: filled in; line_clear() frees it, also after an error
 * @text: JSON text
 * @len: its bytes
 *
 * "op" may be missing and is "create" then. Unknown members are refused.
 *
 * Return: NULL, or what is wrong; good until line_clear().
 */
const char *line_parse(struct line *line, const char *text, size_t len);

/** line_is_blank() - nothing but white space, that of other systems' line ends included */
bool line_is_blank(const char *text, size_t len);

/** line_clear() - wipe and free */
void line_clear(struct line *line);

/** base64_decode() - strict base64; bytes into @out (3/4 of @len), or -1 */
long base64_decode(const char *text, size_t len, uint8_t *out);

/** base64_encode() - into @out (4/3 of @len, rounded up, and NUL) */
void base64_encode(const uint8_t *bytes, size_t len, char *out);

#endif /* HSM_CTL_LINE_H */
