// SPDX-License-Identifier: GPL-2.0
/* Nothing is in the way: tests/deb/guest has a service with IPAddressAllow= where something is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "barrier.h"

START_TEST(nothing)
{
	const char *where[] = { "127.0.0.1:4327", "[::1]:4327", "no-number:4327", "" };
	char text[64];

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		memset(text, 'x', sizeof(text));
		ck_assert(!barrier_before(where[i], text, sizeof(text)));
		ck_assert_str_eq(text, "");
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("barrier");
	TCase *t = tcase_create("barrier");

	tcase_add_test(t, nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
