// SPDX-License-Identifier: GPL-2.0
/*
 * lone-agent DEVICE: the agent of a pool of one, for tests of callers. It commits whatever is
 * submitted, and answers administrative requests with what stands below. With SIGUSR1 it stops
 * committing; with SIGUSR2 it goes on.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "fake.h"

static const struct {
	unsigned int verb;
	unsigned int status;
	const char *json;
} answers[] = {
	{ HSMREPL_VERB_STATUS, 0, "{\"turn\":\"fake\",\"uptime_ms\":5,\"version\":\"0\"}" },
	{ HSMREPL_VERB_NODES, 0,
	  "{\"nodes\":[{\"id\":1,\"name\":\"fake1\",\"address\":\"127.0.0.1:1\","
	  "\"state\":\"member\",\"seq\":1,\"sync_point\":\"0000000000000001\","
	  "\"rtt_ms\":null,\"last_ack_ms\":0,\"lag\":0,"
	  "\"certificate_expiry\":\"2030-01-01T00:00:00Z\"}],\"slowest\":\"fake1\"}" },
	{ HSMREPL_VERB_PENDING, 0,
	  "{\"tids\":[],\"coordinator\":null,\"age_ms\":0,\"votes\":{},"
	  "\"waiting_for\":[],\"queued\":0,\"reason\":\"\"}" },
	{ HSMREPL_VERB_OUTCOME, 0,
	  "{\"tid\":\"00000000000000aa\",\"outcome\":\"unknown\","
	  "\"seq\":null,\"sync_point\":null}" },
	{ HSMREPL_VERB_METRICS, 0, "{\"text\":\"hsmrepl_seq 1\\n\"}" },
	{ HSMREPL_VERB_FORM, EEXIST,
	  "{\"error\":\"this node belongs to a pool\",\"hint\":\"zeroize it first\"}" },
	{ HSMREPL_VERB_ZEROIZE, 0, "{}" },
};

static int answer(struct fake *fake, const struct hsmrepl_record *record)
{
	const struct hsmrepl_admin_request *request = (const void *)(record + 1);
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (answers[i].verb == request->verb)
			return fake_answer(fake, record->id, answers[i].json, answers[i].status);
	}
	return fake_answer(fake, record->id, "{}", EOPNOTSUPP);
}

static int take_record(struct fake *fake, const struct hsmrepl_record *record, bool idle)
{
	int ret;

	if (record->type == HSMREPL_REC_ADMIN) {
		ret = answer(fake, record);
		return ret == -ENOENT ? 0 : ret;
	}
	if (record->type != HSMREPL_REC_TL || !(record->flags & HSMREPL_REC_LAST))
		return 0;
	ret = fake_resolve(fake, HSMREPL_COMMIT, 0);
	return ret || idle ? ret : fake_grant(fake, HSMREPL_BATCH_TLS_MAX);
}

/* A batch that was claimed before SIGUSR1 is still committed. */
static int take_signal(struct fake *fake, int signals, bool *idle, bool *stop)
{
	const struct hsmrepl_grant none = { .size = sizeof(none) };
	struct signalfd_siginfo info;
	int ret;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return -EIO;
	*stop = info.ssi_signo == SIGTERM;
	if (*stop)
		return 0;
	*idle = info.ssi_signo == SIGUSR1;
	if (*idle) {
		ret = hsmrepl_ioctl(fake->dev, HSMREPL_IOC_GRANT, (void *)&none);
		return ret == -EBUSY ? 0 : ret;
	}
	return fake_grant(fake, HSMREPL_BATCH_TLS_MAX);
}

static int serve(struct fake *fake, int signals)
{
	struct pollfd fds[] = {
		{ .fd = hsmrepl_fd(fake->dev), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	bool idle = false, stop = false;
	int ret;

	ret = fake_grant(fake, HSMREPL_BATCH_TLS_MAX);
	while (!ret && !stop) {
		if (!fake->left)
			poll(fds, 2, -1);
		if (fds[1].revents)
			ret = take_signal(fake, signals, &idle, &stop);
		else
			ret = take_record(fake, fake_record(fake), idle);
	}
	return ret;
}

int main(int argc, char **argv)
{
	struct fake fake;
	sigset_t set;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: lone-agent DEVICE\n");
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ret = fake_attach(&fake, argv[1]);
	if (!ret)
		ret = fake_form(&fake, 1);
	if (!ret)
		ret = serve(&fake, signalfd(-1, &set, SFD_CLOEXEC));
	if (ret)
		fprintf(stderr, "lone-agent: %s: %s\n", argv[1], hsmrepl_error_name(ret));
	return ret != 0;
}
