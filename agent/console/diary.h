/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: what happened, the newest last.
 */
#ifndef HSM_CONSOLE_DIARY_H
#define HSM_CONSOLE_DIARY_H

#include <stdint.h>
#include <time.h>

#define DIARY_MAX		256
#define DIARY_TEXT_MAX	160

/* Of some kinds only the newest of a row is kept. */
enum diary_kind {
	DIARY_NEWS,
	DIARY_COMMITS,
	DIARY_PROGRESS,
};

/**
 * struct diary_entry - one line
 * @at: when, seconds since 1970
 * @kind: enum diary_kind
 * @count: transactions in it, of DIARY_COMMITS
 * @text: what
 */
struct diary_entry {
	time_t at;
	enum diary_kind kind;
	uint64_t count;
	char text[DIARY_TEXT_MAX];
};

/**
 * struct diary - a ring of them
 * @entry: they
 * @next: where the next one goes
 * @n: how many there are
 */
struct diary {
	struct diary_entry entry[DIARY_MAX];
	unsigned int next;
	unsigned int n;
};

/** diary_add() - one more; in place of the newest one if that is of the same passing kind */
void diary_add(struct diary *diary, time_t at, enum diary_kind kind, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

/** diary_commits() - so many more transactions; @seq and @sync_point are those after them */
void diary_commits(struct diary *diary, time_t at, uint64_t count, uint64_t seq,
		     uint64_t sync_point);

/** diary_ago() - the entry @ago before the newest; NULL if there is none */
const struct diary_entry *diary_ago(const struct diary *diary, unsigned int ago);

#endif /* HSM_CONSOLE_DIARY_H */
