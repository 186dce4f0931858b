// SPDX-License-Identifier: GPL-2.0
/*
 * Writers, each with one transaction under way, over the client library: how many commits per
 * second, and how long each takes. Also the load of the cluster tests: -o tells what was committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hsmrepl.h"

#define CLIENTS_MAX 1024
#define DEVICES_MAX HSMREPL_NODES_MAX
#define SAMPLES_MAX (4u << 20)	/* of one client */
#define SAMPLES_FIRST 4096u
#define PAYLOAD_DEFAULT 1024
#define SECONDS_DEFAULT 10
#define LABEL_MAX 96

/**
 * struct plan - what is to be done
 * @device: paths, clients are dealt out to them in turn
 * @n_devices: entries of @device
 * @clients: writers
 * @seconds: how long, if @count is 0
 * @count: transactions of each writer, 0 for as many as there is time for
 * @payload_len: bytes of an object
 * @prefix: of all labels
 * @told: descriptor to which labels of committed objects go, one a line; -1 for none
 */
struct plan {
	const char *device[DEVICES_MAX];
	unsigned int n_devices;
	unsigned int clients;
	unsigned int seconds;
	uint64_t count;
	size_t payload_len;
	const char *prefix;
	int told;
};

/**
 * struct pace - when any client was told a commit, to find the longest gap between two
 * @lock: of the rest
 * @last_us: last one, 0 before the first
 * @gap_us: longest gap
 * @gap_at_us: when it began
 */
struct pace {
	pthread_mutex_t lock;
	uint64_t last_us;
	uint64_t gap_us;
	uint64_t gap_at_us;
};

/**
 * struct client - one writer
 * @plan: shared, read only
 * @pace: shared
 * @number: from 0
 * @thread: runs it
 * @go: set once all are ready
 * @us: microseconds of each commit, @n of @room
 * @n: entries used
 * @room: entries there are
 * @error: what ended it early, 0 for nothing
 */
struct client {
	const struct plan *plan;
	struct pace *pace;
	unsigned int number;
	pthread_t thread;
	pthread_barrier_t *go;
	uint32_t *us;
	size_t n;
	size_t room;
	int error;
};

static atomic_bool ended;	/* by SIGTERM: what was measured so far is told */

static void on_term(int signal)
{
	(void)signal;
	ended = true;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int keep(struct client *c, uint64_t us)
{
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : SAMPLES_FIRST;
		uint32_t *more;

		if (room > SAMPLES_MAX)
			return -ENOSPC;
		more = realloc(c->us, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->us = more;
		c->room = room;
	}
	c->us[c->n++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	return 0;
}

static void keep_pace(struct pace *p, uint64_t now)
{
	pthread_mutex_lock(&p->lock);
	if (p->last_us && now > p->last_us && now - p->last_us > p->gap_us) {
		p->gap_us = now - p->last_us;
		p->gap_at_us = p->last_us;
	}
	if (now > p->last_us)
		p->last_us = now;
	pthread_mutex_unlock(&p->lock);
}

static int tell(const struct client *c, const char *label)
{
	char line[LABEL_MAX + 1];
	int len = snprintf(line, sizeof(line), "%s\n", label);

	if (c->plan->told < 0 || write(c->plan->told, line, (size_t)len) == len)
		return 0;
	return -EIO;
}

static int create(struct client *c, struct hsmrepl *dev, struct hsmrepl_txn *txn,
		  const uint8_t *payload)
{
	struct hsmrepl_submit result;
	char label[LABEL_MAX];
	struct hsmrepl_change change = { .code = HSMREPL_OP_CREATE, .label = label,
					 .payload = payload, .payload_len = c->plan->payload_len };
	uint64_t start, now;
	int ret;

	snprintf(label, sizeof(label), "%s-%u-%zu", c->plan->prefix, c->number, c->n);
	change.label_len = strlen(label);
	hsmrepl_txn_clear(txn);
	ret = hsmrepl_txn_add(txn, &change);
	if (ret)
		return ret;
	start = now_us();
	ret = hsmrepl_txn_submit(dev, txn, 0, &result);
	if (ret)
		return ret;
	now = now_us();
	keep_pace(c->pace, now);
	ret = keep(c, now - start);
	return ret ? ret : tell(c, label);
}

static void work(struct client *c, struct hsmrepl *dev, struct hsmrepl_txn *txn)
{
	const struct plan *plan = c->plan;
	uint8_t *payload = malloc(plan->payload_len + 1);
	uint64_t end = now_us() + (uint64_t)plan->seconds * 1000000;

	if (!payload) {
		c->error = -ENOMEM;
		return;
	}
	memset(payload, 'a' + (int)(c->number % 26), plan->payload_len);
	while (!c->error && !ended && (plan->count ? c->n < plan->count : now_us() < end))
		c->error = create(c, dev, txn, payload);
	free(payload);
}

static void *run(void *arg)
{
	struct client *c = arg;
	const char *path = c->plan->device[c->number % c->plan->n_devices];
	struct hsmrepl *dev = hsmrepl_open(path, O_RDWR);
	struct hsmrepl_txn *txn = hsmrepl_txn_new();

	if (!dev)
		c->error = -errno;
	pthread_barrier_wait(c->go);
	if (dev && txn)
		work(c, dev, txn);
	else if (dev)
		c->error = -ENOMEM;
	hsmrepl_txn_free(txn);
	hsmrepl_close(dev);
	return NULL;
}

static int by_value(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* One line for people and scripts: name=value. Returns how many clients ended early. */
static unsigned int report(const struct plan *plan, struct client *client, uint64_t start_us,
			   const struct pace *pace)
{
	uint64_t took_us = now_us() - start_us;
	unsigned int failed = 0;
	uint32_t *all;
	size_t n = 0;

	for (unsigned int i = 0; i < plan->clients; i++)
		n += client[i].n;
	all = malloc((n + 1) * sizeof(*all));
	if (!all)
		return plan->clients;
	n = 0;
	for (unsigned int i = 0; i < plan->clients; i++) {
		for (size_t j = 0; j < client[i].n; j++)
			all[n++] = client[i].us[j];
		if (!client[i].error)
			continue;
		if (!failed++)
			fprintf(stderr, "load_bench: client %u: %s (%s)\n", i,
				hsmrepl_error_text(client[i].error),
				hsmrepl_error_name(client[i].error));
	}
	qsort(all, n, sizeof(*all), by_value);
	printf("clients=%u nodes=%u committed=%zu failed=%u ops_s=%.0f p50_us=%u p99_us=%u "
	       "max_us=%u gap_us=%" PRIu64 " gap_at_ms=%" PRIu64 "\n",
	       plan->clients, plan->n_devices, n, failed, (double)n * 1e6 / (double)took_us,
	       n ? all[n / 2] : 0, n ? all[n - 1 - n / 100] : 0, n ? all[n - 1] : 0, pace->gap_us,
	       pace->gap_us ? (pace->gap_at_us - start_us) / 1000 : 0);
	free(all);
	return failed;
}

static int execute(const struct plan *plan)
{
	struct client *client = calloc(plan->clients, sizeof(*client));
	struct pace pace = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_barrier_t go;
	unsigned int failed;
	uint64_t start;

	if (!client || pthread_barrier_init(&go, NULL, plan->clients + 1) != 0)
		return 1;
	for (unsigned int i = 0; i < plan->clients; i++) {
		client[i].plan = plan;
		client[i].pace = &pace;
		client[i].number = i;
		client[i].go = &go;
		if (pthread_create(&client[i].thread, NULL, run, &client[i]) != 0) {
			fprintf(stderr, "load_bench: no thread for client %u\n", i);
			exit(1);
		}
	}
	pthread_barrier_wait(&go);
	start = now_us();
	for (unsigned int i = 0; i < plan->clients; i++)
		pthread_join(client[i].thread, NULL);
	failed = report(plan, client, start, &pace);
	for (unsigned int i = 0; i < plan->clients; i++)
		free(client[i].us);
	free(client);
	pthread_barrier_destroy(&go);
	return failed ? 1 : 0;
}

static int usage(void)
{
	fputs("usage: load_bench [-c CLIENTS] [-s SECONDS | -n COUNT] [-b BYTES] [-p PREFIX] "
	      "[-o FILE] DEVICE...\n",
	      stderr);
	return 2;
}

static bool number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && end != text && !*end && *value && *value <= max;
}

static bool option(struct plan *plan, int c, const char *text)
{
	uint64_t value = 0;
	bool ok = true;

	switch (c) {
	case 'c':
		ok = number(text, CLIENTS_MAX, &value);
		plan->clients = (unsigned int)value;
		return ok;
	case 's':
		ok = number(text, 86400, &value);
		plan->seconds = (unsigned int)value;
		return ok;
	case 'n':
		return number(text, SAMPLES_MAX, &plan->count);
	case 'b':
		ok = number(text, HSMREPL_PAYLOAD_MAX, &value);
		plan->payload_len = (size_t)value;
		return ok;
	case 'p':
		plan->prefix = text;
		return strlen(text) < LABEL_MAX / 2;
	case 'o':
		plan->told = open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		return plan->told >= 0;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { .clients = 1, .seconds = SECONDS_DEFAULT, .prefix = "load",
			     .payload_len = PAYLOAD_DEFAULT, .told = -1 };
	int c;

	while ((c = getopt(argc, argv, "c:s:n:b:p:o:")) != -1)
		if (!option(&plan, c, optarg))
			return usage();
	for (; optind < argc; optind++) {
		if (plan.n_devices == DEVICES_MAX)
			return usage();
		plan.device[plan.n_devices++] = argv[optind];
	}
	if (!plan.n_devices)
		return usage();
	signal(SIGTERM, on_term);
	return execute(&plan);
}
