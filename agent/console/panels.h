/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: the parts of the screen, each in lines of its own.
 */
#ifndef HSM_CONSOLE_PANELS_H
#define HSM_CONSOLE_PANELS_H

#include "desk.h"

#define PANEL_SELF_LINES	3

/** panel_self() - this node, in PANEL_SELF_LINES lines from the first one on */
void panel_self(struct page *page, const struct desk *desk);

/** panel_nodes_lines() - lines that all nodes take, with their heading */
unsigned int panel_nodes_lines(const struct desk *desk);

/** panel_nodes() - as many nodes as @lines hold, under a heading */
void panel_nodes(struct page *page, const struct desk *desk, unsigned int y, unsigned int lines);

/** panel_pending() - the undecided batch and Live-Sync; returns the lines it takes */
unsigned int panel_pending(struct page *page, const struct desk *desk, unsigned int y);

/** panel_plots() - commits per second and their latency, in @lines under a heading */
void panel_plots(struct page *page, const struct desk *desk, unsigned int y, unsigned int lines);

/** panel_events() - the newest events, in @lines under a heading */
void panel_events(struct page *page, const struct desk *desk, unsigned int y, unsigned int lines);

/** panel_keys() - what may be pressed, in the last line */
void panel_keys(struct page *page);

#endif /* HSM_CONSOLE_PANELS_H */
