/* SPDX-License-Identifier: GPL-2.0 */
/* One process as submitter and agent of /dev/hsmrepl, by plain system calls. */
#ifndef TESTS_MODULE_H
#define TESTS_MODULE_H

#include <check.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/hsmrepl.h>

#define DEADLINE_MS	20000	/* for what must happen by itself */
#define NODE		1	/* id of the node under test */

#define INIT(type, ...)	((struct type) { .size = sizeof(struct type), __VA_ARGS__ })

/* 0 or -errno. */
static inline int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

static inline int open_device(int flags)
{
	int fd = open(HSMREPL_DEVICE, flags | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline struct hsmrepl_state state_of(int fd)
{
	struct hsmrepl_state state = INIT(hsmrepl_state);

	ck_assert_int_eq(call(fd, HSMREPL_IOC_STATE, &state), 0);
	return state;
}

/* Nodes 1 to n. */
static inline struct hsmrepl_nl node_list(uint64_t epoch, int n)
{
	struct hsmrepl_nl nl = { .pool = { 7 }, .epoch = htole64(epoch), .n_nodes = htole16(n) };
	int i;

	for (i = 0; i < n; i++) {
		nl.nodes[i].id = htole16(i + 1);
		snprintf(nl.nodes[i].name, sizeof(nl.nodes[i].name), "n%d", i + 1);
		snprintf(nl.nodes[i].address, sizeof(nl.nodes[i].address), "a%d:1", i + 1);
	}
	return nl;
}

static inline int attach(int fd, struct hsmrepl_attach *attach)
{
	*attach = INIT(hsmrepl_attach, .node_id = NODE, .digest_key = { 1, 2, 3 }, .name = "n1");
	return call(fd, HSMREPL_IOC_ATTACH, attach);
}

static inline int report(int fd, uint32_t state)
{
	struct hsmrepl_report report = INIT(hsmrepl_report, .state = state, .nodes_up = 2);

	return call(fd, HSMREPL_IOC_REPORT, &report);
}

/* The agent of a member of a pool of two that has no content. */
static inline int agent_up(void)
{
	struct hsmrepl_load load = INIT(hsmrepl_load,
					.flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END);
	struct hsmrepl_nl nl = node_list(1, 2);
	int fd = open_device(O_RDWR | O_NONBLOCK);
	struct hsmrepl_attach arg;

	ck_assert_int_eq(attach(fd, &arg), 0);
	load.nl = (uintptr_t)&nl;
	ck_assert_int_eq(call(fd, HSMREPL_IOC_LOAD, &load), 0);
	ck_assert_int_eq(report(fd, HSMREPL_MEMBER), 0);
	return fd;
}

/* An operation at place; returns its bytes. */
static inline uint32_t put_op(void *place, uint16_t code, const char *label, const char *payload,
			      size_t payload_len)
{
	struct hsmrepl_op *op = place;
	uint32_t len = sizeof(*op) + strlen(label) + payload_len;

	memset(op, 0, (len + 7) & ~7u);
	op->len = htole32((len + 7) & ~7u);
	op->code = htole16(code);
	op->label_len = htole16(strlen(label));
	op->payload_len = htole32(payload_len);
	memcpy(op + 1, label, strlen(label));
	if (payload_len)
		memcpy((char *)(op + 1) + strlen(label), payload, payload_len);
	return le32toh(op->len);
}

/**
 * struct request - a SUBMIT of one operation
 * @room: the operation
 * @arg: result
 */
struct request {
	uint64_t room[64];
	struct hsmrepl_submit arg;
};

static inline int submit(int fd, struct request *request, uint16_t code, const char *label,
			 const char *payload, uint32_t flags, uint32_t timeout_ms)
{
	uint32_t len = put_op(request->room, code, label, payload, payload ? strlen(payload) : 0);

	request->arg = INIT(hsmrepl_submit, .flags = flags, .kind = HSMREPL_TL_DATA, .n_ops = 1,
			    .ops_len = len, .timeout_ms = timeout_ms);
	request->arg.ops = (uintptr_t)request->room;
	return call(fd, HSMREPL_IOC_SUBMIT, &request->arg);
}

static inline bool readable(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, timeout_ms) == 1 && (pollfd.revents & POLLIN);
}

static inline int grant(int fd, uint64_t batch, uint32_t max_tls)
{
	struct hsmrepl_grant grant = INIT(hsmrepl_grant, .batch = batch,
					  .epoch = state_of(fd).epoch, .max_tls = max_tls,
					  .max_bytes = HSMREPL_BATCH_MAX);

	return call(fd, HSMREPL_IOC_GRANT, &grant);
}

static inline int resolve(int fd, uint64_t batch, uint32_t coordinator, uint32_t resolution,
			  uint32_t error)
{
	struct hsmrepl_resolve arg = INIT(hsmrepl_resolve, .batch = batch,
					  .coordinator = coordinator, .resolution = resolution,
					  .error = error);

	return call(fd, HSMREPL_IOC_RESOLVE, &arg);
}

static inline int get(int fd, const char *label, uint32_t flags, uint32_t timeout_ms, char *buf,
		      uint32_t buf_len)
{
	struct hsmrepl_get get = INIT(hsmrepl_get, .flags = flags, .label_len = strlen(label),
				      .timeout_ms = timeout_ms, .buf_len = buf_len);
	int err;

	get.label = (uintptr_t)label;
	get.buf = (uintptr_t)buf;
	err = call(fd, HSMREPL_IOC_GET, &get);
	if (!err && get.payload_len < buf_len)
		buf[get.payload_len] = 0;
	return err;
}

static inline int outcome(int fd, uint64_t tid, struct hsmrepl_outcome *outcome)
{
	*outcome = INIT(hsmrepl_outcome, .tid = tid);
	return call(fd, HSMREPL_IOC_OUTCOME, outcome);
}

#endif
