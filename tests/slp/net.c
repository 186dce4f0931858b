// SPDX-License-Identifier: GPL-2.0
#include "ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void ask_fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(addr),
	};
}

static void bind_to(int fd, uint32_t here, uint16_t port)
{
	struct sockaddr_in addr = address(here, port);
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		ask_fail("bind");
}

int ask_udp(uint32_t here, uint16_t port)
{
	struct in_addr via = { htonl(here) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		ask_fail("socket");
	bind_to(fd, here, port);
	if (here && setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof(via)) != 0)
		ask_fail("IP_MULTICAST_IF");
	return fd;
}

void ask_send(int fd, uint32_t to, struct bytes data)
{
	struct sockaddr_in addr = address(to, SLP_PORT);

	if (sendto(fd, data.p, data.n, 0, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		ask_fail("sendto");
}

size_t ask_receive(int fd, int ms, uint8_t buf[SLP_MTU + 1], uint32_t *from)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return 0;
	n = recvfrom(fd, buf, SLP_MTU + 1, 0, (struct sockaddr *)&addr, &len);
	if (n < 0)
		ask_fail("recvfrom");
	*from = ntohl(addr.sin_addr.s_addr);
	return (size_t)n;
}

static size_t read_all(int fd, uint8_t *buf, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t done = 0;

	while (done < n) {
		ssize_t got;

		if (poll(&p, 1, ASK_PATIENCE_MS) <= 0)
			ask_fail("no answer by TCP");
		got = read(fd, buf + done, n - done);
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

size_t ask_read_stream(int fd, uint8_t buf[SLP_STREAM_MAX])
{
	size_t len;

	if (read_all(fd, buf, SLP_LENGTH_BYTES) != SLP_LENGTH_BYTES)
		return 0;
	len = slp_length(buf);
	if (len < SLP_LENGTH_BYTES || len > SLP_STREAM_MAX)
		return 0;
	len -= SLP_LENGTH_BYTES;
	return read_all(fd, buf + SLP_LENGTH_BYTES, len) == len ? len + SLP_LENGTH_BYTES : 0;
}

size_t ask_by_stream(uint32_t here, uint32_t to, struct bytes data, uint8_t buf[SLP_STREAM_MAX])
{
	struct sockaddr_in addr = address(to, SLP_PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t n;

	if (fd < 0)
		ask_fail("socket");
	bind_to(fd, here, 0);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		ask_fail("connect");
	if (send(fd, data.p, data.n, MSG_NOSIGNAL) < 0) {
		close(fd);	/* ended already */
		return 0;
	}
	n = ask_read_stream(fd, buf);
	close(fd);
	return n;
}
