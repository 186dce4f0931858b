/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool of three as the console knows it, one of them not there, and its screen.
 */
#ifndef _CONSOLE_DESK_H
#define _CONSOLE_DESK_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "desk.h"

#define LINE_ROOM	1024
#define NOON		1764158400	/* 2025-11-26 12:00:00 UTC */

static const char status[] = "{\"turn\":\"n2\",\"version\":\"0.1\",\"uptime_ms\":7500000,"
			     "\"live_sync\":null}";
static const char nodes[] =
	"{\"nodes\":["
	"{\"id\":1,\"name\":\"n1\",\"address\":\"192.0.2.1:4327\",\"state\":\"member\",\"seq\":12,"
	"\"sync_point\":\"00000000000000ab\",\"rtt_ms\":0,\"last_ack_ms\":0,\"lag\":0,"
	"\"certificate_expiry\":\"2030-01-02T03:04:05Z\"},"
	"{\"id\":2,\"name\":\"n2\",\"address\":\"192.0.2.2:4327\",\"state\":\"member\",\"seq\":12,"
	"\"sync_point\":\"00000000000000ac\",\"rtt_ms\":7,\"last_ack_ms\":20,\"lag\":0,"
	"\"certificate_expiry\":null},"
	"{\"id\":3,\"name\":\"n3\",\"address\":\"192.0.2.3:4327\",\"state\":\"offline\","
	"\"seq\":null,\"sync_point\":null,\"rtt_ms\":null,\"last_ack_ms\":null,\"lag\":null}],"
	"\"slowest\":\"n2\"}";
static const char pending[] =
	"{\"tids\":[\"00000000000000aa\",\"00000000000000bb\"],\"coordinator\":\"n1\","
	"\"age_ms\":12340,\"votes\":{\"n1\":\"yes\",\"n2\":\"yes\",\"n3\":null},"
	"\"waiting_for\":[\"n3\"],\"queued\":4,\"reason\":\"n3 is not connected\"}";
static const char metrics[] =
	"{\"text\":\"# TYPE x\\nhsmrepl_commit_phase_seconds_sum{phase=\\\"commit\\\"} 0.5\\n"
	"hsmrepl_commit_phase_seconds_count{phase=\\\"commit\\\"} 100\\n\"}";

static inline void take(struct known *known, void (*take)(struct known *, struct json_object *),
		 const char *text)
{
	struct json_object *answer = json_tokener_parse(text);

	ck_assert_ptr_nonnull(answer);
	take(known, answer);
	json_object_put(answer);
}

/* A pool of three, one of them not there. */
static inline void make_known(struct known *known)
{
	*known = (struct known) {
		.at_ms = 1000,
		.state = { .state = HSMREPL_BLOCKED, .node_id = 1, .epoch = 3, .seq = 12,
			   .sync_point = 0xab, .check_code = check_code(0xab), .objects = 9,
			   .queue = 6, .agent = 1, .nodes_total = 3, .nodes_up = 2, .name = "n1",
			   .last_error = "writes wait" },
	};
	take(known, known_status, status);
	take(known, known_nodes, nodes);
	take(known, known_pending, pending);
	take(known, known_metrics, metrics);
}

static inline struct desk *make_desk(void)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	make_known(&desk->known);
	desk->now_ms = 1500;
	desk->now = NOON;
	return desk;
}

/**
 * struct shot - a drawn screen
 * @page: it
 * @text: all lines, for strstr()
 */
struct shot {
	struct page page;
	char text[64 * LINE_ROOM];
};

static inline struct shot *shoot(const struct desk *desk, unsigned int width, unsigned int height,
			  bool blocks)
{
	struct shot *shot = calloc(1, sizeof(*shot));
	char line[LINE_ROOM];

	ck_assert_ptr_nonnull(shot);
	ck_assert_int_eq(page_init(&shot->page, width, height, blocks), 0);
	desk_draw(&shot->page, desk);
	for (unsigned int y = 0; y < height; y++) {
		strcat(shot->text, page_line(&shot->page, y, line, sizeof(line)));
		strcat(shot->text, "\n");
	}
	return shot;
}

static inline void shot_free(struct shot *shot)
{
	page_free(&shot->page);
	free(shot);
}

/* Draws it in 80x24 and looks for a text. */
static inline bool shows(const struct desk *desk, const char *text)
{
	struct shot *shot = shoot(desk, 80, 24, false);
	bool there = strstr(shot->text, text);

	if (!there)
		fprintf(stderr, "no \"%s\" in\n%s", text, shot->text);
	shot_free(shot);
	return there;
}

#endif /* _CONSOLE_DESK_H */
