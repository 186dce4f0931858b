// SPDX-License-Identifier: GPL-2.0
/*
 * The console's dialogs without a terminal: keys become requests, answers become text.
 */
#include <errno.h>

#include "../suite.h"
#include "console_desk.h"

static void type(struct dialog *dialog, const char *text)
{
	for (; *text; text++)
		ck_assert_int_eq(dialog_key(dialog, *text), DIALOG_NOTHING);
}

static void expect_request(struct dialog *dialog, unsigned int want_verb, const char *want)
{
	unsigned int verb;
	struct json_object *json = dialog_request(dialog, 0, &verb);

	ck_assert_uint_eq(verb, want_verb);
	ck_assert_str_eq(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN), want);
	json_object_put(json);
}

static void answer(struct dialog *dialog, int error, const char *text)
{
	struct json_object *json = text ? json_tokener_parse(text) : NULL;

	dialog_answer(dialog, error, json);
	json_object_put(json);
}

/* Until the name of n3 is asked for. */
static void plan_down(struct desk *desk)
{
	struct dialog *dialog = &desk->dialog;

	dialog_open(dialog, TASK_NODE_DOWN, &desk->known);
	ck_assert_uint_eq(dialog->at, 1);	/* n3, which is not there */
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_REQUEST);
	expect_request(dialog, HSMREPL_VERB_NODE_DOWN,
		       "{\"nodes\":[\"n3\"],\"dry_run\":true,\"force\":false,\"epoch\":3}");
	ck_assert(shows(desk, "waits for the agent"));
	answer(dialog, 0, "{\"commit\":[\"00000000000000aa\"],\"abort\":[],"
			  "\"nodes\":[\"n1\",\"n2\"],\"epoch\":4,\"survives\":0,"
			  "\"refused\":\"n3 is alive\"}");
	ck_assert_int_eq(dialog->step, DIALOG_CONFIRM);
	ck_assert(shows(desk, "would commit 00000000000000aa"));
	ck_assert(shows(desk, "nodes then n1 n2"));
	ck_assert(shows(desk, "refused as it is: n3 is alive"));
	ck_assert(shows(desk, "Type n3 to go on:"));
}

START_TEST(node_down)
{
	struct desk *desk = make_desk();
	struct dialog *dialog = &desk->dialog;

	plan_down(desk);
	type(dialog, "n4");
	ck_assert_int_eq(dialog_key(dialog, PRESS_BACKSPACE), DIALOG_NOTHING);
	type(dialog, "3");
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_REQUEST);
	expect_request(dialog, HSMREPL_VERB_NODE_DOWN,
		       "{\"nodes\":[\"n3\"],\"dry_run\":false,\"force\":false,\"epoch\":3}");
	ck_assert(shows(desk, "Under way"));
	ck_assert_int_eq(dialog_key(dialog, PRESS_ESCAPE), DIALOG_NOTHING);
	ck_assert_int_eq(dialog->step, DIALOG_CLOSED);
	ck_assert(dialog->waits);
	answer(dialog, 0, "{\"commit\":[],\"abort\":[],\"nodes\":[\"n1\",\"n2\"],\"epoch\":4,"
			  "\"survives\":0}");
	ck_assert(!dialog->waits);
	ck_assert(shows(desk, "nodes then n1 n2"));
	dialog_key(dialog, ' ');
	ck_assert_int_eq(dialog->step, DIALOG_CLOSED);
	free(desk);
}
END_TEST

START_TEST(not_confirmed)
{
	static const char *const wrong[] = { "", "n2", "n33", "N3", "n3 " };
	struct desk *desk = make_desk();
	struct dialog *dialog = &desk->dialog;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		plan_down(desk);
		type(dialog, wrong[i]);
		ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_NOTHING);
		ck_assert(dialog->failed && !dialog->waits);
		ck_assert(shows(desk, "Not confirmed, nothing was changed."));
	}
	plan_down(desk);
	ck_assert_int_eq(dialog_key(dialog, PRESS_ESCAPE), DIALOG_NOTHING);
	ck_assert_int_eq(dialog->step, DIALOG_CLOSED);
	free(desk);
}
END_TEST

START_TEST(two_down)
{
	struct desk *desk = make_desk();
	struct dialog *dialog = &desk->dialog;

	dialog_open(dialog, TASK_NODE_DOWN, &desk->known);
	dialog_key(dialog, ' ');
	dialog_key(dialog, PRESS_UP);
	dialog_key(dialog, PRESS_UP);
	dialog_key(dialog, ' ');
	dialog_key(dialog, 'f');
	ck_assert(shows(desk, "> [x] n2"));
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_REQUEST);
	expect_request(dialog, HSMREPL_VERB_NODE_DOWN,
		       "{\"nodes\":[\"n2\",\"n3\"],\"dry_run\":true,\"force\":true,\"epoch\":3}");
	answer(dialog, 0, "{\"nodes\":[\"n1\"]}");
	type(dialog, "n2");
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_NOTHING);
	ck_assert_str_eq(dialog_wanted(dialog), "n3");
	type(dialog, "n2");
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_NOTHING);
	ck_assert(dialog->failed);
	free(desk);
}
END_TEST

START_TEST(refused)
{
	struct desk *desk = make_desk();
	struct dialog *dialog = &desk->dialog;

	dialog_open(dialog, TASK_NODE_DOWN, &desk->known);
	dialog_key(dialog, PRESS_ENTER);
	answer(dialog, -EBUSY, "{\"error\":\"n3 is alive\",\"hint\":\"wait\"}");
	ck_assert(dialog->failed);
	ck_assert(shows(desk, "n3 is alive (EBUSY): wait"));
	dialog_open(dialog, TASK_NODE_DOWN, &desk->known);
	dialog_key(dialog, PRESS_ENTER);
	answer(dialog, -ETIMEDOUT, NULL);
	ck_assert(shows(desk, "(ETIMEDOUT)"));
	dialog_open(dialog, TASK_NODE_DOWN, &desk->known);
	dialog_key(dialog, PRESS_ENTER);
	ck_assert_int_eq(dialog_key(dialog, PRESS_ESCAPE), DIALOG_FORGET);
	ck_assert(!dialog->waits);
	desk->known.agent_error = -ENOTCONN;
	dialog_open(dialog, TASK_NODE_DOWN, &desk->known);
	ck_assert(shows(desk, "The agent of this node does not answer"));
	free(desk);
}
END_TEST

START_TEST(joins)
{
	struct desk *desk = make_desk();
	struct dialog *dialog = &desk->dialog;

	dialog_open(dialog, TASK_LIVE_SYNC, &desk->known);
	ck_assert_uint_eq(dialog->at, 0);	/* n2, a member */
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_NOTHING);
	ck_assert(shows(desk, "n1 joins the pool of n2"));
	type(dialog, "n2");
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_REQUEST);
	expect_request(dialog, HSMREPL_VERB_LIVE_SYNC, "{\"donor\":\"n2\",\"overwrite\":false}");
	answer(dialog, 0, "{\"phase\":\"begin\"}");
	ck_assert(shows(desk, "Begun"));
	/* What is overwritten is this node: its own name it is. One donor only. */
	dialog_open(dialog, TASK_LIVE_SYNC, &desk->known);
	dialog_key(dialog, ' ');
	dialog_key(dialog, PRESS_DOWN);
	dialog_key(dialog, ' ');
	dialog_key(dialog, 'o');
	dialog_key(dialog, PRESS_ENTER);
	ck_assert(shows(desk, "CONTENT IS REPLACED"));
	ck_assert_str_eq(dialog_wanted(dialog), "n1");
	type(dialog, "n1");
	ck_assert_int_eq(dialog_key(dialog, PRESS_ENTER), DIALOG_REQUEST);
	expect_request(dialog, HSMREPL_VERB_LIVE_SYNC, "{\"donor\":\"n3\",\"overwrite\":true}");
	free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dialog");
	TCase *cases = tcase_create("dialog");

	tcase_add_test(cases, node_down);
	tcase_add_test(cases, not_confirmed);
	tcase_add_test(cases, two_down);
	tcase_add_test(cases, refused);
	tcase_add_test(cases, joins);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
