// SPDX-License-Identifier: MIT
/*
 * Events of the kernel's device: generic netlink family "hsmrepl", group "events".
 */
#include <errno.h>
#include <stdlib.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "transport.h"

/**
 * struct genl_events - a subscription over generic netlink
 * @events: what every subscription begins with
 * @sock: netlink socket
 * @minor: instance whose events are wanted
 * @notice: the event received last
 * @fresh: @notice was not handed on yet
 */
struct genl_events {
	struct hsmrepl_events events;
	struct nl_sock *sock;
	uint32_t minor;
	struct hsmrepl_notice notice;
	int fresh;
};

static const struct nla_policy genl_policy[HSMREPL_ATTR_MAX + 1] = {
	[HSMREPL_ATTR_MINOR] = { .type = NLA_U32 },
	[HSMREPL_ATTR_STATE] = { .type = NLA_U32 },
	[HSMREPL_ATTR_EPOCH] = { .type = NLA_U64 },
	[HSMREPL_ATTR_SEQ] = { .type = NLA_U64 },
	[HSMREPL_ATTR_TID] = { .type = NLA_U64 },
	[HSMREPL_ATTR_SYNC_POINT] = { .type = NLA_U64 },
	[HSMREPL_ATTR_NODE] = { .type = NLA_U32 },
	[HSMREPL_ATTR_PERCENT] = { .type = NLA_U32 },
	[HSMREPL_ATTR_COUNT] = { .type = NLA_U32 },
};

static int genl_error(int error)
{
	switch (-error) {
	case 0:
		return 0;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_OBJ_NOTFOUND:
		return -EOPNOTSUPP;
	case NLE_PERM:
		return -EPERM;
	default:
		return -EIO;
	}
}

static uint32_t attr_u32(struct nlattr **attrs, int attr)
{
	return attrs[attr] ? nla_get_u32(attrs[attr]) : 0;
}

static uint64_t attr_u64(struct nlattr **attrs, int attr)
{
	return attrs[attr] ? nla_get_u64(attrs[attr]) : 0;
}

static int genl_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[HSMREPL_ATTR_MAX + 1];
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct genl_events *self = arg;

	if (genlmsg_parse(header, 0, attrs, HSMREPL_ATTR_MAX, genl_policy) < 0)
		return NL_SKIP;
	self->notice = (struct hsmrepl_notice) {
		.event = genlmsg_hdr(header)->cmd,
		.minor = attr_u32(attrs, HSMREPL_ATTR_MINOR),
		.state = attr_u32(attrs, HSMREPL_ATTR_STATE),
		.node = attr_u32(attrs, HSMREPL_ATTR_NODE),
		.percent = attr_u32(attrs, HSMREPL_ATTR_PERCENT),
		.count = attr_u32(attrs, HSMREPL_ATTR_COUNT),
		.epoch = attr_u64(attrs, HSMREPL_ATTR_EPOCH),
		.seq = attr_u64(attrs, HSMREPL_ATTR_SEQ),
		.tid = attr_u64(attrs, HSMREPL_ATTR_TID),
		.sync_point = attr_u64(attrs, HSMREPL_ATTR_SYNC_POINT),
	};
	self->fresh = self->notice.minor == self->minor;
	return NL_OK;
}

static int genl_next(struct hsmrepl_events *events, struct hsmrepl_notice *notice)
{
	struct genl_events *self = (struct genl_events *)events;
	int ret = 0;

	while (!self->fresh && !ret)
		ret = genl_error(nl_recvmsgs_default(self->sock));
	if (!self->fresh)
		return ret;
	*notice = self->notice;
	self->fresh = 0;
	return 0;
}

static void genl_close(struct hsmrepl_events *events)
{
	struct genl_events *self = (struct genl_events *)events;

	nl_socket_free(self->sock);
	free(self);
}

static const struct events_source genl_source = {
	.next = genl_next,
	.close = genl_close,
};

static int genl_join(struct genl_events *self)
{
	int group, ret;

	nl_socket_disable_seq_check(self->sock);
	ret = nl_socket_modify_cb(self->sock, NL_CB_VALID, NL_CB_CUSTOM, genl_valid, self);
	if (!ret)
		ret = genl_connect(self->sock);
	if (ret < 0)
		return ret;
	group = genl_ctrl_resolve_grp(self->sock, HSMREPL_GENL_NAME, HSMREPL_GENL_GROUP);
	if (group < 0)
		return group;
	ret = nl_socket_add_membership(self->sock, group);
	if (!ret)
		ret = nl_socket_set_nonblocking(self->sock);
	return ret;
}

int genl_subscribe(uint32_t minor, struct hsmrepl_events **events)
{
	struct genl_events *self = calloc(1, sizeof(*self));
	int ret;

	if (!self)
		return -ENOMEM;
	self->sock = nl_socket_alloc();
	if (!self->sock) {
		free(self);
		return -ENOMEM;
	}
	ret = genl_error(genl_join(self));
	if (ret) {
		genl_close(&self->events);
		return ret;
	}
	self->events.source = &genl_source;
	self->events.fd = nl_socket_get_fd(self->sock);
	self->minor = minor;
	*events = &self->events;
	return 0;
}
