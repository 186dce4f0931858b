// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs live-sync and leave: into the pool, and out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "print.h"
#include "progress.h"
#include "verbs.h"

#define POLL_MS		200
#define SILENCE_MS	60000	/* without an answer of the agent: it may load, or be restarted */

static void pause_ms(unsigned int ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/* "live_sync" of the agent's status; NULL with *error set, 0 if it has none. */
static struct json_object *ask_live(struct ctl *ctl, int *error)
{
	struct json_object *answer, *live = NULL;
	char *reply = NULL;

	*error = hsmrepl_node_ask(ctl->dev, HSMREPL_VERB_STATUS, NULL, CTL_ASK_MS, &reply);
	if (*error) {
		free(reply);
		return NULL;
	}
	answer = json_tokener_parse(reply);
	free(reply);
	if (json_object_object_get_ex(answer, "live_sync", &live))
		json_object_get(live);
	json_object_put(answer);
	return live;
}

static void draw(struct progress *progress, struct json_object *live)
{
	const char *trouble = json_text(live, "trouble", "");
	char line[512];

	snprintf(line, sizeof(line), "%s, %s: %.1f MB, %.1f MB/s, %" PRId64 " s left%s%s",
		 json_text(live, "phase", "?"), json_text(live, "with", "?"),
		 (double)json_number(live, "bytes") / 1e6, (double)json_number(live, "rate") / 1e6,
		 json_number(live, "left_s"), trouble[0] ? "; " : "", trouble);
	progress_line(progress, (unsigned int)json_number(live, "percent"), line);
}

/* A line of JSON whenever it differs from the one before, which is kept in @last. */
static void print_change(struct json_object *live, char **last)
{
	const char *text = json_object_to_json_string_ext(live, JSON_C_TO_STRING_PLAIN);

	if (*last && !strcmp(*last, text))
		return;
	free(*last);
	*last = strdup(text);
	puts(text);
	fflush(stdout);
}

static int finished(struct ctl *ctl, struct json_object *live, const char *phase)
{
	const char *trouble = json_text(live, "trouble", "?");
	const char *colon = strstr(trouble, ": ");
	char why[512];

	if (!strcmp(phase, "done")) {
		if (!ctl->json)
			printf("member: %" PRId64 " transactions, %.1f MB received\n",
			       json_number(live, "transactions"),
			       (double)json_number(live, "bytes") / 1e6);
		if (!ctl->json && json_text(live, "quarantine", "")[0])
			printf("objects that the pool lacks were put aside in %s\n",
			       json_text(live, "quarantine", ""));
		return CTL_DONE;
	}
	snprintf(why, sizeof(why), "%.*s", colon ? (int)(colon - trouble) : (int)strlen(trouble),
		 trouble);
	return ctl_refuse(ctl, NULL, why, colon ? colon + 2 : "see the logs of both nodes");
}

/* Until it is over. The agent goes on by itself if this is interrupted. */
static int watch(struct ctl *ctl, struct progress *progress)
{
	unsigned int silent_ms = 0;
	char *last = NULL;
	int error, status = CTL_GO_ON;

	while (status == CTL_GO_ON) {
		struct json_object *live = ask_live(ctl, &error);
		const char *phase = json_text(live, "phase", "");

		silent_ms = live ? 0 : silent_ms + POLL_MS;
		if (silent_ms > SILENCE_MS)
			status = ctl_fail(ctl, NULL, error ? error : -ETIMEDOUT);
		if (live && ctl->json)
			print_change(live, &last);
		else if (live)
			draw(progress, live);
		if (!strcmp(phase, "done") || !strcmp(phase, "failed")) {
			progress_end(progress);
			status = finished(ctl, live, phase);
		}
		json_object_put(live);
		if (status == CTL_GO_ON)
			pause_ms(POLL_MS);
	}
	free(last);
	return status;
}

int verb_live_sync(struct ctl *ctl, int argc, char **argv)
{
	bool overwrite = false;
	const struct ctl_option options[] = {
		{ .name = "overwrite", .flag = &overwrite }, { 0 }
	};
	struct json_object *request, *answer;
	struct ctl_operands operands;
	struct progress progress;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status != CTL_GO_ON)
		return status;
	request = json_object_new_object();
	json_object_object_add(request, "donor", json_object_new_string(operands.at[0]));
	json_object_object_add(request, "overwrite", json_object_new_boolean(overwrite));
	status = ctl_ask(ctl, HSMREPL_VERB_LIVE_SYNC, request, &answer);
	if (status != CTL_GO_ON)
		return status;
	json_object_put(answer);
	progress_begin(&progress, stdin);
	return watch(ctl, &progress);
}

int verb_leave(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *answer;
	int status;

	status = ctl_ask_plain(ctl, argc, argv, O_RDWR, HSMREPL_VERB_LEAVE, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (ctl->json)
		print_json(answer);
	else
		json_object_put(answer);
	return CTL_DONE;
}
