// SPDX-License-Identifier: GPL-2.0
/*
 * Verb load: many creates, a window of them under way at a time.
 *
 * A line whose object exists with the same type and payload counts as done, so a load that was cut
 * off is simply started again. The first line that fails for another reason ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "line.h"
#include "print.h"
#include "progress.h"
#include "verbs.h"

#define WINDOW		256
#define RETRY_MS	20	/* when the queue is full and nothing of ours is in it */
#define RECORDS_BYTES	8192	/* of completions that are read at once */

/**
 * struct item - a line under way
 * @line: what it says
 * @number: of the line, from 1
 * @used: it is under way
 */
struct item {
	struct line line;
	uint64_t number;
	bool used;
};

/**
 * struct load - one load
 * @ctl: the run
 * @file: lines
 * @number: of the line read last
 * @at_end: there are no more
 * @text: of the line read last
 * @room: bytes at @text
 * @txn: the transaction being built
 * @in_flight: items used
 * @committed: objects created
 * @existed: objects that were there
 * @pending: lines whose outcome is not known
 * @status: CTL_GO_ON, or why it ends early
 * @progress: bar
 * @items: window; the index is the cookie
 */
struct load {
	struct ctl *ctl;
	FILE *file;
	uint64_t number;
	bool at_end;
	char *text;
	size_t room;
	struct hsmrepl_txn *txn;
	unsigned int in_flight;
	uint64_t committed;
	uint64_t existed;
	uint64_t pending;
	int status;
	struct progress progress;
	struct item items[WINDOW];
};

static const char *item_name(const struct item *item, char *name, size_t room)
{
	snprintf(name, room, "line %llu (%.64s)", (unsigned long long)item->number,
		 item->line.label ? item->line.label : "no label");
	return name;
}

static void fail_item(struct load *load, const struct item *item, int error)
{
	char name[128];

	if (load->status == CTL_GO_ON)
		load->status = ctl_fail(load->ctl, item_name(item, name, sizeof(name)), error);
}

static void refuse_item(struct load *load, const struct item *item, const char *why,
			const char *hint)
{
	char name[128];

	if (load->status == CTL_GO_ON)
		load->status = ctl_refuse(load->ctl, item_name(item, name, sizeof(name)), why,
					  hint);
}

/* 1 if the object is there as @change would make it, 0 if it differs, or -errno. */
static int same_object(struct hsmrepl *dev, const struct hsmrepl_change *change)
{
	struct hsmrepl_object object;
	int ret;

	ret = hsmrepl_object_get(dev, change->label, change->label_len, 0, 0, &object);
	if (ret)
		return ret;
	ret = object.payload_len == change->payload_len &&
	      !memcmp(object.payload, change->payload, change->payload_len) &&
	      (!change->type || !strcmp(object.type, change->type)) &&
	      (!change->id || !memcmp(object.id, change->id, sizeof(object.id)));
	hsmrepl_object_clear(&object);
	return ret;
}

/* What the device said of a line: committed, or why not. */
static void settle_item(struct load *load, struct item *item, int error)
{
	int same;

	if (!error) {
		load->committed++;
	} else if (error == -EEXIST) {
		same = same_object(load->ctl->dev, &item->line.change);
		if (same == 1)
			load->existed++;
		else if (same == 0)
			refuse_item(load, item, "the label exists with other content (EEXIST)",
				    "use another label, or take the line out");
		else if (same == -ENOENT && item->line.change.id)
			refuse_item(load, item, "an object of another label has that id (EEXIST)",
				    "use another id, or none");
		else
			fail_item(load, item, same);
	} else {
		if (ctl_exit_status(error) == CTL_PENDING)
			load->pending++;
		fail_item(load, item, error);
	}
	line_clear(&item->line);
	item->used = false;
}

static void take_completions(struct load *load, const char *records, size_t len)
{
	while (len) {
		struct hsmrepl_completion completion;
		struct hsmrepl_record record;

		memcpy(&record, records, sizeof(record));
		memcpy(&completion, records + sizeof(record), sizeof(completion));
		records += record.len;
		len -= record.len;
		load->in_flight--;
		settle_item(load, &load->items[completion.cookie], -(int)completion.error);
	}
}

/* Take the completions that are there; wait for one if @wait. */
static int collect(struct load *load, bool wait)
{
	struct pollfd fd = { .fd = hsmrepl_fd(load->ctl->dev), .events = POLLIN };
	char records[RECORDS_BYTES];
	ssize_t n;

	if (poll(&fd, 1, wait ? -1 : 0) <= 0)
		return 0;
	n = hsmrepl_read(load->ctl->dev, records, sizeof(records));
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return n;
	take_completions(load, records, n);
	return 0;
}

static struct item *free_item(struct load *load)
{
	unsigned int i;

	for (i = 0; load->items[i].used; i++)
		;
	return &load->items[i];
}

/* The next line that is not empty, in a free item; NULL at the end or after a message. */
static struct item *read_item(struct load *load)
{
	struct item *item = free_item(load);
	const char *wrong;
	ssize_t len;

	do {
		len = getline(&load->text, &load->room, load->file);
		if (len < 0) {
			load->at_end = true;
			load->status = input_end(load->ctl, load->file);
			return NULL;
		}
		load->number++;
		progress_bytes(&load->progress, len);
	} while (line_is_blank(load->text, len));

	item->number = load->number;
	wrong = line_parse(&item->line, load->text, len);
	if (!wrong && item->line.change.code != HSMREPL_OP_CREATE)
		wrong = "\"op\" must be create";
	if (!wrong)
		return item;
	refuse_item(load, item, wrong, "correct the line");
	line_clear(&item->line);
	return NULL;
}

/* Submit one line. The queue may be full: then what is under way has to end first. */
static void submit_item(struct load *load, struct item *item)
{
	struct hsmrepl *dev = load->ctl->dev;
	uint64_t tid;
	int ret;

	hsmrepl_txn_clear(load->txn);
	ret = hsmrepl_txn_add(load->txn, &item->line.change);
	while (!ret) {
		ret = hsmrepl_txn_submit_async(dev, load->txn, item - load->items, &tid);
		if (ret != -EAGAIN)
			break;
		ret = load->in_flight ? collect(load, true) : 0;
		if (!load->in_flight)
			poll(NULL, 0, RETRY_MS);
	}
	if (!ret) {
		load->in_flight++;
		return;
	}
	/* It may exist because an earlier line is still under way. */
	while (ret == -EEXIST && load->in_flight && !collect(load, true))
		;
	settle_item(load, item, ret);
}

static void run(struct load *load)
{
	struct item *item;
	int ret = 0;

	while (!ret && ((load->status == CTL_GO_ON && !load->at_end) || load->in_flight)) {
		bool more = load->status == CTL_GO_ON && !load->at_end;

		if (more && load->in_flight < WINDOW) {
			item = read_item(load);
			if (item) {
				item->used = true;
				submit_item(load, item);
			}
		}
		ret = collect(load, !more || load->in_flight == WINDOW);
		progress_show(&load->progress, load->committed + load->existed);
	}
	progress_end(&load->progress);
	if (ret && load->status == CTL_GO_ON)
		load->status = ctl_fail(load->ctl, NULL, ret);
	if (ret)
		load->pending += load->in_flight;
}

static void print_summary(const struct load *load)
{
	struct json_object *json;
	uint64_t ms = progress_ms(&load->progress);

	if (!load->ctl->json) {
		printf("committed %llu, there already %llu, pending %llu, in %llu.%03llu s\n",
		       (unsigned long long)load->committed, (unsigned long long)load->existed,
		       (unsigned long long)load->pending, (unsigned long long)(ms / 1000),
		       (unsigned long long)(ms % 1000));
		return;
	}
	json = json_object_new_object();
	json_object_object_add(json, "committed", json_object_new_uint64(load->committed));
	json_object_object_add(json, "existed", json_object_new_uint64(load->existed));
	json_object_object_add(json, "pending", json_object_new_uint64(load->pending));
	json_object_object_add(json, "lines", json_object_new_uint64(load->number));
	json_object_object_add(json, "elapsed_ms", json_object_new_uint64(ms));
	print_json(json);
}

static void free_load(struct load *load)
{
	unsigned int i;

	for (i = 0; i < WINDOW; i++) {
		if (load->items[i].used)
			line_clear(&load->items[i].line);
	}
	if (load->text)
		explicit_bzero(load->text, load->room);
	free(load->text);
	hsmrepl_txn_free(load->txn);
	free(load);
}

static int load_file(struct ctl *ctl, FILE *file)
{
	struct load *load = calloc(1, sizeof(*load));
	int status;

	if (!load)
		return ctl_fail(ctl, NULL, -ENOMEM);
	load->ctl = ctl;
	load->file = file;
	load->status = CTL_GO_ON;
	load->txn = hsmrepl_txn_new();
	progress_begin(&load->progress, file);
	if (load->txn) {
		run(load);
		print_summary(load);
	} else {
		load->status = ctl_fail(ctl, NULL, -ENOMEM);
	}
	status = load->status == CTL_GO_ON ? CTL_DONE : load->status;
	free_load(load);
	return status;
}

int verb_load(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct ctl_operands operands;
	FILE *file;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDWR | O_NONBLOCK);
	if (status == CTL_GO_ON)
		status = input_open(ctl, operands.at[0], &file);
	if (status != CTL_GO_ON)
		return status;
	status = load_file(ctl, file);
	if (file != stdin)
		fclose(file);
	return status;
}
