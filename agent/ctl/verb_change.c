// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs create, update, delete, txn: one transaction each.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "line.h"
#include "print.h"
#include "verbs.h"

static void print_result(struct ctl *ctl, const struct hsmrepl_submit *result, const char *outcome)
{
	char tid[HEX64_ROOM], sync_point[HEX64_ROOM];

	if (ctl->json) {
		print_json(json_outcome(result->tid, outcome, result->seq, result->sync_point));
		return;
	}
	format_hex64(result->tid, tid);
	if (strcmp(outcome, "committed"))
		printf("%s tid %s\n", outcome, tid);
	else
		printf("committed tid %s seq %llu sync point %s\n", tid,
		       (unsigned long long)result->seq,
		       format_hex64(result->sync_point, sync_point));
}

static void on_interrupt(int signal)
{
	(void)signal;
}

/* An interrupt ends the wait, and the TID is told. timeout(1) sends two: neither ends the tool. */
static void heed_interrupts(void)
{
	const struct sigaction action = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int submit(struct ctl *ctl, const struct hsmrepl_txn *txn, const char *what,
		  unsigned int timeout_ms)
{
	struct hsmrepl_submit result;
	int ret, status;

	status = ctl_open(ctl, O_RDWR);
	if (status != CTL_GO_ON)
		return status;
	heed_interrupts();
	ret = hsmrepl_txn_submit(ctl->dev, txn, timeout_ms, &result);
	if (!ret) {
		print_result(ctl, &result, "committed");
		return CTL_DONE;
	}
	if (result.tid) {
		int pending = ctl_exit_status(ret) == CTL_PENDING;

		print_result(ctl, &result, pending ? "pending" : "aborted");
	}
	return ctl_fail(ctl, what, ret);
}

/* A transaction of one operation: @change, on @label. */
static int submit_one(struct ctl *ctl, struct hsmrepl_change *change, const char *label,
		      const char *timeout)
{
	struct hsmrepl_txn *txn;
	unsigned int timeout_ms;
	int ret, status;

	status = ctl_timeout(ctl, timeout, &timeout_ms);
	if (status != CTL_GO_ON)
		return status;
	change->label = label;
	change->label_len = strlen(label);
	txn = hsmrepl_txn_new();
	ret = txn ? hsmrepl_txn_add(txn, change) : -ENOMEM;
	if (ret == -EINVAL)
		status = ctl_usage(ctl, "a label has 1 to %d bytes, a type up to %d",
				   HSMREPL_LABEL_MAX, HSMREPL_TYPE_MAX);
	else if (ret)
		status = ctl_fail(ctl, label, ret);
	else
		status = submit(ctl, txn, label, timeout_ms);
	hsmrepl_txn_free(txn);
	return status;
}

static int submit_file(struct ctl *ctl, struct hsmrepl_change *change,
		       const struct ctl_operands *operands, const char *timeout)
{
	void *payload;
	int status;

	status = input_payload(ctl, operands->at[1], &payload, &change->payload_len);
	if (status != CTL_GO_ON)
		return status;
	change->payload = payload;
	status = submit_one(ctl, change, operands->at[0], timeout);
	input_wipe(payload, change->payload_len);
	return status;
}

int verb_create(struct ctl *ctl, int argc, char **argv)
{
	struct hsmrepl_change change = { .code = HSMREPL_OP_CREATE };
	const char *id = NULL, *timeout = NULL;
	const struct ctl_option options[] = {
		{ .name = "type", .value = &change.type },
		{ .name = "id", .value = &id },
		{ .name = "timeout", .value = &timeout },
		{ 0 }
	};
	struct ctl_operands operands;
	uint8_t bytes[HSMREPL_ID_LEN];
	int status;

	status = ctl_options(ctl, argc, argv, options, 2, 2, &operands);
	if (status == CTL_GO_ON && id) {
		status = ctl_hex(ctl, "--id", id, bytes, sizeof(bytes));
		change.id = bytes;
	}
	if (status != CTL_GO_ON)
		return status;
	return submit_file(ctl, &change, &operands, timeout);
}

int verb_update(struct ctl *ctl, int argc, char **argv)
{
	struct hsmrepl_change change = { .code = HSMREPL_OP_UPDATE };
	const char *if_version = NULL, *timeout = NULL;
	const struct ctl_option options[] = {
		{ .name = "if-version", .value = &if_version },
		{ .name = "type", .value = &change.type },
		{ .name = "timeout", .value = &timeout },
		{ 0 }
	};
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 2, 2, &operands);
	if (status == CTL_GO_ON && if_version)
		status = ctl_number(ctl, "--if-version", if_version, 1, &change.if_version);
	if (status != CTL_GO_ON)
		return status;
	return submit_file(ctl, &change, &operands, timeout);
}

int verb_delete(struct ctl *ctl, int argc, char **argv)
{
	struct hsmrepl_change change = { .code = HSMREPL_OP_DELETE };
	const char *if_version = NULL, *timeout = NULL;
	const struct ctl_option options[] = {
		{ .name = "if-version", .value = &if_version },
		{ .name = "timeout", .value = &timeout },
		{ 0 }
	};
	struct ctl_operands operands;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON && if_version)
		status = ctl_number(ctl, "--if-version", if_version, 1, &change.if_version);
	if (status != CTL_GO_ON)
		return status;
	return submit_one(ctl, &change, operands.at[0], timeout);
}

static int add_line(struct ctl *ctl, struct hsmrepl_txn *txn, const char *text, size_t len,
		    unsigned int number)
{
	char what[32];
	struct line line;
	const char *wrong;
	int status = CTL_GO_ON;
	int ret;

	snprintf(what, sizeof(what), "line %u", number);
	wrong = line_parse(&line, text, len);
	if (wrong) {
		status = ctl_refuse(ctl, what, wrong, "correct the line");
	} else {
		ret = hsmrepl_txn_add(txn, &line.change);
		if (ret == -EINVAL)
			status = ctl_refuse(ctl, what, "its members do not go together, or one is "
					    "out of range",
					    "see hsmreplctl(1) for what each op takes");
		else if (ret)
			status = ctl_fail(ctl, what, ret);
	}
	line_clear(&line);
	return status;
}

static int add_lines(struct ctl *ctl, struct hsmrepl_txn *txn, FILE *file)
{
	unsigned int number = 0;
	int status = CTL_GO_ON;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	while (status == CTL_GO_ON && (len = getline(&text, &room, file)) >= 0) {
		number++;
		if (!line_is_blank(text, len))
			status = add_line(ctl, txn, text, len, number);
	}
	if (status == CTL_GO_ON)
		status = input_end(ctl, file);
	if (text)
		explicit_bzero(text, room);
	free(text);
	return status;
}

static int submit_lines(struct ctl *ctl, FILE *file, unsigned int timeout_ms)
{
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	int status;

	if (!txn)
		return ctl_fail(ctl, NULL, -ENOMEM);
	status = add_lines(ctl, txn, file);
	if (status == CTL_GO_ON && !hsmrepl_txn_count(txn))
		status = ctl_refuse(ctl, NULL, "no operation in it", "give at least one line");
	if (status == CTL_GO_ON)
		status = submit(ctl, txn, NULL, timeout_ms);
	hsmrepl_txn_free(txn);
	return status;
}

int verb_txn(struct ctl *ctl, int argc, char **argv)
{
	const char *timeout = NULL;
	const struct ctl_option options[] = {
		{ .name = "timeout", .value = &timeout },
		{ 0 }
	};
	struct ctl_operands operands;
	unsigned int timeout_ms;
	FILE *file;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_timeout(ctl, timeout, &timeout_ms);
	if (status == CTL_GO_ON)
		status = input_open(ctl, operands.at[0], &file);
	if (status != CTL_GO_ON)
		return status;
	status = submit_lines(ctl, file, timeout_ms);
	if (file != stdin)
		fclose(file);
	return status;
}
