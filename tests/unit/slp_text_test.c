// SPDX-License-Identifier: GPL-2.0
/* Strings, lists, attributes and predicates, by the rules and examples of RFC 2608. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "slp_attr.h"
#include "slp_text.h"

/* Section 6.4: whether two strings are the same. */
static const struct {
	const char *a, *b;
	enum slp_use use;
	bool same;
} strings[] = {
	{ "  Some String  ", "SOME    STRING", SLP_USE_SCOPE, true },
	{ "a\tb\r\nc", "A b  c", SLP_USE_VALUE, true },
	{ "Some String", "SomeString", SLP_USE_SCOPE, false },
	{ "Lab\\2c 2nd", "lab\\2C  2ND", SLP_USE_SCOPE, true },
	{ "a\\5cb", "A\\5CB", SLP_USE_VALUE, true },
	{ "a\\41", "aA", SLP_USE_VALUE, false },	/* only what is reserved is escaped */
	{ "a,b", "a,b", SLP_USE_VALUE, false },		/* what is reserved must be */
	{ "a*b", "a*b", SLP_USE_SCOPE, false },
	{ "a;b", "a;b", SLP_USE_SCOPE, false },
	{ "a+b", "a+b", SLP_USE_SCOPE, false },
	{ "a;b", "A;B", SLP_USE_VALUE, true },
	{ "x_y", "x_y", SLP_USE_TAG, false },
	{ "x\\5fy", "X\\5Fy", SLP_USE_TAG, true },
	{ "x_y", "X_Y", SLP_USE_VALUE, true },
	{ "a\\2", "a\\2", SLP_USE_VALUE, false },
	{ "a\\zz", "a\\zz", SLP_USE_VALUE, false },
	{ "", "", SLP_USE_VALUE, false },
	{ "K\xc3\xbc" "che", "k\xc3\xbc" "che", SLP_USE_SCOPE, true },
};

START_TEST(test_same)
{
	ck_assert_int_eq(slp_same(slp_bytes(strings[_i].a), slp_bytes(strings[_i].b),
				  strings[_i].use), strings[_i].same);
}
END_TEST

static const struct {
	const char *scopes, *scope;
	int has;
} scopes[] = {
	{ "SALES,DEFAULT", "default", 1 },
	{ "SALES,DEFAULT", "sales", 1 },
	{ "BLDG 32", " bldg  32 ", 1 },
	{ "SALES,DEFAULT", "sale", 0 },
	{ "", "lab", 0 },
	{ "lab,", "lab", -1 },
	{ ",lab", "lab", -1 },
	{ "a,,b", "lab", -1 },
	{ "a(b", "lab", -1 },
	{ "lab,x\\", "lab", -1 },
	{ "x\\2clab", "lab", 0 },
	{ "x\\2clab", "X\\2cLAB", 1 },
};

START_TEST(test_scopes)
{
	ck_assert_int_eq(slp_has_scope(slp_bytes(scopes[_i].scopes), slp_bytes(scopes[_i].scope)),
			 scopes[_i].has);
}
END_TEST

/* Section 9.4: "*bob*" and others. */
static const struct {
	const char *pattern, *s;
	bool matches;
} patterns[] = {
	{ "*bob*", "some bob I know", true }, { "*bob*", "bigbob", true },
	{ "*bob*", "bobby", true },	      { "*bob*", "bob", true },
	{ "*bob*", "bo b", false },	      { "bob", "bobby", false },
	{ "bob*", "BOBBY", true },	      { "*y", "bobby", true },
	{ "b*b*y", "bobby", true },	      { "b*x*y", "bobby", false },
	{ "*", "anything", true },	      { "a*b*c*d", "aXbXcX", false },
	{ "a\\2a", "a\\2a", true },	      { "a\\2a", "ab", false },
};

START_TEST(test_patterns)
{
	struct slp_string pattern, s;

	ck_assert(slp_string(slp_bytes(patterns[_i].pattern), SLP_USE_TAG_PATTERN, &pattern));
	ck_assert(slp_string(slp_bytes(patterns[_i].s), SLP_USE_VALUE, &s));
	ck_assert_int_eq(slp_string_matches(&pattern, &s), patterns[_i].matches);
}
END_TEST

/* Section 10.5: printers, and one of our own. */
#define IGORE "(Name=Igore),(Description=Nur fuer Entwickler),(Protocol=LPR)," \
	"(location-description=13te Etage),(Operator=James Dornan \\3cdornan@monster\\3e)," \
	"(media-size=na-letter),(resolution=res-600),x-OK"

static const struct {
	const char *list, *tags, *selected;	/* NULL: malformed tags */
} selections[] = {
	{ IGORE, "resolution,loc*", "(location-description=13te Etage),(resolution=res-600)" },
	{ IGORE, "x-*,resolution,protocol", "(Protocol=LPR),(resolution=res-600),x-OK" },
	{ IGORE, "", IGORE },
	{ IGORE, "nothing", "" },
	{ IGORE, "NAME", "(Name=Igore)" },
	{ IGORE, "x-*,", NULL },
	{ IGORE, "a=b", NULL },
	{ IGORE, "a_b", NULL },
};

START_TEST(test_selections)
{
	char out[512];
	size_t n;
	bool ok = slp_attr_select(slp_bytes(selections[_i].list), slp_bytes(selections[_i].tags),
				  out, &n);

	ck_assert_int_eq(ok, selections[_i].selected != NULL);
	if (ok)
		ck_assert(n == strlen(selections[_i].selected) &&
			  !memcmp(out, selections[_i].selected, n));
}
END_TEST

/* Section 5: attribute lists that are one, and how many attributes they have. */
static const struct {
	const char *list;
	int n;	/* -1: malformed */
} lists[] = {
	{ "", 0 }, { IGORE, 8 }, { "(x=4)", 1 }, { "x-OK", 1 }, { "(a=1,2,3),b", 2 },
	{ "(blob=\\FF\\00\\01)", 1 }, { "(a= b c )", 1 },
	{ "(a)", -1 }, { "(a=)", -1 }, { "(=b)", -1 }, { "(a=b", -1 }, { "a=b", -1 },
	{ "(a=b)c", -1 }, { "(a=b),", -1 }, { ",(a=b)", -1 }, { "(a=b),,c", -1 },
	{ "(a=(b))", -1 }, { "(a_b=c)", -1 }, { "(a*=c)", -1 }, { "(a=b\\41)", -1 },
	{ "(a=1,,2)", -1 }, { "(blob=\\FF0)", -1 },
};

START_TEST(test_lists)
{
	struct bytes rest = slp_bytes(lists[_i].list);
	struct slp_attr a;
	int n = 0, ret;

	while ((ret = slp_attr_next(&rest, &a)) > 0)
		n++;
	ck_assert_msg((ret < 0 ? -1 : n) == lists[_i].n, "%s", lists[_i].list);
}
END_TEST

/* Section 8.1: predicates. */
static const struct {
	const char *predicate, *list;
	int holds;
} predicates[] = {
	{ "", "(x=1)", 1 },
	{ "(x=3)", "(x=1,2,3)", 1 },
	{ "(!(Y=0))", "(y=0,1)", 1 },
	{ "(!(Y=0))", "(y=0)", 0 },
	{ "(!(Y=0))", "(z=0)", 1 },
	{ "(x=33)", "(x=true)", 0 },
	{ "(y=foo)", "(y=FOO)", 1 },
	{ "(|(x=33)(y=foo))", "(x=true),(y=foo)", 1 },
	{ "(x=34*)", "(x=34foo)", 1 },
	{ "(x=34*)", "(x=3432)", 0 },
	{ "(user=wump)", "(user=jones,WUMP)", 1 },
	{ "(&(q<=3)(speed>=1000))", "(q=2),(speed=1000)", 1 },
	{ "(&(q<=3)(speed>=1000))", "(q=4),(speed=1000)", 0 },
	{ "(&(q<=3)(speed>=1000))", "(q=3),(speed=999)", 0 },
	{ "(keyword=*)", "keyword", 1 },
	{ "(keyword=*)", "(keyword=4)", 1 },
	{ "(keyword=*)", "other", 0 },
	{ "(!(keyword=*))", "keyword", 0 },
	{ "(x<=-1)", "(x=-2147483648)", 1 },
	{ "(x>=2147483647)", "(x=2147483647)", 1 },
	{ "(x>=1)", "(x=2147483648)", 0 },	/* a string: out of the range of integers */
	{ "(x=2147483648)", "(x=2147483648)", 1 },
	{ "(b=TRUE)", "(b=true)", 1 },
	{ "(b>=false)", "(b=true)", 0 },	/* booleans are compared by = alone */
	{ "(s>=beta)", "(s=Gamma)", 1 },
	{ "(s<=beta)", "(s=Gamma)", 0 },
	{ "(s~=gamma)", "(s=Gamma)", 1 },
	{ "(s=\\2a)", "(s=*)", 1 },
	{ "(s=a\\2ab)", "(s=aXb)", 0 },
	{ "(!(&(a=1)(b=2)))", "(a=1),(b=3)", 1 },
	{ "(!(|(a=1)(b=2)))", "(a=1),(b=3)", 0 },
	{ "(!(!(a=1)))", "(a=1)", 1 },
	{ "(&(a=1)(|(b=2)(c=3)))", "(a=1),(c=3)", 1 },
	{ "(x<=3*)", "(x=3)", -1 },
	{ "(x=)", "(x=3)", -1 },
	{ "x=3", "(x=3)", -1 },
	{ "(x=3", "(x=3)", -1 },
	{ "(x=3))", "(x=3)", -1 },
	{ "(x)", "(x=3)", -1 },
	{ "()", "(x=3)", -1 },
	{ "(&)", "(x=3)", -1 },
	{ "(!)", "(x=3)", -1 },
	{ "(|(x=3)y)", "(x=3)", -1 },
	{ "(!(x=3)(y=4))", "(x=3)", -1 },
	{ "(x=a(b)", "(x=3)", -1 },
	{ "(x=a\\41)", "(x=3)", -1 },
	{ "(|(x=3)(y=\\zz))", "(x=3)", -1 },	/* read to its end, whatever holds before */
	{ "(x>3)", "(x=3)", -1 },
	{ "(!(!(!(!(!(!(!(x=3))))))))", "(x=4)", 1 },		/* eight deep */
	{ "(!(!(!(!(!(!(!(!(x=3)))))))))", "(x=3)", -1 },	/* nine */
};

START_TEST(test_predicates)
{
	int holds = slp_filter(slp_bytes(predicates[_i].predicate), slp_bytes(predicates[_i].list));

	ck_assert_msg(holds == predicates[_i].holds, "%s on %s: %d", predicates[_i].predicate,
		      predicates[_i].list, holds);
}
END_TEST

START_TEST(test_escape)
{
	char out[SLP_ESCAPED(32)];

	slp_escape("a,b\\c (d) *", SLP_USE_VALUE, out);
	ck_assert_str_eq(out, "a\\2cb\\5cc \\28d\\29 *");
	slp_escape("a,b; *+", SLP_USE_SCOPE, out);
	ck_assert_str_eq(out, "a\\2cb\\3b \\2a\\2b");
	slp_escape("<dornan@monster>", SLP_USE_VALUE, out);
	ck_assert_str_eq(out, "\\3cdornan@monster\\3e");
}
END_TEST

static const struct {
	const char *text;
	bool ok;
	uint32_t addr;
} dotted[] = {
	{ "10.0.0.1", true, 0x0a000001 }, { "255.255.255.253", true, 0xfffffffd },
	{ "0.0.0.0", true, 0 },		  { "10.0.0", false, 0 },
	{ "10.0.0.1.2", false, 0 },	  { "10.0.0.256", false, 0 },
	{ "10.0.0.", false, 0 },	  { "a.b.c.d", false, 0 },
	{ "10.0.0.0001", false, 0 },	  { "", false, 0 },
};

START_TEST(test_dotted)
{
	char out[SLP_DOTTED_MAX];
	uint32_t addr;

	ck_assert_int_eq(slp_undotted(slp_bytes(dotted[_i].text), &addr), dotted[_i].ok);
	if (!dotted[_i].ok)
		return;
	ck_assert_uint_eq(addr, dotted[_i].addr);
	ck_assert_str_eq(slp_dotted(addr, out), dotted[_i].text);
}
END_TEST

static const struct {
	const char *text;
	bool ok;
} languages[] = {
	{ "en", true }, { "en-US", true }, { "i-klingon", true }, { "abcdefgh", true },
	{ "", false }, { "en-", false }, { "-en", false }, { "e1", false },
	{ "abcdefghi", false }, { "en--us", false }, { "en us", false },
};

START_TEST(test_language)
{
	ck_assert_int_eq(slp_is_language(slp_bytes(languages[_i].text)), languages[_i].ok);
}
END_TEST

START_TEST(test_text)
{
	static const struct {
		const char *text;
		bool ok;
	} texts[] = {
		{ "plain", true }, { "a\tb\r\n", true }, { "\xc3\xbc", true },
		{ "\xe2\x82\xac", true }, { "\xf0\x9f\x94\x91", true }, { "a\x01", false },
		{ "\x7f", false }, { "\xc3", false }, { "\xc0\x80", false }, { "\x80", false },
		{ "\xed\xa0\x80", false }, { "\xf4\x90\x80\x80", false }, { "\xff", false },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(slp_is_text(slp_bytes(texts[i].text)) == texts[i].ok, "%zu", i);
	ck_assert(slp_is_english(slp_bytes("EN-gb")));
	ck_assert(!slp_is_english(slp_bytes("eng")));
	ck_assert(!slp_is_english(slp_bytes("de")));
}
END_TEST

/* Too long to be compared: equal to nothing, not even to itself, and ordered behind its prefix. */
START_TEST(test_long)
{
	char text[SLP_STRING_MAX + 10];
	struct slp_string a, b;

	memset(text, 'x', sizeof(text));
	ck_assert(slp_string((struct bytes){ text, sizeof(text) }, SLP_USE_VALUE, &a));
	ck_assert(slp_string((struct bytes){ text, SLP_STRING_MAX }, SLP_USE_VALUE, &b));
	ck_assert_int_ne(slp_string_compare(&a, &a), 0);
	ck_assert_int_gt(slp_string_compare(&a, &b), 0);
	ck_assert_int_eq(slp_string_compare(&b, &b), 0);
	ck_assert(!slp_string_matches(&b, &a));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *suite = suite_create("slp_text");
	TCase *t = tcase_create("strings");

	tcase_add_loop_test(t, test_same, 0, COUNT(strings));
	tcase_add_loop_test(t, test_scopes, 0, COUNT(scopes));
	tcase_add_loop_test(t, test_patterns, 0, COUNT(patterns));
	tcase_add_loop_test(t, test_selections, 0, COUNT(selections));
	tcase_add_loop_test(t, test_lists, 0, COUNT(lists));
	tcase_add_loop_test(t, test_predicates, 0, COUNT(predicates));
	tcase_add_loop_test(t, test_dotted, 0, COUNT(dotted));
	tcase_add_loop_test(t, test_language, 0, COUNT(languages));
	tcase_add_test(t, test_escape);
	tcase_add_test(t, test_text);
	tcase_add_test(t, test_long);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
