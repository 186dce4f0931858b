// SPDX-License-Identifier: GPL-2.0
/*
 * soft-packed SOCKET: several messages in one datagram, told datagram by datagram; callers that
 * know nothing of that; and those that pack what they must not, which end alone. The device has
 * no agent and no content.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"
#include "scene.h"
#include "softproto.h"
#include "softsock.h"

#define LONG_ARG	SOFT_ARG_MAX	/* of a STATE whose reply is long */
#define LONG_PAYLOAD	20000
#define WAIT_SECONDS	5		/* for what must come */

_Static_assert(LONG_PAYLOAD > SOFT_PACK_MAX, "it goes by itself");

/**
 * struct caller - who speaks to the device by hand
 * @calls: socket of calls
 * @records: socket of records
 * @features: of the reply to HELLO
 * @pack: messages that go in the next datagram
 * @len: bytes of them
 * @number: of the last call
 * @got: the datagram received last
 * @got_len: bytes of it
 * @next: bytes of it that were looked at
 */
struct caller {
	int calls;
	int records;
	uint32_t features;
	uint8_t pack[SOFT_DATAGRAM_MAX];
	size_t len;
	uint32_t number;
	uint8_t got[SOFT_DATAGRAM_MAX];
	size_t got_len;
	size_t next;
};

static void add(struct caller *c, const void *bytes, size_t len)
{
	memcpy(c->pack + c->len, bytes, len);
	c->len += len;
}

static void add_message(struct caller *c, struct soft_header header, const void *arg)
{
	header.len = sizeof(header) + header.arg_len;
	header.call = header.type == SOFT_CANCEL ? c->number : ++c->number;
	add(c, &header, sizeof(header));
	if (arg)
		add(c, arg, header.arg_len);
}

/* A STATE of @size bytes: waits until the device has @min_seq. */
static void add_state(struct caller *c, uint32_t size, uint64_t min_seq)
{
	union {
		struct hsmrepl_state state;
		uint8_t bytes[SOFT_ARG_MAX];
	} arg = { .state = { .size = size, .min_seq = min_seq } };

	add_message(c, (struct soft_header){ .type = SOFT_CALL, .cmd = HSMREPL_IOC_STATE,
					     .arg_len = size }, &arg);
}

static void add_short_state(struct caller *c)
{
	add_state(c, sizeof(struct hsmrepl_state), 0);
}

static void add_waiting(struct caller *c)
{
	add_state(c, sizeof(struct hsmrepl_state), UINT64_MAX);
}

static void add_type(struct caller *c, unsigned int type)
{
	add_message(c, (struct soft_header){ .type = type }, NULL);
}

static bool post(struct caller *c)
{
	ssize_t n = send(c->calls, c->pack, c->len, MSG_NOSIGNAL);
	bool whole = n == (ssize_t)c->len;

	c->len = 0;
	return whole;
}

/* The next datagram; *passed is what it hands over, or -1. */
static bool receive(struct caller *c, int sock, int *passed)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { .iov_base = c->got, .iov_len = sizeof(c->got) };
	struct msghdr hdr = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(sock, &hdr, 0);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&hdr);

	*passed = -1;
	if (cmsg)
		memcpy(passed, CMSG_DATA(cmsg), sizeof(*passed));
	c->got_len = n > 0 ? n : 0;
	c->next = 0;
	return n > 0;
}

/* A datagram of replies to the calls @first and on, with these statuses, and no other. */
static bool replies(struct caller *c, uint32_t first, unsigned int n, const int *status)
{
	struct soft_header header;
	int passed;

	if (!receive(c, c->calls, &passed) || passed >= 0)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		if (c->got_len - c->next < sizeof(header))
			return false;
		memcpy(&header, c->got + c->next, sizeof(header));
		if (header.type != SOFT_REPLY || header.call != first + i ||
		    header.status != (status ? status[i] : 0) || header.len < sizeof(header) ||
		    header.len > c->got_len - c->next)
			return false;
		c->next += header.len;
	}
	return c->next == c->got_len;
}

/* A datagram with a socket, which hello and subscribe yield. */
static bool hands_over(struct caller *c, uint32_t number, int *sock)
{
	struct soft_header header;

	if (!receive(c, c->calls, sock) || c->got_len != sizeof(header))
		return false;
	memcpy(&header, c->got, sizeof(header));
	c->features = header.features;
	return *sock >= 0 && header.call == number && !header.status;
}

/* Did the device end this connection? What it said before does not matter. */
static bool ended(struct caller *c)
{
	int passed;

	while (receive(c, c->calls, &passed))
		;
	return recv(c->calls, c->got, 1, 0) == 0;
}

static bool caller_open(struct caller *c, const char *path, uint32_t features)
{
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };

	*c = (struct caller){ .calls = softsock_reach(path), .records = -1 };
	if (c->calls < 0)
		return false;
	setsockopt(c->calls, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	add_message(c, (struct soft_header){ .type = SOFT_HELLO, .cmd = SOFT_VERSION,
					     .status = SOFT_OPEN_READ | SOFT_OPEN_WRITE,
					     .features = features }, NULL);
	if (!post(c) || !hands_over(c, 1, &c->records))
		return false;
	setsockopt(c->records, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return true;
}

static void caller_close(struct caller *c)
{
	close(c->calls);
	if (c->records >= 0)
		close(c->records);
}

static const char *play_together(struct caller *c)
{
	static const int want[] = { 0, -ENOTTY, 0 };

	add_short_state(c);
	add_message(c, (struct soft_header){ .type = SOFT_CALL, .cmd = _IO('T', 1) }, NULL);
	add_short_state(c);
	MUST(post(c));
	MUST(replies(c, 2, 3, want));
	return NULL;
}

static const char *play_waits_last(struct caller *c)
{
	static const int want = -EINTR;

	add_short_state(c);
	add_waiting(c);
	MUST(post(c));
	MUST(replies(c, 2, 1, NULL));
	add_type(c, SOFT_CANCEL);
	add_short_state(c);
	MUST(post(c));
	MUST(receive(c, c->calls, &(int){ 0 }));
	MUST(c->got_len == 2 * (sizeof(struct soft_header) + sizeof(struct hsmrepl_state)));
	add_waiting(c);
	add_type(c, SOFT_CANCEL);
	MUST(post(c));
	MUST(replies(c, 5, 1, &want));
	return NULL;
}

static const char *play_hands_over(struct caller *c)
{
	int notices;

	add_short_state(c);
	add_type(c, SOFT_SUBSCRIBE);
	add_short_state(c);
	MUST(post(c));
	MUST(replies(c, 2, 1, NULL));
	MUST(hands_over(c, 3, &notices));
	close(notices);
	MUST(replies(c, 4, 1, NULL));
	return NULL;
}

static const char *play_many_long(struct caller *c)
{
	const unsigned int fit = SOFT_PACK_MAX / (sizeof(struct soft_header) + LONG_ARG);
	unsigned int i;

	for (i = 0; i < 2 * fit + 1; i++)
		add_state(c, LONG_ARG, 0);
	MUST(post(c));
	MUST(replies(c, 2, fit, NULL));
	MUST(replies(c, 2 + fit, fit, NULL));
	MUST(replies(c, 2 + 2 * fit, 1, NULL));
	return NULL;
}

static const char *play_most(struct caller *c)
{
	unsigned int i;

	for (i = 0; i < SOFT_CALLS_MAX; i++)
		add_message(c, (struct soft_header){ .type = SOFT_CALL, .cmd = _IO('T', 1) }, NULL);
	MUST(post(c));
	MUST(receive(c, c->calls, &(int){ 0 }));
	MUST(c->got_len == SOFT_CALLS_MAX * sizeof(struct soft_header));
	return NULL;
}

static const struct {
	const char *name;
	const char *(*play)(struct caller *c);
} fine[] = {
	{ "replies of one datagram come in one", play_together },
	{ "the last call waits, the others are answered", play_waits_last },
	{ "a reply that hands something over goes by itself", play_hands_over },
	{ "more replies than fit go in several datagrams", play_many_long },
	{ "as many messages as there may be", play_most },
};

static void breach_too_long(struct caller *c)
{
	struct soft_header header = { .len = 1000, .type = SOFT_CALL, .cmd = HSMREPL_IOC_STATE };

	add(c, &header, sizeof(header));
}

static void breach_too_short(struct caller *c)
{
	struct soft_header header = { .len = sizeof(header) - 1, .type = SOFT_CANCEL };

	add(c, &header, sizeof(header));
}

static void breach_no_length(struct caller *c)
{
	struct soft_header header = { .type = SOFT_CANCEL };

	add(c, &header, sizeof(header));
}

static void breach_half_header(struct caller *c)
{
	struct soft_header header = { .len = sizeof(header), .type = SOFT_CANCEL };

	add(c, &header, sizeof(header) / 2);
}

static void breach_argument(struct caller *c)
{
	struct soft_header header = { .len = sizeof(header), .type = SOFT_CALL,
				      .cmd = HSMREPL_IOC_STATE, .arg_len = 64 };

	add(c, &header, sizeof(header));
	add_short_state(c);
}

static void breach_while_waiting(struct caller *c)
{
	add_waiting(c);
	add_short_state(c);
}

static void breach_too_many(struct caller *c)
{
	for (unsigned int i = 0; i < SOFT_CALLS_MAX; i++)
		add_type(c, SOFT_CANCEL);
}

static void breach_type(struct caller *c)
{
	add_type(c, SOFT_REPLY);
}

/* Each comes behind a call that is right. */
static const struct {
	const char *name;
	void (*add)(struct caller *c);
} breaches[] = {
	{ "a message that claims more than is there", breach_too_long },
	{ "a message that claims less than a header", breach_too_short },
	{ "a message of no length", breach_no_length },
	{ "half a header", breach_half_header },
	{ "an argument that claims more than the message has", breach_argument },
	{ "a call behind one that waits", breach_while_waiting },
	{ "one message too many", breach_too_many },
	{ "a message of no type of a caller's", breach_type },
};

static void play_fine(struct report *report, const char *path, struct caller *c)
{
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		bool open = caller_open(c, path, SOFT_FEATURE_PACKED);
		const char *wrong = open ? fine[i].play(c) : "no connection";

		report_case(report, !wrong, "%s%s%s", fine[i].name, wrong ? ": not so: " : "",
			    wrong ? wrong : "");
		caller_close(c);
	}
}

static void play_breaches(struct report *report, const char *path, struct caller *c,
			  struct caller *witness)
{
	for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
		bool ok = caller_open(c, path, SOFT_FEATURE_PACKED);

		add_short_state(c);
		breaches[i].add(c);
		report_case(report, ok && post(c) && ended(c), "%s ends the connection",
			    breaches[i].name);
		caller_close(c);
		add_short_state(witness);
		add_short_state(witness);
		report_case(report, post(witness) &&
				    replies(witness, witness->number - 1, 2, NULL), "and no other");
	}
}

/* A caller of an older release, and one of a newer. */
static void play_features(struct report *report, const char *path, struct caller *c)
{
	bool ok = caller_open(c, path, 0);

	report_case(report, ok && !c->features, "who says nothing of packing is told nothing");
	add_short_state(c);
	report_case(report, post(c) && replies(c, 2, 1, NULL), "and is served");
	add_short_state(c);
	add_short_state(c);
	report_case(report, post(c) && ended(c), "but not if he packs");
	caller_close(c);
	ok = caller_open(c, path, UINT32_MAX);
	report_case(report, ok && c->features == SOFT_FEATURE_PACKED,
		    "features that the device does not know are not confirmed");
	caller_close(c);
}

static void add_submit(struct caller *c, char label)
{
	const struct hsmrepl_submit submit = {
		.size = sizeof(submit),
		.flags = HSMREPL_SUBMIT_ASYNC,
		.kind = HSMREPL_TL_DATA,
		.n_ops = 1,
		.ops_len = sizeof(struct hsmrepl_op) + 8,
	};
	struct hsmrepl_op op = {
		.len = htole32(submit.ops_len),
		.code = htole16(HSMREPL_OP_CREATE),
		.label_len = htole16(1),
	};
	struct soft_header header = {
		.len = sizeof(header) + sizeof(submit) + submit.ops_len,
		.type = SOFT_CALL,
		.arg_len = sizeof(submit),
		.cmd = HSMREPL_IOC_SUBMIT,
		.call = ++c->number,
	};

	add(c, &header, sizeof(header));
	add(c, &submit, sizeof(submit));
	add(c, &op, sizeof(op));
	add(c, (char[8]){ label }, 8);
}

/* Bytes of the next datagram of records. */
static size_t records(struct caller *c)
{
	int passed;

	receive(c, c->records, &passed);
	return c->got_len;
}

static const char *play_completions(struct fake *fake, struct caller *c)
{
	const size_t one = sizeof(struct hsmrepl_record) + sizeof(struct hsmrepl_completion);

	add_submit(c, 'a');
	MUST(post(c) && replies(c, 2, 1, NULL));
	add_submit(c, 'b');
	MUST(post(c) && replies(c, 3, 1, NULL));
	MUST(fake_commit(fake) == 2);
	if (!c->features) {
		MUST(records(c) == one);
		MUST(records(c) == one);
	} else {
		MUST(records(c) == 2 * one);
	}
	return NULL;
}

static void add_get(struct caller *c, const char *label)
{
	const struct hsmrepl_get get = {
		.size = sizeof(get),
		.label_len = strlen(label),
		.buf_len = LONG_PAYLOAD,
	};
	struct soft_header header = {
		.len = sizeof(header) + sizeof(get) + get.label_len,
		.type = SOFT_CALL,
		.arg_len = sizeof(get),
		.cmd = HSMREPL_IOC_GET,
		.call = ++c->number,
	};

	add(c, &header, sizeof(header));
	add(c, &get, sizeof(get));
	add(c, label, get.label_len);
}

static const char *play_long_reply(struct fake *fake, struct caller *c)
{
	static uint8_t payload[LONG_PAYLOAD];
	uint64_t tid;

	MUST(!submit_async(fake->dev, HSMREPL_OP_CREATE, "long", payload, sizeof(payload), &tid));
	MUST(fake_commit(fake) == 1);
	add_short_state(c);
	add_get(c, "long");
	add_short_state(c);
	MUST(post(c));
	MUST(replies(c, 2, 1, NULL));
	MUST(replies(c, 3, 1, NULL));
	MUST(replies(c, 4, 1, NULL));
	return NULL;
}

static const struct {
	const char *name;
	uint32_t features;
	const char *(*play)(struct fake *fake, struct caller *c);
} with_agent[] = {
	{ "completions come one by one", 0, play_completions },
	{ "completions come together", SOFT_FEATURE_PACKED, play_completions },
	{ "a long reply goes by itself", SOFT_FEATURE_PACKED, play_long_reply },
};

static void play_with_agent(struct report *report, const char *path, struct caller *c)
{
	struct fake fake;

	for (size_t i = 0; i < sizeof(with_agent) / sizeof(with_agent[0]); i++) {
		bool ok = !fake_attach(&fake, path) && !fake_reset(&fake) && !fake_form(&fake, 1) &&
			  caller_open(c, path, with_agent[i].features);
		const char *wrong = ok ? with_agent[i].play(&fake, c) : "no pool";

		report_case(report, !wrong, "%s%s%s", with_agent[i].name,
			    wrong ? ": not so: " : "", wrong ? wrong : "");
		caller_close(c);
		fake_reset(&fake);
		fake_detach(&fake);
	}
}

int main(int argc, char **argv)
{
	struct report report = { .name = "soft-packed" };
	struct caller *caller = malloc(2 * sizeof(*caller));
	struct caller *witness = caller + 1;

	if (argc != 2 || !caller) {
		fprintf(stderr, "usage: soft-packed SOCKET\n");
		return 2;
	}
	report_case(&report, caller_open(witness, argv[1], SOFT_FEATURE_PACKED) &&
			     witness->features == SOFT_FEATURE_PACKED, "the device packs");
	play_fine(&report, argv[1], caller);
	play_breaches(&report, argv[1], caller, witness);
	play_features(&report, argv[1], caller);
	play_with_agent(&report, argv[1], caller);
	caller_close(witness);
	free(caller);
	return report_end(&report);
}
