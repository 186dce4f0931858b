/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Strings and lists of the Service Location Protocol (RFC 2608 sections 5, 6.4): escapes,
 * comparison, wild cards.
 */
#ifndef HSM_SLP_TEXT_H
#define HSM_SLP_TEXT_H

#include "types.h"

#define SLP_STRING_MAX 256	/* bytes of a string that is compared; a longer one equals none */
#define SLP_DOTTED_MAX 16	/* dotted IPv4 address, NUL terminated */
#define SLP_ESCAPED(n) (3 * (n) + 1)	/* room for @n bytes escaped, NUL terminated */

/* What a string is used as: where wild cards may stand, and what must be escaped. */
enum slp_use {
	SLP_USE_VALUE,		/* of an attribute */
	SLP_USE_TAG,		/* of an attribute */
	SLP_USE_SCOPE,
	SLP_USE_PATTERN,	/* value with wild cards */
	SLP_USE_TAG_PATTERN,	/* tag with wild cards */
};

/**
 * struct slp_string - a string as it is compared
 * @n: bytes in use; SLP_STRING_MAX + 1: too long
 * @wild: it has wild cards
 * @p: without escapes, lower case, white space folded; SLP_WILD stands for any bytes
 */
struct slp_string {
	size_t n;
	bool wild;
	uint8_t p[SLP_STRING_MAX];
};

#define SLP_WILD 0xff	/* occurs in no UTF-8 */

struct bytes slp_bytes(const char *s);

/* UTF-8 without control characters other than white space. */
bool slp_is_text(struct bytes b);

/* 1*8ALPHA *("-" 1*8ALPHA) */
bool slp_is_language(struct bytes b);

/* Whether the language is English, whatever the dialect. */
bool slp_is_english(struct bytes b);

/* Make @text comparable. Returns false if it is empty, or escapes too little or too much. */
bool slp_string(struct bytes text, enum slp_use use, struct slp_string *s);

/* Less than, equal to or greater than 0, as memcmp(). */
int slp_string_compare(const struct slp_string *a, const struct slp_string *b);

/* Whether @s is one of the strings that @pattern stands for. */
bool slp_string_matches(const struct slp_string *pattern, const struct slp_string *s);

/* Whether both are the same string; not for patterns. */
bool slp_same(struct bytes a, struct bytes b, enum slp_use use);

/* Escape @text into @out, which has room for SLP_ESCAPED(strlen(text)). */
void slp_escape(const char *text, enum slp_use use, char *out);

/*
 * The next item of a list of strings, in @item. Returns false at the end. An empty list has none. A
 * comma at the end is part of the last item, and makes it malformed.
 */
bool slp_list_next(struct bytes *rest, struct bytes *item);

/* Bytes of as many whole items as fit into @room; parentheses hold an item together. */
size_t slp_list_cut(struct bytes list, size_t room);

/* 1 if the scope list has @scope, 0 if not, -1 if it is malformed. */
int slp_has_scope(struct bytes scopes, struct bytes scope);

/* Dotted IPv4 address to @addr, most significant byte first in dots; false if it is none. */
bool slp_undotted(struct bytes text, uint32_t *addr);
const char *slp_dotted(uint32_t addr, char out[SLP_DOTTED_MAX]);

/* Decimal digits, nothing else, up to @max. */
bool slp_undecimal(struct bytes text, uint32_t max, uint32_t *value);

/* Appends @s; returns the end, with a NUL there. */
char *slp_append(char *p, const char *s);

#endif /* HSM_SLP_TEXT_H */
