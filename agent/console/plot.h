/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: a running plot.
 */
#ifndef HSM_CONSOLE_PLOT_H
#define HSM_CONSOLE_PLOT_H

#include "page.h"
#include "samples.h"

/**
 * plot_draw() - a column for each sample, the newest to the right
 * @page: where
 * @x: of its left column
 * @y: of its upper line
 * @width: columns
 * @height: lines
 * @samples: what is drawn
 * @most: value that is as high as the plot
 *
 * In eighths of a line with block elements, in thirds without. A column without a value stays
 * blank, one of 0 is a line at the bottom.
 */
void plot_draw(struct page *page, unsigned int x, unsigned int y, unsigned int width,
	       unsigned int height, const struct samples *samples, double most);

#endif /* HSM_CONSOLE_PLOT_H */
