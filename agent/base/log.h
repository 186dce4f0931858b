/* SPDX-License-Identifier: GPL-2.0 */
/* One line per fact, to standard error; nothing secret ever passes here. */
#ifndef HSM_BASE_LOG_H
#define HSM_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log;

/**
 * log_new() - a log that writes "<level> message" lines to @fd
 * @fd: not closed by log_free()
 * @level: least important level that is written
 *
 * The level is a word: "error", "warning", "info", "debug". Control characters become '?'.
 * Identical lines within a second are counted, not written; the count follows with the first line
 * after that second, or with log_free(). Any thread may log. Returns NULL without memory.
 */
struct log *log_new(int fd, enum log_level level);
void log_set_level(struct log *l, enum log_level level);
void log_free(struct log *l);
void log_line(struct log *l, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(l, ...) log_line(l, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(l, ...) log_line(l, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(l, ...) log_line(l, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(l, ...) log_line(l, LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* HSM_BASE_LOG_H */
