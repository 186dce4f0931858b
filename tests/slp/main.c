// SPDX-License-Identifier: GPL-2.0
/*
 * slp-ask: asks an agent something by SLP and prints what it answers; see usage below. Only for
 * tests: it says what it is told to, true or not.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "slp_text.h"

#define XID 0x4242
#define LAST_XID 0x4243

static const char usage[] =
	"usage: slp-ask [OPTION]... KIND HERE HOST SCOPE [SUBJECT [FILTER]]\n"
	"  KIND      service, attrs, types; fake: be a node at HERE, FILTER is its key set;\n"
	"            noise: SUBJECT bent messages\n"
	"  HERE      address to ask from\n"
	"  HOST      whom to ask\n"
	"  -g        ask the group; HOST is expected to answer, or not to\n"
	"  -t        by TCP\n"
	"  -l LANG   language, en if not given\n"
	"  -n N      the same N times; prints how many were answered\n";

struct question {
	struct slp_message m;
	uint32_t here, host;
	bool group, stream;
	unsigned int times;
};

static void print(const struct slp_message *m)
{
	struct bytes text = m->reply.n_urls ? m->reply.url[0].url : m->reply.list;

	printf("function %d error %u%s %.*s\n", m->function, m->reply.error,
	       m->overflow ? " overflow" : "", (int)text.n, (const char *)text.p);
}

/*
 * A request that is always answered, behind the others: datagrams of one sender are handled in
 * order, so what was not answered before will not be. From another address @host would be too
 * patient with us.
 */
static void ask_last(const struct question *q, int fd)
{
	struct slp_message m = { .function = SLP_SRVRQST, .xid = LAST_XID,
				 .language = slp_bytes("en"),
				 .request = { .subject = slp_bytes("service:nothing"),
					      .scopes = slp_bytes("nothing") } };
	uint8_t buf[SLP_MTU];

	ask_send(fd, q->host, (struct bytes){ buf, slp_encode(&m, buf, sizeof(buf)) });
}

/* Answers of @host until that to the last request; one, without @count, is printed. */
static unsigned int hear(const struct question *q, int fd, bool count)
{
	unsigned int n = 0;
	uint8_t buf[SLP_MTU + 1];
	uint32_t from;
	size_t len;

	while ((len = ask_receive(fd, ASK_PATIENCE_MS, buf, &from))) {
		struct slp_message m;

		if (from != q->host)
			continue;
		if (slp_decode((struct bytes){ buf, len }, &m) != SLP_OK)
			ask_fail("an answer that is none");
		if (m.xid == LAST_XID)
			return n;
		if (!count)
			print(&m);
		n++;
	}
	ask_fail("no answer");
}

/* So many at once; those over the limit are not answered, the last one neither. */
static void flood(const struct question *q, struct bytes data)
{
	int fd = ask_udp(q->here, 0);
	uint8_t buf[SLP_MTU + 1];
	unsigned int n = 0;
	uint32_t from;

	for (unsigned int i = 0; i < q->times; i++)
		ask_send(fd, q->group ? SLP_GROUP : q->host, data);
	/* What is answered at all is on its way by now: the rest is silence. */
	while (ask_receive(fd, 500, buf, &from))
		n += from == q->host;
	printf("asked %u answered %u\n", q->times, n);
	close(fd);
}

static void ask(const struct question *q)
{
	uint8_t data[SLP_STREAM_MAX], buf[SLP_STREAM_MAX];
	struct bytes b = { data, slp_encode(&q->m, data, sizeof(data)) };
	struct slp_message m;
	size_t n;
	int fd;

	if (q->times) {
		flood(q, b);
	} else if (q->stream) {
		n = ask_by_stream(q->here, q->host, b, buf);
		if (!n)
			puts("closed");
		else if (slp_decode((struct bytes){ buf, n }, &m) == SLP_OK)
			print(&m);
	} else {
		fd = ask_udp(q->here, 0);
		ask_send(fd, q->group ? SLP_GROUP : q->host, b);
		ask_last(q, fd);
		if (!hear(q, fd, false))
			puts("silence");
		close(fd);
	}
}

static bool set_kind(struct slp_message *m, const char *kind)
{
	if (!strcmp(kind, "service"))
		m->function = SLP_SRVRQST;
	else if (!strcmp(kind, "attrs"))
		m->function = SLP_ATTRRQST;
	else if (!strcmp(kind, "types"))
		m->function = SLP_SRVTYPERQST;
	else
		return false;
	m->request.any_authority = m->function == SLP_SRVTYPERQST;
	return true;
}

static void run(struct question *q, const char *kind, const char *scope, const char *subject,
		const char *filter)
{
	if (!strcmp(kind, "fake")) {
		fake_serve(q->here, scope, filter);
	} else if (!strcmp(kind, "noise")) {
		noise_make(q->here, q->host, scope, (unsigned int)strtoul(subject, NULL, 10));
	} else if (set_kind(&q->m, kind)) {
		q->m.request.scopes = slp_bytes(scope);
		q->m.request.subject = slp_bytes(subject);
		q->m.request.filter = slp_bytes(filter);
		q->m.multicast = q->group;
		ask(q);
	} else {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct question q = { .m = { .xid = XID, .language = slp_bytes("en") } };
	int c;

	while ((c = getopt(argc, argv, "gtl:n:")) != -1) {
		switch (c) {
		case 'g':
			q.group = true;
			break;
		case 't':
			q.stream = true;
			break;
		case 'l':
			q.m.language = slp_bytes(optarg);
			break;
		case 'n':
			q.times = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	argv += optind;
	argc -= optind;
	if (argc < 4 || argc > 6 || !slp_undotted(slp_bytes(argv[1]), &q.here) ||
	    !slp_undotted(slp_bytes(argv[2]), &q.host)) {
		fputs(usage, stderr);
		return 2;
	}
	run(&q, argv[0], argv[3], argc > 4 ? argv[4] : "", argc > 5 ? argv[5] : "");
	return 0;
}
