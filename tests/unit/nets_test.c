// SPDX-License-Identifier: GPL-2.0
/* Who is on the link, and what of this machine's interfaces counts as one. */
#include <check.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../suite.h"
#include "nets.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const struct nets two = {
	.n = 4,
	.net = {
		{ 2, "eth0", IP(10, 0, 0, 1), 0xffffff00 },
		{ 2, "eth0", IP(10, 9, 0, 1), 0xffff0000 },
		{ 3, "eth1", IP(192, 0, 2, 1), 0xfffffffe },
		{ 4, "tun0", IP(192, 0, 2, 99), 0xffffffff },
	},
};

static const struct {
	unsigned int ifindex;
	uint32_t source;
	int net;	/* -1: not on the link */
} sources[] = {
	{ 2, IP(10, 0, 0, 7), 0 }, { 2, IP(10, 0, 0, 1), 0 }, { 2, IP(10, 9, 200, 7), 1 },
	{ 2, IP(10, 0, 1, 7), -1 }, { 2, IP(10, 0, 0, 0), -1 }, { 2, IP(10, 0, 0, 255), -1 },
	{ 2, IP(0, 0, 0, 0), -1 }, { 2, IP(255, 255, 255, 255), -1 }, { 2, IP(127, 0, 0, 1), -1 },
	{ 2, IP(10, 9, 255, 255), -1 }, { 2, IP(10, 9, 0, 255), 1 },
	{ 3, IP(192, 0, 2, 0), 2 }, { 3, IP(192, 0, 2, 2), -1 },
	{ 4, IP(192, 0, 2, 98), -1 }, { 4, IP(192, 0, 2, 99), 3 },
	{ 3, IP(10, 0, 0, 7), -1 },	/* a neighbour, but not on that interface */
	{ 1, IP(10, 0, 0, 7), -1 }, { 0, IP(10, 0, 0, 7), 0 }, { 0, IP(198, 51, 100, 1), -1 },
};

START_TEST(on_the_link)
{
	const struct net *net = nets_from(&two, sources[_i].ifindex, sources[_i].source);

	ck_assert_ptr_eq(net, sources[_i].net < 0 ? NULL : &two.net[sources[_i].net]);
}
END_TEST

START_TEST(entries)
{
	struct nets moved = two;

	ck_assert(nets_is_first(&two, 0) && !nets_is_first(&two, 1) && nets_is_first(&two, 2));
	ck_assert_ptr_eq(nets_own(&two, IP(10, 9, 0, 1)), &two.net[1]);
	ck_assert_ptr_null(nets_own(&two, IP(10, 9, 0, 2)));
	ck_assert(nets_have(&two, &two.net[0]) && !nets_have(&two, &two.net[1]));
	moved.net[0].addr++;
	ck_assert(!nets_have(&moved, &two.net[0]) && nets_have(&moved, &two.net[2]));
	moved.n = 0;
	ck_assert(!nets_have(&moved, &two.net[0]));
}
END_TEST

/* Carrier comes and goes a little after the link was told to. */
static unsigned int count_within_seconds(unsigned int want, const char *only, struct nets *nets)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(nets_read(nets, only), 0);
		if (nets->n == want)
			break;
		nanosleep(&pause, NULL);
	}
	return nets->n;
}

/* In a network of its own, for those who may make one. */
START_TEST(reading)
{
	struct nets nets;

	if (unshare(CLONE_NEWNET))
		return;
	ck_assert_int_eq(system("ip link set lo up && ip link add one type veth peer name two && "
				"ip address add 10.0.0.1/24 dev one && ip address add 10.0.1.1/24 "
				"dev one && ip address add 10.1.0.1/16 dev two"), 0);
	ck_assert_int_eq(nets_read(&nets, ""), 0);
	ck_assert_uint_eq(nets.n, 0);	/* the loopback does not count, what is down neither */
	ck_assert_int_eq(system("ip link set one up && ip link set two up"), 0);
	ck_assert_uint_eq(count_within_seconds(3, "", &nets), 3);
	ck_assert(nets_own(&nets, IP(10, 0, 0, 1)) && nets_own(&nets, IP(10, 1, 0, 1)));
	ck_assert_uint_eq(nets_own(&nets, IP(10, 1, 0, 1))->mask, 0xffff0000);
	ck_assert_int_eq(nets_read(&nets, "two"), 0);
	ck_assert_uint_eq(nets.n, 1);
	ck_assert_str_eq(nets.net[0].name, "two");
	ck_assert_int_eq(system("ip link set one down"), 0);	/* takes the other end's carrier */
	ck_assert_uint_eq(count_within_seconds(0, "", &nets), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nets");
	TCase *t = tcase_create("nets");

	tcase_add_loop_test(t, on_the_link, 0, (int)(sizeof(sources) / sizeof(sources[0])));
	tcase_add_test(t, entries);
	tcase_add_test(t, reading);
	suite_add_tcase(s, t);
	return suite_run(s);
}
