// SPDX-License-Identifier: GPL-2.0
/*
 * Verb monitor: events, one a line, until interrupted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "print.h"
#include "verbs.h"

#define TIME_ROOM	40	/* RFC 3339 with milliseconds */

static const char *format_now(char text[TIME_ROOM])
{
	struct timespec now;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(text, TIME_ROOM, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, TIME_ROOM - len, ".%03ldZ", now.tv_nsec / 1000000);
	return text;
}

static struct json_object *event_json(const struct hsmrepl_notice *notice)
{
	struct json_object *json = json_object_new_object();
	char now[TIME_ROOM];

	json_object_object_add(json, "time", json_object_new_string(format_now(now)));
	json_object_object_add(json, "event",
			       json_object_new_string(hsmrepl_event_name(notice->event)));
	switch (notice->event) {
	case HSMREPL_EVENT_STATE:
		json_object_object_add(json, "state",
				       json_object_new_string(hsmrepl_state_name(notice->state)));
		json_object_object_add(json, "epoch", json_object_new_uint64(notice->epoch));
		break;
	case HSMREPL_EVENT_COMMIT:
		json_object_object_add(json, "seq", json_object_new_uint64(notice->seq));
		json_object_object_add(json, "tid", json_hex64(notice->tid));
		json_object_object_add(json, "sync_point", json_hex64(notice->sync_point));
		json_object_object_add(json, "count", json_object_new_uint64(notice->count));
		break;
	case HSMREPL_EVENT_SYNC:
		json_object_object_add(json, "percent", json_object_new_uint64(notice->percent));
		/* fall through */
	case HSMREPL_EVENT_NODE_UP:
	case HSMREPL_EVENT_NODE_DOWN:
	case HSMREPL_EVENT_SPLIT_BRAIN:
		json_object_object_add(json, "node", json_object_new_uint64(notice->node));
		break;
	}
	return json;
}

static struct json_object *lost_json(void)
{
	struct json_object *json = json_object_new_object();
	char now[TIME_ROOM];

	json_object_object_add(json, "time", json_object_new_string(format_now(now)));
	json_object_object_add(json, "event", json_object_new_string("lost"));
	return json;
}

/* "time event name=value ..." */
static void print_words(struct json_object *json)
{
	int n = 0;

	json_object_object_foreach(json, name, value) {
		const char *text = json_object_get_string(value);

		if (n < 2)
			printf("%s%s", n ? " " : "", text);
		else
			printf(" %s=%s", name, text);
		n++;
	}
	putchar('\n');
	json_object_put(json);
}

static void print_event(struct ctl *ctl, struct json_object *json)
{
	if (ctl->json)
		print_json(json);
	else
		print_words(json);
}

/* Prints what is there; CTL_GO_ON unless the device is gone, or the output. */
static int print_events(struct ctl *ctl, struct hsmrepl_events *events)
{
	struct hsmrepl_notice notice;
	int ret;

	while ((ret = hsmrepl_events_next(events, &notice)) != -EAGAIN) {
		if (ret == -ENOBUFS)
			print_event(ctl, lost_json());
		else if (ret)
			return ctl_fail(ctl, NULL, ret);
		else
			print_event(ctl, event_json(&notice));
	}
	return ferror(stdout) ? CTL_FAILED : CTL_GO_ON;
}

static int follow(struct ctl *ctl, struct hsmrepl_events *events, int signals)
{
	struct pollfd fds[] = {
		{ .fd = hsmrepl_events_fd(events), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	int status = CTL_GO_ON;

	while (status == CTL_GO_ON) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return ctl_fail(ctl, NULL, -errno);
		if (fds[1].revents)
			return CTL_DONE;
		status = print_events(ctl, events);
	}
	return status;
}

int verb_monitor(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct hsmrepl_events *events;
	struct ctl_operands operands;
	int ret, signals, status;
	sigset_t ends;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (signals < 0)
		return ctl_fail(ctl, NULL, -errno);
	ret = hsmrepl_events_open(ctl->dev, &events);
	if (ret) {
		close(signals);
		return ctl_fail(ctl, NULL, ret);
	}
	status = follow(ctl, events, signals);
	hsmrepl_events_close(events);
	close(signals);
	return status;
}
