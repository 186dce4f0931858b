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

#include "log.h"

#define LOG_LINE_MAX	1024	/* bytes of a line with its newline; longer ones end in "..." */
#define LOG_RECENT	16	/* different lines remembered: lines in turn are caught too */
#define LOG_QUIET_MS	1000

/**
 * struct recent - a line written lately
 * @text: the line with level and newline, empty for a free entry
 * @len: bytes at @text
 * @since_ms: when it was written
 * @repeats: how often it came again since, unwritten
 */
struct recent {
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
 * @next: entry of @recent that is given up next
 * @recent: lines written within LOG_QUIET_MS
 */
struct log {
	pthread_mutex_t lock;
	int fd;
	enum log_level level;
	unsigned int next;
	struct recent recent[LOG_RECENT];
};

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Whoever reads the log may be gone: there is nobody left to tell. */
static void put(struct log *l, const char *text, size_t len)
{
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
	char note[64];
	int n;

	if (r->repeats) {
		n = snprintf(note, sizeof(note), " (repeated %llu times)\n",
			     (unsigned long long)r->repeats);
		if (r->len + (size_t)n - 1 > LOG_LINE_MAX)
			r->len = LOG_LINE_MAX - (size_t)n + 1;
		memcpy(r->text + r->len - 1, note, (size_t)n);
		put(l, r->text, r->len - 1 + (size_t)n);
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

static void write_new(struct log *l, const char *text, size_t len, uint64_t now_ms)
{
	struct recent *r = &l->recent[l->next++ % LOG_RECENT];

	retire(l, r);
	memcpy(r->text, text, len);
	r->len = len;
	r->since_ms = now_ms;
	put(l, text, len);
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
	struct log *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	if (pthread_mutex_init(&l->lock, NULL)) {
		free(l);
		return NULL;
	}
	l->fd = fd;
	l->level = level;
	return l;
}

void log_set_level(struct log *l, enum log_level level)
{
	pthread_mutex_lock(&l->lock);
	l->level = level;
	pthread_mutex_unlock(&l->lock);
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

void log_line(struct log *l, enum log_level level, const char *fmt, ...)
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
		now_ms = monotonic_ms();
		if (!seen_lately(l, line, len, now_ms))
			write_new(l, line, len, now_ms);
	}
	pthread_mutex_unlock(&l->lock);
}
