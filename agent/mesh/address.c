// SPDX-License-Identifier: GPL-2.0
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <event2/util.h>

bool address_parse(const char *text, struct sockaddr_storage *addr, socklen_t *len)
{
	int n = sizeof(*addr);

	memset(addr, 0, sizeof(*addr));
	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)addr, &n))
		return false;
	*len = (socklen_t)n;
	return true;
}

bool address_same_host(const char *text, const struct sockaddr *addr)
{
	struct sockaddr_storage ours;
	const struct sockaddr_in6 *a6 = (const void *)&ours, *b6 = (const void *)addr;
	const struct sockaddr_in *a = (const void *)&ours, *b = (const void *)addr;
	socklen_t len;

	if (!address_parse(text, &ours, &len))
		return false;
	if (ours.ss_family == AF_INET && addr->sa_family == AF_INET6)
		return IN6_IS_ADDR_V4MAPPED(&b6->sin6_addr) &&
		       !memcmp(&b6->sin6_addr.s6_addr[12], &a->sin_addr, sizeof(a->sin_addr));
	if (ours.ss_family != addr->sa_family)
		return false;
	if (ours.ss_family == AF_INET)
		return !memcmp(&a->sin_addr, &b->sin_addr, sizeof(a->sin_addr));
	return !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr));
}

void address_host(const struct sockaddr *addr, char text[ADDRESS_TEXT_MAX])
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	snprintf(text, ADDRESS_TEXT_MAX, "?");
	if (addr->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text, ADDRESS_TEXT_MAX);
	else if (addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, text, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET, &in->sin_addr, text, ADDRESS_TEXT_MAX);
}

void address_write(const struct sockaddr *addr, char text[ADDRESS_TEXT_MAX])
{
	/* the port is at the same place for both families */
	const struct sockaddr_in *in = (const void *)addr;
	char host[ADDRESS_TEXT_MAX];

	address_host(addr, host);
	snprintf(text, ADDRESS_TEXT_MAX, strchr(host, ':') ? "[%.46s]:%u" : "%.46s:%u", host,
		 ntohs(in->sin_port));
}
