// SPDX-License-Identifier: GPL-2.0
/*
 * The console without a terminal: what is known, figures and events become lines.
 */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "../suite.h"
#include "console_desk.h"
#include "news.h"
#include "plot.h"

/* kmod/core.c, which the console cannot link. */
unsigned int hsm_check_code(unsigned long long sync_point);

static void expect_line(const struct shot *shot, unsigned int y, const char *want)
{
	char line[LINE_ROOM];

	ck_assert_str_eq(page_line(&shot->page, y, line, sizeof(line)), want);
}

START_TEST(codes)
{
	for (uint64_t sp = 0; sp < 2000; sp++)
		ck_assert_uint_eq(check_code(sp * 0x9e3779b97f4a7c15), hsm_check_code(
				  sp * 0x9e3779b97f4a7c15));
}
END_TEST

START_TEST(answers)
{
	struct known known;

	make_known(&known);
	ck_assert_uint_eq(known.n_nodes, 3);
	ck_assert(known.node[0].self && !known.node[1].self);
	ck_assert(known.node[1].slowest && known.node[1].linked && known.node[1].heard);
	ck_assert(!known.node[2].heard && !known.node[2].linked && known.node[2].waited);
	ck_assert_uint_eq(known.node[1].sync_point, 0xac);
	ck_assert_str_eq(known.pending.waiting, "n3");
	ck_assert_str_eq(known.pending.votes, "n1 yes, n2 yes, n3 -");
	ck_assert_uint_eq(known.commits, 100);
	ck_assert(fabs(known.commit_s - 0.5) < 1e-9);
	ck_assert(!known_syncs(&known));
}
END_TEST

/* Whatever an agent says, nothing is taken that is not there, and nothing runs over. */
START_TEST(odd_answers)
{
	static const char *const odd[] = {
		"{}", "[]", "7", "\"text\"", "{\"nodes\":7,\"tids\":{},\"votes\":[],\"text\":1}",
		"{\"nodes\":[7,null,{}],\"tids\":[null,1],\"waiting_for\":[null,\"x\"],"
		"\"live_sync\":1}",
	};
	struct desk *desk = make_desk();

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		desk->known = (struct known) { .state = { .agent = 1, .name = "n1" } };
		take(&desk->known, known_status, odd[i]);
		take(&desk->known, known_nodes, odd[i]);
		take(&desk->known, known_pending, odd[i]);
		take(&desk->known, known_metrics, odd[i]);
		ck_assert(shows(desk, "PENDING"));
	}
	free(desk);
}
END_TEST

START_TEST(many_nodes)
{
	struct json_object *answer = json_object_new_object(), *list = json_object_new_array();
	struct desk *desk = make_desk();
	char name[HSMREPL_NAME_MAX];

	for (int i = 1; i <= KNOWN_NODES_MAX + 3; i++) {
		struct json_object *o = json_object_new_object();

		snprintf(name, sizeof(name), "node%02d", i);
		json_object_object_add(o, "id", json_object_new_int(i));
		json_object_object_add(o, "name", json_object_new_string(name));
		json_object_array_add(list, o);
	}
	json_object_object_add(answer, "nodes", list);
	known_nodes(&desk->known, answer);
	json_object_put(answer);
	ck_assert_uint_eq(desk->known.n_nodes, KNOWN_NODES_MAX);
	ck_assert(shows(desk, "* node01"));
	ck_assert(shows(desk, "EVENTS"));
	desk->scroll = KNOWN_NODES_MAX - 1;
	ck_assert(shows(desk, "  node17"));
	ck_assert(shows(desk, "^ node0"));
	free(desk);
}
END_TEST

START_TEST(overview)
{
	struct desk *desk = make_desk();
	struct shot *shot;
	char want[LINE_ROOM];

	diary_add(&desk->diary, NOON, DIARY_NEWS, "n3 is not connected");
	shot = shoot(desk, 80, 24, false);
	expect_line(shot, 0, " hsmrepl n1   blocked   normal   epoch 3                "
			     "2025-11-26 12:00:00 UTC");
	snprintf(want, sizeof(want), " Sync-Point 00000000000000ab   check code %04u   seq 12   "
		 "objects 9   queue 6", check_code(0xab));
	expect_line(shot, 1, want);
	expect_line(shot, 2, " up 2 of 3   turn n2   agent 0.1, up 2 h   writes wait");
	snprintf(want, sizeof(want), "* n1           member    00000000000000ab %04u         12"
		 "       0      -", check_code(0xab));
	expect_line(shot, 4, want);
	snprintf(want, sizeof(want), "  n2           member    00000000000000ac %04u         12"
		 "       0      7 DIFFERS", check_code(0xac));
	expect_line(shot, 5, want);
	expect_line(shot, 6, "  n3           offline   -                   -          -       -"
			     "      - WAITED");
	expect_line(shot, 7, "PENDING  00000000000000aa and 1 more of n1, 12.3 s, queue 4: "
			     "waits for n3");
	expect_line(shot, 8, "         n3 is not connected");
	ck_assert_ptr_nonnull(strstr(shot->text, "\n12:00:00 n3 is not connected\n"));
	expect_line(shot, 23, " d node-down   l Live-Sync   h help   q quit");
	shot_free(shot);
	free(desk);
}
END_TEST

START_TEST(wide)
{
	struct desk *desk = make_desk();
	struct shot *shot = shoot(desk, 120, 40, false);

	ck_assert_ptr_nonnull(strstr(shot->text, "2030-01-02 192.0.2.1:4327"));
	ck_assert_ptr_nonnull(strstr(shot->text, "CERT UNTIL"));
	shot_free(shot);
	free(desk);
}
END_TEST

/* Every size draws, and what is too small says so. */
START_TEST(sizes)
{
	struct desk *desk = make_desk();
	struct shot *shot;

	desk->dialog.step = DIALOG_HELP;
	for (unsigned int width = 1; width < 200; width += 7) {
		for (unsigned int height = 1; height < 60; height++) {
			shot = shoot(desk, width, height, true);
			if (width >= 60 && height >= 16)
				ck_assert_ptr_nonnull(strstr(shot->text, " quit"));
			else if (width > 40)
				ck_assert_ptr_nonnull(strstr(shot->text, "too small"));
			shot_free(shot);
		}
	}
	free(desk);
}
END_TEST

START_TEST(out_of_reach)
{
	struct desk *desk = make_desk();

	desk->now_ms = desk->known.at_ms + DESK_SILENT_MS + 1;
	ck_assert(shows(desk, "THE DEVICE DOES NOT ANSWER; all here is 3 s old"));
	desk->now_ms = 1500;
	desk->known = (struct known) { .at_ms = 1000, .device_error = -ENOENT };
	ck_assert(shows(desk, "device gone"));
	ck_assert(shows(desk, "NO DEVICE"));
	ck_assert(shows(desk, "  not known"));
	desk->known = (struct known) { .at_ms = 1000, .agent_error = -ENOTCONN };
	ck_assert(shows(desk, "NO AGENT"));
	desk->known.state.agent = 1;
	desk->known.agent_error = -ETIMEDOUT;
	ck_assert(shows(desk, "THE AGENT DOES NOT ANSWER"));
	free(desk);
}
END_TEST

START_TEST(live_sync)
{
	struct desk *desk = make_desk();

	take(&desk->known, known_status,
	     "{\"live_sync\":{\"role\":\"newcomer\",\"phase\":\"snapshot\",\"with\":\"n2\","
	     "\"percent\":45,\"bytes\":1200000,\"rate\":600000,\"left_s\":3,\"trouble\":\"\"}}");
	ck_assert(shows(desk, "LIVE-SYNC from n2, snapshot [####------] 45% 1.2 MB, "
			      "0.6 MB/s, 3 s left"));
	free(desk);
}
END_TEST

START_TEST(plots)
{
	struct samples *samples = calloc(1, sizeof(*samples));
	struct page page;
	char line[LINE_ROOM];

	ck_assert(isnan(samples_ago(samples, 0)));
	for (int i = 0; i < SAMPLES_MAX + 2; i++)
		samples_add(samples, 100);
	ck_assert_uint_eq(samples->n, SAMPLES_MAX);
	samples_add(samples, 0);
	samples_add(samples, NAN);
	samples_add(samples, 0.01);
	samples_add(samples, 2);
	samples_add(samples, 4);
	ck_assert(samples_ago(samples, 0) == 4 && samples_most(samples, 5) == 4);
	ck_assert(samples_most(samples, 6) == 100);
	ck_assert_int_eq(page_init(&page, 5, 2, false), 0);
	plot_draw(&page, 0, 0, 5, 2, samples, 4);
	ck_assert_str_eq(page_line(&page, 0, line, sizeof(line)), "    #");
	ck_assert_str_eq(page_line(&page, 1, line, sizeof(line)), "_ .##");
	page.blocks = true;
	plot_draw(&page, 0, 0, 5, 2, samples, 4);
	ck_assert_str_eq(page_line(&page, 1, line, sizeof(line)), "_ ▁██");
	page_free(&page);
	free(samples);
}
END_TEST

START_TEST(tracks)
{
	struct track *track = calloc(1, sizeof(*track));
	struct known known;

	make_known(&known);
	track_take(track, &known);
	ck_assert_uint_eq(track->rate.n, 0);
	known.at_ms += TRACK_MS / 2;
	track_take(track, &known);
	ck_assert_uint_eq(track->rate.n, 0);
	known.at_ms += 3 * TRACK_MS / 2;
	known.state.seq += 10;
	known.commits += 4;
	known.commit_s += 0.1;
	track_take(track, &known);
	ck_assert(fabs(samples_ago(&track->rate, 0) - 5) < 1e-9);
	ck_assert(fabs(samples_ago(&track->latency, 0) - 25) < 1e-9);
	known.at_ms += TRACK_MS;
	track_take(track, &known);
	ck_assert(samples_ago(&track->rate, 0) == 0 && isnan(samples_ago(&track->latency, 0)));
	known.at_ms += TRACK_MS;	/* the agent begins anew, the node was wiped */
	known.commits = 1;
	known.state.seq = 0;
	track_take(track, &known);
	ck_assert(isnan(samples_ago(&track->rate, 0)) && isnan(samples_ago(&track->latency, 0)));
	free(track);
}
END_TEST

static const char *entry(const struct diary *diary, unsigned int ago)
{
	const struct diary_entry *found = diary_ago(diary, ago);

	return found ? found->text : "";
}

START_TEST(diaries)
{
	struct diary *diary = calloc(1, sizeof(*diary));

	diary_add(diary, NOON, DIARY_NEWS, "first");
	diary_commits(diary, NOON, 2, 7, 1);
	diary_commits(diary, NOON, 3, 10, 0xab);
	ck_assert_uint_eq(diary->n, 2);
	ck_assert_int_eq(strncmp(entry(diary, 0), "5 committed, seq 10, ", 21), 0);
	ck_assert_str_eq(entry(diary, 1), "first");
	for (int i = 0; i < DIARY_MAX + 5; i++)
		diary_add(diary, NOON, DIARY_NEWS, "%d", i);
	ck_assert_uint_eq(diary->n, DIARY_MAX);
	ck_assert_str_eq(entry(diary, 0), "260");
	ck_assert_ptr_null(diary_ago(diary, DIARY_MAX));
	free(diary);
}
END_TEST

START_TEST(notices)
{
	struct diary *diary = calloc(1, sizeof(*diary));
	struct hsmrepl_notice notice = { .event = HSMREPL_EVENT_NODE_DOWN, .node = 3 };
	struct known known;

	make_known(&known);
	news_notice(diary, NOON, &known, &notice);
	ck_assert_str_eq(entry(diary, 0), "n3 is not connected");
	notice.event = HSMREPL_EVENT_NODE_UP;
	notice.node = 9;
	news_notice(diary, NOON, &known, &notice);
	ck_assert_str_eq(entry(diary, 0), "node 9 is up");
	notice = (struct hsmrepl_notice) { .event = HSMREPL_EVENT_STATE, .epoch = 4,
					   .state = HSMREPL_MEMBER };
	news_notice(diary, NOON, &known, &notice);
	ck_assert_str_eq(entry(diary, 0), "this node is member, epoch 4");
	notice = (struct hsmrepl_notice) { .event = HSMREPL_EVENT_SYNC, .node = 2 };
	for (notice.percent = 0; notice.percent < 100; notice.percent++)
		news_notice(diary, NOON, &known, &notice);
	ck_assert_str_eq(entry(diary, 0), "Live-Sync with n2: 99%");
	ck_assert_uint_eq(diary->n, 4);
	free(diary);
}
END_TEST

START_TEST(differences)
{
	struct diary *diary = calloc(1, sizeof(*diary));
	struct known was, known;

	make_known(&was);
	known = was;
	news_changes(diary, NOON, &was, &known);
	news_reach(diary, NOON, &was, &known);
	ck_assert_uint_eq(diary->n, 0);
	known.state.state = HSMREPL_MEMBER;
	known.state.seq += 2;
	strcpy(known.node[2].state, "member");
	news_changes(diary, NOON, &was, &known);
	ck_assert_str_eq(entry(diary, 2), "this node is member, epoch 3");
	ck_assert_int_eq(strncmp(entry(diary, 1), "2 committed, seq 14", 19), 0);
	ck_assert_str_eq(entry(diary, 0), "n3 was offline, is member");
	was = (struct known) { .at_ms = 1, .device_error = -ENOENT };
	news_changes(diary, NOON, &was, &known);
	ck_assert_uint_eq(diary->n, 3);
	news_reach(diary, NOON, &was, &known);
	ck_assert_str_eq(entry(diary, 0), "the device answers again");
	news_reach(diary, NOON, &known, &was);
	ck_assert_int_eq(strncmp(entry(diary, 0), "the device does not answer: ", 28), 0);
	free(diary);
}
END_TEST

START_TEST(wrapping)
{
	struct page page;
	char line[LINE_ROOM];

	ck_assert_uint_eq(page_wrap(NULL, 0, 0, 5, TONE_PLAIN, "one two\nabcdefgh\n"), 4);
	ck_assert_int_eq(page_init(&page, 5, 4, false), 0);
	page_wrap(&page, 0, 0, 5, TONE_PLAIN, "one two\nabcdefgh\n");
	ck_assert_str_eq(page_line(&page, 0, line, sizeof(line)), "one");
	ck_assert_str_eq(page_line(&page, 1, line, sizeof(line)), "two");
	ck_assert_str_eq(page_line(&page, 2, line, sizeof(line)), "abcde");
	ck_assert_str_eq(page_line(&page, 3, line, sizeof(line)), "fgh");
	page_put(&page, 3, 0, TONE_PLAIN, "\033[\xc3\xa9");
	ck_assert_str_eq(page_line(&page, 0, line, sizeof(line)), "one?[");
	page_free(&page);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("console");
	TCase *cases = tcase_create("console");

	tcase_add_test(cases, codes);
	tcase_add_test(cases, answers);
	tcase_add_test(cases, odd_answers);
	tcase_add_test(cases, many_nodes);
	tcase_add_test(cases, overview);
	tcase_add_test(cases, wide);
	tcase_add_test(cases, sizes);
	tcase_add_test(cases, out_of_reach);
	tcase_add_test(cases, live_sync);
	tcase_add_test(cases, plots);
	tcase_add_test(cases, tracks);
	tcase_add_test(cases, diaries);
	tcase_add_test(cases, notices);
	tcase_add_test(cases, differences);
	tcase_add_test(cases, wrapping);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
