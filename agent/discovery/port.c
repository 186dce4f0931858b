// SPDX-License-Identifier: GPL-2.0
#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handed.h"

/*
 * One hop: whoever is further away is not answered anyway. What is sent to the group is no news to
 * ourselves, and of what others send only those interfaces count that we joined on.
 */
static int set_up(int fd)
{
	const int off = 0, on = 1, hops = 1;

	if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof(hops)) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off)) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off)) != 0)
		return -errno;
	return 0;
}

static int bind_to(int fd, uint16_t port)
{
	const struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};

	return bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0 ? 0 : -errno;
}

int port_open(uint16_t port)
{
	int fd = handed_socket(SOCK_DGRAM, port);
	bool handed = fd >= 0;
	int ret;

	if (!handed)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = set_up(fd);
	if (!ret && !handed)
		ret = bind_to(fd, port);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

static int membership(int fd, const struct net *net, int what)
{
	const struct ip_mreqn m = {
		.imr_multiaddr.s_addr = htonl(SLP_GROUP), .imr_ifindex = (int)net->ifindex,
	};

	return setsockopt(fd, IPPROTO_IP, what, &m, sizeof(m)) == 0 ? 0 : -errno;
}

int port_join(int fd, const struct net *net)
{
	int ret = membership(fd, net, IP_ADD_MEMBERSHIP);

	return ret == -EADDRINUSE ? 0 : ret;	/* we are a member already */
}

int port_leave(int fd, const struct net *net)
{
	return membership(fd, net, IP_DROP_MEMBERSHIP);
}

static void read_info(struct msghdr *m, struct datagram *d)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo info;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		d->to = ntohl(info.ipi_addr.s_addr);
		d->ifindex = (unsigned int)info.ipi_ifindex;
	}
}

int port_receive(int fd, struct datagram *d)
{
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))]
		__attribute__((aligned(__alignof__(struct cmsghdr))));
	struct sockaddr_in from = { 0 };
	struct iovec v = { d->data, sizeof(d->data) };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &v, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return -errno;
	d->n = (size_t)n;
	d->from = ntohl(from.sin_addr.s_addr);
	d->from_port = ntohs(from.sin_port);
	d->to = 0;
	d->ifindex = 0;
	read_info(&m, d);
	return 0;
}

static void put_info(struct msghdr *m, const struct net *net)
{
	const struct in_pktinfo info = {
		.ipi_ifindex = (int)net->ifindex, .ipi_spec_dst.s_addr = htonl(net->addr),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

int port_send(int fd, const struct net *net, uint32_t to, uint16_t port, struct bytes data)
{
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))]
		__attribute__((aligned(__alignof__(struct cmsghdr)))) = { 0 };
	struct sockaddr_in dest = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(to),
	};
	struct iovec v = { (void *)data.p, data.n };
	struct msghdr m = {
		.msg_name = &dest, .msg_namelen = sizeof(dest), .msg_iov = &v, .msg_iovlen = 1,
		.msg_control = net ? control : NULL, .msg_controllen = net ? sizeof(control) : 0,
	};

	if (net)
		put_info(&m, net);
	return sendmsg(fd, &m, 0) < 0 ? -errno : 0;
}
