// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the terminal, by ncurses.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <curses.h>

#include "dialog.h"
#include "terminal.h"

#define ESCAPE_MS	100	/* for what may follow an escape in the sequence of a key */
#define CONTROL(c)	((c) & 0x1f)
#define NO_COLOUR	(-1)

static const struct {
	short colour;
	attr_t coloured;
	attr_t plain;
} looks[TONES] = {
	[TONE_PLAIN] = { NO_COLOUR, A_NORMAL, A_NORMAL },
	[TONE_HEAD] = { COLOR_CYAN, A_BOLD, A_BOLD },
	[TONE_BAR] = { NO_COLOUR, A_REVERSE, A_REVERSE },
	[TONE_GOOD] = { COLOR_GREEN, A_NORMAL, A_NORMAL },
	[TONE_WARN] = { COLOR_YELLOW, A_BOLD, A_BOLD },
	[TONE_BAD] = { COLOR_RED, A_BOLD, A_REVERSE },
};

/* The fonts of Linux's own console, and terminals without colours, have no block elements. */
static bool has_blocks(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8") && has_colors() &&
	       strcmp(getenv("TERM"), "linux") != 0;
}

static bool begin_colours(void)
{
	const char *unwanted = getenv("NO_COLOR");

	if (!has_colors() || (unwanted && *unwanted))
		return false;
	start_color();
	use_default_colors();
	for (short tone = 0; tone < TONES; tone++)
		init_pair((short)(tone + 1), looks[tone].colour, NO_COLOUR);
	return true;
}

const char *terminal_begin(struct terminal *terminal, bool ascii)
{
	const char *up;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "standard input and output are no terminal";
	setlocale(LC_CTYPE, "");	/* not numbers: those of the agent have points */
	if (!newterm(NULL, stdout, stdin))
		return "the type of the terminal (TERM) is not known";
	up = tigetstr("cup");
	if (!up || up == (char *)-1) {
		endwin();
		return "a terminal of this type (TERM) cannot place its cursor";
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	terminal->colours = begin_colours();
	terminal->blocks = !ascii && has_blocks();
	return NULL;
}

void terminal_end(void)
{
	endwin();
}

int terminal_page(const struct terminal *terminal, struct page *page)
{
	return page_init(page, COLS, LINES, terminal->blocks);
}

static void show_cell(const struct terminal *terminal, unsigned int x, unsigned int y,
		      const struct cell *cell)
{
	const wchar_t text[] = { cell->glyph, 0 };
	cchar_t c;

	if (terminal->colours)
		setcchar(&c, text, looks[cell->tone].coloured, (short)(cell->tone + 1), NULL);
	else
		setcchar(&c, text, looks[cell->tone].plain, 0, NULL);
	mvadd_wch((int)y, (int)x, &c);
}

void terminal_show(const struct terminal *terminal, const struct page *page)
{
	for (unsigned int y = 0; y < page->height; y++) {
		for (unsigned int x = 0; x < page->width; x++)
			show_cell(terminal, x, y, &page->cell[y * page->width + x]);
	}
	curs_set(page->cursor);
	if (page->cursor)
		move((int)page->cursor_y, (int)page->cursor_x);
	refresh();
}

void terminal_redraw(void)
{
	clearok(stdscr, TRUE);
}

int terminal_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
		return PRESS_NONE;
	case '\r':
	case KEY_ENTER:
		return PRESS_ENTER;
	case KEY_UP:
		return PRESS_UP;
	case KEY_DOWN:
		return PRESS_DOWN;
	case CONTROL('h'):
	case 0x7f:
	case KEY_BACKSPACE:
		return PRESS_BACKSPACE;
	case CONTROL('l'):
		return PRESS_REDRAW;
	case KEY_RESIZE:
		return PRESS_RESIZE;
	default:
		return key < 0x80 ? key : PRESS_OTHER;
	}
}
