/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of the store share: a directory, a store in it, and how to feed it. */
#ifndef TESTS_UNIT_DISK_BED_H
#define TESTS_UNIT_DISK_BED_H

#include <assert.h>
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "disk_batch.h"

#define BED_DONE_MS	20000	/* patience for a completion */

static const uint8_t bed_secret[STORE_KEY_LEN] = "the key set that all nodes share";

/* Sizes that make segments turn over quickly. */
static const struct store_options bed_small = {
	.segment_bytes = 32768,
	.unsettled_max = 1 << 20,
	.settle_ms = 20,
};

/* In memory where that is possible: what these tests take away from a file, no disk could. */
static inline const char *bed_place(void)
{
	const char *place = getenv("TMPDIR");

	if (place)
		return place;
	return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
}

static inline struct bed *bed_new(void)
{
	struct bed *b = calloc(1, sizeof(*b));
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert(b && fd >= 0);
	snprintf(b->dir, sizeof(b->dir), "%s/hsmrepl-disk-XXXXXX", bed_place());
	if (!mkdtemp(b->dir))
		abort();
	b->log = log_new(getenv("BED_LOG") ? 2 : fd, LOG_LEVEL_DEBUG);
	return b;
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

static inline bool bed_open_sized(struct bed *b, const struct store_options *options)
{
	b->store = store_open_sized(b->dir, bed_secret, BED_NODE, b->log, options, &b->image,
				    b->error);
	return b->store != NULL;
}

static inline bool bed_open(struct bed *b)
{
	return bed_open_sized(b, &bed_small);
}

static inline void bed_close(struct bed *b)
{
	if (!b->store)
		return;
	store_release_slot(b->store, &b->image);
	store_close(b->store);
	b->store = NULL;
}

static inline void bed_free(struct bed *b)
{
	bed_close(b);
	bed_remove(b->dir);
	log_free(b->log);
	free(b);
}

/* The next completion within the deadline; false if there is none. */
static inline bool bed_done(struct bed *b, struct store_done *done)
{
	struct pollfd fd = { .fd = store_fd(b->store), .events = POLLIN };

	if (store_next_done(b->store, &done->record, &done->batch, &done->error))
		return true;
	if (poll(&fd, 1, BED_DONE_MS) != 1)
		return false;
	return store_next_done(b->store, &done->record, &done->batch, &done->error);
}

static inline struct batch_id bed_id(const struct bed *b)
{
	return (struct batch_id){ BED_NODE, b->number };
}

/* Append the yes for what was composed and wait for the disk. Returns its error. */
static inline int bed_yes(struct bed *b)
{
	struct store_done done;

	b->number++;
	store_append(b->store, RECORD_YES, bed_id(b), (struct bytes){ b->tls, b->len }, b->n, NULL);
	if (!bed_done(b, &done))
		abort();
	return done.error;
}

static inline void bed_commit(struct bed *b)
{
	store_append(b->store, RECORD_COMMIT, bed_id(b), (struct bytes){ NULL, 0 }, 0, &b->after);
	b->position = b->after;
}

static inline int bed_refuse(struct bed *b)
{
	struct store_done done;

	store_append(b->store, RECORD_REFUSED, bed_id(b), (struct bytes){ NULL, 0 }, 0, NULL);
	if (!bed_done(b, &done))
		abort();
	return done.error;
}

static inline void bed_abort(struct bed *b)
{
	store_append(b->store, RECORD_ABORTED, bed_id(b), (struct bytes){ NULL, 0 }, 0, NULL);
}

/* One batch with one create. */
static inline int bed_create(struct bed *b, const char *label, const void *payload, size_t len)
{
	int error;

	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x1000 + b->position.seq), HSMREPL_OP_CREATE, label,
	       payload, len, 7, "aes");
	error = bed_yes(b);
	if (!error)
		bed_commit(b);
	return error;
}

#endif /* TESTS_UNIT_DISK_BED_H */
