/* SPDX-License-Identifier: GPL-2.0 */
/* Events to listeners: generic netlink family "hsmrepl", group "events". */
#ifndef HSM_NETLINK_H
#define HSM_NETLINK_H

#include <linux/types.h>
#include <linux/hsmrepl.h>

/**
 * struct hsm_event - one event; which fields go out depends on @event, see enum hsmrepl_event
 * @event: enum hsmrepl_event
 * @minor: instance number
 * @state: enum hsmrepl_node_state
 * @node: node id
 * @percent: of a Live-Sync
 * @count: TLs applied
 * @epoch: epoch in force
 * @seq: TLs applied ever
 * @tid: of the last one
 * @sync_point: after it
 */
struct hsm_event {
	u32 event;
	u32 minor;
	u32 state;
	u32 node;
	u32 percent;
	u32 count;
	u64 epoch;
	u64 seq;
	u64 tid;
	u64 sync_point;
};

int hsm_netlink_init(void);
void hsm_netlink_exit(void);
/* May sleep; no lock is held. An event that finds no memory is lost: listeners read the state. */
void hsm_netlink_send(const struct hsm_event *event);

#endif
