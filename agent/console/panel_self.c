// SPDX-License-Identifier: GPL-2.0
/*
 * Console: this node, at the top of the screen.
 */
#include <inttypes.h>
#include <stdio.h>

#include "panels.h"

#define CLOCK_ROOM	32

static bool silent(const struct desk *desk)
{
	return desk->now_ms - desk->known.at_ms > DESK_SILENT_MS;
}

static void draw_bar(struct page *page, const struct desk *desk)
{
	const struct hsmrepl_state *state = &desk->known.state;
	char clock[CLOCK_ROOM];
	struct tm tm;

	page_fill(page, 0, 0, page->width, TONE_BAR);
	if (desk->known.device_error)
		page_put(page, 1, 0, TONE_BAR, "hsmrepl   device gone");
	else
		page_put(page, 1, 0, TONE_BAR, "hsmrepl %s   %s   %s   epoch %" PRIu64,
			 state->name[0] ? state->name : "-", hsmrepl_state_name(state->state),
			 state->mode == HSMREPL_MODE_FIPS ? "fips" : "normal",
			 (uint64_t)state->epoch);
	gmtime_r(&desk->now, &tm);
	strftime(clock, sizeof(clock), " %Y-%m-%d %H:%M:%S UTC ", &tm);
	page_put(page, page->width - 25, 0, TONE_BAR, "%s", clock);
}

static unsigned int put_uptime(struct page *page, unsigned int x, unsigned int y, uint64_t ms)
{
	uint64_t minutes = ms / 60000;

	if (minutes < 60)
		return page_put(page, x, y, TONE_PLAIN, "%" PRIu64 " min", minutes);
	if (minutes < 48 * 60)
		return page_put(page, x, y, TONE_PLAIN, "%" PRIu64 " h", minutes / 60);
	return page_put(page, x, y, TONE_PLAIN, "%" PRIu64 " d", minutes / 60 / 24);
}

static void draw_agent(struct page *page, const struct desk *desk)
{
	const struct known *known = &desk->known;
	const struct hsmrepl_state *state = &known->state;
	unsigned int x;

	x = page_put(page, 1, 2, state->nodes_up < state->nodes_total ? TONE_BAD : TONE_PLAIN,
		     "up %u of %u", state->nodes_up, state->nodes_total);
	x = page_put(page, x, 2, TONE_PLAIN, "   turn %s   agent %s, up ",
		     known->turn[0] ? known->turn : "-", known->version);
	x = put_uptime(page, x, 2, known->uptime_ms);
	if (state->last_error[0])
		page_put(page, x, 2, TONE_WARN, "   %s", state->last_error);
}

/* The second line below the bar: trouble, if there is any, before all else. */
static void draw_reach(struct page *page, const struct desk *desk)
{
	const struct known *known = &desk->known;

	if (silent(desk))
		page_put(page, 1, 2, TONE_BAD, "THE DEVICE DOES NOT ANSWER; all here is %" PRIu64
			 " s old", (desk->now_ms - known->at_ms) / 1000);
	else if (known->device_error)
		page_put(page, 1, 2, TONE_BAD, "NO DEVICE (%s): tried again every second",
			 hsmrepl_error_text(known->device_error));
	else if (!known->state.agent)
		page_put(page, 1, 2, TONE_BAD,
			 "NO AGENT: writes are refused, reads go on; start hsmrepld");
	else if (known->agent_error)
		page_put(page, 1, 2, TONE_BAD, "THE AGENT DOES NOT ANSWER (%s)",
			 hsmrepl_error_text(known->agent_error));
	else
		draw_agent(page, desk);
}

void panel_self(struct page *page, const struct desk *desk)
{
	const struct hsmrepl_state *state = &desk->known.state;
	unsigned int x;

	draw_bar(page, desk);
	if (!desk->known.device_error) {
		x = page_put(page, 1, 1, TONE_PLAIN, "Sync-Point %016" PRIx64 "   check code ",
			     (uint64_t)state->sync_point);
		x = page_put(page, x, 1, TONE_HEAD, "%04u", state->check_code);
		page_put(page, x, 1, TONE_PLAIN,
			 "   seq %" PRIu64 "   objects %" PRIu64 "   queue %u",
			 (uint64_t)state->seq, (uint64_t)state->objects, state->queue);
	}
	draw_reach(page, desk);
}
