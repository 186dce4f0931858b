// SPDX-License-Identifier: GPL-2.0
/* Files of sealed TLs by name: reads them, for SQL as well, and takes those away nobody names. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "bodies.h"
#include "home.h"
#include "table.h"

#define NAME		BODIES_PREFIX "%016" PRIx64
#define BODIES_AHEAD	(256u << 10)	/* bytes */

void bodies_name(uint64_t number, char name[BODIES_NAME_MAX])
{
	snprintf(name, BODIES_NAME_MAX, NAME, number);
}

/**
 * struct body_reader - what sealed() of one connection reads with
 * @dir_fd: directory
 * @fd: file read last, -1 for none
 * @number: of it
 * @ahead: BODIES_AHEAD bytes, while bodies_read_ahead() is on
 * @ahead_at: where in the file they are from
 * @ahead_len: so many are there
 */
struct body_reader {
	int dir_fd;
	int fd;
	uint64_t number;
	uint8_t *ahead;
	uint64_t ahead_at;
	uint64_t ahead_len;
};

void bodies_read_ahead(struct body_reader *r, bool on)
{
	r->ahead_len = 0;
	free(r->ahead);
	/* Without memory each body is read by itself. */
	r->ahead = on ? malloc(BODIES_AHEAD) : NULL;
}

static int switch_to(struct body_reader *r, uint64_t file)
{
	char name[BODIES_NAME_MAX];

	if (r->fd >= 0 && r->number == file)
		return 0;
	if (r->fd >= 0)
		close(r->fd);
	r->ahead_len = 0;
	bodies_name(file, name);
	r->fd = openat(r->dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return errno == ENOENT ? -EBADMSG : -errno;
	r->number = file;
	return 0;
}

/* Up to @len bytes; fewer only at the end of the file. Returns how many, or -errno. */
static int64_t read_at(const struct body_reader *r, uint64_t at, void *buf, uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		ssize_t n = pread(r->fd, (uint8_t *)buf + done, len - done, (off_t)(at + done));

		if (!n)
			break;
		if (n > 0)
			done += (uint64_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (int64_t)done;
}

static bool is_ahead(const struct body_reader *r, const struct body_place *place)
{
	return place->at >= r->ahead_at && place->at - r->ahead_at <= r->ahead_len &&
	       place->len <= r->ahead_len - (place->at - r->ahead_at);
}

/* As read_at(), from what was read ahead. */
static int64_t take_ahead(struct body_reader *r, const struct body_place *place, void *buf)
{
	int64_t n;

	if (!is_ahead(r, place)) {
		n = read_at(r, place->at, r->ahead, BODIES_AHEAD);
		if (n < 0)
			return n;
		r->ahead_at = place->at;
		r->ahead_len = (uint64_t)n;
		/* The disk goes on while this is worked through. */
		posix_fadvise(r->fd, (off_t)(place->at + r->ahead_len), BODIES_AHEAD,
			      POSIX_FADV_WILLNEED);
		if (!is_ahead(r, place))
			return n;
	}
	memcpy(buf, r->ahead + (place->at - r->ahead_at), place->len);
	return (int64_t)place->len;
}

/*
 * Read one body into @buf, @place->len bytes. Returns 0; -EBADMSG for what is not the body of
 * @seq; else -errno.
 */
static int read_body(struct body_reader *r, uint64_t seq, const struct body_place *place, void *buf)
{
	struct record_tl head;
	int64_t n = switch_to(r, place->file);

	if (n)
		return (int)n;
	if (r->ahead && place->len <= BODIES_AHEAD)
		n = take_ahead(r, place, buf);
	else
		n = read_at(r, place->at, buf, place->len);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n < place->len)
		return -EBADMSG;
	memcpy(&head, buf, sizeof(head));
	return le64toh(head.seq) == seq ? 0 : -EBADMSG;
}

static void free_reader(void *reader)
{
	struct body_reader *r = reader;

	if (r->fd >= 0)
		close(r->fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r->ahead);
	free(r);
}

static uint64_t number_at(sqlite3_value *const *v, unsigned int i)
{
	return (uint64_t)sqlite3_value_int64(v[i]);
}

static void sealed(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct body_reader *r = sqlite3_user_data(c);
	struct body_place place = { number_at(v, 1), number_at(v, 2), number_at(v, 3) };
	void *buf;
	int ret;

	(void)n;
	if (!place.len)
		return;	/* NULL */
	if (place.len < RECORD_TL_LEN(0) || place.len > RECORD_TL_LEN(HSMREPL_TL_MAX)) {
		sqlite3_result_error_code(c, SQLITE_CORRUPT);
		return;
	}
	buf = sqlite3_malloc64(place.len);
	if (!buf) {
		sqlite3_result_error_nomem(c);
		return;
	}
	ret = read_body(r, number_at(v, 0), &place, buf);
	if (!ret) {
		sqlite3_result_blob64(c, buf, place.len, sqlite3_free);
		return;
	}
	sqlite3_free(buf);
	sqlite3_result_error_code(c, ret == -EBADMSG ? SQLITE_CORRUPT : SQLITE_IOERR);
}

int bodies_register(sqlite3 *db, const char *dir, struct body_reader **reader)
{
	struct body_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0) {
		free(r);
		return -errno;
	}
	if (reader)
		*reader = r;
	/* On failure it frees @r by itself. */
	return table_errno(sqlite3_create_function_v2(db, "sealed", 4, SQLITE_UTF8, r, sealed, NULL,
						      NULL, free_reader));
}

/* Do these tables name the file? Those that are not there name nothing. */
static int is_named(sqlite3_stmt *q, uint64_t number)
{
	int rc;

	if (!q)
		return 0;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)number);
	rc = sqlite3_step(q);
	sqlite3_reset(q);
	return rc == SQLITE_ROW ? 1 : table_errno(rc);
}

/**
 * struct sweep - bodies_sweep() under way
 * @named: asks the store and an import whether they name a file, NULL where there is none
 */
struct sweep {
	sqlite3_stmt *named[2];
};

static int sweep_one(void *arg, int dir_fd, const char *name)
{
	struct sweep *w = arg;
	uint64_t number;
	int ret = 0;

	if (sscanf(name, BODIES_PREFIX "%" SCNx64, &number) != 1)
		return 0;
	for (unsigned int i = 0; i < 2 && !ret; i++)
		ret = is_named(w->named[i], number);
	if (ret)
		return ret < 0 ? ret : 0;
	return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int ask(const char *dir, const char *file, sqlite3 **db, sqlite3_stmt **q)
{
	char path[HOME_FILE_MAX];
	int rc;

	home_file(dir, file, path);
	if (access(path, F_OK))
		return errno == ENOENT ? 0 : -errno;
	rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(*db, "SELECT 1 FROM file WHERE number = ?1", -1, q, NULL);
	return table_errno(rc);
}

int bodies_sweep(const struct bodies *b, const char *dir)
{
	static const char *const files[2] = { TABLE_FILE, IMPORT_FILE };
	sqlite3 *db[2] = { NULL, NULL };
	struct sweep w = { .named = { NULL, NULL } };
	int ret = 0;

	for (unsigned int i = 0; i < 2 && !ret; i++)
		ret = ask(dir, files[i], &db[i], &w.named[i]);
	if (!ret)
		ret = home_each(b->dir_fd, BODIES_PREFIX, sweep_one, &w);
	for (unsigned int i = 0; i < 2; i++) {
		sqlite3_finalize(w.named[i]);
		sqlite3_close(db[i]);
	}
	return ret;
}
