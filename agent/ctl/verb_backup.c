// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs backup and restore: what a pool holds, into a sealed file and back. The agent seals and
 * opens; here only sealed bytes pass.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "input.h"
#include "line.h"
#include "outfile.h"
#include "print.h"
#include "progress.h"
#include "verbs.h"

#define PIECE_BYTES	45000	/* of a file in one request */
#define PAUSE_MS	20	/* until the agent has settled what it knows */
#define LAST_MS		600000	/* the agent fills its device within one request */

/**
 * struct transfer - a backup or restore under way
 * @ctl: the run
 * @verb: enum hsmrepl_verb
 * @session: as the agent calls it
 * @piece: number of the next request
 * @progress: bar
 * @bytes: of the file so far
 */
struct transfer {
	struct ctl *ctl;
	unsigned int verb;
	char session[HEX64_ROOM];
	uint64_t piece;
	struct progress progress;
	uint64_t bytes;
};

static void pause_a_little(void)
{
	const struct timespec ts = { .tv_nsec = PAUSE_MS * 1000000L };

	nanosleep(&ts, NULL);
}

static int begin(struct transfer *t, struct json_object *request)
{
	struct json_object *answer;
	int status = ctl_ask(t->ctl, t->verb, request, &answer);

	if (status != CTL_GO_ON)
		return status;
	snprintf(t->session, sizeof(t->session), "%s", json_text(answer, "session", ""));
	json_object_put(answer);
	progress_begin(&t->progress, stdin);
	return CTL_GO_ON;
}

/* The next request; @data, if there is any, goes along. */
static int ask(struct transfer *t, struct json_object *data, struct json_object **answer)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "session", json_object_new_string(t->session));
	json_object_object_add(request, "piece", json_object_new_uint64(t->piece++));
	if (data)
		json_object_object_add(request, "data", data);
	return ctl_ask_for(t->ctl, t->verb, request, LAST_MS, answer);
}

static void draw(struct transfer *t, struct json_object *answer)
{
	uint64_t ms = progress_ms(&t->progress);
	char line[64];

	snprintf(line, sizeof(line), "%.1f MB, %.1f MB/s", (double)t->bytes / 1e6,
		 ms ? (double)t->bytes / 1e3 / (double)ms : 0);
	progress_line(&t->progress, (unsigned int)json_number(answer, "percent"), line);
}

/* backup */

/* The piece in @answer goes to the file. */
static int keep_piece(struct transfer *t, struct json_object *answer, struct outfile *out)
{
	const char *data = json_text(answer, "data", "");
	size_t len = strlen(data);
	uint8_t *bytes = malloc(len + 1);
	long n = bytes ? base64_decode(data, len, bytes) : -1;
	int status = CTL_GO_ON;

	if (n < 0)
		status = ctl_refuse(t->ctl, NULL, "the agent's answer is not base64",
				    "see that hsmreplctl and hsmrepld are of one version");
	else if (n)
		status = outfile_write(t->ctl, out, bytes, (size_t)n);
	else if (!t->bytes)
		pause_a_little();
	t->bytes += n > 0 ? (uint64_t)n : 0;
	free(bytes);
	return status;
}

static bool flag(struct json_object *answer, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(answer, name, &value) && json_object_get_boolean(value);
}

/* Until the file is whole; @answer is the last one then. */
static int keep_all(struct transfer *t, struct outfile *out, struct json_object **answer)
{
	bool end = false;
	int status;

	while (!end) {
		status = ask(t, NULL, answer);
		if (status != CTL_GO_ON)
			return status;
		draw(t, *answer);
		status = keep_piece(t, *answer, out);
		end = flag(*answer, "end");
		if (end && status == CTL_GO_ON)
			break;
		json_object_put(*answer);
		if (status != CTL_GO_ON)
			return status;
	}
	progress_end(&t->progress);
	return outfile_end(t->ctl, out);
}

static void print_backup(struct transfer *t, struct json_object *answer, const char *path)
{
	/* Standard output may be the file. */
	FILE *to = strcmp(path, "-") ? stdout : stderr;

	if (t->ctl->json) {
		json_object_object_del(answer, "data");
		json_object_object_del(answer, "end");
		json_object_object_del(answer, "percent");
		json_object_object_add(answer, "file", json_object_new_string(path));
		json_object_object_add(answer, "file_bytes", json_object_new_uint64(t->bytes));
		fprintf(to, "%s\n",
			json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
		return;
	}
	fprintf(to, "%s: %" PRId64 " objects, seq %" PRId64 ", Sync-Point %s, %.1f MB\n", path,
		json_number(answer, "objects"), json_number(answer, "seq"),
		json_text(answer, "sync_point", "?"), (double)t->bytes / 1e6);
}

int verb_backup(struct ctl *ctl, int argc, char **argv)
{
	bool force = false;
	const struct ctl_option options[] = { { .name = "force", .flag = &force }, { 0 } };
	struct transfer t = { .ctl = ctl, .verb = HSMREPL_VERB_BACKUP };
	struct outfile out = { 0 };
	struct ctl_operands operands;
	struct json_object *answer = NULL;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status == CTL_GO_ON)
		status = outfile_open(ctl, operands.at[0], force, &out);
	if (status == CTL_GO_ON)
		status = begin(&t, NULL);
	if (status == CTL_GO_ON)
		status = keep_all(&t, &out, &answer);
	outfile_drop(&out);
	if (status != CTL_GO_ON)
		return status;
	print_backup(&t, answer, operands.at[0]);
	json_object_put(answer);
	return CTL_DONE;
}

/* restore */

static int send_piece(struct transfer *t, const uint8_t *bytes, size_t n)
{
	char text[(PIECE_BYTES + 2) / 3 * 4 + 1];
	struct json_object *answer;
	int status;

	base64_encode(bytes, n, text);
	status = ask(t, json_object_new_string(text), &answer);
	if (status != CTL_GO_ON)
		return status;
	t->bytes += n;
	draw(t, answer);
	json_object_put(answer);
	return CTL_GO_ON;
}

static int send_all(struct transfer *t, const char *path, FILE *file)
{
	uint8_t bytes[PIECE_BYTES];
	int status = CTL_GO_ON;
	size_t n;

	while (status == CTL_GO_ON && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		status = send_piece(t, bytes, n);
	if (status == CTL_GO_ON && ferror(file))
		status = ctl_refuse(t->ctl, path, "it cannot be read to its end",
				    "take another copy of it");
	return status;
}

/* What is left when the agent has all of it; @answer is the last one then. */
static int wait_done(struct transfer *t, struct json_object **answer)
{
	int status;

	while ((status = ask(t, NULL, answer)) == CTL_GO_ON && !flag(*answer, "done")) {
		draw(t, *answer);
		json_object_put(*answer);
	}
	progress_end(&t->progress);
	return status;
}

static void print_origin(struct json_object *answer)
{
	printf("backup of %s, pool %s, mode %s\n"
	       "epoch %" PRId64 ", seq %" PRId64 ", Sync-Point %s, digest %s\n"
	       "%" PRId64 " objects, from node %s\n", json_text(answer, "time", "?"),
	       json_text(answer, "pool", "?"), json_text(answer, "mode", "?"),
	       json_number(answer, "epoch"), json_number(answer, "seq"),
	       json_text(answer, "sync_point", "?"), json_text(answer, "digest", "?"),
	       json_number(answer, "objects"), json_text(answer, "node", "?"));
}

static void print_restore(struct json_object *answer)
{
	const char *obstacle = json_text(answer, "obstacle", NULL);
	struct json_object *at = NULL;

	print_origin(answer);
	json_object_object_get_ex(answer, "restored", &at);
	if (at)
		printf("restored: this node alone is pool %s, epoch %" PRId64 ", seq %" PRId64
		       ", Sync-Point %s\nothers join it with: hsmreplctl live-sync\n",
		       json_text(at, "pool", "?"), json_number(at, "epoch"),
		       json_number(at, "seq"), json_text(at, "sync_point", "?"));
	else if (obstacle)
		printf("the file is whole and good; not here now: %s\n", obstacle);
	else
		printf("the file is whole and good; restore would make this node a new pool of "
		       "it, alone, epoch %" PRId64 ", seq %" PRId64 "\n",
		       json_number(answer, "epoch") + 1, json_number(answer, "seq") + 1);
}

static int restore(struct transfer *t, const char *path, bool dry, FILE *file)
{
	struct json_object *request = json_object_new_object(), *answer;
	int status;

	json_object_object_add(request, "dry_run", json_object_new_boolean(dry));
	status = begin(t, request);
	if (status == CTL_GO_ON)
		status = send_all(t, path, file);
	if (status == CTL_GO_ON)
		status = wait_done(t, &answer);
	if (status != CTL_GO_ON)
		return status;
	if (t->ctl->json) {
		print_json(answer);
		return CTL_DONE;
	}
	print_restore(answer);
	json_object_put(answer);
	return CTL_DONE;
}

int verb_restore(struct ctl *ctl, int argc, char **argv)
{
	bool dry = false;
	const struct ctl_option options[] = { { .name = "dry-run", .flag = &dry }, { 0 } };
	struct transfer t = { .ctl = ctl, .verb = HSMREPL_VERB_RESTORE };
	struct ctl_operands operands;
	FILE *file;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR);
	if (status == CTL_GO_ON)
		status = input_open(ctl, operands.at[0], &file);
	if (status != CTL_GO_ON)
		return status;
	status = restore(&t, operands.at[0], dry, file);
	if (file != stdin)
		fclose(file);
	return status;
}
