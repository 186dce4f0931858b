// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the ABI: an agent without a network.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

int poll_readable(int fd, int timeout_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	return poll(&poller, 1, timeout_ms) > 0;
}

int fake_attach(struct fake *fake, const char *path)
{
	int ret;

	memset(fake, 0, sizeof(*fake));
	fake->records = malloc(HSMREPL_READ_MIN);
	fake->dev = hsmrepl_open(path, O_RDWR | O_NONBLOCK);
	if (!fake->records || !fake->dev)
		return -errno;
	fake->attach.size = sizeof(fake->attach);
	fake->attach.node_id = FAKE_NODE;
	strcpy(fake->attach.name, "fake");
	ret = hsmrepl_ioctl(fake->dev, HSMREPL_IOC_ATTACH, &fake->attach);
	if (ret)
		fake_detach(fake);
	fake->epoch = fake->attach.epoch;
	fake->batch = fake->attach.slot_batch;
	return ret;
}

void fake_detach(struct fake *fake)
{
	hsmrepl_close(fake->dev);
	free(fake->records);
	fake->dev = NULL;
	fake->records = NULL;
}

int fake_reset(struct fake *fake)
{
	struct hsmrepl_load load = {
		.size = sizeof(load),
		.flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END,
	};

	fake->epoch = 0;
	return hsmrepl_ioctl(fake->dev, HSMREPL_IOC_LOAD, &load);
}

int fake_report(struct fake *fake, unsigned int state)
{
	struct hsmrepl_report report = {
		.size = sizeof(report),
		.state = state,
		.nodes_up = 1,
	};

	return hsmrepl_ioctl(fake->dev, HSMREPL_IOC_REPORT, &report);
}

int fake_submit_nodes(struct fake *fake, unsigned int kind, unsigned int n, unsigned int protocol)
{
	struct {
		struct hsmrepl_op op;
		struct hsmrepl_nl nl;
	} change = {
		.op = {
			.len = htole32(sizeof(change)),
			.code = htole16(HSMREPL_OP_NODES),
			.payload_len = htole32(sizeof(change.nl)),
		},
		.nl = {
			.pool = { 1 },
			.epoch = htole64(fake->epoch + 1),
			.n_nodes = htole16(n),
			.protocol = htole16(protocol),
		},
	};
	struct hsmrepl_submit submit = {
		.size = sizeof(submit),
		.flags = HSMREPL_SUBMIT_ASYNC,
		.kind = kind,
		.n_ops = 1,
		.ops = (uintptr_t)&change,
		.ops_len = sizeof(change),
		.cookie = 42,
	};
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct hsmrepl_node *node = &change.nl.nodes[i];

		node->id = htole16(FAKE_NODE + i);
		sprintf(node->name, "fake%u", i + 1);
		sprintf(node->address, "127.0.0.1:%u", i + 1);
	}
	return hsmrepl_ioctl(fake->dev, HSMREPL_IOC_SUBMIT, &submit);
}

int fake_form(struct fake *fake, unsigned int n)
{
	const struct hsmrepl_record *record;
	int ret;

	ret = fake_submit_nodes(fake, HSMREPL_TL_FORM, n, 0);
	if (ret)
		return ret;
	ret = fake_commit(fake);
	if (ret != 1)
		return ret < 0 ? ret : -EPROTO;
	record = fake_expect(fake, HSMREPL_REC_COMPLETION);
	if (!record)
		return -ETIMEDOUT;
	fake->epoch = 1;
	return fake_report(fake, HSMREPL_MEMBER);
}

int fake_grant(struct fake *fake, unsigned int max_tls)
{
	struct hsmrepl_grant grant = {
		.size = sizeof(grant),
		.batch = ++fake->batch,
		.epoch = fake->epoch,
		.max_tls = max_tls,
		.max_bytes = HSMREPL_BATCH_MAX,
	};

	return hsmrepl_ioctl(fake->dev, HSMREPL_IOC_GRANT, &grant);
}

const struct hsmrepl_record *fake_record(struct fake *fake)
{
	const struct hsmrepl_record *record;
	ssize_t n;

	while (!fake->left) {
		n = hsmrepl_read(fake->dev, fake->records, HSMREPL_READ_MIN);
		if (n == -EAGAIN) {
			if (!poll_readable(hsmrepl_fd(fake->dev), FAKE_DEADLINE_MS))
				return NULL;
			continue;
		}
		if (n < 0)
			return NULL;
		fake->left = n;
		fake->next = 0;
	}
	record = (const void *)(fake->records + fake->next);
	fake->next += record->len;
	fake->left -= record->len;
	return record;
}

const struct hsmrepl_record *fake_expect(struct fake *fake, unsigned int type)
{
	const struct hsmrepl_record *record;

	do {
		record = fake_record(fake);
	} while (record && record->type != type);
	return record;
}

int fake_claim(struct fake *fake, unsigned int max_tls)
{
	const struct hsmrepl_record *record;
	int ret, n = 0;

	ret = fake_grant(fake, max_tls);
	if (ret)
		return ret;
	do {
		record = fake_expect(fake, HSMREPL_REC_TL);
		if (!record)
			return -ETIMEDOUT;
		if (record->id != fake->batch)
			return -EPROTO;
		n++;
	} while (!(record->flags & HSMREPL_REC_LAST));
	return n;
}

int fake_resolve(struct fake *fake, unsigned int resolution, unsigned int error)
{
	struct hsmrepl_resolve resolve = {
		.size = sizeof(resolve),
		.batch = fake->batch,
		.coordinator = FAKE_NODE,
		.resolution = resolution,
		.error = error,
	};

	return hsmrepl_ioctl(fake->dev, HSMREPL_IOC_RESOLVE, &resolve);
}

int fake_commit(struct fake *fake)
{
	int ret, n = fake_claim(fake, HSMREPL_BATCH_TLS_MAX);

	if (n < 0)
		return n;
	ret = fake_resolve(fake, HSMREPL_COMMIT, 0);
	return ret ? ret : n;
}

int fake_answer(struct fake *fake, uint64_t request, const char *json, unsigned int status)
{
	struct hsmrepl_answer answer = {
		.size = sizeof(answer),
		.request = request,
		.answer = (uintptr_t)json,
		.answer_len = strlen(json),
		.status = status,
	};

	return hsmrepl_ioctl(fake->dev, HSMREPL_IOC_ANSWER, &answer);
}

int submit_async(struct hsmrepl *dev, unsigned int code, const char *label, const void *payload,
		 size_t len, uint64_t *tid)
{
	const struct hsmrepl_change change = {
		.code = code,
		.label = label,
		.label_len = strlen(label),
		.payload = payload,
		.payload_len = len,
	};
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	int ret;

	if (!txn)
		return -ENOMEM;
	ret = hsmrepl_txn_add(txn, &change);
	if (!ret)
		ret = hsmrepl_txn_submit_async(dev, txn, 0, tid);
	hsmrepl_txn_free(txn);
	return ret;
}

int fake_set(struct fake *fake, struct hsmrepl *dev, unsigned int code, const char *label,
	     const void *payload, size_t len)
{
	uint64_t tid;
	int ret;

	ret = submit_async(dev, code, label, payload, len, &tid);
	if (ret)
		return ret;
	ret = fake_commit(fake);
	return ret < 0 ? ret : 0;
}
