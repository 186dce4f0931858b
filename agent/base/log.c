// SPDX-License-Identifier: GPL-2.0
/* One line per fact; what repeats within a second is counted instead of written. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "clock.h"
#include "log.h"
#include "tail.h"

#define LOG_LINE_MAX	1024	/* bytes of a line with its newline; longer ones end in "..." */
#define LOG_NOTE_MAX	64	/* of "repeated" */
#define LOG_TIME_MAX	32
#define LOG_NAME_MAX	32	/* of a node */
#define LOG_RECENT	16	/* different lines remembered: lines in turn are caught too */
#define LOG_QUIET_MS	1000

/**
 * struct recent - a line written lately
 * @level: of it
 * @peer: that it is about, or empty
 * @text: the line with level and newline, empty for a free entry
 * @len: bytes at @text
 * @since_ms: when it was written
 * @repeats: how often it came again since, unwritten
 */
struct recent {
	enum log_level level;
	char peer[LOG_NAME_MAX];
	char text[LOG_LINE_MAX];
	size_t len;
	uint64_t since_ms;
	uint64_t repeats;
};

/**
 * struct log - where lines go
 * @lock: guards everything below; lines come from several threads
 * @fd: written to, not closed
 * @level: the least important level that is written
 * @send: to the journal, or NULL
 * @node: name of this node, empty before it is known
 * @state: of it, in a word, or NULL
 * @epoch: in force, as the state
 * @seq: likewise
 * @tail: what was written last
 * @next: entry of @recent that is given up next
 * @recent: lines written within LOG_QUIET_MS
 */
struct log {
	pthread_mutex_t lock;
	int fd;
	enum log_level level;
	journal_fn send;
	char node[LOG_NAME_MAX];
	const char *state;
	uint64_t epoch;
	uint64_t seq;
	struct tail tail;
	unsigned int next;
	struct recent recent[LOG_RECENT];
};

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = 3,
	[LOG_LEVEL_WARNING] = 4,
	[LOG_LEVEL_INFO] = 6,
	[LOG_LEVEL_DEBUG] = 7,
};

/* What a report will show: the line with the time before it. */
static void keep(struct log *l, const char *text, size_t len)
{
	char line[LOG_TIME_MAX + LOG_LINE_MAX + LOG_NOTE_MAX];
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(line, LOG_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ ", &tm);
	memcpy(line + n, text, len);
	tail_add(&l->tail, line, n + len);
}

/* The message alone, without level and newline. Returns whether the journal took it. */
static bool tell_journal(struct log *l, const struct recent *r, const char *text, size_t len)
{
	size_t head = strlen(level_words[r->level]) + 1;
	char message[LOG_LINE_MAX + LOG_NOTE_MAX];
	const struct journal_entry e = {
		.priority = priorities[r->level], .message = message, .node = l->node,
		.state = l->state, .epoch = l->epoch, .seq = l->seq, .peer = r->peer,
	};

	snprintf(message, sizeof(message), "%.*s", (int)(len - head - 1), text + head);
	return journal_send(l->send, &e) == 0;
}

/* Whoever reads the log may be gone: there is nobody left to tell. */
static void put(struct log *l, const struct recent *r, const char *text, size_t len)
{
	keep(l, text, len);
	if (l->send && tell_journal(l, r, text, len))
		return;
	while (len) {
		ssize_t n = write(l->fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void retire(struct log *l, struct recent *r)
{
	char note[LOG_NOTE_MAX];
	int n;

	if (r->repeats) {
		n = snprintf(note, sizeof(note), " (repeated %llu times)\n",
			     (unsigned long long)r->repeats);
		if (r->len + (size_t)n - 1 > LOG_LINE_MAX)
			r->len = LOG_LINE_MAX - (size_t)n + 1;
		memcpy(r->text + r->len - 1, note, (size_t)n);
		put(l, r, r->text, r->len - 1 + (size_t)n);
	}
	r->len = 0;
	r->repeats = 0;
}

static bool seen_lately(struct log *l, const char *text, size_t len, uint64_t now_ms)
{
	bool seen = false;

	for (unsigned int i = 0; i < LOG_RECENT; i++) {
		struct recent *r = &l->recent[i];

		if (!r->len)
			continue;
		if (now_ms - r->since_ms >= LOG_QUIET_MS) {
			retire(l, r);
		} else if (r->len == len && !memcmp(r->text, text, len)) {
			r->repeats++;
			seen = true;
		}
	}
	return seen;
}

static void write_new(struct log *l, enum log_level level, const char *peer, const char *text,
		      size_t len, uint64_t now_ms)
{
	struct recent *r = &l->recent[l->next++ % LOG_RECENT];

	retire(l, r);
	r->level = level;
	snprintf(r->peer, sizeof(r->peer), "%s", peer ? peer : "");
	memcpy(r->text, text, len);
	r->len = len;
	r->since_ms = now_ms;
	put(l, r, text, len);
}

/* Returns the bytes of the finished line, newline included. */
static size_t compose(char line[LOG_LINE_MAX], enum log_level level, const char *fmt, va_list args)
{
	int head = snprintf(line, LOG_LINE_MAX, "%s ", level_words[level]);
	int body = vsnprintf(line + head, LOG_LINE_MAX - (size_t)head, fmt, args);
	size_t len = (size_t)head + (body > 0 ? (size_t)body : 0);

	if (len > LOG_LINE_MAX - 1) {
		len = LOG_LINE_MAX - 1;
		memcpy(line + len - 3, "...", 3);
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	return len;
}

struct log *log_new(int fd, enum log_level level)
{
	return log_new_by(fd, level, journal_is(fd) ? sd_journal_sendv : NULL);
}

struct log *log_new_by(int fd, enum log_level level, journal_fn send)
{
	struct log *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	if (pthread_mutex_init(&l->lock, NULL)) {
		free(l);
		return NULL;
	}
	l->fd = fd;
	l->level = level;
	l->send = send;
	return l;
}

void log_set_level(struct log *l, enum log_level level)
{
	pthread_mutex_lock(&l->lock);
	l->level = level;
	pthread_mutex_unlock(&l->lock);
}

void log_node(struct log *l, const char *name)
{
	pthread_mutex_lock(&l->lock);
	snprintf(l->node, sizeof(l->node), "%s", name);
	pthread_mutex_unlock(&l->lock);
}

void log_place(struct log *l, const char *state, uint64_t epoch, uint64_t seq)
{
	pthread_mutex_lock(&l->lock);
	l->state = state;
	l->epoch = epoch;
	l->seq = seq;
	pthread_mutex_unlock(&l->lock);
}

char *log_tail(struct log *l)
{
	char *text;

	pthread_mutex_lock(&l->lock);
	text = strndup(l->tail.text, l->tail.used);
	pthread_mutex_unlock(&l->lock);
	return text;
}

void log_free(struct log *l)
{
	if (!l)
		return;
	for (unsigned int i = 0; i < LOG_RECENT; i++)
		retire(l, &l->recent[i]);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void log_about(struct log *l, enum log_level level, const char *peer, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	uint64_t now_ms;
	va_list args;
	size_t len;

	pthread_mutex_lock(&l->lock);
	if (level <= l->level) {
		va_start(args, fmt);
		len = compose(line, level, fmt, args);
		va_end(args);
		now_ms = clock_ms();
		if (!seen_lately(l, line, len, now_ms))
			write_new(l, level, peer, line, len, now_ms);
	}
	pthread_mutex_unlock(&l->lock);
}
