// SPDX-License-Identifier: GPL-2.0
/* The counter outside the store: a file of one line, replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counter.h"

#define TEXT		"hsmrepl node %" PRIu16 " counter %" PRIu64 "\n"
#define TEXT_MAX	64

static bool counts(const struct store *s)
{
	return s->options.counter && *s->options.counter;
}

/* 0, -ENOENT, -EBADMSG for a file of another node or none at all, -errno. */
static int read_file(const struct store *s, uint64_t *value)
{
	char text[TEXT_MAX] = "", again[TEXT_MAX];
	int fd = open(s->options.counter, O_RDONLY | O_CLOEXEC);
	uint16_t node;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	if (sscanf(text, "hsmrepl node %" SCNu16 " counter %" SCNu64, &node, value) != 2 ||
	    node != s->node_id)
		return -EBADMSG;
	snprintf(again, sizeof(again), TEXT, node, *value);
	return strcmp(text, again) ? -EBADMSG : 0;
}

static int flush_dir(const char *path)
{
	char copy[HOME_PATH_MAX];
	int fd, ret = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int write_file(const struct store *s, uint64_t value)
{
	char fresh[HOME_PATH_MAX], text[TEXT_MAX];
	int fd, len, ret = 0;

	snprintf(fresh, sizeof(fresh), "%.500s.new", s->options.counter);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), TEXT, s->node_id, value);
	if (write(fd, text, (size_t)len) != len || fsync(fd) < 0)
		ret = errno ? -errno : -EIO;
	close(fd);
	if (!ret && rename(fresh, s->options.counter) < 0)
		ret = -errno;
	return ret ? ret : flush_dir(s->options.counter);
}

static int missing(const struct store *s, char error[STORE_ERROR_MAX])
{
	snprintf(error, STORE_ERROR_MAX,
		 "counter %.200s is missing, and the store has counted to %" PRIu64 ": put it back;"
		 " if this store is surely no old copy, write the line \"hsmrepl node %u counter %"
		 PRIu64 "\" into it", s->options.counter, s->table->state.counter, s->node_id,
		 s->table->state.counter);
	return -1;
}

int counter_look(struct store *s, bool *rolled_back, char error[STORE_ERROR_MAX])
{
	uint64_t own = s->table->state.counter, outside = 0;
	int ret;

	*rolled_back = false;
	if (!counts(s))
		return 0;
	ret = read_file(s, &outside);
	if (ret == -ENOENT && own)
		return missing(s, error);
	if (ret == -EBADMSG) {
		snprintf(error, STORE_ERROR_MAX, "counter %.300s is not this node's, or damaged: "
			 "name the right file in counter", s->options.counter);
		return -1;
	}
	if (ret && ret != -ENOENT)
		return home_error(s->options.counter, "counter", -ret, "see counter", error);
	s->counter_told = outside;
	if (own && outside > own) {
		*rolled_back = true;
		s->options.counter = NULL;
		log_error(s->log, "%s: this store is an old copy: it counts %" PRIu64 ", the "
			  "counter outside %" PRIu64 ": what was said in its name since is "
			  "forgotten", s->dir, own, outside);
	} else if (own > outside + 1 && !ret) {
		log_warning(s->log, "counter %s is at %" PRIu64 ", the store at %" PRIu64 ": it is "
			    "an old copy, and set forth", s->options.counter, outside, own);
	}
	return 0;
}

void counter_rise(struct store *s, bool now)
{
	struct table_state *state = &s->table->state;
	uint64_t last = state->counter > s->counter_told ? state->counter : s->counter_told;

	if (!counts(s))
		return;
	/* One ahead at most. */
	if (!now && (s->counter_told != state->counter ||
		     state->position.seq - s->counted < COUNTER_STEP))
		return;
	state->counter = last + 1;
	s->counted = state->position.seq;
}

int counter_tell(struct store *s)
{
	uint64_t value = s->table->state.counter;
	int ret;

	if (!counts(s) || s->counter_told == value)
		return 0;
	ret = write_file(s, value);
	if (!ret)
		s->counter_told = value;
	return ret;
}
