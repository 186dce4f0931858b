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
/* At a time, so that nobody else is held up at the disk for long. */
#define ZEROS		(64u << 10)	/* bytes written */
#define READ_PIECE	(256u << 10)	/* bytes read */

static_assert(ZEROS % SEGMENT_BLOCK == 0, "whole blocks");

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
	*seg = (struct segment){
		.fd = fd,
		.number = number,
		.bytes = (size_t)st.st_size / SEGMENT_BLOCK * SEGMENT_BLOCK,
	};
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

/* Before the first write: a start reads the file through the cache. */
static void go_direct(struct segment *seg)
{
	int flags = fcntl(seg->fd, F_GETFL);

	seg->direct = flags >= 0 && fcntl(seg->fd, F_SETFL, flags | O_DIRECT) == 0;
}

/* The file system takes O_DIRECT, but not blocks of this size. */
static int go_cached(struct segment *seg)
{
	int flags = fcntl(seg->fd, F_GETFL);

	seg->direct = false;
	return flags < 0 || fcntl(seg->fd, F_SETFL, flags & ~O_DIRECT) < 0 ? -errno : 0;
}

int segment_write(struct segment *seg, const void *buf, size_t len, size_t offset)
{
	size_t done = 0;

	assert(offset + len <= seg->bytes && !(len % SEGMENT_BLOCK) && !(offset % SEGMENT_BLOCK));
	if (!offset && !seg->direct)
		go_direct(seg);
	while (done < len) {
		ssize_t n = pwrite(seg->fd, (const uint8_t *)buf + done, len - done,
				   (off_t)(offset + done));

		if (n < 0 && errno == EINVAL && seg->direct) {
			int ret = go_cached(seg);

			if (ret)
				return ret;
		} else if (n == 0 || (n < 0 && errno != EINTR)) {
			return n ? -errno : -ENOSPC;
		} else if (n > 0) {
			done += (size_t)n;
		}
	}
	return 0;
}

/* In one piece of the disk, if it can be had. */
static int fill(struct segment *seg)
{
	void *zeros = aligned_alloc(SEGMENT_BLOCK, ZEROS);
	int ret = zeros ? -posix_fallocate(seg->fd, 0, (off_t)seg->bytes) : -ENOMEM;

	if (zeros)
		memset(zeros, 0, ZEROS);
	for (size_t done = 0; done < seg->bytes && !ret; done += ZEROS) {
		size_t rest = seg->bytes - done;

		ret = segment_write(seg, zeros, rest < ZEROS ? rest : ZEROS, done);
	}
	free(zeros);
	if (!ret && fsync(seg->fd) < 0)
		ret = -errno;
	return ret;
}

int segment_create(int dir_fd, unsigned int number, size_t bytes, struct segment *seg)
{
	char name[NAME_MAX_BYTES];
	int ret;

	*seg = (struct segment){ .number = number, .bytes = bytes };
	seg->fd = openat(dir_fd, FRESH_NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (seg->fd < 0)
		return -errno;
	name_of(number, name);
	ret = fill(seg);
	if (!ret && renameat(dir_fd, FRESH_NAME, dir_fd, name) < 0)
		ret = -errno;
	if (!ret && fsync(dir_fd) < 0)
		ret = -errno;
	if (ret) {
		unlinkat(dir_fd, FRESH_NAME, 0);
		close(seg->fd);
	}
	return ret;
}

int segment_read(const struct segment *seg, void *buf)
{
	size_t done = 0;

	/* Else the kernel reads ahead, in requests of as many megabytes as the disk takes. */
	posix_fadvise(seg->fd, 0, 0, POSIX_FADV_RANDOM);
	while (done < seg->bytes) {
		size_t left = seg->bytes - done;
		ssize_t n = pread(seg->fd, (uint8_t *)buf + done,
				  left < READ_PIECE ? left : READ_PIECE, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}
