// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the nodes of the pool, a line for each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "panels.h"

#define NAME_WIDTH	12
#define WIDE_NAME_WIDTH	20
#define WIDE		110	/* columns from which on address and certificate are shown */

static unsigned int name_width(const struct page *page)
{
	return page->width >= WIDE ? WIDE_NAME_WIDTH : NAME_WIDTH;
}

static void draw_heading(struct page *page, unsigned int y)
{
	unsigned int x;

	x = page_put(page, 0, y, TONE_HEAD, "  %-*s %-9s %-16s %4s %10s %7s %6s",
		     (int)name_width(page), "NODE", "STATE", "SYNC-POINT", "CODE", "SEQ", "LAG",
		     "RTT ms");
	if (page->width >= WIDE)
		page_put(page, x + 9, y, TONE_HEAD, "%-10s %s", "CERT UNTIL", "ADDRESS");
}

static enum tone state_tone(const struct known_node *node)
{
	if (!strcmp(node->state, "member"))
		return TONE_GOOD;
	if (!strcmp(node->state, "starting") || !strcmp(node->state, "joining"))
		return TONE_WARN;
	return TONE_BAD;
}

/* Two nodes with one seq and two Sync-Points must not be. */
static bool differs(const struct known_node *node, const struct hsmrepl_state *state)
{
	return node->heard && node->seq == state->seq && node->sync_point != state->sync_point;
}

static unsigned int draw_standing(struct page *page, unsigned int x, unsigned int y,
				  const struct known_node *node, const struct hsmrepl_state *state)
{
	enum tone tone = differs(node, state) ? TONE_BAD : TONE_PLAIN;

	if (!node->heard)
		return page_put(page, x, y, tone, "%-16s %4s %10s %7s", "-", "-", "-", "-");
	x = page_put(page, x, y, tone, "%016" PRIx64 " %04u", node->sync_point,
		     check_code(node->sync_point));
	return page_put(page, x, y, node->lag ? TONE_WARN : TONE_PLAIN,
			" %10" PRIu64 " %7" PRIu64, node->seq, node->lag);
}

/* The agent tells whole milliseconds. */
static unsigned int draw_rtt(struct page *page, unsigned int x, unsigned int y,
			     const struct known_node *node)
{
	if (!node->linked || node->self)
		return page_put(page, x, y, TONE_PLAIN, " %6s", "-");
	if (node->rtt_ms < 1)
		return page_put(page, x, y, TONE_PLAIN, " %6s", "<1");
	return page_put(page, x, y, TONE_PLAIN, " %6.0f", node->rtt_ms);
}

static const char *mark(const struct known_node *node, const struct hsmrepl_state *state)
{
	if (node->waited)
		return "WAITED";
	if (differs(node, state))
		return "DIFFERS";
	return node->slowest ? "slowest" : "";
}

static void draw_node(struct page *page, unsigned int y, const struct known_node *node,
		      const struct hsmrepl_state *state)
{
	const int width = name_width(page);
	unsigned int x;

	x = page_put(page, 0, y, TONE_PLAIN, "%c %-*.*s ", node->self ? '*' : ' ', width, width,
		     node->name);
	x = page_put(page, x, y, state_tone(node), "%-9.9s", node->state);
	x = draw_standing(page, x + 1, y, node, state);
	x = draw_rtt(page, x, y, node);
	x = page_put(page, x, y, node->waited ? TONE_BAD : TONE_PLAIN, " %-7s",
		     mark(node, state));
	if (page->width >= WIDE)
		page_put(page, x + 1, y, TONE_PLAIN, "%-10.10s %s",
			 node->expiry[0] ? node->expiry : "-", node->address);
}

unsigned int panel_nodes_lines(const struct desk *desk)
{
	return 1 + (desk->known.n_nodes ? desk->known.n_nodes : 1);
}

void panel_nodes(struct page *page, const struct desk *desk, unsigned int y, unsigned int lines)
{
	const struct known *known = &desk->known;
	unsigned int room = lines - 1, first = 0;

	draw_heading(page, y);
	if (!known->n_nodes)
		page_put(page, 2, y + 1, TONE_PLAIN,
			 known->agent_error || known->device_error ? "not known" : "none");
	if (known->n_nodes > room)
		first = desk->scroll < known->n_nodes - room ? desk->scroll :
							       known->n_nodes - room;
	for (unsigned int i = 0; i < room && first + i < known->n_nodes; i++)
		draw_node(page, y + 1 + i, &known->node[first + i], &known->state);
	if (first)
		page_put(page, 0, y + 1, TONE_HEAD, "^");
	if (first + room < known->n_nodes)
		page_put(page, 0, y + room, TONE_HEAD, "v");
}
