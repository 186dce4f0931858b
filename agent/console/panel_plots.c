// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the running plots, side by side.
 */
#include <math.h>
#include <stdio.h>

#include "panels.h"
#include "plot.h"

#define GAP		2	/* columns between the two */
#define FIGURE_ROOM	16

static const char *figure(double value, char text[FIGURE_ROOM])
{
	if (isnan(value))
		return "-";
	snprintf(text, FIGURE_ROOM, "%.*f", value < 100 ? 2 : 0, value);
	return text;
}

static void draw_one(struct page *page, unsigned int x, unsigned int y, unsigned int width,
		     unsigned int lines, const char *what, const struct samples *samples)
{
	double most = samples_most(samples, width);
	char now[FIGURE_ROOM], top[FIGURE_ROOM];
	unsigned int end;

	end = page_put(page, x, y, TONE_HEAD, "%s", what);
	page_put(page, end, y, TONE_PLAIN, " %s, top %s", figure(samples_ago(samples, 0), now),
		 figure(most, top));
	plot_draw(page, x, y + 1, width, lines - 1, samples, most);
}

void panel_plots(struct page *page, const struct desk *desk, unsigned int y, unsigned int lines)
{
	unsigned int width = (page->width - GAP) / 2;

	draw_one(page, 0, y, width, lines, "COMMITS/s", &desk->track.rate);
	draw_one(page, width + GAP, y, width, lines, "OWN COMMITS ms", &desk->track.latency);
}
