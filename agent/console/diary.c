// SPDX-License-Identifier: GPL-2.0
/*
 * Console: what happened.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "diary.h"
#include "known.h"

static unsigned int newest(const struct diary *diary)
{
	return (diary->next + DIARY_MAX - 1) % DIARY_MAX;
}

static struct diary_entry *place(struct diary *diary, enum diary_kind kind)
{
	struct diary_entry *entry = &diary->entry[newest(diary)];

	if (diary->n && kind != DIARY_NEWS && entry->kind == kind)
		return entry;
	entry = &diary->entry[diary->next];
	diary->next = (diary->next + 1) % DIARY_MAX;
	if (diary->n < DIARY_MAX)
		diary->n++;
	entry->count = 0;
	return entry;
}

void diary_add(struct diary *diary, time_t at, enum diary_kind kind, const char *format,
		 ...)
{
	struct diary_entry *entry = place(diary, kind);
	va_list args;

	entry->at = at;
	entry->kind = kind;
	va_start(args, format);
	vsnprintf(entry->text, sizeof(entry->text), format, args);
	va_end(args);
}

void diary_commits(struct diary *diary, time_t at, uint64_t count, uint64_t seq,
		     uint64_t sync_point)
{
	const struct diary_entry *last = diary_ago(diary, 0);

	if (last && last->kind == DIARY_COMMITS)
		count += last->count;
	diary_add(diary, at, DIARY_COMMITS,
		    "%" PRIu64 " committed, seq %" PRIu64 ", Sync-Point %016" PRIx64
		    ", check code %04u",
		    count, seq, sync_point, check_code(sync_point));
	diary->entry[newest(diary)].count = count;
}

const struct diary_entry *diary_ago(const struct diary *diary, unsigned int ago)
{
	if (ago >= diary->n)
		return NULL;
	return &diary->entry[(newest(diary) + DIARY_MAX - ago) % DIARY_MAX];
}
