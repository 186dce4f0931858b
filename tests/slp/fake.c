// SPDX-License-Identifier: GPL-2.0
#include "ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "slp_sa.h"

#define FAKE_ID 77

static size_t answer(const struct slp_self *self, uint32_t here, struct bytes data, bool stream,
		     uint8_t *buf)
{
	const struct slp_asked asked = { .data = data, .stream = stream, .here = here,
					 .own = &here, .n_own = 1 };
	struct slp_message m;
	enum slp_error why;
	size_t n = slp_sa_answer(self, &asked, buf, &why);

	if (stream || slp_decode(data, &m) != SLP_OK || m.function != SLP_ATTRRQST)
		return n;
	m.function = SLP_ATTRRPLY;
	m.overflow = true;
	m.reply.list = slp_bytes("");
	return slp_encode(&m, buf, SLP_MTU);
}

static void serve_datagram(int fd, const struct slp_self *self, uint32_t here)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	ssize_t got = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);
	size_t n;

	if (got < 0 || from.sin_addr.s_addr == htonl(here))
		return;
	n = answer(self, here, (struct bytes){ data, (size_t)got }, false, buf);
	if (n)
		sendto(fd, buf, n, 0, (struct sockaddr *)&from, len);
}

static void serve_stream(int listener, const struct slp_self *self, uint32_t here)
{
	uint8_t data[SLP_STREAM_MAX], buf[SLP_STREAM_MAX];
	int fd = accept(listener, NULL, NULL);
	size_t n;

	if (fd < 0)
		return;
	n = ask_read_stream(fd, data);
	n = n ? answer(self, here, (struct bytes){ data, n }, true, buf) : 0;
	if (n)
		send(fd, buf, n, MSG_NOSIGNAL);
	close(fd);
}

static int listen_on(uint32_t here)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons(SLP_PORT), .sin_addr.s_addr = htonl(here),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(fd, 4) != 0)
		ask_fail("listen");
	return fd;
}

void fake_serve(uint32_t here, const char *scope, const char *key_set)
{
	struct slp_self self = { .node = { .id = FAKE_ID, .name = "fake" }, .port = 4327 };
	const struct ip_mreqn group = {
		.imr_multiaddr.s_addr = htonl(SLP_GROUP), .imr_address.s_addr = htonl(here),
	};
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };

	snprintf(self.scope, sizeof(self.scope), "%s", scope);
	snprintf(self.node.key_set, sizeof(self.node.key_set), "%s", key_set);
	p[0].fd = ask_udp(0, SLP_PORT);
	if (setsockopt(p[0].fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) != 0)
		ask_fail("join");
	p[1].fd = listen_on(here);
	puts("serves");
	fflush(stdout);
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents)
			serve_datagram(p[0].fd, &self, here);
		if (p[1].revents)
			serve_stream(p[1].fd, &self, here);
	}
}
