// SPDX-License-Identifier: GPL-2.0
#include "nets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

static bool is_usable(const struct ifaddrs *a, const char *only)
{
	const unsigned int need = IFF_UP | IFF_RUNNING | IFF_MULTICAST;

	return a->ifa_addr && a->ifa_addr->sa_family == AF_INET && a->ifa_netmask &&
	       (a->ifa_flags & need) == need && !(a->ifa_flags & IFF_LOOPBACK) &&
	       (!*only || !strcmp(a->ifa_name, only));
}

static uint32_t host_order(const struct sockaddr *addr)
{
	return ntohl(((const struct sockaddr_in *)(const void *)addr)->sin_addr.s_addr);
}

/* Behind the other addresses of its interface, if there are any. */
static void insert(struct nets *nets, const struct net *net)
{
	unsigned int at = nets->n;

	for (unsigned int i = 0; i < nets->n; i++)
		if (nets->net[i].ifindex == net->ifindex)
			at = i + 1;
	memmove(&nets->net[at + 1], &nets->net[at], (nets->n - at) * sizeof(nets->net[0]));
	nets->net[at] = *net;
	nets->n++;
}

int nets_read(struct nets *nets, const char *only)
{
	struct ifaddrs *list;

	nets->n = 0;
	if (getifaddrs(&list) != 0)
		return -errno;
	for (const struct ifaddrs *a = list; a && nets->n < NETS_MAX; a = a->ifa_next) {
		struct net net = { 0 };

		if (!is_usable(a, only))
			continue;
		/* An alias of the old kind, "eth0:1", is the interface before the colon. */
		snprintf(net.name, sizeof(net.name), "%.*s", (int)strcspn(a->ifa_name, ":"),
			 a->ifa_name);
		net.ifindex = if_nametoindex(net.name);
		net.addr = host_order(a->ifa_addr);
		net.mask = host_order(a->ifa_netmask);
		if (net.ifindex)
			insert(nets, &net);
	}
	freeifaddrs(list);
	return 0;
}

/* Neither the network itself nor its broadcast address; a /31 has neither of them. */
static bool is_host(const struct net *net, uint32_t addr)
{
	uint32_t host = addr & ~net->mask;

	return net->mask >= 0xfffffffe || (host && host != ~net->mask);
}

const struct net *nets_from(const struct nets *nets, unsigned int ifindex, uint32_t source)
{
	for (unsigned int i = 0; i < nets->n; i++) {
		const struct net *net = &nets->net[i];

		if (ifindex && net->ifindex != ifindex)
			continue;
		if (((net->addr ^ source) & net->mask) == 0 && is_host(net, source))
			return net;
	}
	return NULL;
}

const struct net *nets_own(const struct nets *nets, uint32_t addr)
{
	for (unsigned int i = 0; i < nets->n; i++)
		if (nets->net[i].addr == addr)
			return &nets->net[i];
	return NULL;
}

bool nets_is_first(const struct nets *nets, unsigned int at)
{
	return !at || nets->net[at - 1].ifindex != nets->net[at].ifindex;
}

bool nets_have(const struct nets *nets, const struct net *first)
{
	for (unsigned int i = 0; i < nets->n; i++)
		if (nets_is_first(nets, i) && nets->net[i].ifindex == first->ifindex)
			return nets->net[i].addr == first->addr;
	return false;
}
