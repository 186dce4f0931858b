// SPDX-License-Identifier: GPL-2.0
/*
 * Writers that remember what they were told, over nodes that are killed under them. One line for
 * each transaction, written before the next one begins:
 *
 *   committed LABEL TID     told committed: the object must be there for ever
 *   aborted LABEL ERRNO     told that it was not applied: it must never be there
 *   unknown LABEL TID       nothing was told (TID 0: not even that)
 *
 * A device that is gone is opened again until it is back.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hsmrepl.h"

#define CLIENTS_MAX	256
#define PREFIX_MAX	40		/* bytes of a label's beginning */
#define PAYLOAD		64		/* bytes of an object */
#define PAYLOAD_LARGE	2048		/* of one that a node with a lower limit refuses */
#define LARGE_EVERY	16		/* transactions of a client */
#define SUBMIT_MS	20000		/* for one transaction, unless said otherwise */
#define PAUSE_US	5000		/* until a device that refuses or is gone is asked again */

/**
 * struct plan - what all clients share
 * @device: paths, clients are dealt out to them in turn
 * @n_devices: entries of @device
 * @clients: writers
 * @end_ms: nothing is begun after that
 * @submit_ms: for one transaction; then its fate is unknown
 * @prefix: of all labels
 * @large: now and then an object of PAYLOAD_LARGE
 */
struct plan {
	char **device;
	unsigned int n_devices;
	unsigned int clients;
	uint64_t end_ms;
	unsigned int submit_ms;
	const char *prefix;
	bool large;
};

/**
 * struct client - one writer
 * @plan: shared, read only
 * @number: from 0
 * @thread: runs it
 * @dev: NULL while the device is gone
 * @count: transactions begun
 */
struct client {
	const struct plan *plan;
	unsigned int number;
	pthread_t thread;
	struct hsmrepl *dev;
	uint64_t count;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* By the errno table of the device: what each error says of the transaction. */
static bool is_unknown(int ret)
{
	return ret == -EINPROGRESS || ret == -EINTR || ret == -ENODEV || ret == -EIO;
}

static void tell(const char *label, int ret, uint64_t tid)
{
	char line[128];
	int len;

	if (!ret)
		len = snprintf(line, sizeof(line), "committed %s %016" PRIx64 "\n", label, tid);
	else if (is_unknown(ret))
		len = snprintf(line, sizeof(line), "unknown %s %016" PRIx64 "\n", label, tid);
	else
		len = snprintf(line, sizeof(line), "aborted %s %s\n", label,
			       hsmrepl_error_name(ret));
	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		exit(1);	/* who cannot tell must not go on */
}

static int submit(struct client *c, struct hsmrepl_txn *txn, const char *label)
{
	static const uint8_t payload[PAYLOAD_LARGE];
	bool large = c->plan->large && c->count % LARGE_EVERY == LARGE_EVERY - 1;
	struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE, .label = label, .label_len = strlen(label),
		.payload = payload, .payload_len = large ? PAYLOAD_LARGE : PAYLOAD,
	};
	struct hsmrepl_submit result;
	int ret;

	hsmrepl_txn_clear(txn);
	ret = hsmrepl_txn_add(txn, &change);
	if (ret)
		return ret;
	ret = hsmrepl_txn_submit(c->dev, txn, c->plan->submit_ms, &result);
	tell(label, ret, result.tid);
	return ret;
}

static void step(struct client *c, struct hsmrepl_txn *txn)
{
	char label[96];
	int ret;

	if (!c->dev)
		c->dev = hsmrepl_open(c->plan->device[c->number % c->plan->n_devices], O_RDWR);
	if (!c->dev) {
		usleep(PAUSE_US);
		return;
	}
	snprintf(label, sizeof(label), "%s-%u-%" PRIu64, c->plan->prefix, c->number, c->count);
	ret = submit(c, txn, label);
	c->count++;
	if (ret == -ENODEV) {
		hsmrepl_close(c->dev);
		c->dev = NULL;
	}
	if (ret)
		usleep(PAUSE_US);
}

static void *run(void *arg)
{
	struct client *c = arg;
	struct hsmrepl_txn *txn = hsmrepl_txn_new();

	while (txn && now_ms() < c->plan->end_ms)
		step(c, txn);
	hsmrepl_txn_free(txn);
	hsmrepl_close(c->dev);
	return NULL;
}

static int execute(const struct plan *plan)
{
	struct client *client = calloc(plan->clients, sizeof(*client));

	if (!client)
		return 1;
	for (unsigned int i = 0; i < plan->clients; i++) {
		client[i].plan = plan;
		client[i].number = i;
		if (pthread_create(&client[i].thread, NULL, run, &client[i]) != 0) {
			fprintf(stderr, "witness: no thread for client %u\n", i);
			exit(1);
		}
	}
	for (unsigned int i = 0; i < plan->clients; i++)
		pthread_join(client[i].thread, NULL);
	free(client);
	return 0;
}

static int usage(void)
{
	fputs("usage: witness [-c CLIENTS] [-m MS] [-t MS] [-p PREFIX] [-l] DEVICE...\n"
	      "  -m  begin nothing after that time\n"
	      "  -t  for one transaction; then its fate is unknown\n"
	      "  -l  now and then an object of 2048 bytes, which a lower limit refuses\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct plan plan = { .clients = 1, .prefix = "witness", .submit_ms = SUBMIT_MS };
	unsigned long ms = 1000;
	int c;

	while ((c = getopt(argc, argv, "c:m:t:p:l")) != -1) {
		if (c == 'c')
			plan.clients = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'm')
			ms = strtoul(optarg, NULL, 10);
		else if (c == 't')
			plan.submit_ms = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			plan.prefix = optarg;
		else if (c == 'l')
			plan.large = true;
		else
			return usage();
	}
	plan.device = argv + optind;
	plan.n_devices = (unsigned int)(argc - optind);
	if (!plan.n_devices || !plan.clients || plan.clients > CLIENTS_MAX ||
	    strlen(plan.prefix) > PREFIX_MAX)
		return usage();
	plan.end_ms = now_ms() + ms;
	return execute(&plan);
}
