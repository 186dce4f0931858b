// SPDX-License-Identifier: MIT
/*
 * Handles: what a path is decides how it is reached.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "transport.h"

static int open_path(struct hsmrepl *dev, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISCHR(st.st_mode))
		return chardev_open(dev, path);
	if (S_ISSOCK(st.st_mode))
		return soft_open(dev, path);
	return -ENOTSUP;
}

struct hsmrepl *hsmrepl_open(const char *path, int flags)
{
	struct hsmrepl *dev;
	int ret;

	if (!path)
		path = getenv(HSMREPL_ENV_DEVICE);
	if (!path || !*path)
		path = HSMREPL_DEVICE;

	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return NULL;
	dev->flags = flags;
	ret = open_path(dev, path);
	if (ret < 0) {
		free(dev);
		errno = -ret;
		return NULL;
	}
	return dev;
}

void hsmrepl_close(struct hsmrepl *dev)
{
	if (!dev)
		return;
	dev->transport->close(dev);
	free(dev);
}

int hsmrepl_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg)
{
	return dev->transport->ioctl(dev, cmd, arg);
}

void hsmrepl_ioctl_begin(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n)
{
	if (dev->transport->begin)
		dev->transport->begin(dev, pending, n);
	else
		for (unsigned int i = 0; i < n; i++)
			pending[i].error = hsmrepl_ioctl(dev, pending[i].cmd, pending[i].arg);
}

void hsmrepl_ioctl_end(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n)
{
	if (dev->transport->end)
		dev->transport->end(dev, pending, n);
}

ssize_t hsmrepl_read(struct hsmrepl *dev, void *buf, size_t len)
{
	return dev->transport->read(dev, buf, len);
}

int hsmrepl_fd(const struct hsmrepl *dev)
{
	return dev->records;
}

int hsmrepl_events_open(struct hsmrepl *dev, struct hsmrepl_events **events)
{
	return dev->transport->subscribe(dev, events);
}

int hsmrepl_events_fd(const struct hsmrepl_events *events)
{
	return events->fd;
}

int hsmrepl_events_next(struct hsmrepl_events *events, struct hsmrepl_notice *notice)
{
	return events->source->next(events, notice);
}

void hsmrepl_events_close(struct hsmrepl_events *events)
{
	if (events)
		events->source->close(events);
}
