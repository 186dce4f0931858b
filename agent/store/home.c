// SPDX-License-Identifier: GPL-2.0
/* Makes, opens and locks the store's directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "home.h"

void home_file(const char *dir, const char *name, char path[HOME_FILE_MAX])
{
	snprintf(path, HOME_FILE_MAX, "%s/%s", dir, name);
}

int home_error(const char *dir, const char *what, int error, const char *remedy,
	       char text[STORE_ERROR_MAX])
{
	snprintf(text, STORE_ERROR_MAX, "%.300s: %s: %s: %s", dir, what, strerror(error), remedy);
	return -1;
}

/* A directory that was just made is there after a power cut only if the one above says so. */
static int flush_name(int dir_fd)
{
	int fd = openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (fd < 0)
		return errno == EACCES ? 0 : -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

int home_open(const char *dir, int *dir_fd, int *lock_fd, char error[STORE_ERROR_MAX])
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return home_error(dir, "cannot be made", errno, "see state-dir", error);
	*dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd < 0)
		return home_error(dir, "cannot be opened", errno, "see state-dir", error);
	if (flush_name(*dir_fd))
		return home_error(dir, "cannot be kept", errno, "repair the disk", error);
	*lock_fd = openat(*dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*lock_fd < 0)
		return home_error(dir, "lock cannot be made", errno, "see state-dir", error);
	if (!flock(*lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return home_error(dir, "cannot be locked", errno, "see state-dir", error);
	snprintf(error, STORE_ERROR_MAX,
		 "%.300s: another agent runs on this directory: stop it, or name another state-dir",
		 dir);
	return -1;
}

int home_each(int dir_fd, const char *prefix, int (*fn)(void *arg, int dir_fd, const char *name),
	      void *arg)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		ret = errno ? -errno : -EIO;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (!ret && (e = readdir(d)))
		if (!strncmp(e->d_name, prefix, strlen(prefix)))
			ret = fn(arg, dir_fd, e->d_name);
	closedir(d);
	return ret;
}
