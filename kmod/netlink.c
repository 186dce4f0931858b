// SPDX-License-Identifier: GPL-2.0
/* Events to listeners; see netlink.h. */
#include <linux/bits.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include "netlink.h"

static const struct genl_multicast_group groups[] = {
	{ .name = HSMREPL_GENL_GROUP },
};

/* It takes no commands: the device does. */
static struct genl_family family = {
	.name = HSMREPL_GENL_NAME,
	.version = HSMREPL_GENL_VERSION,
	.maxattr = HSMREPL_ATTR_MAX,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.module = THIS_MODULE,
};

/* Attributes of each event beside MINOR. */
static const u32 event_attrs[] = {
	[HSMREPL_EVENT_STATE] = BIT(HSMREPL_ATTR_STATE) | BIT(HSMREPL_ATTR_EPOCH),
	[HSMREPL_EVENT_COMMIT] = BIT(HSMREPL_ATTR_SEQ) | BIT(HSMREPL_ATTR_TID) |
				 BIT(HSMREPL_ATTR_SYNC_POINT) | BIT(HSMREPL_ATTR_COUNT),
	[HSMREPL_EVENT_NODE_UP] = BIT(HSMREPL_ATTR_NODE),
	[HSMREPL_EVENT_NODE_DOWN] = BIT(HSMREPL_ATTR_NODE),
	[HSMREPL_EVENT_SYNC] = BIT(HSMREPL_ATTR_NODE) | BIT(HSMREPL_ATTR_PERCENT),
	[HSMREPL_EVENT_SPLIT_BRAIN] = BIT(HSMREPL_ATTR_NODE),
	[HSMREPL_EVENT_ATTACH] = 0,
	[HSMREPL_EVENT_DETACH] = 0,
};

static int put_attr(struct sk_buff *skb, const struct hsm_event *event, u32 attr)
{
	switch ((enum hsmrepl_attr)attr) {
	case HSMREPL_ATTR_MINOR:
		return nla_put_u32(skb, attr, event->minor);
	case HSMREPL_ATTR_STATE:
		return nla_put_u32(skb, attr, event->state);
	case HSMREPL_ATTR_NODE:
		return nla_put_u32(skb, attr, event->node);
	case HSMREPL_ATTR_PERCENT:
		return nla_put_u32(skb, attr, event->percent);
	case HSMREPL_ATTR_COUNT:
		return nla_put_u32(skb, attr, event->count);
	case HSMREPL_ATTR_EPOCH:
		return nla_put_u64_64bit(skb, attr, event->epoch, HSMREPL_ATTR_PAD);
	case HSMREPL_ATTR_SEQ:
		return nla_put_u64_64bit(skb, attr, event->seq, HSMREPL_ATTR_PAD);
	case HSMREPL_ATTR_TID:
		return nla_put_u64_64bit(skb, attr, event->tid, HSMREPL_ATTR_PAD);
	case HSMREPL_ATTR_SYNC_POINT:
		return nla_put_u64_64bit(skb, attr, event->sync_point, HSMREPL_ATTR_PAD);
	case HSMREPL_ATTR_PAD:
	case __HSMREPL_ATTR_MAX:
		break;
	}
	return -EINVAL;
}

static int put_event(struct sk_buff *skb, const struct hsm_event *event)
{
	u32 attrs = event_attrs[event->event] | BIT(HSMREPL_ATTR_MINOR);
	void *head = genlmsg_put(skb, 0, 0, &family, 0, event->event);
	u32 attr;

	if (!head)
		return -EMSGSIZE;
	for (attr = HSMREPL_ATTR_MINOR; attr <= HSMREPL_ATTR_MAX; attr++) {
		if ((attrs & BIT(attr)) && put_attr(skb, event, attr))
			return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

void hsm_netlink_send(const struct hsm_event *event)
{
	struct sk_buff *skb;

	might_sleep();
	if (!genl_has_listeners(&family, &init_net, 0))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return;
	if (put_event(skb, event)) {
		nlmsg_free(skb);
		return;
	}
	/* Fails when there are no listeners, or some are too slow: nothing to do about it. */
	genlmsg_multicast(&family, skb, 0, 0, GFP_KERNEL);
}

int hsm_netlink_init(void)
{
	return genl_register_family(&family);
}

void hsm_netlink_exit(void)
{
	genl_unregister_family(&family);
}
