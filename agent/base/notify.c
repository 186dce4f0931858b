// SPDX-License-Identifier: GPL-2.0
#include "notify.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_send(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t len;
	ssize_t sent;
	int fd;

	if (!path)
		return 0;
	/* "@name" is a socket in the abstract name space */
	if ((path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return -EINVAL;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
	if (sent < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	close(fd);
	return 0;
}

bool notify_managed(void)
{
	return getenv("NOTIFY_SOCKET");
}

/* A whole decimal number in the environment, 0 if there is none. */
static unsigned long long number_in(const char *name)
{
	const char *text = getenv(name);
	unsigned long long value;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return *end || errno ? 0 : value;
}

unsigned int notify_watchdog_ms(void)
{
	unsigned long long ms = number_in("WATCHDOG_USEC") / 1000 / 2;

	/* The wish may be for another process, of which we inherited the environment. */
	if (!ms || (getenv("WATCHDOG_PID") &&
		    number_in("WATCHDOG_PID") != (unsigned long long)getpid()))
		return 0;
	return ms < UINT_MAX ? (unsigned int)ms : UINT_MAX;
}
