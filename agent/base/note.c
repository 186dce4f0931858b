// SPDX-License-Identifier: GPL-2.0
#include "note.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRESH		".new"	/* ends the name while it is being written */

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

int note_write_at(int dir_fd, const char *name, const char *text)
{
	char fresh[NAME_MAX + sizeof(FRESH)];
	int ret;

	snprintf(fresh, sizeof(fresh), "%s" FRESH, name);
	ret = write_fresh(dir_fd, fresh, text);
	if (!ret && (renameat(dir_fd, fresh, dir_fd, name) < 0 || fsync(dir_fd) < 0))
		ret = -errno;
	return ret;
}

int note_write(const char *dir, const char *name, const char *text)
{
	int dir_fd = open_dir(dir), ret;

	if (dir_fd < 0)
		return dir_fd;
	ret = note_write_at(dir_fd, name, text);
	close(dir_fd);
	return ret;
}

int note_read_at(int dir_fd, const char *name, char *text, size_t room)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC), ret = 1;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	n = read(fd, text, room - 1);
	if (n < 0)
		ret = -errno;
	else
		text[n] = '\0';
	close(fd);
	return ret;
}

int note_read(const char *dir, const char *name, char *text, size_t room)
{
	int dir_fd = open_dir(dir), ret;

	if (dir_fd < 0)
		return dir_fd;
	ret = note_read_at(dir_fd, name, text, room);
	close(dir_fd);
	return ret;
}

int note_drop_at(int dir_fd, const char *name)
{
	if (unlinkat(dir_fd, name, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	return fsync(dir_fd) < 0 ? -errno : 0;
}

int note_drop(const char *dir, const char *name)
{
	int dir_fd = open_dir(dir), ret;

	if (dir_fd < 0)
		return dir_fd;
	ret = note_drop_at(dir_fd, name);
	close(dir_fd);
	return ret;
}
