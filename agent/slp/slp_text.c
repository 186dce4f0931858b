// SPDX-License-Identifier: GPL-2.0
#include "slp_text.h"

#include <assert.h>
#include <string.h>

#include "decimal.h"

#define LANGUAGE_PART_MAX 8	/* letters */

struct bytes slp_bytes(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_control(uint8_t c)
{
	return c < ' ' || c == 0x7f;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

static bool is_letter(uint8_t c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* Bytes of the character at @p; 0 if it is no UTF-8 (RFC 3629). */
static size_t utf8(const uint8_t *p, size_t left)
{
	static const uint32_t first[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 :
		   *p < 0xf5 ? 4 : 0;
	uint32_t c;

	if (n <= 1 || n > left)
		return n == 1 ? n : 0;
	c = *p & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < first[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? 0 : n;
}

bool slp_is_text(struct bytes b)
{
	const uint8_t *p = b.p;

	for (size_t i = 0, n; i < b.n; i += n) {
		n = utf8(p + i, b.n - i);
		if (!n || (is_control(p[i]) && !is_space(p[i])))
			return false;
	}
	return true;
}

bool slp_is_language(struct bytes b)
{
	const uint8_t *p = b.p;
	unsigned int letters = 0;

	for (size_t i = 0; i < b.n; i++) {
		if (p[i] == '-' && letters)
			letters = 0;
		else if (!is_letter(p[i]) || ++letters > LANGUAGE_PART_MAX)
			return false;
	}
	return letters;
}

bool slp_is_english(struct bytes b)
{
	const uint8_t *p = b.p;

	return b.n >= 2 && lower(p[0]) == 'e' && lower(p[1]) == 'n' && (b.n == 2 || p[2] == '-');
}

static bool is_reserved(uint8_t c, enum slp_use use)
{
	if (is_control(c))
		return !is_space(c) || use == SLP_USE_TAG || use == SLP_USE_TAG_PATTERN;
	if (c && strchr("(),\\!<=>~", c))
		return true;
	switch (use) {
	case SLP_USE_VALUE:
	case SLP_USE_PATTERN:
		return false;
	case SLP_USE_TAG:
	case SLP_USE_TAG_PATTERN:
		return c == '*' || c == '_';
	case SLP_USE_SCOPE:
		return c && strchr(";*+", c);
	}
	return false;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character that an escape stands for, or -1: only what is reserved is escaped. */
static int unescape(const uint8_t *p, size_t left, enum slp_use use)
{
	int high = left >= 3 ? hex(p[1]) : -1, low = left >= 3 ? hex(p[2]) : -1;
	uint8_t c;

	if (high < 0 || low < 0)
		return -1;
	c = (uint8_t)(high << 4 | low);
	return is_reserved(c, use) || is_control(c) || c == '*' ? c : -1;
}

static void add(struct slp_string *s, uint8_t c)
{
	if (s->n < SLP_STRING_MAX)
		s->p[s->n++] = c;
	else
		s->n = SLP_STRING_MAX + 1;
}

bool slp_string(struct bytes text, enum slp_use use, struct slp_string *s)
{
	bool patterns = use == SLP_USE_PATTERN || use == SLP_USE_TAG_PATTERN;
	const uint8_t *p = text.p;
	bool space = false;

	s->n = 0;
	s->wild = false;
	for (size_t i = 0; i < text.n; i++) {
		bool wild = patterns && p[i] == '*';
		int c = wild ? SLP_WILD : p[i];

		if (p[i] == '\\') {
			c = unescape(p + i, text.n - i, use);
			i += 2;
			if (c < 0)
				return false;
		} else if (!wild && is_reserved((uint8_t)c, use)) {
			return false;
		}
		if (is_space((uint8_t)c)) {
			space = s->n;
			continue;
		}
		if (space)
			add(s, ' ');
		space = false;
		s->wild |= wild;
		add(s, lower((uint8_t)c));
	}
	return s->n;
}

int slp_string_compare(const struct slp_string *a, const struct slp_string *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int ret = memcmp(a->p, b->p, n < SLP_STRING_MAX ? n : SLP_STRING_MAX);

	if (ret || a->n == b->n)
		return ret ? ret : a->n > SLP_STRING_MAX;
	return a->n < b->n ? -1 : 1;
}

bool slp_string_matches(const struct slp_string *pattern, const struct slp_string *s)
{
	size_t i = 0, j = 0, star = SLP_STRING_MAX, from = 0;

	if (pattern->n > SLP_STRING_MAX || s->n > SLP_STRING_MAX)
		return false;
	while (j < s->n) {
		if (i < pattern->n && pattern->p[i] == SLP_WILD) {
			star = i++;
			from = j;
		} else if (i < pattern->n && pattern->p[i] == s->p[j]) {
			i++;
			j++;
		} else if (star < SLP_STRING_MAX) {
			i = star + 1;
			j = ++from;
		} else {
			return false;
		}
	}
	while (i < pattern->n && pattern->p[i] == SLP_WILD)
		i++;
	return i == pattern->n;
}

bool slp_same(struct bytes a, struct bytes b, enum slp_use use)
{
	struct slp_string x, y;

	return slp_string(a, use, &x) && slp_string(b, use, &y) && !slp_string_compare(&x, &y);
}

void slp_escape(const char *text, enum slp_use use, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		if (!is_reserved(c, use)) {
			*out++ = *text;
			continue;
		}
		*out++ = '\\';
		*out++ = digit[c >> 4];
		*out++ = digit[c & 15];
	}
	*out = '\0';
}

bool slp_list_next(struct bytes *rest, struct bytes *item)
{
	const uint8_t *comma;

	if (!rest->n)
		return false;
	comma = memchr(rest->p, ',', rest->n - 1);
	*item = *rest;
	if (!comma) {
		rest->n = 0;
		return true;
	}
	item->n = (size_t)(comma - (const uint8_t *)rest->p);
	rest->p = comma + 1;
	rest->n -= item->n + 1;
	return true;
}

size_t slp_list_cut(struct bytes list, size_t room)
{
	const uint8_t *p = list.p;
	unsigned int depth = 0;
	size_t whole = 0;

	for (size_t i = 0; i < list.n && i <= room; i++) {
		if (p[i] == '(')
			depth++;
		else if (p[i] == ')' && depth)
			depth--;
		else if (p[i] == ',' && !depth)
			whole = i;
	}
	return list.n <= room ? list.n : whole;
}

int slp_has_scope(struct bytes scopes, struct bytes scope)
{
	struct slp_string own, other;
	struct bytes item;
	int found = 0;
	bool ok = slp_string(scope, SLP_USE_SCOPE, &own);

	assert(ok);
	while (slp_list_next(&scopes, &item)) {
		if (!slp_string(item, SLP_USE_SCOPE, &other))
			return -1;
		if (!slp_string_compare(&own, &other))
			found = 1;
	}
	return found;
}

bool slp_undecimal(struct bytes text, uint32_t max, uint32_t *value)
{
	const uint8_t *p = text.p;
	uint64_t v = 0;

	if (!text.n || text.n > 10)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = 10 * v + (p[i] - '0');
	}
	*value = (uint32_t)v;
	return v <= max;
}

bool slp_undotted(struct bytes text, uint32_t *addr)
{
	const uint8_t *p = text.p, *end = p + text.n;

	*addr = 0;
	for (unsigned int i = 0; i < 4; i++) {
		const uint8_t *dot = i < 3 ? memchr(p, '.', (size_t)(end - p)) : end;
		uint32_t byte;

		if (!dot || dot - p > 3 ||
		    !slp_undecimal((struct bytes){ p, (size_t)(dot - p) }, 255, &byte))
			return false;
		*addr = *addr << 8 | byte;
		p = dot + 1;
	}
	return true;
}

const char *slp_dotted(uint32_t addr, char out[SLP_DOTTED_MAX])
{
	char *p = out;

	for (int shift = 24; shift >= 0; shift -= 8) {
		p = decimal_put(p, addr >> shift & 0xff);
		*p++ = shift ? '.' : '\0';
	}
	return out;
}

char *slp_append(char *p, const char *s)
{
	size_t n = strlen(s);

	memcpy(p, s, n + 1);
	return p + n;
}
