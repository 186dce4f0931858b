// SPDX-License-Identifier: GPL-2.0
#include "barrier.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "notify.h"

#define DISCARD_PORT 9

static bool is_shut(const struct sockaddr_storage *addr, socklen_t len)
{
	int fd = socket(addr->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int hops = 1;
	bool shut;

	if (fd < 0)
		return false;
	setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
	setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	shut = sendto(fd, NULL, 0, 0, (const struct sockaddr *)addr, len) < 0 && errno == EPERM;
	close(fd);
	return shut;
}

bool barrier_before(const char *where, char *text, size_t size)
{
	char host[ADDRESS_TEXT_MAX];
	struct sockaddr_storage addr;
	socklen_t len;

	*text = '\0';
	if (!address_parse(where, &addr, &len))
		return false;
	/* the port is at the same place for both families */
	((struct sockaddr_in *)&addr)->sin_port = htons(DISCARD_PORT);
	if (!is_shut(&addr, len))
		return false;
	address_host((const struct sockaddr *)&addr, host);
	if (notify_managed())
		snprintf(text, size, "IPAddressAllow= of the service, or a firewall here, lets "
				     "nothing out to it; as root: systemctl set-property "
				     "hsmrepld.service IPAddressAllow=%s", host);
	else
		snprintf(text, size, "a firewall here lets nothing out to it");
	return true;
}
