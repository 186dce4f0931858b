// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the dialog, in a box over the screen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "box.h"

#define BOX_WIDTH	76
#define MARGIN		2	/* columns between border and text */

static const char help_text[] =
	"d  node-down: a node that crashed is taken out of the pool for good, so that the others "
	"go on. Choose it, read what would come of it, type its name.\n"
	"l  Live-Sync: this node joins the pool of another one, or comes back to it.\n"
	"up, down  other nodes, if there is no room for all\n"
	"^L  draw the screen anew     q  quit; what the agent does goes on\n"
	"\n"
	"* is this node. CODE is the check code of the Sync-Point: the same on two nodes, the "
	"same history. WAITED: the undecided transaction waits for that node. COMMITS/s counts "
	"what this node applies, OWN COMMITS ms is the mean time of the batches that it "
	"coordinates; a column a second, the newest to the right, top is the height of the plot.";

/**
 * struct box - where its text goes
 * @page: NULL while lines are counted
 * @x: first column of the text
 * @y: next line
 * @width: columns of the text
 * @lines: so far
 */
struct box {
	struct page *page;
	unsigned int x;
	unsigned int y;
	unsigned int width;
	unsigned int lines;
};

static void add(struct box *box, enum tone tone, const char *text)
{
	unsigned int lines = page_wrap(box->page, box->x, box->y, box->width, tone, text);

	box->y += lines;
	box->lines += lines;
}

static void add_keys(struct box *box, const char *text)
{
	add(box, TONE_PLAIN, "");
	add(box, TONE_HEAD, text);
}

static void add_choices(struct box *box, const struct dialog *dialog)
{
	bool down = dialog->task == TASK_NODE_DOWN;
	char line[BOX_WIDTH];

	add(box, TONE_PLAIN, down ? "Which nodes have crashed for good?" :
				    "By way of which node does this one join or come back?");
	add(box, TONE_PLAIN, "");
	for (unsigned int i = 0; i < dialog->n; i++) {
		const struct dialog_choice *choice = &dialog->choice[i];

		snprintf(line, sizeof(line), "%c [%c] %-31s %s", i == dialog->at ? '>' : ' ',
			 choice->chosen ? 'x' : ' ', choice->name, choice->state);
		add(box, i == dialog->at ? TONE_BAR : TONE_PLAIN, line);
	}
	add(box, TONE_PLAIN, "");
	snprintf(line, sizeof(line), "%s: %s",
		 down ? "f  force, without a majority" : "o  overwrite this node's own content",
		 dialog->strong ? "YES" : "no");
	add(box, dialog->strong ? TONE_BAD : TONE_PLAIN, line);
	add_keys(box, "up, down  move    blank  choose    enter  go on    esc  back");
}

static void add_confirm(struct box *box, const struct dialog *dialog)
{
	char line[2 * BOX_WIDTH];

	add(box, TONE_PLAIN, dialog->text);
	add(box, TONE_PLAIN, "");
	if (dialog->task == TASK_NODE_DOWN)
		add(box, TONE_BAD, "This declares a node dead for good: make sure that it is.");
	snprintf(line, sizeof(line), "Type %s to go on: %s", dialog_wanted(dialog),
		 dialog->typed);
	add(box, TONE_HEAD, line);
	if (box->page) {
		box->page->cursor = true;
		box->page->cursor_x = box->x + strlen(line);
		box->page->cursor_y = box->y - 1;
	}
	add_keys(box, "enter  go on    esc  back, nothing is changed");
}

static void add_wait(struct box *box, const struct dialog *dialog, uint64_t now_ms)
{
	char line[BOX_WIDTH];

	snprintf(line, sizeof(line), "%s: waits for the agent, %" PRIu64 " s",
		 dialog->step == DIALOG_DRY_RUN ? "What would come of it" : "Under way",
		 (now_ms - dialog->asked_ms) / 1000);
	add(box, TONE_PLAIN, line);
	add_keys(box, dialog->step == DIALOG_DRY_RUN ? "esc  back" :
						       "esc  hide this; the agent goes on");
}

static void add_content(struct box *box, const struct dialog *dialog, uint64_t now_ms)
{
	switch (dialog->step) {
	case DIALOG_CLOSED:
		break;
	case DIALOG_HELP:
		add(box, TONE_PLAIN, help_text);
		add_keys(box, "any key  back");
		break;
	case DIALOG_CHOOSE:
		add_choices(box, dialog);
		break;
	case DIALOG_DRY_RUN:
	case DIALOG_UNDER_WAY:
		add_wait(box, dialog, now_ms);
		break;
	case DIALOG_CONFIRM:
		add_confirm(box, dialog);
		break;
	case DIALOG_RESULT:
		add(box, dialog->failed ? TONE_BAD : TONE_PLAIN, dialog->text);
		add_keys(box, "any key  back");
		break;
	}
}

static void draw_border(struct page *page, unsigned int x, unsigned int y, unsigned int width,
			unsigned int height)
{
	for (unsigned int j = 0; j < height; j++) {
		bool edge = !j || j == height - 1;

		page_fill(page, x, y + j, width, TONE_PLAIN);
		for (unsigned int i = 0; edge && i < width; i++)
			page_glyph(page, x + i, y + j, TONE_HEAD, '-');
		page_glyph(page, x, y + j, TONE_HEAD, edge ? '+' : '|');
		page_glyph(page, x + width - 1, y + j, TONE_HEAD, edge ? '+' : '|');
	}
}

void box_draw(struct page *page, const struct dialog *dialog, uint64_t now_ms)
{
	unsigned int width = page->width < BOX_WIDTH ? page->width : BOX_WIDTH;
	struct box box = { .width = width - 2 * (MARGIN + 1) };
	unsigned int height, x = (page->width - width) / 2, y;

	if (dialog->step == DIALOG_CLOSED)
		return;
	add_content(&box, dialog, now_ms);
	height = box.lines + 2 < page->height ? box.lines + 2 : page->height;
	y = (page->height - height) / 2;
	draw_border(page, x, y, width, height);
	page_put(page, x + 2, y, TONE_HEAD, " %s ", dialog->step == DIALOG_HELP ? "help" :
		 dialog_task_name(dialog->task));
	box.page = page;
	box.x = x + MARGIN + 1;
	box.y = y + 1;
	add_content(&box, dialog, now_ms);
}
