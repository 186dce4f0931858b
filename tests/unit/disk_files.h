/* SPDX-License-Identifier: GPL-2.0 */
/* Directories and copies of them, for the tests of the store. */
#ifndef TESTS_UNIT_DISK_FILES_H
#define TESTS_UNIT_DISK_FILES_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

/* In memory where that is possible: what these tests take away from a file, no disk could. */
static inline const char *bed_place(void)
{
	const char *place = getenv("TMPDIR");

	if (place)
		return place;
	return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
}

static inline void bed_remove(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

/* Copies one file as it is. */
static inline void bed_copy_file(int from_dir, int to_dir, const char *name)
{
	static uint8_t buf[65536];
	int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC);
	int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			abort();
	if (from < 0 || to < 0 || n < 0)
		abort();
	close(from);
	close(to);
}

/* Copies the files as they are, as a power cut would leave those that were written. */
static inline void bed_copy(const char *from, const char *to)
{
	DIR *d = opendir(from);
	struct dirent *e;
	int to_dir;

	mkdir(to, 0700);
	to_dir = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			bed_copy_file(dirfd(d), to_dir, e->d_name);
	close(to_dir);
	closedir(d);
}

#endif /* TESTS_UNIT_DISK_FILES_H */
