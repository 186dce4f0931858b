// SPDX-License-Identifier: GPL-2.0
/*
 * Console: what is under way: the undecided batch, and Live-Sync.
 */
#include <inttypes.h>
#include <stdio.h>

#include "panels.h"

#define LINES	2		/* of the undecided batch */
#define BAR	10		/* columns of the bar of a Live-Sync */
#define LONG_MS	1000		/* a batch that is undecided for so long stands out */

static void draw_waiting(struct page *page, const struct known *known, unsigned int y)
{
	const struct known_pending *pending = &known->pending;
	bool stuck = known->state.state == HSMREPL_BLOCKED || pending->age_ms >= LONG_MS;
	enum tone tone = stuck ? TONE_BAD : TONE_PLAIN;
	unsigned int x;

	x = page_put(page, 9, y, TONE_PLAIN, "%s", pending->first);
	if (pending->tids > 1)
		x = page_put(page, x, y, TONE_PLAIN, " and %u more", pending->tids - 1);
	x = page_put(page, x, y, TONE_PLAIN, " of %s", pending->coordinator);
	if (pending->age_ms)
		x = page_put(page, x, y, TONE_PLAIN, ", %.1f s",
			     (double)pending->age_ms / 1000);
	if (pending->queued)
		x = page_put(page, x, y, TONE_PLAIN, ", queue %" PRIu64, pending->queued);
	if (pending->waiting[0])
		page_put(page, x, y, tone, ": waits for %s", pending->waiting);
	y++;
	if (pending->reason[0])
		page_put(page, 9, y, tone, "%s", pending->reason);
	else if (pending->votes[0])
		page_put(page, 9, y, TONE_PLAIN, "votes: %s", pending->votes);
}

static void draw_sync(struct page *page, const struct known_live *live, unsigned int y)
{
	unsigned int filled = live->percent * BAR / 100, x;

	x = page_put(page, 0, y, TONE_HEAD, "LIVE-SYNC ");
	x = page_put(page, x, y, TONE_PLAIN, "%s %s, %s [", live->role[0] == 'd' ? "to" : "from",
		     live->with, live->phase);
	for (unsigned int i = 0; i < BAR; i++)
		page_glyph(page, x++, y, TONE_PLAIN, i < filled ? '#' : '-');
	x = page_put(page, x, y, TONE_PLAIN, "] %u%% %.1f MB", live->percent,
		     (double)live->bytes / 1e6);
	if (live->trouble[0])
		page_put(page, x, y, TONE_WARN, "; %s", live->trouble);
	else if (live->rate)
		page_put(page, x, y, TONE_PLAIN, ", %.1f MB/s, %" PRIu64 " s left",
			 (double)live->rate / 1e6, live->left_s);
}

unsigned int panel_pending(struct page *page, const struct desk *desk, unsigned int y)
{
	const struct known *known = &desk->known;

	page_put(page, 0, y, TONE_HEAD, "PENDING");
	if (known->device_error || known->agent_error)
		page_put(page, 9, y, TONE_PLAIN, "not known");
	else if (known->pending.tids)
		draw_waiting(page, known, y);
	else
		page_put(page, 9, y, TONE_PLAIN, "nothing is undecided");
	if (!known_syncs(known))
		return LINES;
	draw_sync(page, &known->live, y + LINES);
	return LINES + 1;
}
