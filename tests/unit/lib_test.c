// SPDX-License-Identifier: GPL-2.0
/*
 * libhsmrepl without a device: transactions, words, what a handle refuses.
 */
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "hsmrepl.h"
#include "softproto.h"
#include "transport.h"

/**
 * struct sink - a device that keeps what it is given
 * @dev: handle
 * @submit: the last SUBMIT
 * @ops: its operations
 */
struct sink {
	struct hsmrepl dev;
	struct hsmrepl_submit submit;
	char *ops;
};

static int sink_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg)
{
	struct sink *sink = (struct sink *)dev;

	ck_assert_uint_eq(cmd, HSMREPL_IOC_SUBMIT);
	sink->submit = *(struct hsmrepl_submit *)arg;
	free(sink->ops);
	sink->ops = malloc(sink->submit.ops_len + 1);
	ck_assert_ptr_nonnull(sink->ops);
	memcpy(sink->ops, (void *)(uintptr_t)sink->submit.ops, sink->submit.ops_len);
	((struct hsmrepl_submit *)arg)->tid = 99;
	return 0;
}

static const struct transport sink_transport = { .ioctl = sink_ioctl };

static const struct hsmrepl_change create = {
	.code = HSMREPL_OP_CREATE,
	.label = "label",
	.label_len = 5,
	.type = "aes",
	.attrs = 3,
	.payload = "secret",
	.payload_len = 6,
};

START_TEST(layout)
{
	struct sink sink = { .dev.transport = &sink_transport };
	struct hsmrepl_change update = create;
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	struct hsmrepl_submit result;
	const struct hsmrepl_op *op;
	const char *bytes;

	update.code = HSMREPL_OP_UPDATE;
	update.if_version = 7;
	update.type = "sixteen-bytes-is";
	ck_assert_int_eq(hsmrepl_txn_add(txn, &create), 0);
	ck_assert_int_eq(hsmrepl_txn_add(txn, &update), 0);
	ck_assert_uint_eq(hsmrepl_txn_count(txn), 2);
	ck_assert_int_eq(hsmrepl_txn_submit(&sink.dev, txn, 5, &result), 0);
	ck_assert_uint_eq(result.tid, 99);
	ck_assert_uint_eq(sink.submit.size, sizeof(sink.submit));
	ck_assert_uint_eq(sink.submit.kind, HSMREPL_TL_DATA);
	ck_assert_uint_eq(sink.submit.n_ops, 2);
	ck_assert_uint_eq(sink.submit.timeout_ms, 5);

	op = (const void *)sink.ops;
	ck_assert_uint_eq(le32toh(op->len), (sizeof(*op) + 5 + 6 + 7) / 8 * 8);
	ck_assert_uint_eq(sink.submit.ops_len, 2 * le32toh(op->len));
	ck_assert_uint_eq(le16toh(op->code), HSMREPL_OP_CREATE);
	ck_assert_uint_eq(le16toh(op->label_len), 5);
	ck_assert_uint_eq(le32toh(op->payload_len), 6);
	ck_assert_uint_eq(le64toh(op->attrs), 3);
	ck_assert_str_eq(op->type, "aes");
	bytes = (const char *)(op + 1);
	ck_assert_mem_eq(bytes, "labelsecret\0\0\0\0\0", le32toh(op->len) - sizeof(*op));
	op = (const void *)(sink.ops + le32toh(op->len));
	ck_assert_uint_eq(le64toh(op->if_version), 7);
	ck_assert_mem_eq(op->type, "sixteen-bytes-is", HSMREPL_TYPE_MAX);
	free(sink.ops);
	hsmrepl_txn_free(txn);
}
END_TEST

START_TEST(async)
{
	struct sink sink = { .dev.transport = &sink_transport };
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	uint64_t tid = 0;

	ck_assert_int_eq(hsmrepl_txn_add(txn, &create), 0);
	ck_assert_int_eq(hsmrepl_txn_submit_async(&sink.dev, txn, 17, &tid), 0);
	ck_assert_uint_eq(tid, 99);
	ck_assert_uint_eq(sink.submit.flags, HSMREPL_SUBMIT_ASYNC);
	ck_assert_uint_eq(sink.submit.cookie, 17);
	hsmrepl_txn_clear(txn);
	ck_assert_uint_eq(hsmrepl_txn_count(txn), 0);
	free(sink.ops);
	hsmrepl_txn_free(txn);
}
END_TEST

/* Each is create with one thing wrong. */
static const struct {
	struct hsmrepl_change change;
	int want;
} refused[] = {
	{ { .code = 0, .label = "a", .label_len = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_NODES, .label = "a", .label_len = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_CREATE, .label = "a" }, -EINVAL },
	{ { .code = HSMREPL_OP_CREATE, .label_len = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_CREATE, .label = "a", .label_len = 1, .payload_len = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_CREATE, .label = "a", .label_len = 1, .if_version = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_UPDATE, .label = "a", .label_len = 1,
	    .id = (const uint8_t *)"0123456789abcdef" }, -EINVAL },
	{ { .code = HSMREPL_OP_DELETE, .label = "a", .label_len = 1, .type = "t" }, -EINVAL },
	{ { .code = HSMREPL_OP_DELETE, .label = "a", .label_len = 1, .attrs = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_DELETE, .label = "a", .label_len = 1, .payload = "p",
	    .payload_len = 1 }, -EINVAL },
	{ { .code = HSMREPL_OP_CREATE, .label = "a", .label_len = 1,
	    .type = "seventeen-bytes-x" }, -EINVAL },
	{ { .code = HSMREPL_OP_CREATE, .label = "a", .label_len = HSMREPL_LABEL_MAX + 1 },
	  -EMSGSIZE },
	{ { .code = HSMREPL_OP_CREATE, .label = "a", .label_len = 1, .payload = "p",
	    .payload_len = HSMREPL_PAYLOAD_MAX + 1 }, -EMSGSIZE },
};

START_TEST(refuses)
{
	struct hsmrepl_txn *txn = hsmrepl_txn_new();

	ck_assert_int_eq(hsmrepl_txn_add(txn, &refused[_i].change), refused[_i].want);
	ck_assert_uint_eq(hsmrepl_txn_count(txn), 0);
	hsmrepl_txn_free(txn);
}
END_TEST

START_TEST(too_many)
{
	static char payload[HSMREPL_PAYLOAD_MAX];
	struct hsmrepl_change large = create;
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	unsigned int i;

	for (i = 0; i < HSMREPL_OPS_MAX; i++)
		ck_assert_int_eq(hsmrepl_txn_add(txn, &create), 0);
	ck_assert_int_eq(hsmrepl_txn_add(txn, &create), -EMSGSIZE);
	ck_assert_uint_eq(hsmrepl_txn_count(txn), HSMREPL_OPS_MAX);

	hsmrepl_txn_clear(txn);
	large.payload = payload;
	large.payload_len = sizeof(payload);
	for (i = 0; i < 15; i++)
		ck_assert_int_eq(hsmrepl_txn_add(txn, &large), 0);
	ck_assert_int_eq(hsmrepl_txn_add(txn, &large), -EMSGSIZE);
	ck_assert_int_eq(hsmrepl_txn_add(txn, &create), 0);
	hsmrepl_txn_free(txn);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(hsmrepl_error_name(-EEXIST), "EEXIST");
	ck_assert_str_eq(hsmrepl_error_name(ESTALE), "ESTALE");
	ck_assert_str_eq(hsmrepl_error_text(-EEXIST), "the label or the id exists");
	ck_assert_str_eq(hsmrepl_error_text(EIO), strerror(EIO));
	ck_assert_str_eq(hsmrepl_state_name(HSMREPL_OFFLINE), "offline");
	ck_assert_str_eq(hsmrepl_state_name(HSMREPL_HALTED), "halted");
	ck_assert_str_eq(hsmrepl_state_name(HSMREPL_HALTED + 1), "unknown");
	ck_assert_str_eq(hsmrepl_event_name(HSMREPL_EVENT_COMMIT), "commit");
	ck_assert_str_eq(hsmrepl_event_name(0), "unknown");
	ck_assert_str_eq(hsmrepl_event_name(HSMREPL_EVENT_DETACH + 1), "unknown");
}
END_TEST

START_TEST(open_refuses)
{
	errno = 0;
	ck_assert_ptr_null(hsmrepl_open("/nonexistent/device", O_RDWR));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(hsmrepl_open("/", O_RDWR));
	ck_assert_int_eq(errno, ENOTSUP);
	setenv(HSMREPL_ENV_DEVICE, "/etc", 1);
	ck_assert_ptr_null(hsmrepl_open(NULL, O_RDWR));
	ck_assert_int_eq(errno, ENOTSUP);
	hsmrepl_close(NULL);
	hsmrepl_txn_free(NULL);
	hsmrepl_list_end(NULL);
	hsmrepl_events_close(NULL);
}
END_TEST

START_TEST(buffers)
{
	struct hsmrepl_get get = { .label = 0x1234, .label_len = 5, .buf = 0x5678, .buf_len = 9 };
	const struct soft_layout *layout = soft_layout(HSMREPL_IOC_GET);
	struct hsmrepl_load load = { .entries_len = 3 };

	ck_assert_ptr_eq(soft_pointer(&get, layout->input[0].pointer), (void *)0x1234);
	ck_assert_uint_eq(soft_length(&get, &layout->input[0]), 5);
	ck_assert_ptr_eq(soft_pointer(&get, layout->output.pointer), (void *)0x5678);
	ck_assert_uint_eq(soft_length(&get, &layout->output), 9);
	layout = soft_layout(HSMREPL_IOC_LOAD);
	ck_assert_uint_eq(soft_length(&load, &layout->input[0]), 3);
	ck_assert_uint_eq(soft_length(&load, &layout->input[1]), 0);
	load.nl = 0x1000;
	ck_assert_uint_eq(soft_length(&load, &layout->input[1]), sizeof(struct hsmrepl_nl));
	ck_assert_ptr_null(soft_layout(HSMREPL_IOC_STATE));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lib");
	TCase *cases = tcase_create("lib");

	tcase_add_test(cases, layout);
	tcase_add_test(cases, async);
	tcase_add_loop_test(cases, refuses, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(cases, too_many);
	tcase_add_test(cases, words);
	tcase_add_test(cases, open_refuses);
	tcase_add_test(cases, buffers);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
