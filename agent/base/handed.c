// SPDX-License-Identifier: GPL-2.0
#include "handed.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <systemd/sd-daemon.h>

static int own(int fd)
{
	int flags, dup = fcntl(fd, F_DUPFD_CLOEXEC, SD_LISTEN_FDS_START);

	if (dup < 0)
		return -1;
	flags = fcntl(dup, F_GETFL);
	fcntl(dup, F_SETFL, flags | O_NONBLOCK);
	return dup;
}

int handed_socket(int type, uint16_t port)
{
	int end = SD_LISTEN_FDS_START + sd_listen_fds(0);
	int listening = type == SOCK_STREAM ? 1 : -1;

	for (int fd = SD_LISTEN_FDS_START; fd < end; fd++)
		if (sd_is_socket_inet(fd, AF_INET, type, listening, port) > 0)
			return own(fd);
	return -1;
}
