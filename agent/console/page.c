// SPDX-License-Identifier: GPL-2.0
/*
 * Console: a screen full of characters.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

#define PUT_MAX		512	/* bytes of one text */
#define UTF8_MAX	3	/* bytes of one glyph */

int page_init(struct page *page, unsigned int width, unsigned int height, bool blocks)
{
	*page = (struct page) { .width = width, .height = height, .blocks = blocks };
	page->cell = calloc((size_t)width * height, sizeof(*page->cell));
	if (!page->cell)
		return -ENOMEM;
	for (size_t i = 0; i < (size_t)width * height; i++)
		page->cell[i].glyph = ' ';
	return 0;
}

void page_free(struct page *page)
{
	free(page->cell);
}

void page_glyph(struct page *page, unsigned int x, unsigned int y, enum tone tone, uint16_t glyph)
{
	if (x < page->width && y < page->height)
		page->cell[y * page->width + x] = (struct cell) { glyph, tone };
}

static void put_bytes(struct page *page, unsigned int x, unsigned int y, enum tone tone,
		      const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		page_glyph(page, x + i, y, tone, c < ' ' || c > '~' ? '?' : c);
	}
}

unsigned int page_put(struct page *page, unsigned int x, unsigned int y, enum tone tone,
		      const char *format, ...)
{
	char text[PUT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_bytes(page, x, y, tone, text, strlen(text));
	return x + strlen(text);
}

void page_fill(struct page *page, unsigned int x, unsigned int y, unsigned int width,
	       enum tone tone)
{
	for (unsigned int i = 0; i < width; i++)
		page_glyph(page, x + i, y, tone, ' ');
}

/* Bytes of the first line: up to the last blank that fits, or as many as fit. */
static size_t first_line(const char *text, unsigned int width)
{
	size_t len = strcspn(text, "\n");

	if (len <= width)
		return len;
	for (len = width; len > 0; len--) {
		if (text[len] == ' ')
			return len;
	}
	return width;
}

unsigned int page_wrap(struct page *page, unsigned int x, unsigned int y, unsigned int width,
		       enum tone tone, const char *text)
{
	unsigned int lines = 0;

	if (!width)
		return 0;
	do {
		size_t len = first_line(text, width);

		if (page)
			put_bytes(page, x, y + lines, tone, text, len);
		lines++;
		text += len;
		if (*text == ' ' || *text == '\n')
			text++;
	} while (*text);
	return lines;
}

static size_t utf8(uint16_t glyph, char *to)
{
	if (glyph < 0x80) {
		to[0] = glyph;
		return 1;
	}
	if (glyph < 0x800) {
		to[0] = 0xc0 | glyph >> 6;
		to[1] = 0x80 | (glyph & 0x3f);
		return 2;
	}
	to[0] = 0xe0 | glyph >> 12;
	to[1] = 0x80 | (glyph >> 6 & 0x3f);
	to[2] = 0x80 | (glyph & 0x3f);
	return 3;
}

const char *page_line(const struct page *page, unsigned int y, char *text, size_t room)
{
	const struct cell *cell = page->cell + y * page->width;
	unsigned int width = page->width;
	size_t len = 0;

	while (width && cell[width - 1].glyph == ' ')
		width--;
	for (unsigned int x = 0; x < width && len + UTF8_MAX < room; x++)
		len += utf8(cell[x].glyph, text + len);
	text[len] = '\0';
	return text;
}
