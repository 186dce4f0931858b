// SPDX-License-Identifier: GPL-2.0
/*
 * Writers, each with one transaction under way, over the client library: how many commits per
 * second, and how long each takes. Those of one device share a thread and a handle, and submit
 * without waiting; a single one waits in its call. Also the load of the cluster tests: -o tells
 * what was committed. -e has a line for each device before that of all.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
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
 * @each: each device is reported by itself as well
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
	bool each;
};

/**
 * struct pace - when any client was told a commit, to find the longest gap between two
 * @lock: of the rest, where lanes share it
 * @last_us: last one, 0 before the first
 * @gap_us: longest gap
 * @gap_at_us: when it began, CLOCK_MONOTONIC as stall_bench has it
 */
struct pace {
	pthread_mutex_t lock;
	uint64_t last_us;
	uint64_t gap_us;
	uint64_t gap_at_us;
};

/**
 * struct client - one writer
 * @number: from 0
 * @txn: the transaction under way
 * @label: of its object
 * @start_us: when it was submitted
 * @busy: there is one
 * @us: microseconds of each commit, @n of @room
 * @n: entries used
 * @room: entries there are
 * @error: what ended it early, 0 for nothing
 */
struct client {
	unsigned int number;
	struct hsmrepl_txn *txn;
	char label[LABEL_MAX];
	uint64_t start_us;
	bool busy;
	uint32_t *us;
	size_t n;
	size_t room;
	int error;
};

/**
 * struct lane - the clients of one device, served by one thread
 * @plan: shared, read only
 * @pace: of all lanes
 * @own_pace: of this one
 * @dev: handle
 * @thread: runs it
 * @go: set once all are ready
 * @client: one of the plan's clients in @plan->n_devices is of this lane, from here on
 * @n: so many
 * @payload: of the objects
 * @records: HSMREPL_READ_MIN bytes
 * @end_us: no transaction begins after it
 */
struct lane {
	const struct plan *plan;
	struct pace *pace;
	struct pace own_pace;
	struct hsmrepl *dev;
	pthread_t thread;
	pthread_barrier_t *go;
	struct client *client;
	unsigned int n;
	uint8_t *payload;
	uint8_t *records;
	uint64_t end_us;
};

static atomic_bool ended;	/* by SIGTERM: what was measured so far is told */

static void on_term(int signal)
{
	(void)signal;
	ended = true;
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
	if (p->last_us && now > p->last_us && now - p->last_us > p->gap_us) {
		p->gap_us = now - p->last_us;
		p->gap_at_us = p->last_us;
	}
	if (now > p->last_us)
		p->last_us = now;
}

static struct client *client_at(const struct lane *l, unsigned int i)
{
	return &l->client[i * l->plan->n_devices];
}

static int tell(const struct lane *l, const struct client *c)
{
	char line[LABEL_MAX + 1];
	int len = snprintf(line, sizeof(line), "%s\n", c->label);

	if (l->plan->told < 0 || write(l->plan->told, line, (size_t)len) == len)
		return 0;
	return -EIO;
}

static void note(struct lane *l, struct client *c, int error)
{
	uint64_t now = clock_us();

	c->busy = false;
	c->error = error;
	if (error)
		return;
	pthread_mutex_lock(&l->pace->lock);
	keep_pace(l->pace, now);
	pthread_mutex_unlock(&l->pace->lock);
	keep_pace(&l->own_pace, now);
	c->error = keep(c, now - c->start_us);
	if (!c->error)
		c->error = tell(l, c);
}

/* The client's next object, if it makes another one. */
static bool begin(const struct lane *l, struct client *c)
{
	const struct plan *plan = l->plan;
	struct hsmrepl_change change = { .code = HSMREPL_OP_CREATE, .label = c->label,
					 .payload = l->payload, .payload_len = plan->payload_len };

	if (c->error || c->busy || ended ||
	    (plan->count ? c->n >= plan->count : clock_us() >= l->end_us))
		return false;
	change.label_len = (size_t)snprintf(c->label, sizeof(c->label), "%s-%u-%zu", plan->prefix,
					    c->number, c->n);
	memset(l->payload, 'a' + (int)(c->number % 26), plan->payload_len);
	hsmrepl_txn_clear(c->txn);
	c->error = hsmrepl_txn_add(c->txn, &change);
	c->start_us = clock_us();
	c->busy = !c->error;
	return c->busy;
}

static void work_alone(struct lane *l)
{
	struct client *c = client_at(l, 0);
	struct hsmrepl_submit result;

	while (begin(l, c))
		note(l, c, hsmrepl_txn_submit(l->dev, c->txn, 0, &result));
}

/* All that are idle submit at once. Returns how many are under way. */
static unsigned int submit_idle(struct lane *l)
{
	struct hsmrepl_request request[CLIENTS_MAX];
	unsigned int n = 0, busy = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		struct client *c = client_at(l, i);

		if (begin(l, c))
			request[n++] = (struct hsmrepl_request){ .txn = c->txn, .cookie = i };
		busy += c->busy;
	}
	hsmrepl_txn_submit_many(l->dev, request, n);
	for (unsigned int i = 0; i < n; i++)
		if (request[i].error) {
			note(l, client_at(l, (unsigned int)request[i].cookie), request[i].error);
			busy--;
		}
	return busy;
}

static void take(struct lane *l, const uint8_t *records, size_t len)
{
	struct hsmrepl_completion done;
	struct hsmrepl_record record;

	for (; len; records += record.len, len -= record.len) {
		memcpy(&record, records, sizeof(record));
		memcpy(&done, records + sizeof(record), sizeof(done));
		note(l, client_at(l, (unsigned int)done.cookie), -(int)done.error);
	}
}

/* What is done by now; waits until something is. Returns 0 or -errno. */
static int take_done(struct lane *l)
{
	struct pollfd pfd = { .fd = hsmrepl_fd(l->dev), .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	while ((n = hsmrepl_read(l->dev, l->records, HSMREPL_READ_MIN)) > 0)
		take(l, l->records, (size_t)n);
	return n == -EAGAIN ? 0 : (int)n;
}

static void work_together(struct lane *l)
{
	int ret = 0;

	while (!ret && submit_idle(l))
		ret = take_done(l);
	for (unsigned int i = 0; i < l->n && ret; i++)
		if (client_at(l, i)->busy)
			note(l, client_at(l, i), ret);
}

static int prepare(struct lane *l, const char *path)
{
	l->dev = hsmrepl_open(path, O_RDWR | O_NONBLOCK);
	if (!l->dev)
		return -errno;
	l->payload = malloc(l->plan->payload_len + 1);
	l->records = malloc(HSMREPL_READ_MIN);
	for (unsigned int i = 0; i < l->n; i++) {
		client_at(l, i)->txn = hsmrepl_txn_new();
		if (!l->payload || !l->records || !client_at(l, i)->txn)
			return -ENOMEM;
	}
	return 0;
}

static void *run(void *arg)
{
	struct lane *l = arg;
	int ret = prepare(l, l->plan->device[client_at(l, 0)->number % l->plan->n_devices]);

	pthread_barrier_wait(l->go);
	l->end_us = clock_us() + (uint64_t)l->plan->seconds * 1000000;
	if (!ret && l->n == 1)
		work_alone(l);
	else if (!ret)
		work_together(l);
	for (unsigned int i = 0; i < l->n; i++) {
		if (ret)
			client_at(l, i)->error = ret;
		hsmrepl_txn_free(client_at(l, i)->txn);
	}
	free(l->payload);
	free(l->records);
	hsmrepl_close(l->dev);
	return NULL;
}

static int by_value(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

static unsigned int tell_failed(const struct plan *plan, const struct client *client)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < plan->clients; i++) {
		if (client[i].error && !failed++)
			fprintf(stderr, "load_bench: client %u: %s (%s)\n", i,
				hsmrepl_error_text(client[i].error),
				hsmrepl_error_name(client[i].error));
	}
	return failed;
}

/**
 * struct share - clients that are reported together: every @step th from @first on
 * @client: all of them
 * @end: behind the last one
 * @first: the first one
 * @step: 1, or the number of devices for those of one
 * @pace: theirs
 */
struct share {
	const struct client *client;
	unsigned int end;
	unsigned int first;
	unsigned int step;
	const struct pace *pace;
};

/* The times of all commits in ascending order, for free(). NULL: no memory. */
static uint32_t *all_times(const struct share *s, size_t *n)
{
	uint32_t *all;

	*n = 0;
	for (unsigned int i = s->first; i < s->end; i += s->step)
		*n += s->client[i].n;
	all = malloc((*n + 1) * sizeof(*all));
	if (!all)
		return NULL;
	*n = 0;
	for (unsigned int i = s->first; i < s->end; i += s->step)
		for (size_t j = 0; j < s->client[i].n; j++)
			all[(*n)++] = s->client[i].us[j];
	qsort(all, *n, sizeof(*all), by_value);
	return all;
}

/* One line for people and scripts: name=value. False: no memory. */
static bool report(const struct share *s, uint64_t start_us, uint64_t took_us)
{
	unsigned int clients = 0, failed = 0;
	uint32_t *all;
	size_t n;

	all = all_times(s, &n);
	if (!all)
		return false;
	for (unsigned int i = s->first; i < s->end; i += s->step) {
		clients++;
		failed += s->client[i].error != 0;
	}
	printf("clients=%u committed=%zu failed=%u ops_s=%.0f p50_us=%u p99_us=%u max_us=%u "
	       "gap_us=%" PRIu64 " gap_at_ms=%" PRIu64 " gap_from_us=%" PRIu64 "\n",
	       clients, n, failed, (double)n * 1e6 / (double)took_us, n ? all[n / 2] : 0,
	       n ? all[n - 1 - n / 100] : 0, n ? all[n - 1] : 0, s->pace->gap_us,
	       s->pace->gap_us ? (s->pace->gap_at_us - start_us) / 1000 : 0, s->pace->gap_at_us);
	free(all);
	return true;
}

/* Returns whether all clients went on to the end, and all is told. */
static bool report_all(const struct plan *plan, const struct lane *lane, unsigned int lanes,
		       const struct client *client, uint64_t start_us)
{
	struct share share = { .client = client, .end = plan->clients, .step = plan->n_devices };
	uint64_t took_us = clock_us() - start_us;
	bool ok = !tell_failed(plan, client);

	for (unsigned int i = 0; i < lanes && plan->each; i++) {
		share.first = i;
		share.pace = &lane[i].own_pace;
		printf("device=%s ", plan->device[i]);
		ok &= report(&share, start_us, took_us);
	}
	share.first = 0;
	share.step = 1;
	share.pace = lane->pace;
	printf("nodes=%u ", plan->n_devices);
	return report(&share, start_us, took_us) && ok;
}

static void start(struct lane *l, struct client *client, unsigned int number)
{
	const struct plan *plan = l->plan;

	l->client = &client[number];
	l->n = (plan->clients - number + plan->n_devices - 1) / plan->n_devices;
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		fprintf(stderr, "load_bench: no thread for %s\n", plan->device[number]);
		exit(1);
	}
}

static int execute(const struct plan *plan)
{
	struct client *client = calloc(plan->clients, sizeof(*client));
	struct pace pace = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct lane lane[DEVICES_MAX];
	pthread_barrier_t go;
	unsigned int lanes;
	uint64_t began;
	bool ok;

	lanes = plan->clients < plan->n_devices ? plan->clients : plan->n_devices;
	if (!client || pthread_barrier_init(&go, NULL, lanes + 1) != 0)
		return 1;
	for (unsigned int i = 0; i < plan->clients; i++)
		client[i].number = i;
	for (unsigned int i = 0; i < lanes; i++) {
		lane[i] = (struct lane){ .plan = plan, .pace = &pace, .go = &go };
		start(&lane[i], client, i);
	}
	pthread_barrier_wait(&go);
	began = clock_us();
	for (unsigned int i = 0; i < lanes; i++)
		pthread_join(lane[i].thread, NULL);
	ok = report_all(plan, lane, lanes, client, began);
	for (unsigned int i = 0; i < plan->clients; i++)
		free(client[i].us);
	free(client);
	pthread_barrier_destroy(&go);
	return ok ? 0 : 1;
}

static int usage(void)
{
	fputs("usage: load_bench [-c CLIENTS] [-s SECONDS | -n COUNT] [-b BYTES] [-p PREFIX] "
	      "[-o FILE] [-e] DEVICE...\n",
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
	case 'e':
		plan->each = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { .clients = 1, .seconds = SECONDS_DEFAULT, .prefix = "load",
			     .payload_len = PAYLOAD_DEFAULT, .told = -1 };
	int c;

	while ((c = getopt(argc, argv, "c:s:n:b:p:o:e")) != -1)
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
