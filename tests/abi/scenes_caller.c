// SPDX-License-Identifier: GPL-2.0
/*
 * Scenes about callers: submissions and their outcomes, waiting, signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "scene.h"

static const char *play_commit(struct scene *scene)
{
	struct hsmrepl_outcome outcome;
	struct hsmrepl_state state = scene_state(scene);
	struct waiter waiter;

	MUST(!waiter_start(&waiter, scene, "one", 0));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!waiter_join(&waiter));
	MUST(waiter.result.tid && waiter.result.seq == state.seq + 1);
	MUST(waiter.result.sync_point == (state.sync_point ^ waiter.result.tid));
	MUST(waiter.result.version == 1);
	MUST(scene_holds(scene, "one", "one", 3));
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 1, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_COMMITTED && outcome.seq == waiter.result.seq);
	MUST(outcome.sync_point == waiter.result.sync_point && !outcome.error);
	return NULL;
}

static const char *play_abort(struct scene *scene)
{
	struct hsmrepl_outcome outcome;
	struct hsmrepl_state state = scene_state(scene);
	struct waiter waiter;

	MUST(!waiter_start(&waiter, scene, "one", 0));
	MUST(fake_claim(&scene->fake, 1) == 1);
	MUST(!fake_resolve(&scene->fake, HSMREPL_ABORT, 0));
	MUST(waiter_join(&waiter) == -ECANCELED);
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_ABORTED && outcome.error == ECANCELED);
	MUST(!waiter_start(&waiter, scene, "one", 0));
	MUST(fake_claim(&scene->fake, 1) == 1);
	MUST(!fake_resolve(&scene->fake, HSMREPL_ABORT, ENOSPC));
	MUST(waiter_join(&waiter) == -ENOSPC);
	MUST(scene_state(scene).seq == state.seq && scene_state(scene).objects == 0);
	MUST(scene_state(scene).sync_point == state.sync_point);
	return NULL;
}

static const char *play_requeue(struct scene *scene)
{
	struct hsmrepl_completion completion;
	uint64_t tids[3], tid;
	int i;

	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tids[0]));
	MUST(!submit_async(scene->dev, HSMREPL_OP_UPDATE, "a", "2", 1, &tids[1]));
	MUST(fake_claim(&scene->fake, HSMREPL_BATCH_TLS_MAX) == 2);
	MUST(!submit_async(scene->dev, HSMREPL_OP_UPDATE, "a", "3", 1, &tids[2]));
	MUST(!fake_resolve(&scene->fake, HSMREPL_REQUEUE, 0));
	MUST(scene_state(scene).queue == 3 && scene_state(scene).pending_tid == tids[0]);
	MUST(fake_commit(&scene->fake) == 3);
	for (i = 0; i < 3; i++) {
		MUST(scene_completion(scene->dev, &completion, &tid));
		MUST(tid == tids[i] && !completion.error && completion.seq == 2u + i);
	}
	MUST(scene_holds(scene, "a", "3", 1));
	return NULL;
}

static const char *play_validation(struct scene *scene)
{
	struct hsmrepl_change change = { .label = "a", .label_len = 1 };
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	struct hsmrepl_outcome outcome;
	struct hsmrepl_submit result;
	uint64_t tid, second;

	MUST(submit_async(scene->dev, HSMREPL_OP_UPDATE, "a", "x", 1, &tid) == -ENOENT);
	MUST(submit_async(scene->dev, HSMREPL_OP_DELETE, "a", NULL, 0, &tid) == -ENOENT);
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "x", 1, &tid));
	/* The first one may still be aborted: the second waits for that. */
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "x", 1, &second));
	MUST(!submit_async(scene->dev, HSMREPL_OP_UPDATE, "a", "y", 1, &tid));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!hsmrepl_node_outcome(scene->dev, second, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_ABORTED && outcome.error == EEXIST);
	MUST(submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "x", 1, &tid) == -EEXIST);

	change.code = HSMREPL_OP_UPDATE;
	change.if_version = 1;
	MUST(txn && !hsmrepl_txn_add(txn, &change));
	MUST(hsmrepl_txn_submit(scene->dev, txn, 0, &result) == -ESTALE && !result.tid);
	hsmrepl_txn_clear(txn);
	change.if_version = 2;
	MUST(!hsmrepl_txn_add(txn, &change));
	MUST(hsmrepl_txn_submit(scene->dev, txn, 1, &result) == -EINPROGRESS && result.tid);
	MUST(fake_commit(&scene->fake) == 1);
	hsmrepl_txn_free(txn);
	return NULL;
}

static const char *play_all_or_none(struct scene *scene)
{
	struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE,
		.label = "a",
		.label_len = 1,
		.payload = "1",
		.payload_len = 1,
	};
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	struct hsmrepl_submit result;
	uint64_t tid;

	MUST(txn && !hsmrepl_txn_add(txn, &change));
	change.label = "b";
	MUST(!hsmrepl_txn_add(txn, &change));
	change.code = HSMREPL_OP_UPDATE;
	change.label = "c";
	MUST(!hsmrepl_txn_add(txn, &change));
	MUST(hsmrepl_txn_submit(scene->dev, txn, 0, &result) == -ENOENT);
	MUST(scene_state(scene).queue == 0);

	hsmrepl_txn_clear(txn);
	change.code = HSMREPL_OP_CREATE;
	change.label = "a";
	MUST(!hsmrepl_txn_add(txn, &change));
	change.label = "b";
	MUST(!hsmrepl_txn_add(txn, &change));
	change.code = HSMREPL_OP_DELETE;
	change.payload_len = 0;
	MUST(!hsmrepl_txn_add(txn, &change));
	MUST(!hsmrepl_txn_submit_async(scene->dev, txn, 7, &tid));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(scene_holds(scene, "a", "1", 1) && !scene_holds(scene, "b", "1", 1));
	MUST(scene_state(scene).seq == 2 && scene_state(scene).objects == 1);
	hsmrepl_txn_free(txn);
	return NULL;
}

static const char *play_cookie(struct scene *scene)
{
	const struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE,
		.label = "a",
		.label_len = 1,
	};
	struct hsmrepl_completion completion;
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	struct hsmrepl_record record;
	uint64_t tid, completed;

	MUST(txn && !hsmrepl_txn_add(txn, &change));
	MUST(!hsmrepl_txn_submit_async(scene->dev, txn, 0xfeed, &tid));
	hsmrepl_txn_free(txn);
	MUST(hsmrepl_read(scene->dev, &record, sizeof(record)) == -EAGAIN);
	MUST(fake_commit(&scene->fake) == 1);
	MUST(poll_readable(hsmrepl_fd(scene->dev), FAKE_DEADLINE_MS));
	MUST(hsmrepl_read(scene->dev, &record, sizeof(record)) == -EMSGSIZE);
	MUST(scene_completion(scene->dev, &completion, &completed));
	MUST(completed == tid && completion.cookie == 0xfeed && !completion.error);
	MUST(completion.seq == 2 && completion.sync_point == scene_state(scene).sync_point);
	MUST(!poll_readable(hsmrepl_fd(scene->dev), 0));
	return NULL;
}

enum { SEVERAL = 150, UNKNOWN = 70 };	/* more than a software device takes at once */

/* Each by itself, in order: one that is refused gets no completion, and stops none behind it. */
static const char *play_several(struct scene *scene)
{
	struct hsmrepl_request request[SEVERAL] = { 0 };
	struct hsmrepl_completion completion;
	char label[16];
	struct hsmrepl_change change = { .label = label };
	struct hsmrepl_txn *txn[SEVERAL];
	uint64_t tid;

	for (unsigned int i = 0; i < SEVERAL; i++) {
		change.code = i == UNKNOWN ? HSMREPL_OP_UPDATE : HSMREPL_OP_CREATE;
		change.label_len = (size_t)snprintf(label, sizeof(label), "l%u", i);
		txn[i] = hsmrepl_txn_new();
		MUST(txn[i] && !hsmrepl_txn_add(txn[i], &change));
		request[i].txn = txn[i];
		request[i].cookie = i;
	}
	hsmrepl_txn_submit_many(scene->dev, request, SEVERAL);
	for (unsigned int i = 0; i < SEVERAL; i++) {
		hsmrepl_txn_free(txn[i]);
		MUST(request[i].error == (i == UNKNOWN ? -ENOENT : 0));
	}
	while (scene_state(scene).queue)
		MUST(fake_commit(&scene->fake) > 0);
	for (unsigned int i = 0; i < SEVERAL; i++) {
		if (i == UNKNOWN)
			continue;
		MUST(poll_readable(hsmrepl_fd(scene->dev), FAKE_DEADLINE_MS));
		MUST(scene_completion(scene->dev, &completion, &tid));
		MUST(completion.cookie == i && !completion.error && tid == request[i].tid);
	}
	MUST(!poll_readable(hsmrepl_fd(scene->dev), 0));
	MUST(scene_state(scene).objects == SEVERAL - 1);
	return NULL;
}

/* As many completions as there is room for; the rest is there for the next read. */
static const char *play_pieces(struct scene *scene)
{
	struct {
		struct hsmrepl_record record;
		struct hsmrepl_completion completion;
	} got[3];
	static char room[HSMREPL_READ_MIN];
	char label[] = "a";
	uint64_t tids[6];

	for (unsigned int i = 0; i < 6; i++, label[0]++)
		MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, label, NULL, 0, &tids[i]));
	MUST(fake_commit(&scene->fake) == 6);
	MUST(poll_readable(hsmrepl_fd(scene->dev), FAKE_DEADLINE_MS));
	MUST(hsmrepl_read(scene->dev, got, sizeof(got) - 1) == 2 * sizeof(got[0]));
	MUST(got[0].record.id == tids[0] && got[1].record.id == tids[1]);
	MUST(poll_readable(hsmrepl_fd(scene->dev), 0));
	MUST(hsmrepl_read(scene->dev, got, sizeof(got[0]) - 1) == -EMSGSIZE);
	MUST(hsmrepl_read(scene->dev, got, sizeof(got[0])) == sizeof(got[0]));
	MUST(got[0].record.id == tids[2]);
	MUST(hsmrepl_read(scene->dev, room, sizeof(room)) == 3 * sizeof(got[0]));
	memcpy(got, room, sizeof(got));
	MUST(got[0].record.id == tids[3] && got[2].record.id == tids[5]);
	MUST(!poll_readable(hsmrepl_fd(scene->dev), 0));
	MUST(hsmrepl_read(scene->dev, room, sizeof(room)) == -EAGAIN);
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "z", NULL, 0, &tids[0]));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(poll_readable(hsmrepl_fd(scene->dev), FAKE_DEADLINE_MS));
	MUST(hsmrepl_read(scene->dev, got, sizeof(got)) == sizeof(got[0]));
	MUST(got[0].record.id == tids[0]);
	return NULL;
}

static const char *play_submit_timeout(struct scene *scene)
{
	struct hsmrepl_outcome outcome;
	struct waiter waiter;

	MUST(!waiter_start(&waiter, scene, "slow", 50));
	MUST(waiter_join(&waiter) == -EINPROGRESS);
	MUST(waiter.result.tid);
	MUST(hsmrepl_node_outcome(scene->dev, waiter.result.tid, 1, 20, &outcome) == -ETIMEDOUT);
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_PENDING);
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 1, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_COMMITTED);
	MUST(hsmrepl_node_outcome(scene->dev, ~waiter.result.tid, 1, 0, &outcome) == -ENOENT);
	return NULL;
}

static void on_signal(int signal)
{
	(void)signal;
}

static const char *play_signal(struct scene *scene)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct hsmrepl_outcome outcome;
	struct waiter waiter;

	MUST(!sigaction(SIGUSR1, &action, NULL));
	MUST(!waiter_start(&waiter, scene, "signal", 0));
	pthread_kill(waiter.thread, SIGUSR1);
	MUST(waiter_join(&waiter) == -EINTR);
	MUST(waiter.result.tid && waiter.result.tid == scene_state(scene).pending_tid);
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_COMMITTED);
	return NULL;
}

static const char *play_caller_leaves(struct scene *scene)
{
	struct hsmrepl *dev = hsmrepl_open(scene->path, O_RDWR);
	struct hsmrepl_outcome outcome;
	uint64_t tids[2];

	MUST(dev);
	MUST(!submit_async(dev, HSMREPL_OP_CREATE, "a", "1", 1, &tids[0]));
	MUST(!submit_async(dev, HSMREPL_OP_CREATE, "b", "1", 1, &tids[1]));
	MUST(fake_claim(&scene->fake, 1) == 1);
	hsmrepl_close(dev);
	MUST(!fake_resolve(&scene->fake, HSMREPL_COMMIT, 0));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!hsmrepl_node_outcome(scene->dev, tids[1], 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_COMMITTED && outcome.seq == 3);
	return NULL;
}

static void *wait_for_seq(void *arg)
{
	struct scene *scene = arg;
	struct hsmrepl *dev = hsmrepl_open(scene->path, O_RDONLY);
	struct hsmrepl_state state;
	long ret;

	ret = hsmrepl_node_state(dev, 2, FAKE_DEADLINE_MS, &state);
	hsmrepl_close(dev);
	return (void *)(ret ? ret : (long)state.seq);
}

static const char *play_wait_seq(struct scene *scene)
{
	struct hsmrepl_state state;
	pthread_t thread;
	void *ret;

	MUST(!hsmrepl_node_state(scene->dev, 1, 0, &state));
	MUST(hsmrepl_node_state(scene->dev, 2, 20, &state) == -ETIMEDOUT);
	MUST(!pthread_create(&thread, NULL, wait_for_seq, scene));
	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "a", "1", 1));
	pthread_join(thread, &ret);
	MUST((long)ret == 2);
	return NULL;
}

static const char *play_read_only_states(struct scene *scene)
{
	uint64_t tid;

	MUST(!fake_report(&scene->fake, HSMREPL_HALTED));
	MUST(submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tid) == -EROFS);
	MUST(!fake_report(&scene->fake, HSMREPL_BLOCKED));
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tid));
	MUST(fake_report(&scene->fake, HSMREPL_OFFLINE) == -EINVAL);
	MUST(!fake_reset(&scene->fake));
	MUST(submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tid) == -ENONET);
	return NULL;
}

const struct scene_entry scenes_caller[] = {
	{ "commit: waiting caller, outcome, content", play_commit },
	{ "abort: waiting caller, outcome, no content", play_abort },
	{ "requeue: order and TIDs stay", play_requeue },
	{ "validation against committed state and queue", play_validation },
	{ "a transaction applies whole or not", play_all_or_none },
	{ "asynchronous completion", play_cookie },
	{ "several submitted at once", play_several },
	{ "completions are read in pieces", play_pieces },
	{ "a caller stops waiting: pending, then committed", play_submit_timeout },
	{ "a signal ends a wait", play_signal },
	{ "a caller closes: its transactions go on", play_caller_leaves },
	{ "wait for a seq", play_wait_seq },
	{ "states that take no writes", play_read_only_states },
	{ 0 }
};
