// SPDX-License-Identifier: GPL-2.0
/* Predicates: LDAP search filters (RFC 2254) over an attribute list, as RFC 2608 8.1 reads them. */
#include "slp_attr.h"

#include <string.h>

#define INTEGER_MAX 2147483648u	/* of either sign; the positive end is one less */

/* A filter on its way through the parser: always read to its end, so that any fault is found. */
struct parser {
	const uint8_t *p;
	const uint8_t *end;
	struct bytes list;
	bool bad;
};

enum operator { EQUAL, LESS, GREATER };

enum type { TYPE_STRING, TYPE_INTEGER, TYPE_BOOLEAN };

static bool filter(struct parser *f, bool want, unsigned int depth);

static int peek(const struct parser *f)
{
	return !f->bad && f->p < f->end ? *f->p : -1;
}

static void expect(struct parser *f, uint8_t c)
{
	if (peek(f) == c)
		f->p++;
	else
		f->bad = true;
}

static bool integer(const struct slp_string *s, int64_t *value)
{
	bool minus = s->n && s->p[0] == '-';
	uint32_t v;

	if (s->n > SLP_STRING_MAX ||
	    !slp_undecimal((struct bytes){ s->p + minus, s->n - minus }, INTEGER_MAX - !minus, &v))
		return false;
	*value = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static enum type type_of(const struct slp_string *s, int64_t *value)
{
	if (s->wild)
		return TYPE_STRING;
	if (integer(s, value))
		return TYPE_INTEGER;
	if ((s->n == 4 && !memcmp(s->p, "true", 4)) || (s->n == 5 && !memcmp(s->p, "false", 5)))
		return TYPE_BOOLEAN;
	return TYPE_STRING;
}

/* Only what has the same type matches at all. */
static bool holds(const struct slp_string *value, enum operator op, const struct slp_string *wanted)
{
	int64_t x = 0, y = 0;
	enum type type = type_of(value, &x);
	int order;

	if (type != type_of(wanted, &y))
		return false;
	if (wanted->wild)
		return slp_string_matches(wanted, value);
	if (type == TYPE_INTEGER)
		order = x < y ? -1 : x > y;
	else
		order = slp_string_compare(value, wanted);
	if (op == EQUAL || type == TYPE_BOOLEAN)
		return op == EQUAL && !order;
	return op == LESS ? order <= 0 : order >= 0;
}

/* Whether some value of the attribute satisfies the term, or with !@want fails to. */
static bool some_value(struct bytes values, enum operator op, const struct slp_string *wanted,
		       bool want)
{
	struct slp_string value;
	struct bytes item;

	while (slp_list_next(&values, &item)) {
		/* Opaque values have no place in a filter: they equal nothing. */
		bool is = slp_string(item, SLP_USE_VALUE, &value) && holds(&value, op, wanted);

		if (is == want)
			return true;
	}
	return false;
}

static bool term_holds(struct parser *f, const struct slp_string *tag, enum operator op,
		       const struct slp_string *wanted, bool want)
{
	bool presence = wanted->n == 1 && wanted->wild;
	struct bytes rest = f->list;
	struct slp_string name;
	struct slp_attr a;

	while (slp_attr_next(&rest, &a) > 0) {
		slp_string(a.tag, SLP_USE_TAG, &name);
		if (slp_string_compare(&name, tag))
			continue;
		return presence ? want : some_value(a.values, op, wanted, want) ||
					 (!a.values.n && !want);
	}
	return !want;
}

static struct bytes span(struct parser *f, const char *stop)
{
	const uint8_t *begin = f->p;

	while (f->p < f->end && *f->p && !strchr(stop, *f->p))
		f->p++;
	return (struct bytes){ begin, (size_t)(f->p - begin) };
}

static bool term(struct parser *f, bool want)
{
	struct slp_string tag, wanted;
	enum operator op = EQUAL;

	if (!slp_string(span(f, "=~<>()"), SLP_USE_TAG, &tag))
		f->bad = true;
	if (peek(f) == '<' || peek(f) == '>')
		op = *f->p++ == '<' ? LESS : GREATER;
	else if (peek(f) == '~')
		f->p++;
	expect(f, '=');
	if (f->bad || !slp_string(span(f, "()"), SLP_USE_PATTERN, &wanted) ||
	    (wanted.wild && op != EQUAL)) {
		f->bad = true;
		return false;
	}
	return term_holds(f, &tag, op, &wanted, want);
}

/* All of them, or with !@all one of them; at least one is there. */
static bool several(struct parser *f, bool all, bool want, unsigned int depth)
{
	bool result = all;

	do {
		bool is = filter(f, want, depth);

		result = all ? result && is : result || is;
	} while (peek(f) == '(');
	return result;
}

/*
 * Whether the filter holds, or with !@want whether its opposite does. "!" is carried down to the
 * terms, since there it is asked of each value: "(!(y=0))" holds for (y=0,1).
 */
static bool filter(struct parser *f, bool want, unsigned int depth)
{
	bool result = false;

	expect(f, '(');
	if (f->bad || depth == SLP_FILTER_DEPTH) {
		f->bad = true;
		return false;
	}
	switch (peek(f)) {
	case '&':
	case '|':
		result = several(f, (*f->p++ == '&') == want, want, depth + 1);
		break;
	case '!':
		f->p++;
		result = filter(f, !want, depth + 1);
		break;
	default:
		result = term(f, want);
		break;
	}
	expect(f, ')');
	return result;
}

int slp_filter(struct bytes predicate, struct bytes list)
{
	const uint8_t *p = predicate.p;
	struct parser f = { .p = p, .end = p + predicate.n, .list = list };
	bool result;

	if (!predicate.n)
		return 1;
	result = filter(&f, true, 0);
	return f.bad || f.p != f.end ? -1 : result;
}
