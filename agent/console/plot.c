// SPDX-License-Identifier: GPL-2.0
/*
 * Console: a running plot.
 */
#include <math.h>

#include "plot.h"

/* What a line of a column looks like, from empty to full. */
static const uint16_t blocks[] = { ' ', 0x2581, 0x2582, 0x2583, 0x2584,
				   0x2585, 0x2586, 0x2587, 0x2588 };
static const uint16_t ascii[] = { ' ', '.', ':', '#' };

#define LEVELS(table)	(sizeof(table) / sizeof((table)[0]) - 1)

static void draw_column(struct page *page, unsigned int x, unsigned int y, unsigned int height,
			double part)
{
	const uint16_t *table = page->blocks ? blocks : ascii;
	unsigned int levels = page->blocks ? LEVELS(blocks) : LEVELS(ascii);
	unsigned int filled = lround(fmin(part, 1) * height * levels);

	if (!filled && part > 0)
		filled = 1;
	for (unsigned int i = 0; i < height; i++) {
		unsigned int level = filled < levels ? filled : levels;

		filled -= level;
		page_glyph(page, x, y + height - 1 - i, TONE_PLAIN, table[level]);
	}
	if (part <= 0)
		page_glyph(page, x, y + height - 1, TONE_PLAIN, '_');
}

void plot_draw(struct page *page, unsigned int x, unsigned int y, unsigned int width,
	       unsigned int height, const struct samples *samples, double most)
{
	for (unsigned int ago = 0; ago < width; ago++) {
		double value = samples_ago(samples, ago);

		if (!isnan(value))
			draw_column(page, x + width - 1 - ago, y, height,
				    most > 0 ? value / most : 0);
	}
}
