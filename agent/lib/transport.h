/* SPDX-License-Identifier: MIT */
/*
 * How a handle reaches its device. One table per kind of device; nothing above looks behind it.
 */
#ifndef _TRANSPORT_H
#define _TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hsmrepl.h"

/**
 * struct transport - one kind of device
 * @ioctl: see hsmrepl_ioctl()
 * @begin: see hsmrepl_ioctl_begin(); NULL if beginning is as long as doing
 * @end: see hsmrepl_ioctl_end(); NULL as @begin
 * @read: see hsmrepl_read()
 * @subscribe: see hsmrepl_events_open()
 * @close: undo the open function; the handle itself is freed by the caller
 */
struct transport {
	int (*ioctl)(struct hsmrepl *dev, unsigned int cmd, void *arg);
	void (*begin)(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n);
	void (*end)(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n);
	ssize_t (*read)(struct hsmrepl *dev, void *buf, size_t len);
	int (*subscribe)(struct hsmrepl *dev, struct hsmrepl_events **events);
	void (*close)(struct hsmrepl *dev);
};

/**
 * struct hsmrepl - a handle
 * @transport: how to reach the device
 * @fd: character device, or the socket of calls
 * @records: where records are read: @fd, or a socket of its own
 * @flags: open flags
 * @call: number of the last call (software device)
 * @packed: several messages go in one datagram (software device)
 * @taken: bytes read of the datagram that is first at @records, if not all (software device)
 */
struct hsmrepl {
	const struct transport *transport;
	int fd;
	int records;
	int flags;
	uint32_t call;
	bool packed;
	size_t taken;
};

/**
 * struct events_source - one kind of subscription
 * @next: see hsmrepl_events_next()
 * @close: give back what the open function took, @events included
 */
struct events_source {
	int (*next)(struct hsmrepl_events *events, struct hsmrepl_notice *notice);
	void (*close)(struct hsmrepl_events *events);
};

/**
 * struct hsmrepl_events - what every subscription begins with
 * @source: its kind
 * @fd: descriptor for poll()
 */
struct hsmrepl_events {
	const struct events_source *source;
	int fd;
};

/** chardev_open() - fill in @dev for the character device @path; 0 or a negative errno */
int chardev_open(struct hsmrepl *dev, const char *path);

/** soft_open() - fill in @dev for the software device at @path; 0 or a negative errno */
int soft_open(struct hsmrepl *dev, const char *path);

/** genl_subscribe() - events of instance @minor over generic netlink; 0 or a negative errno */
int genl_subscribe(uint32_t minor, struct hsmrepl_events **events);

#endif /* _TRANSPORT_H */
