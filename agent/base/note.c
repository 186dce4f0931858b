// SPDX-License-Identifier: GPL-2.0
#include "note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_FRESH 64	/* bytes of a name and what marks it as unfinished */

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int write_fresh(int dir_fd, const char *fresh, const char *text)
{
	int fd = openat(dir_fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = (ssize_t)strlen(text);
	int ret = 0;

	if (fd < 0)
		return -errno;
	errno = ENOSPC;
	if (write(fd, text, (size_t)n) != n || fsync(fd) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int note_write(const char *dir, const char *name, const char *text)
{
	int dir_fd = open_dir(dir), ret;
	char fresh[NAME_MAX_FRESH];

	if (dir_fd < 0)
		return dir_fd;
	snprintf(fresh, sizeof(fresh), "%s.new", name);
	ret = write_fresh(dir_fd, fresh, text);
	if (!ret && (renameat(dir_fd, fresh, dir_fd, name) < 0 || fsync(dir_fd) < 0))
		ret = -errno;
	close(dir_fd);
	return ret;
}

int note_read(const char *dir, const char *name, char *text, size_t room)
{
	int dir_fd = open_dir(dir), fd;
	ssize_t n;

	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -errno : read(fd, text, room - 1);
	if (n < 0 && fd >= 0)
		n = -errno;
	close(dir_fd);
	if (fd < 0)
		return n == -ENOENT ? 0 : (int)n;
	close(fd);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	return 1;
}

int note_drop(const char *dir, const char *name)
{
	int dir_fd = open_dir(dir), ret = 0;

	if (dir_fd < 0)
		return dir_fd;
	if (unlinkat(dir_fd, name, 0) < 0)
		ret = errno == ENOENT ? 0 : -errno;
	else if (fsync(dir_fd) < 0)
		ret = -errno;
	close(dir_fd);
	return ret;
}
