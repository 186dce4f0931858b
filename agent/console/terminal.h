/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: the terminal, by ncurses.
 */
#ifndef HSM_CONSOLE_TERMINAL_H
#define HSM_CONSOLE_TERMINAL_H

#include <stdbool.h>

#include "page.h"

/**
 * struct terminal - what it can
 * @blocks: it has Unicode's block elements
 * @colours: tones are shown by them
 */
struct terminal {
	bool blocks;
	bool colours;
};

/**
 * terminal_begin() - take the terminal over
 * @terminal: filled in
 * @ascii: draw with ASCII, whatever the terminal has
 *
 * Return: NULL, or why not, a text that lasts; the terminal is as it was then.
 */
const char *terminal_begin(struct terminal *terminal, bool ascii);

/** terminal_end() - give it back as it was */
void terminal_end(void);

/** terminal_page() - an empty page of the terminal's size; 0 or -ENOMEM */
int terminal_page(const struct terminal *terminal, struct page *page);

/** terminal_show() - bring the page to the screen: only what differs is sent */
void terminal_show(const struct terminal *terminal, const struct page *page);

/** terminal_redraw() - send all of it with the next page */
void terminal_redraw(void);

/** terminal_key() - a character or an enum press; PRESS_NONE if none waits */
int terminal_key(void);

#endif /* HSM_CONSOLE_TERMINAL_H */
