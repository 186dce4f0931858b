// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the newest events, and the keys.
 */
#include "panels.h"

#define CLOCK_ROOM	16

static void draw_entry(struct page *page, unsigned int y, const struct diary_entry *entry)
{
	char clock[CLOCK_ROOM];
	struct tm tm;

	gmtime_r(&entry->at, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	page_put(page, 0, y, TONE_PLAIN, "%s %s", clock, entry->text);
}

void panel_events(struct page *page, const struct desk *desk, unsigned int y, unsigned int lines)
{
	const struct diary *diary = &desk->diary;
	unsigned int room = lines - 1;
	unsigned int n = diary->n < room ? diary->n : room;

	page_put(page, 0, y, TONE_HEAD, "EVENTS");
	for (unsigned int i = 0; i < n; i++)
		draw_entry(page, y + n - i, diary_ago(diary, i));
}

void panel_keys(struct page *page)
{
	unsigned int y = page->height - 1;

	page_fill(page, 0, y, page->width, TONE_BAR);
	page_put(page, 1, y, TONE_BAR, "d node-down   l Live-Sync   h help   q quit");
}
