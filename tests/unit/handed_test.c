// SPDX-License-Identifier: GPL-2.0
/* Sockets that a service manager opened. */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../suite.h"
#include "handed.h"

#define FIRST 3

/* Descriptor @to: bound to a port of the kernel's choice, which is returned; 0 if it cannot be. */
static uint16_t open_as(int to, int type)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, type, 0);

	if (bind(fd, (struct sockaddr *)&addr, len) || (type == SOCK_STREAM && listen(fd, 1)) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) || (fd != to && dup2(fd, to) != to))
		return 0;
	if (fd != to)
		close(fd);
	return ntohs(addr.sin_port);
}

static void hand(int pid, const char *n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", n, 1);
}

static bool taken_up(uint16_t udp, uint16_t tcp)
{
	int fd, again, stream;

	hand(getpid(), "2");
	fd = handed_socket(SOCK_DGRAM, udp);
	again = handed_socket(SOCK_DGRAM, udp);
	stream = handed_socket(SOCK_STREAM, tcp);
	return fd > FIRST + 1 && again > fd && stream > again &&
	       (fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* Of another kind, for another port, one more than there are, or for whoever started us. */
static bool left_alone(uint16_t udp, uint16_t tcp)
{
	hand(getpid(), "1");
	if (handed_socket(SOCK_STREAM, tcp) != -1 || handed_socket(SOCK_STREAM, udp) != -1 ||
	    handed_socket(SOCK_DGRAM, udp ^ 1) != -1)
		return false;
	hand(getppid(), "1");
	if (handed_socket(SOCK_DGRAM, udp) != -1)
		return false;
	unsetenv("LISTEN_FDS");
	return handed_socket(SOCK_DGRAM, udp) == -1;
}

/* In a process of its own: the test's has other things at those descriptors. */
static bool child_finds(bool (*right)(uint16_t udp, uint16_t tcp))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		uint16_t udp = open_as(FIRST, SOCK_DGRAM);
		uint16_t tcp = open_as(FIRST + 1, SOCK_STREAM);

		_exit(udp && tcp && right(udp, tcp) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(handed)
{
	ck_assert(child_finds(taken_up));
	ck_assert(child_finds(left_alone));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handed");
	TCase *t = tcase_create("handed");

	tcase_add_test(t, handed);
	suite_add_tcase(s, t);
	return suite_run(s);
}
