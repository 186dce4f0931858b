// SPDX-License-Identifier: GPL-2.0
/*
 * Console: who gets which lines of the screen.
 */
#include "box.h"
#include "desk.h"
#include "panels.h"

#define WIDTH_MIN	60
#define HEIGHT_MIN	16
#define PLOTS_MIN	3	/* lines with the heading */
#define PLOTS_MAX	11
#define EVENTS_MIN	4
#define ROOMY		30	/* lines from which on blank ones part the panels */

static unsigned int at_least(unsigned int value, unsigned int least)
{
	return value > least ? value : least;
}

static unsigned int at_most(unsigned int value, unsigned int most)
{
	return value < most ? value : most;
}

static void draw_panels(struct page *page, const struct desk *desk)
{
	const unsigned int gap = page->height >= ROOMY;
	unsigned int y = PANEL_SELF_LINES + gap, pending, nodes, plots, left;

	panel_self(page, desk);
	/* The keys, the gaps, and what the panels below must have, come off what nodes may take. */
	pending = known_syncs(&desk->known) ? 3 : 2;
	left = page->height - y - 1 - pending - 3 * gap;
	nodes = at_most(panel_nodes_lines(desk), left - PLOTS_MIN - EVENTS_MIN);
	left -= nodes;
	plots = at_most(at_least(left / 3, PLOTS_MIN), PLOTS_MAX);
	panel_nodes(page, desk, y, nodes);
	y += nodes + gap;
	y += panel_pending(page, desk, y) + gap;
	panel_plots(page, desk, y, plots);
	y += plots + gap;
	panel_events(page, desk, y, left - plots);
	panel_keys(page);
}

void desk_draw(struct page *page, const struct desk *desk)
{
	if (page->width < WIDTH_MIN || page->height < HEIGHT_MIN) {
		page_put(page, 0, 0, TONE_BAD, "%ux%u is too small: %dx%d at least", page->width,
			 page->height, WIDTH_MIN, HEIGHT_MIN);
		return;
	}
	draw_panels(page, desk);
	box_draw(page, &desk->dialog, desk->now_ms);
}
