/* SPDX-License-Identifier: GPL-2.0 */
/* One line per fact, to standard error or the journal; nothing secret ever passes here. */
#ifndef HSM_BASE_LOG_H
#define HSM_BASE_LOG_H

#include <stdint.h>

#include "journal.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log;

/**
 * log_new() - a log that writes "<level> message" lines to @fd
 * @fd: not closed by log_free()
 * @level: least important level that is written
 *
 * The level is a word: "error", "warning", "info", "debug". Control characters become '?'.
 * Identical lines within a second are counted, not written; the count follows with the first line
 * after that second, or with log_free(). Any thread may log. If @fd is a stream to the system's
 * journal, entries with fields go there instead (journal.h). Returns NULL without memory.
 */
struct log *log_new(int fd, enum log_level level);

/* The same, to a journal of one's own; NULL @send for none. */
struct log *log_new_by(int fd, enum log_level level, journal_fn send);

void log_set_level(struct log *l, enum log_level level);
void log_free(struct log *l);

/* What the journal is told beside the line: this node, and, a word that stays, its state. */
void log_node(struct log *l, const char *name);
void log_place(struct log *l, const char *state, uint64_t epoch, uint64_t seq);

/* The lines written last, each with the time before it, NUL terminated; free() it. */
char *log_tail(struct log *l);

/* @peer: name of the node that it is about, or NULL */
void log_about(struct log *l, enum log_level level, const char *peer, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define log_line(l, level, ...) log_about(l, level, NULL, __VA_ARGS__)

#define log_error(l, ...) log_line(l, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(l, ...) log_line(l, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(l, ...) log_line(l, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(l, ...) log_line(l, LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* HSM_BASE_LOG_H */
