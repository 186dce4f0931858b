// SPDX-License-Identifier: GPL-2.0
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ORDER_FRESH	ORDER_FILE ".new"
#define ORDER_MAX	256

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int write_text(int dir_fd, const char *text)
{
	int fd = openat(dir_fd, ORDER_FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = (ssize_t)strlen(text);
	int ret = 0;

	if (fd < 0)
		return -errno;
	errno = ENOSPC;
	if (write(fd, text, (size_t)n) != n || fsync(fd) < 0)
		ret = -errno;
	close(fd);
	if (!ret && (renameat(dir_fd, ORDER_FRESH, dir_fd, ORDER_FILE) < 0 || fsync(dir_fd) < 0))
		ret = -errno;
	return ret;
}

int order_write(const char *dir, const struct order *o)
{
	int dir_fd = open_dir(dir), ret;
	char text[ORDER_MAX];

	if (dir_fd < 0)
		return dir_fd;
	snprintf(text, sizeof(text), "donor %u %s %s\noverwrite %d\n", o->donor.id, o->donor.name,
		 o->donor.address, o->overwrite);
	ret = write_text(dir_fd, text);
	close(dir_fd);
	return ret;
}

int order_read(const char *dir, struct order *o)
{
	int dir_fd = open_dir(dir), fd, overwrite;
	char text[ORDER_MAX] = "";
	unsigned int id;
	ssize_t n;

	_Static_assert(HSMREPL_NAME_MAX == 32 && HSMREPL_ADDRESS_MAX == 64, "widths below");
	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, ORDER_FILE, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -errno : read(fd, text, sizeof(text) - 1);
	close(dir_fd);
	if (fd < 0)
		return n == -ENOENT ? 0 : (int)n;
	close(fd);
	memset(o, 0, sizeof(*o));
	if (n <= 0 || sscanf(text, "donor %u %31s %63s\noverwrite %d\n", &id, o->donor.name,
			     o->donor.address, &overwrite) != 4 || id > UINT16_MAX)
		return -EBADMSG;
	o->donor.id = (uint16_t)id;
	o->overwrite = overwrite;
	return 1;
}

int order_drop(const char *dir)
{
	int dir_fd = open_dir(dir), ret = 0;

	if (dir_fd < 0)
		return dir_fd;
	if (unlinkat(dir_fd, ORDER_FILE, 0) < 0)
		ret = errno == ENOENT ? 0 : -errno;
	else if (fsync(dir_fd) < 0)
		ret = -errno;
	close(dir_fd);
	return ret;
}
