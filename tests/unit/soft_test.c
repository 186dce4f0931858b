// SPDX-License-Identifier: GPL-2.0
/*
 * libhsmrepl before software devices of several kinds: what it sends in one datagram, and what it
 * makes of the replies. The devices are scripts.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../suite.h"
#include "hsmrepl.h"
#include "softproto.h"

#define N	60
#define REFUSED	7		/* number of the request that is refused */
#define LONG	3		/* of the one that is longer than a datagram */

/**
 * struct script - a device that takes N calls, then replies
 * @listener: where it is reached
 * @path: the same
 * @features: that it confirms
 * @together: replies in one datagram
 * @lie: added to the length that one reply claims
 * @wrong: added to the number of the call that one reply claims
 * @silent: ends the connection in place of the last datagram
 * @datagrams: how many came
 * @call: numbers of the calls that came
 * @n: how many
 */
struct script {
	int listener;
	char path[64];
	uint32_t features;
	unsigned int together;
	int lie;
	int wrong;
	bool silent;
	unsigned int datagrams;
	uint32_t call[N];
	unsigned int n;
};

/* Calls of one datagram; of one that goes on, it is the beginning that counts. */
static void take_calls(struct script *script, const uint8_t *bytes, size_t len)
{
	struct soft_header header;

	for (size_t at = 0; at < len; at += header.len) {
		ck_assert_uint_ge(len - at, sizeof(header));
		memcpy(&header, bytes + at, sizeof(header));
		ck_assert_uint_eq(header.type, SOFT_CALL);
		ck_assert_uint_lt(script->n, N);
		script->call[script->n++] = header.call;
	}
}

static void take_all(struct script *script, int sock)
{
	static uint8_t bytes[SOFT_DATAGRAM_MAX];
	struct soft_header header;
	size_t left = 0;
	ssize_t n;

	while (script->n < N || left) {
		n = recv(sock, bytes, sizeof(bytes), 0);
		ck_assert_int_gt(n, 0);
		script->datagrams++;
		if (!left) {
			memcpy(&header, bytes, sizeof(header));
			take_calls(script, bytes, n);
			left = header.len > (size_t)n ? header.len : n;
		}
		left -= n;
	}
}

static size_t make_reply(const struct script *script, unsigned int i, uint8_t *place)
{
	struct hsmrepl_submit submit = { .size = sizeof(submit), .tid = 1000 + i };
	struct soft_header header = {
		.len = sizeof(header) + sizeof(submit),
		.type = SOFT_REPLY,
		.arg_len = sizeof(submit),
		.cmd = HSMREPL_IOC_SUBMIT,
		.call = script->call[i],
	};
	size_t len = header.len;

	if (i == REFUSED) {
		header.status = -ENOENT;
		header.arg_len = 0;
		len = header.len = sizeof(header);
	}
	if (i == N / 2) {
		header.len += script->lie;
		header.call += script->wrong;
	}
	memcpy(place, &header, sizeof(header));
	memcpy(place + sizeof(header), &submit, header.arg_len);
	return len;
}

static void reply_all(const struct script *script, int sock)
{
	uint8_t bytes[SOFT_PACK_MAX];
	size_t len = 0;

	for (unsigned int i = 0; i < N; i++) {
		len += make_reply(script, i, bytes + len);
		if ((i + 1) % script->together && i + 1 < N)
			continue;
		if (i + 1 == N && script->silent)
			return;
		ck_assert_int_eq(send(sock, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
		len = 0;
	}
}

static void say_hello(const struct script *script, int sock)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct soft_header header;
	struct iovec part = { .iov_base = &header, .iov_len = sizeof(header) };
	struct msghdr hdr = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	ck_assert_int_eq(recv(sock, &header, sizeof(header), 0), sizeof(header));
	ck_assert_uint_eq(header.type, SOFT_HELLO);
	ck_assert_uint_eq(header.features, SOFT_FEATURE_PACKED);
	header.type = SOFT_REPLY;
	header.status = 0;
	header.features = script->features;
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.align), &script->listener, sizeof(int));
	ck_assert_int_eq(sendmsg(sock, &hdr, 0), sizeof(header));
}

static void *run(void *arg)
{
	struct script *script = arg;
	int sock = accept(script->listener, NULL, NULL);

	ck_assert_int_ge(sock, 0);
	say_hello(script, sock);
	take_all(script, sock);
	reply_all(script, sock);
	close(sock);
	return NULL;
}

static void listen_at(struct script *script)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(script->path, sizeof(script->path), "/tmp/soft_test.%d", (int)getpid());
	strcpy(addr.sun_path, script->path);
	unlink(script->path);
	script->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(script->listener, 0);
	ck_assert_int_eq(bind(script->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(script->listener, 1), 0);
}

static struct hsmrepl_txn *make_txn(unsigned int i, const void *payload)
{
	const struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE,
		.label = "label",
		.label_len = 5,
		.payload = payload,
		.payload_len = i == LONG ? HSMREPL_PAYLOAD_MAX : 1000,
	};
	struct hsmrepl_txn *txn = hsmrepl_txn_new();

	ck_assert_ptr_nonnull(txn);
	ck_assert_int_eq(hsmrepl_txn_add(txn, &change), 0);
	return txn;
}

/* Submits N to that device. */
static void play(struct script *script, struct hsmrepl_request *request)
{
	static const char payload[HSMREPL_PAYLOAD_MAX];
	struct hsmrepl *dev;
	pthread_t thread;

	listen_at(script);
	ck_assert_int_eq(pthread_create(&thread, NULL, run, script), 0);
	dev = hsmrepl_open(script->path, O_RDWR);
	ck_assert_ptr_nonnull(dev);
	for (unsigned int i = 0; i < N; i++)
		request[i] = (struct hsmrepl_request){ .txn = make_txn(i, payload) };
	hsmrepl_txn_submit_many(dev, request, N);
	for (unsigned int i = 0; i < N; i++)
		hsmrepl_txn_free((struct hsmrepl_txn *)request[i].txn);
	pthread_join(thread, NULL);
	hsmrepl_close(dev);
	close(script->listener);
	unlink(script->path);
}

/* The first @n went well. */
static void check_fine(const struct hsmrepl_request *request, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		ck_assert_int_eq(request[i].error, i == REFUSED ? -ENOENT : 0);
		ck_assert_uint_eq(request[i].tid, i == REFUSED ? 0 : 1000 + i);
	}
}

/* Bytes of the call of request 0. */
#define CALL_BYTES	(sizeof(struct soft_header) + sizeof(struct hsmrepl_submit) + \
			 (sizeof(struct hsmrepl_op) + 5 + 1000 + 7) / 8 * 8)
#define LONG_DATAGRAMS	(HSMREPL_PAYLOAD_MAX / SOFT_DATAGRAM_MAX + 1)

START_TEST(older_device)
{
	struct script script = { .together = 1 };
	struct hsmrepl_request request[N];

	play(&script, request);
	ck_assert_uint_eq(script.datagrams, N - 1 + LONG_DATAGRAMS);
	check_fine(request, N);
}
END_TEST

START_TEST(packed)
{
	struct script script = { .features = SOFT_FEATURE_PACKED, .together = _i };
	const unsigned int fit = SOFT_DATAGRAM_MAX / CALL_BYTES;
	struct hsmrepl_request request[N];

	play(&script, request);
	ck_assert_uint_eq(script.datagrams,
			  1 + LONG_DATAGRAMS + (N - 1 - LONG + fit - 1) / fit);
	check_fine(request, N);
}
END_TEST

static const struct {
	struct script script;
	unsigned int fine;
	int then;
} broken[] = {
	{ { .lie = 1 << 20 }, N / 2, -EPROTO },
	{ { .lie = 8 }, N / 2, -EPROTO },
	{ { .lie = -8 }, N / 2, -EPROTO },
	{ { .wrong = 1 }, N / 2, -EPROTO },
	{ { .silent = true }, N - N % 8, -ENODEV },
};

START_TEST(broken_device)
{
	struct script script = broken[_i].script;
	struct hsmrepl_request request[N];

	script.features = SOFT_FEATURE_PACKED;
	script.together = 8;
	play(&script, request);
	check_fine(request, broken[_i].fine);
	for (unsigned int i = broken[_i].fine; i < N; i++)
		ck_assert_int_eq(request[i].error, broken[_i].then);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("soft");
	TCase *cases = tcase_create("soft");

	tcase_add_test(cases, older_device);
	tcase_add_loop_test(cases, packed, 1, 9);
	tcase_add_loop_test(cases, broken_device, 0, sizeof(broken) / sizeof(broken[0]));
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
