// SPDX-License-Identifier: GPL-2.0
/*
 * Zeroize on disk. A note with the incarnation comes first: a wipe that is cut off is finished at
 * the next start, and no incarnation is ever used twice.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "bodies.h"
#include "home.h"
#include "note.h"
#include "wipe.h"

#define NOTE		"zeroize"
#define NOTE_TEXT	"incarnation %" PRIu32 "\n"
#define NOTE_MAX	64
#define ZEROS		65536	/* written at a time */

static const char *const database[] = {
	TABLE_FILE, TABLE_FILE "-wal", TABLE_FILE "-shm", IMPORT_FILE, IMPORT_FILE "-journal",
	QUARANTINE_FRESH, ORDER_FILE,
};

static int overwrite_fd(int fd)
{
	static const uint8_t zeros[ZEROS];
	struct stat st;
	off_t at = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	while (at < st.st_size) {
		size_t want = st.st_size - at < ZEROS ? (size_t)(st.st_size - at) : ZEROS;
		ssize_t n = pwrite(fd, zeros, want, at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			at += n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* What is not there is wiped. */
static int destroy(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = overwrite_fd(fd);
	close(fd);
	if (!ret && unlinkat(dir_fd, name, 0) < 0)
		ret = -errno;
	return ret;
}

static int destroy_named(void *arg, int dir_fd, const char *name)
{
	(void)arg;
	return destroy(dir_fd, name);
}

static int destroy_all(int dir_fd)
{
	char name[32];
	int ret = 0;

	for (unsigned int i = 0; i < SEGMENTS_MAX && !ret; i++) {
		snprintf(name, sizeof(name), SEGMENT_NAME, i);
		ret = destroy(dir_fd, name);
	}
	for (unsigned int i = 0; i < sizeof(database) / sizeof(database[0]) && !ret; i++)
		ret = destroy(dir_fd, database[i]);
	if (!ret)
		ret = home_each(dir_fd, QUARANTINE_NAME, destroy_named, NULL);
	if (!ret)
		ret = home_each(dir_fd, BODIES_PREFIX, destroy_named, NULL);
	if (!ret && fsync(dir_fd) < 0)
		ret = -errno;
	return ret;
}

static int write_note(int dir_fd, uint32_t incarnation)
{
	char text[NOTE_MAX];

	snprintf(text, sizeof(text), NOTE_TEXT, incarnation);
	return note_write_at(dir_fd, NOTE, text);
}

int wipe_all(struct store *s)
{
	int ret = write_note(s->dir_fd, s->incarnation);

	return ret ? ret : destroy_all(s->dir_fd);
}

int wipe_finish(int dir_fd, uint32_t *incarnation)
{
	char text[NOTE_MAX];
	uint32_t noted;
	int ret = note_read_at(dir_fd, NOTE, text, sizeof(text));

	if (ret <= 0)
		return ret;
	if (sscanf(text, NOTE_TEXT, &noted) != 1)
		return -EBADMSG;
	*incarnation = noted;
	return destroy_all(dir_fd);
}

int wipe_done(int dir_fd)
{
	return note_drop_at(dir_fd, NOTE);
}
