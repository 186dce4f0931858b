// SPDX-License-Identifier: MIT
/*
 * The kernel's device: ioctl() and read() as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "transport.h"

static int chardev_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg)
{
	return ioctl(dev->fd, cmd, arg) < 0 ? -errno : 0;
}

static ssize_t chardev_read(struct hsmrepl *dev, void *buf, size_t len)
{
	ssize_t n = read(dev->fd, buf, len);

	return n < 0 ? -errno : n;
}

static int chardev_subscribe(struct hsmrepl *dev, struct hsmrepl_events **events)
{
	struct hsmrepl_info info;
	int ret;

	ret = hsmrepl_node_info(dev, &info);
	return ret ? ret : genl_subscribe(info.minor, events);
}

static void chardev_close(struct hsmrepl *dev)
{
	close(dev->fd);
}

static const struct transport chardev_transport = {
	.ioctl = chardev_ioctl,
	.read = chardev_read,
	.subscribe = chardev_subscribe,
	.close = chardev_close,
};

int chardev_open(struct hsmrepl *dev, const char *path)
{
	int fd = open(path, dev->flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dev->transport = &chardev_transport;
	dev->fd = fd;
	dev->records = fd;
	return 0;
}
