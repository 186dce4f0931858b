// SPDX-License-Identifier: GPL-2.0
#include "netwatch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

/**
 * struct netwatch - a subscription
 * @sock: rtnetlink
 * @event: @sock is readable
 * @changed: the owner's
 * @arg: the owner's
 * @news: something changed since the last @changed
 */
struct netwatch {
	struct nl_sock *sock;
	struct event *event;
	void (*changed)(void *arg);
	void *arg;
	bool news;
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct netwatch *w = arg;

	switch (nlmsg_hdr(msg)->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR:
		w->news = true;
	}
	return NL_OK;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct netwatch *w = arg;
	int ret;

	(void)fd;
	(void)what;
	w->news = false;
	do
		ret = nl_recvmsgs_default(w->sock);
	while (ret >= 0);
	/* an overrun means that messages were lost: that is news as well */
	if (w->news || ret != -NLE_AGAIN)
		w->changed(w->arg);
}

static int subscribe(struct netwatch *w)
{
	int ret;

	nl_socket_disable_seq_check(w->sock);
	ret = nl_socket_modify_cb(w->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, w);
	if (!ret)
		ret = nl_connect(w->sock, NETLINK_ROUTE);
	if (!ret)
		ret = nl_socket_set_nonblocking(w->sock);
	if (!ret)
		ret = nl_socket_add_memberships(w->sock, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
						RTNLGRP_IPV6_IFADDR, RTNLGRP_NONE);
	return ret;
}

struct netwatch *netwatch_new(struct event_base *base, void (*changed)(void *arg), void *arg,
			      char error[NETWATCH_ERROR_MAX])
{
	struct netwatch *w = calloc(1, sizeof(*w));
	int ret = -NLE_NOMEM;

	if (w) {
		w->changed = changed;
		w->arg = arg;
		w->sock = nl_socket_alloc();
	}
	if (w && w->sock)
		ret = subscribe(w);
	if (!ret) {
		w->event = event_new(base, nl_socket_get_fd(w->sock), EV_READ | EV_PERSIST,
				     on_readable, w);
		if (w->event && !event_add(w->event, NULL))
			return w;
		ret = -NLE_NOMEM;
	}
	snprintf(error, NETWATCH_ERROR_MAX, "changes of the network cannot be watched: %s: allow "
					    "netlink sockets",
		 nl_geterror(ret));
	netwatch_free(w);
	return NULL;
}

void netwatch_free(struct netwatch *w)
{
	if (!w)
		return;
	if (w->event)
		event_free(w->event);
	nl_socket_free(w->sock);
	free(w);
}
