// SPDX-License-Identifier: GPL-2.0
/* What the service manager is told, and how often it wants to hear something. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../suite.h"
#include "notify.h"

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int manager;

static void setup(void)
{
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/hsmrepl-notify-%d", getpid());
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void teardown(void)
{
	close(manager);
	unlink(address.sun_path);
}

START_TEST(told)
{
	char text[32] = "";

	ck_assert_int_eq(notify_send("READY=1"), 0);
	ck_assert_int_eq(recv(manager, text, sizeof(text), MSG_DONTWAIT), 7);
	ck_assert_str_eq(text, "READY=1");
	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(notify_send("READY=1"), 0);
	ck_assert_int_eq(recv(manager, text, sizeof(text), MSG_DONTWAIT), -1);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "nowhere", 1), 0);
	ck_assert_int_eq(notify_send("READY=1"), -EINVAL);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1), 0);
	ck_assert_int_eq(notify_send("READY=1"), -ENOENT);
}
END_TEST

static unsigned int wants(const char *usec, const char *pid)
{
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", usec, 1);
	return notify_watchdog_ms();
}

START_TEST(watchdog)
{
	char me[16], parent[16];

	snprintf(me, sizeof(me), "%d", getpid());
	snprintf(parent, sizeof(parent), "%d", getppid());
	ck_assert_uint_eq(notify_watchdog_ms(), 0);
	ck_assert_uint_eq(wants("60000000", NULL), 30000);
	ck_assert_uint_eq(wants("60000000", me), 30000);
	ck_assert_uint_eq(wants("60000000", parent), 0);
	ck_assert_uint_eq(wants("60000000", "x"), 0);
	ck_assert_uint_eq(wants("18446744073709551615", me), (unsigned int)-1);
	ck_assert_uint_eq(wants("18446744073709551616", me), 0);
	ck_assert_uint_eq(wants("0", me), 0);
	ck_assert_uint_eq(wants("-1", me), 0);
	ck_assert_uint_eq(wants("60s", me), 0);
	ck_assert_uint_eq(wants("", me), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notify");
	TCase *t = tcase_create("notify");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, told);
	tcase_add_test(t, watchdog);
	suite_add_tcase(s, t);
	return suite_run(s);
}
