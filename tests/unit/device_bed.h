/* SPDX-License-Identifier: GPL-2.0 */
/* A scripted device in place of libhsmrepl, for one test program. */
#ifndef TESTS_UNIT_DEVICE_BED_H
#define TESTS_UNIT_DEVICE_BED_H

#include <check.h>
#include <errno.h>
#include <string.h>

#include "device.h"
#include "hsmrepl.h"

#define COPY_MAX (64u << 10)

/* The scripted device: what the last command was given, what it answers. */
struct hsmrepl {
	unsigned int cmd;
	unsigned int calls;
	unsigned int begun;		/* and not ended */
	unsigned int begins;		/* calls by which they were begun */
	int answer;
	union {
		struct hsmrepl_attach attach;
		struct hsmrepl_state state;
		struct hsmrepl_load load;
		struct hsmrepl_grant grant;
		struct hsmrepl_prepare prepare;
		struct hsmrepl_resolve resolve;
		struct hsmrepl_submit submit;
		struct hsmrepl_report report;
		struct hsmrepl_answer answer;
		struct hsmrepl_info info;
	} arg;
	uint8_t copy[COPY_MAX];		/* what a pointer of the argument led to */
	bool foretells;			/* PREPARE is to tell where its commit leads */
	uint64_t features;
	uint64_t loaded_bytes;
	uint8_t records[COPY_MAX];
	size_t records_len;
};

static struct hsmrepl fake;

struct hsmrepl *hsmrepl_open(const char *path, int flags)
{
	(void)flags;
	errno = ENOENT;
	return strcmp(path, "there") == 0 ? &fake : NULL;
}

void hsmrepl_close(struct hsmrepl *dev)
{
	(void)dev;
}

int hsmrepl_fd(const struct hsmrepl *dev)
{
	(void)dev;
	return 5;
}

ssize_t hsmrepl_read(struct hsmrepl *dev, void *buf, size_t len)
{
	ck_assert_uint_ge(len, HSMREPL_READ_MIN);
	if (!dev->records_len)
		return -EAGAIN;
	memcpy(buf, dev->records, dev->records_len);
	len = dev->records_len;
	dev->records_len = 0;
	return (ssize_t)len;
}

static void copy_in(struct hsmrepl *dev, uint64_t from, size_t len)
{
	ck_assert_uint_le(len, HSMREPL_BATCH_MAX);
	if (len)
		memcpy(dev->copy, (const void *)(uintptr_t)from, len < COPY_MAX ? len : COPY_MAX);
}

static size_t arg_size(unsigned int cmd)
{
	switch (cmd) {
	case HSMREPL_IOC_ATTACH: return sizeof(fake.arg.attach);
	case HSMREPL_IOC_STATE: return sizeof(fake.arg.state);
	case HSMREPL_IOC_LOAD: return sizeof(fake.arg.load);
	case HSMREPL_IOC_GRANT: return sizeof(fake.arg.grant);
	case HSMREPL_IOC_PREPARE:
		return fake.foretells ? sizeof(fake.arg.prepare) :
					offsetof(struct hsmrepl_prepare, epoch);
	case HSMREPL_IOC_RESOLVE: return sizeof(fake.arg.resolve);
	case HSMREPL_IOC_SUBMIT: return sizeof(fake.arg.submit);
	case HSMREPL_IOC_REPORT: return sizeof(fake.arg.report);
	case HSMREPL_IOC_ANSWER: return sizeof(fake.arg.answer);
	case HSMREPL_IOC_INFO: return sizeof(fake.arg.info);
	}
	ck_abort_msg("unexpected command");
	return 0;
}

static void fill_out(unsigned int cmd, void *arg)
{
	if (cmd == HSMREPL_IOC_ATTACH) {
		struct hsmrepl_attach *a = arg;

		a->loaded = 1;
		a->seq = 12;
		a->epoch = 3;
		a->sync_point = 0xabc;
		a->slot_state = HSMREPL_SLOT_CLAIMED;
		a->slot_coordinator = 4;
		a->slot_batch = 99;
	}
	if (cmd == HSMREPL_IOC_INFO)
		((struct hsmrepl_info *)arg)->features = fake.features;
	if (cmd == HSMREPL_IOC_STATE) {
		struct hsmrepl_state *s = arg;

		s->digest = 0xd1;
		s->queue = 6;
		s->pending_tid = 0x77;
	}
	if (cmd == HSMREPL_IOC_PREPARE && fake.foretells) {
		struct hsmrepl_prepare *p = arg;

		p->seq = 13;
		p->digest = 0xd2;
	}
	if (cmd == HSMREPL_IOC_RESOLVE) {
		struct hsmrepl_resolve *r = arg;

		r->seq = 13;
		r->digest = 0xd2;
	}
}

int hsmrepl_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg)
{
	uint32_t size;

	memcpy(&size, arg, sizeof(size));
	ck_assert_uint_eq(size, arg_size(cmd));
	memcpy(&dev->arg, arg, size);
	dev->cmd = cmd;
	dev->calls++;
	if (cmd == HSMREPL_IOC_LOAD) {
		copy_in(dev, dev->arg.load.entries, dev->arg.load.entries_len);
		dev->loaded_bytes += dev->arg.load.entries_len;
	}
	if (cmd == HSMREPL_IOC_SUBMIT)
		copy_in(dev, dev->arg.submit.ops, dev->arg.submit.ops_len);
	if (cmd == HSMREPL_IOC_ANSWER)
		copy_in(dev, dev->arg.answer.answer, dev->arg.answer.answer_len);
	if (!dev->answer)
		fill_out(cmd, arg);
	return dev->answer;
}

void hsmrepl_ioctl_begin(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pending[i].error = hsmrepl_ioctl(dev, pending[i].cmd, pending[i].arg);
	dev->begun += n;
	dev->begins++;
}

void hsmrepl_ioctl_end(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n)
{
	(void)pending;
	ck_assert_uint_eq(n, dev->begun);
	dev->begun = 0;
}

#endif /* TESTS_UNIT_DEVICE_BED_H */
