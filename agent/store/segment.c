// SPDX-License-Identifier: GPL-2.0
/* Makes, finds, writes and reads the log's files. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "segment.h"

#define NAME_MAX_BYTES	32
#define FRESH_NAME	"segment.new"	/* until it is full of zeros */
/*
 * Written at a time. Not more: kernels cache what is written at once as one piece, and go over
 * the whole of it for each record that is written into it later.
 */
#define ZEROS		4096u

static void name_of(unsigned int number, char name[NAME_MAX_BYTES])
{
	snprintf(name, NAME_MAX_BYTES, SEGMENT_NAME, number);
}

static int open_one(int dir_fd, unsigned int number, struct segment *seg)
{
	char name[NAME_MAX_BYTES];
	struct stat st;
	int fd;

	name_of(number, name);
	fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	*seg = (struct segment){ .fd = fd, .number = number, .bytes = (size_t)st.st_size };
	return 0;
}

int segments_open(struct segments *s, int dir_fd, size_t bytes)
{
	*s = (struct segments){ .dir_fd = dir_fd, .bytes = bytes };
	if (unlinkat(dir_fd, FRESH_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	for (unsigned int i = 0; i < SEGMENTS_MAX; i++) {
		int ret = open_one(dir_fd, i, &s->segment[s->n]);

		if (!ret)
			s->n++;
		else if (ret != -ENOENT)
			return ret;
	}
	return 0;
}

void segments_close(struct segments *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		close(s->segment[i].fd);
	s->n = 0;
}

struct segment *segments_find_free(struct segments *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (!s->segment[i].generation)
			return &s->segment[i];
	return NULL;
}

uint64_t segments_oldest(const struct segments *s, uint64_t settled, uint64_t active)
{
	uint64_t oldest = active;

	for (unsigned int i = 0; i < s->n; i++) {
		const struct segment *seg = &s->segment[i];

		if (seg->generation && seg->last_decision > settled && seg->generation < oldest)
			oldest = seg->generation;
	}
	return oldest;
}

void segments_free_below(struct segments *s, uint64_t generation)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (s->segment[i].generation < generation)
			s->segment[i].generation = 0;
}

static int fill(int fd, size_t bytes)
{
	uint8_t *zeros = calloc(1, ZEROS);
	size_t done = 0;
	int ret = 0;

	if (!zeros)
		return -ENOMEM;
	while (done < bytes && !ret) {
		size_t want = bytes - done < ZEROS ? bytes - done : ZEROS;
		ssize_t n = pwrite(fd, zeros, want, (off_t)done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			ret = -ENOSPC;
		else if (errno != EINTR)
			ret = -errno;
	}
	free(zeros);
	if (!ret && fsync(fd) < 0)
		ret = -errno;
	return ret;
}

int segment_create(int dir_fd, unsigned int number, size_t bytes, struct segment *seg)
{
	char name[NAME_MAX_BYTES];
	int fd, ret;

	fd = openat(dir_fd, FRESH_NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	name_of(number, name);
	ret = fill(fd, bytes);
	if (!ret && renameat(dir_fd, FRESH_NAME, dir_fd, name) < 0)
		ret = -errno;
	if (!ret && fsync(dir_fd) < 0)
		ret = -errno;
	if (ret) {
		unlinkat(dir_fd, FRESH_NAME, 0);
		close(fd);
		return ret;
	}
	*seg = (struct segment){ .fd = fd, .number = number, .bytes = bytes };
	return 0;
}

int segment_write(const struct segment *seg, struct iovec *iov, unsigned int n, size_t offset)
{
	while (n) {
		ssize_t done = pwritev(seg->fd, iov, (int)n, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		offset += (size_t)done;
		while (n && (size_t)done >= iov->iov_len) {
			done -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n) {
			iov->iov_base = (uint8_t *)iov->iov_base + done;
			iov->iov_len -= (size_t)done;
		}
	}
	assert(offset <= seg->bytes);
	return 0;
}

int segment_read(const struct segment *seg, void *buf)
{
	size_t done = 0;

	while (done < seg->bytes) {
		ssize_t n = pread(seg->fd, (uint8_t *)buf + done, seg->bytes - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}
