/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: a screen full of characters, before any terminal sees it.
 */
#ifndef HSM_CONSOLE_PAGE_H
#define HSM_CONSOLE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How it stands out; a terminal shows it by colour if it can, else by bold and reverse. */
enum tone {
	TONE_PLAIN,
	TONE_HEAD,
	TONE_BAR,
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
	TONES
};

/**
 * struct cell - one place
 * @glyph: Unicode; beyond ASCII only what plot.c draws
 * @tone: enum tone
 */
struct cell {
	uint16_t glyph;
	uint16_t tone;
};

/**
 * struct page - a screen
 * @width: columns
 * @height: lines
 * @blocks: the terminal has Unicode's block elements
 * @cursor_x: column of the cursor, if @cursor is set
 * @cursor_y: its line
 * @cursor: there is one: something is typed
 * @cell: @width times @height of them
 */
struct page {
	unsigned int width;
	unsigned int height;
	bool blocks;
	bool cursor;
	unsigned int cursor_x;
	unsigned int cursor_y;
	struct cell *cell;
};

/** page_init() - an empty page; 0 or -ENOMEM. page_free() gives its memory back */
int page_init(struct page *page, unsigned int width, unsigned int height, bool blocks);

/** page_free() - give back what page_init() took */
void page_free(struct page *page);

/** page_glyph() - one character; what lies outside is not drawn */
void page_glyph(struct page *page, unsigned int x, unsigned int y, enum tone tone, uint16_t glyph);

/**
 * page_put() - text; what goes over the edge is cut off, what is not printable ASCII is a '?'
 * @page: where
 * @x: first column
 * @y: line
 * @tone: how it stands out
 * @format: as of printf()
 *
 * Return: column after it.
 */
unsigned int page_put(struct page *page, unsigned int x, unsigned int y, enum tone tone,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

/** page_fill() - @width blanks */
void page_fill(struct page *page, unsigned int x, unsigned int y, unsigned int width,
	       enum tone tone);

/**
 * page_wrap() - text in lines of @width, broken at blanks
 * @page: where; NULL: only count
 * @x: first column
 * @y: first line
 * @width: columns
 * @tone: how it stands out
 * @text: a '\n' in it begins a line
 *
 * Return: lines that it takes.
 */
unsigned int page_wrap(struct page *page, unsigned int x, unsigned int y, unsigned int width,
		       enum tone tone, const char *text);

/** page_line() - line @y as UTF-8 without the blanks at its end; returns @text, cut at @room */
const char *page_line(const struct page *page, unsigned int y, char *text, size_t room);

#endif /* HSM_CONSOLE_PAGE_H */
