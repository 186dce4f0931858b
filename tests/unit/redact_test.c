// SPDX-License-Identifier: GPL-2.0
/* What a report leaves out, and what it must not. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "redact.h"

#define HEX32	"0123456789abcdef0123456789ABCDEF"
#define KEY64	"bW9yZSB0aGFuIHRoaXJ0eSB0d28gYnl0ZXMgb2YgYSBrZXk="

static char *out;
static size_t out_len;
static FILE *to;

static void setup(void)
{
	to = open_memstream(&out, &out_len);
}

static void teardown(void)
{
	free(out);
}

START_TEST(text)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "", "" },
		{ "plain\nlines\n", "plain\nlines\n" },
		{ "no newline", "no newline\n" },
		{ "serial " HEX32 ",", "serial " HEX32 ",\n" },
		{ "key " HEX32 HEX32 ".", "key (left out).\n" },
		{ "key=" KEY64, "(left out)\n" },
		{ "\"" KEY64 "\"", "\"(left out)\"\n" },
		{ "/a/very/Long/path/with/0/digits/and/Upper/and/lower/letters",
		  "/a/very/Long/path/with/0/digits/and/Upper/and/lower/letters\n" },
		{ "thisisaverylongwordoflowercaselettersonlyandnokey",
		  "thisisaverylongwordoflowercaselettersonlyandnokey\n" },
		{ "-----BEGIN PRIVATE KEY-----\nMIIE\nAAAA\n-----END PRIVATE KEY-----\nafter",
		  "(left out)\n(left out)\n(left out)\n(left out)\nafter\n" },
		{ "-----BEGIN EC PRIVATE KEY-----\nMIIE", "(left out)\n(left out)\n" },
		{ "-----BEGIN CERTIFICATE-----\nshort\n", "-----BEGIN CERTIFICATE-----\nshort\n" },
	};

	redact_text(cases[_i].in, to);
	fclose(to);
	ck_assert_str_eq(out, cases[_i].want);
}
END_TEST

START_TEST(config)
{
	static char conf[] =
		"# a comment with a password\n"
		"\n"
		"node-id = 1\n"
		"  node-name=n1\n"
		"peer = 2 n2 192.0.2.2:4327\n"
		"key-set = /etc/hsmrepl/key-set\n"
		"private-key = n1.key\n"
		"key-set = credential:hsmrepl.key-set\n"
		"ca = /etc/" HEX32 HEX32 "\n"
		"catalog = something\n"
		"password = hunter2\n";
	FILE *from = fmemopen(conf, strlen(conf), "r");

	redact_config(from, to);
	fclose(from);
	fclose(to);
	ck_assert_str_eq(out,
			 "node-id = 1\n"
			 "node-name = n1\n"
			 "peer = 2 n2 192.0.2.2:4327\n"
			 "key-set = /etc/hsmrepl/key-set\n"
			 "private-key = (left out)\n"
			 "key-set = credential:hsmrepl.key-set\n"
			 "ca = /etc/(left out)\n"
			 "# a line that is no known key: (left out)\n"
			 "# a line that is no known key: (left out)\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("redact");
	TCase *t = tcase_create("redact");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, text, 0, 12);
	tcase_add_test(t, config);
	suite_add_tcase(s, t);
	return suite_run(s);
}
