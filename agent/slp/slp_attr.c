// SPDX-License-Identifier: GPL-2.0
#include "slp_attr.h"

#include <string.h>

/* \FF, then escaped bytes only: compared as it stands. */
static bool is_opaque(struct bytes value)
{
	const uint8_t *p = value.p;

	if (value.n < 6 || value.n % 3 || p[0] != '\\' || (p[1] | 0x20) != 'f' ||
	    (p[2] | 0x20) != 'f')
		return false;
	for (size_t i = 0; i < value.n; i++) {
		if (i % 3 ? !memchr("0123456789abcdefABCDEF", p[i], 22) : p[i] != '\\')
			return false;
	}
	return true;
}

static bool values_ok(struct bytes values)
{
	struct slp_string s;
	struct bytes item;

	if (!values.n)
		return false;
	while (slp_list_next(&values, &item))
		if (!is_opaque(item) && !slp_string(item, SLP_USE_VALUE, &s))
			return false;
	return true;
}

/* "(tag=value,value)" */
static bool split(struct slp_attr *a)
{
	const uint8_t *p = a->whole.p, *equals;

	if (p[0] != '(') {
		a->tag = a->whole;
		a->values = (struct bytes){ NULL, 0 };
		return true;
	}
	equals = memchr(p, '=', a->whole.n);
	if (!equals || p[a->whole.n - 1] != ')')
		return false;
	a->tag = (struct bytes){ p + 1, (size_t)(equals - p - 1) };
	a->values = (struct bytes){ equals + 1, a->whole.n - a->tag.n - 3 };
	return values_ok(a->values);
}

int slp_attr_next(struct bytes *rest, struct slp_attr *a)
{
	const uint8_t *p = rest->p;
	struct slp_string tag;
	size_t n = 0;

	if (!rest->n)
		return 0;
	if (p[0] == '(')
		while (n < rest->n && p[n] != ')')
			n++;
	while (n < rest->n && p[n] != ',')
		n++;
	if (!n || n + 1 == rest->n)	/* nothing before, or behind, a comma */
		return -1;
	a->whole = (struct bytes){ p, n };
	rest->p = n < rest->n ? p + n + 1 : NULL;
	rest->n = n < rest->n ? rest->n - n - 1 : 0;
	return split(a) && slp_string(a->tag, SLP_USE_TAG, &tag) ? 1 : -1;
}

int slp_attr_find(struct bytes list, const char *tag, struct bytes *values)
{
	struct slp_attr a;
	int ret, found = 0;

	while ((ret = slp_attr_next(&list, &a)) > 0)
		if (!found && slp_same(a.tag, slp_bytes(tag), SLP_USE_TAG)) {
			*values = a.values;
			found = 1;
		}
	return ret < 0 ? ret : found;
}

static bool tags_ok(struct bytes tags)
{
	struct slp_string pattern;
	struct bytes item;

	while (slp_list_next(&tags, &item))
		if (!slp_string(item, SLP_USE_TAG_PATTERN, &pattern))
			return false;
	return true;
}

static bool is_named(struct bytes tags, struct bytes tag)
{
	struct slp_string pattern, s;
	struct bytes item;

	if (!tags.n)
		return true;
	slp_string(tag, SLP_USE_TAG, &s);
	while (slp_list_next(&tags, &item)) {
		slp_string(item, SLP_USE_TAG_PATTERN, &pattern);
		if (slp_string_matches(&pattern, &s))
			return true;
	}
	return false;
}

bool slp_attr_select(struct bytes list, struct bytes tags, char *out, size_t *n)
{
	struct slp_attr a;

	*n = 0;
	if (!tags_ok(tags))
		return false;
	while (slp_attr_next(&list, &a) > 0) {
		if (!is_named(tags, a.tag))
			continue;
		if (*n)
			out[(*n)++] = ',';
		memcpy(out + *n, a.whole.p, a.whole.n);
		*n += a.whole.n;
	}
	return true;
}
