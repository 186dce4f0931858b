// SPDX-License-Identifier: GPL-2.0
/* A change of link or address is told once; in a network namespace, for those who may make one. */
#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "../suite.h"
#include "netwatch.h"

static void on_change(void *arg)
{
	++*(unsigned int *)arg;
}

static void until(struct event_base *base, const unsigned int *count, unsigned int wanted)
{
	time_t give_up = time(NULL) + 10;

	while (*count < wanted && time(NULL) < give_up)
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert_uint_ge(*count, wanted);
}

START_TEST(link_and_address_changes_are_told)
{
	struct event_base *base = event_base_new();
	char error[NETWATCH_ERROR_MAX] = "";
	unsigned int count = 0, before;
	struct netwatch *w;

	if (unshare(CLONE_NEWNET)) {
		event_base_free(base);
		return;
	}
	w = netwatch_new(base, on_change, &count, error);
	ck_assert_msg(w, "%s", error);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(system("ip link set lo up"), 0);
	until(base, &count, 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
	before = count;
	ck_assert_int_eq(system("ip address add 10.77.0.1/24 dev lo"), 0);
	until(base, &count, before + 1);
	before = count;
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(count, before);
	netwatch_free(w);
	event_base_free(base);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netwatch");
	TCase *t = tcase_create("netwatch");

	tcase_add_test(t, link_and_address_changes_are_told);
	suite_add_tcase(s, t);
	return suite_run(s);
}
