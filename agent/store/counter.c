// SPDX-License-Identifier: GPL-2.0
/* The counter outside the store: a file of one line, replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "counter.h"
#include "note.h"

#define TEXT		"hsmrepl node %" PRIu16 " counter %" PRIu64 "\n"
#define TEXT_MAX	64

static bool counts(const struct store *s)
{
	return s->options.counter && *s->options.counter;
}

/* 0, -ENOENT, -EBADMSG for a file of another node or none at all, -errno. */
static int read_file(const struct store *s, uint64_t *value)
{
	char text[TEXT_MAX], again[TEXT_MAX];
	int ret = note_read_at(AT_FDCWD, s->options.counter, text, sizeof(text));
	uint16_t node;

	if (ret <= 0)
		return ret ? ret : -ENOENT;
	if (sscanf(text, "hsmrepl node %" SCNu16 " counter %" SCNu64, &node, value) != 2 ||
	    node != s->node_id)
		return -EBADMSG;
	snprintf(again, sizeof(again), TEXT, node, *value);
	return strcmp(text, again) ? -EBADMSG : 0;
}

static int write_file(const struct store *s, uint64_t value)
{
	char dir[HOME_PATH_MAX], name[HOME_PATH_MAX], text[TEXT_MAX];

	snprintf(dir, sizeof(dir), "%s", s->options.counter);
	snprintf(name, sizeof(name), "%s", s->options.counter);
	snprintf(text, sizeof(text), TEXT, s->node_id, value);
	return note_write(dirname(dir), basename(name), text);
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
