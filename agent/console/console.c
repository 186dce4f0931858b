// SPDX-License-Identifier: GPL-2.0
/*
 * Verb console: keys and looks in, screens out.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>

#include "desk.h"
#include "news.h"
#include "request.h"
#include "terminal.h"
#include "watch.h"
#include "../ctl/verbs.h"

#define TICK_MS		1000	/* the clock goes on without any news */

/**
 * struct console - a session
 * @path: device, or NULL for the default one
 * @terminal: where it is shown
 * @watch: looks at the device
 * @request: under way, or NULL
 * @desk: what is shown
 * @named: the last look that had nodes: their names
 * @over: the user has had enough
 */
struct console {
	const char *path;
	struct terminal terminal;
	struct watch *watch;
	struct request *request;
	struct desk desk;
	struct known named;
	bool over;
};

static void say(struct console *console, const char *what, const char *text)
{
	const char *task = dialog_task_name(console->desk.dialog.task);

	diary_add(&console->desk.diary, console->desk.now, DIARY_NEWS, "%s%s%s%s", task,
		    what, text[0] ? ": " : "", text);
}

static void begin_request(struct console *console)
{
	struct dialog *dialog = &console->desk.dialog;
	struct json_object *json;
	unsigned int verb;
	int ret;

	json = dialog_request(dialog, console->desk.now_ms, &verb);
	if (dialog->step == DIALOG_UNDER_WAY)
		say(console, " begun here", "");
	ret = request_start(console->path, verb, json, &console->request);
	if (ret) {
		console->request = NULL;
		dialog_answer(dialog, ret, NULL);
	}
}

static void end_request(struct console *console)
{
	struct dialog *dialog = &console->desk.dialog;
	struct json_object *answer;
	const bool dry = dialog->step == DIALOG_DRY_RUN;
	int error = request_take(console->request, &answer);

	console->request = NULL;
	dialog_answer(dialog, error, answer);
	if (!dry)
		say(console, error ? " refused" : " answered", error ? dialog->text : "");
	json_object_put(answer);
}

static void open_task(struct console *console, enum dialog_task task)
{
	struct dialog *dialog = &console->desk.dialog;

	if (dialog->waits)
		dialog->step = DIALOG_UNDER_WAY;
	else
		dialog_open(dialog, task, &console->desk.known);
}

static void take_screen_key(struct console *console, int key)
{
	struct desk *desk = &console->desk;

	switch (key) {
	case 'q':
		console->over = true;
		break;
	case 'd':
		open_task(console, TASK_NODE_DOWN);
		break;
	case 'l':
		open_task(console, TASK_LIVE_SYNC);
		break;
	case 'h':
	case '?':
		desk->dialog.step = DIALOG_HELP;
		break;
	case PRESS_UP:
		desk->scroll -= desk->scroll > 0;
		break;
	case PRESS_DOWN:
		desk->scroll += desk->scroll + 1 < desk->known.n_nodes;
		break;
	}
}

static void take_dialog_key(struct console *console, int key)
{
	switch (dialog_key(&console->desk.dialog, key)) {
	case DIALOG_NOTHING:
		break;
	case DIALOG_REQUEST:
		begin_request(console);
		break;
	case DIALOG_FORGET:
		request_forget(console->request);
		console->request = NULL;
		break;
	}
}

static void take_keys(struct console *console)
{
	int key;

	while ((key = terminal_key()) != PRESS_NONE) {
		if (key == PRESS_REDRAW)
			terminal_redraw();
		else if (key == PRESS_RESIZE)
			continue;	/* the next page has the new size */
		else if (console->desk.dialog.step == DIALOG_CLOSED)
			take_screen_key(console, key);
		else
			take_dialog_key(console, key);
	}
}

static void take_look(struct console *console, const struct known *was, bool events)
{
	struct desk *desk = &console->desk;

	if (desk->known.n_nodes)
		console->named = desk->known;
	track_take(&desk->track, &desk->known);
	news_reach(&desk->diary, desk->now, was, &desk->known);
	if (!events)
		news_changes(&desk->diary, desk->now, was, &desk->known);
}

static void take_news(struct console *console)
{
	struct desk *desk = &console->desk;
	struct hsmrepl_notice notice;
	struct known was = desk->known;
	bool events;

	if (watch_take(console->watch, &desk->known, &events))
		take_look(console, &was, events);
	while (watch_notice(console->watch, &notice))
		news_notice(&desk->diary, desk->now, &console->named, &notice);
	if (watch_lost(console->watch))
		diary_add(&desk->diary, desk->now, DIARY_NEWS, "some events were lost");
}

static int draw(struct console *console)
{
	struct page page;
	int ret = terminal_page(&console->terminal, &page);

	if (ret)
		return ret;
	desk_draw(&page, &console->desk);
	terminal_show(&console->terminal, &page);
	page_free(&page);
	return 0;
}

/* One turn; -errno if the terminal is gone. */
static int turn(struct console *console)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = watch_fd(console->watch), .events = POLLIN },
		{ .fd = console->request ? request_fd(console->request) : -1, .events = POLLIN },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), TICK_MS) < 0 && errno != EINTR)
		return -errno;
	console->desk.now_ms = watch_clock_ms();
	console->desk.now = time(NULL);
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return -EIO;
	take_news(console);
	if (fds[2].revents)
		end_request(console);
	take_keys(console);
	return draw(console);
}

static int session(struct ctl *ctl, struct console *console)
{
	int ret = watch_start(console->path, &console->watch);

	/* The first screen is one that shows something. */
	if (!ret)
		poll(&(struct pollfd) { .fd = watch_fd(console->watch), .events = POLLIN }, 1,
		     TICK_MS);
	while (!ret && !console->over)
		ret = turn(console);
	terminal_end();
	return ret ? ctl_fail(ctl, NULL, ret) : CTL_DONE;
}

int verb_console(struct ctl *ctl, int argc, char **argv)
{
	bool ascii = false;
	const struct ctl_option options[] = { { .name = "ascii", .flag = &ascii }, { 0 } };
	struct console console = { 0 };
	struct ctl_operands operands;
	const char *wrong;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON && ctl->json)
		status = ctl_usage(ctl, "--json: a screen cannot be JSON: see status, nodes, "
					"pending, monitor");
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);	/* a wrong path is told at once */
	if (status != CTL_GO_ON)
		return status;
	hsmrepl_close(ctl->dev);
	ctl->dev = NULL;
	console.path = ctl->device;
	wrong = terminal_begin(&console.terminal, ascii);
	if (wrong)
		return ctl_refuse(ctl, NULL, wrong,
				  "run it on a terminal, with TERM as that is, or use: hsmreplctl "
				  "status, nodes, pending, monitor");
	return session(ctl, &console);
}
