// SPDX-License-Identifier: GPL-2.0
/*
 * A disk that fails, for one program: preloaded (LD_PRELOAD), it lets writes and flushes below one
 * directory fail while a file says so. In the environment:
 *
 *   BADDISK_DIR   directory whose files are concerned
 *   BADDISK_SAYS  file with WORD [PATTERN]; while it is not there, everything works
 *
 * WORD is EIO or ENOSPC (nothing is written), TORN (half of it is, then EIO), or FLUSH (all is
 * written, fdatasync and fsync say EIO). With PATTERN only paths that contain it are concerned.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR 512
#define real(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum fault { FAULT_NONE, FAULT_EIO, FAULT_ENOSPC, FAULT_TORN, FAULT_FLUSH };

static enum fault fault_named(const char *word)
{
	static const char *const name[] = {
		[FAULT_EIO] = "EIO", [FAULT_ENOSPC] = "ENOSPC", [FAULT_TORN] = "TORN",
		[FAULT_FLUSH] = "FLUSH",
	};

	for (enum fault f = FAULT_EIO; f <= FAULT_FLUSH; f++)
		if (!strcmp(word, name[f]))
			return f;
	return FAULT_NONE;
}

/* What the disk says at this moment: the fault, and in @pattern whom it concerns. */
static enum fault fault_now(char word[64], char pattern[64])
{
	const char *says = getenv("BADDISK_SAYS");
	char line[128];
	ssize_t len;
	int fd = says ? open(says, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return FAULT_NONE;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[len > 0 ? len : 0] = '\0';
	pattern[0] = '\0';
	return sscanf(line, "%63s %63s", word, pattern) > 0 ? fault_named(word) : FAULT_NONE;
}

static enum fault fault_of(int fd)
{
	const char *dir = getenv("BADDISK_DIR");
	char link[64], path[1024], word[64], pattern[64];
	int saved = errno;
	enum fault f = fault_now(word, pattern);
	ssize_t len = -1;

	if (f != FAULT_NONE && dir) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
	}
	errno = saved;
	if (len < 0)
		return FAULT_NONE;
	path[len] = '\0';
	return !strncmp(path, dir, strlen(dir)) && strstr(path, pattern) ? f : FAULT_NONE;
}

/* A write that fails: half of the first @len bytes, in sectors, gets there if the disk tears. */
static ssize_t fail_write(enum fault f, int fd, const void *buf, size_t len, off_t offset)
{
	if (f == FAULT_TORN)
		(void)!real(pwrite)(fd, buf, len / 2 / SECTOR * SECTOR, offset);
	errno = f == FAULT_ENOSPC ? ENOSPC : EIO;
	return -1;
}

static bool fails_writes(enum fault f)
{
	return f == FAULT_EIO || f == FAULT_ENOSPC || f == FAULT_TORN;
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	enum fault f = fault_of(fd);

	return fails_writes(f) ? fail_write(f, fd, buf, len, offset) :
				 real(pwrite)(fd, buf, len, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
	return pwrite(fd, buf, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t offset)
{
	enum fault f = fault_of(fd);

	return fails_writes(f) ? fail_write(f, fd, iov[0].iov_base, iov[0].iov_len, offset) :
				 real(pwritev)(fd, iov, n, offset);
}

ssize_t pwritev64(int fd, const struct iovec *iov, int n, off64_t offset)
{
	return pwritev(fd, iov, n, offset);
}

int fdatasync(int fd)
{
	if (fault_of(fd) != FAULT_FLUSH)
		return real(fdatasync)(fd);
	errno = EIO;
	return -1;
}

int fsync(int fd)
{
	if (fault_of(fd) != FAULT_FLUSH)
		return real(fsync)(fd);
	errno = EIO;
	return -1;
}
