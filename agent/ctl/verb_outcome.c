// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs outcome and wait: the fate of one transaction, and waiting for it or for a seq.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "verbs.h"

static const char *outcome_name(unsigned int outcome)
{
	switch (outcome) {
	case HSMREPL_OUTCOME_COMMITTED:
		return "committed";
	case HSMREPL_OUTCOME_ABORTED:
		return "aborted";
	default:
		return "pending";
	}
}

/* Prints what became of a transaction, with the exit status that goes with it. */
static int conclude(struct ctl *ctl, struct json_object *answer)
{
	const char *outcome = json_text(answer, "outcome", "unknown");
	int status = CTL_DONE;

	if (!strcmp(outcome, "unknown"))
		status = CTL_FAILED;
	else if (!strcmp(outcome, "pending"))
		status = CTL_PENDING;
	if (status == CTL_FAILED)
		ctl_refuse(ctl, json_text(answer, "tid", NULL), "no such transaction is known here",
			   "ask the node at which it was submitted");
	if (ctl->json) {
		print_json(answer);
		return status;
	}
	if (!strcmp(outcome, "committed"))
		printf("committed seq %lld sync point %s\n", (long long)json_number(answer, "seq"),
		       json_text(answer, "sync_point", "-"));
	else if (status != CTL_FAILED)
		puts(outcome);
	json_object_put(answer);
	return status;
}

/* Older transactions than the device remembers are in the agent's history. */
static int ask_history(struct ctl *ctl, uint64_t tid)
{
	struct json_object *request = json_object_new_object();
	struct json_object *answer;
	int status;

	json_object_object_add(request, "tid", json_hex64(tid));
	status = ctl_ask(ctl, HSMREPL_VERB_OUTCOME, request, &answer);
	return status == CTL_GO_ON ? conclude(ctl, answer) : status;
}

static int tell_outcome(struct ctl *ctl, uint64_t tid, bool wait, unsigned int timeout_ms)
{
	struct hsmrepl_outcome outcome;
	int ret;

	ret = hsmrepl_node_outcome(ctl->dev, tid, wait, timeout_ms, &outcome);
	if (ret == -ENOENT)
		return ask_history(ctl, tid);
	if (ret)
		return ctl_fail(ctl, NULL, ret);
	return conclude(ctl, json_outcome(tid, outcome_name(outcome.outcome), outcome.seq,
					  outcome.sync_point));
}

int verb_outcome(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option options[] = { { 0 } };
	struct ctl_operands operands;
	uint64_t tid;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_tid(ctl, operands.at[0], &tid);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	return status == CTL_GO_ON ? tell_outcome(ctl, tid, false, 0) : status;
}

static int wait_seq(struct ctl *ctl, uint64_t seq, unsigned int timeout_ms)
{
	struct hsmrepl_state state;
	struct json_object *json;
	int ret;

	ret = hsmrepl_node_state(ctl->dev, seq, timeout_ms, &state);
	if (ret)
		return ctl_fail(ctl, NULL, ret);
	if (!ctl->json)
		return CTL_DONE;
	json = json_object_new_object();
	json_object_object_add(json, "seq", json_object_new_uint64(state.seq));
	json_object_object_add(json, "sync_point", json_hex64(state.sync_point));
	print_json(json);
	return CTL_DONE;
}

int verb_wait(struct ctl *ctl, int argc, char **argv)
{
	const char *seq_text = NULL, *tid_text = NULL, *timeout = NULL;
	const struct ctl_option options[] = {
		{ .name = "seq", .value = &seq_text },
		{ .name = "tid", .value = &tid_text },
		{ .name = "timeout", .value = &timeout },
		{ 0 }
	};
	struct ctl_operands operands;
	unsigned int timeout_ms;
	uint64_t seq = 0, tid = 0;
	int status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON && !seq_text == !tid_text)
		status = ctl_usage(ctl, "give one of --seq N and --tid T");
	if (status == CTL_GO_ON)
		status = ctl_timeout(ctl, timeout, &timeout_ms);
	if (status == CTL_GO_ON && seq_text)
		status = ctl_number(ctl, "--seq", seq_text, 0, &seq);
	if (status == CTL_GO_ON && tid_text)
		status = ctl_tid(ctl, tid_text, &tid);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	if (tid_text)
		return tell_outcome(ctl, tid, true, timeout_ms);
	return wait_seq(ctl, seq, timeout_ms);
}
