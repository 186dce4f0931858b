// SPDX-License-Identifier: GPL-2.0
/*
 * hsmrepl-softdev: arguments.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "device.h"

#define DEFAULT_OBJECTS_MAX	1000000
#define DEFAULT_BYTES_MAX	(4ULL << 30)
#define DEFAULT_QUEUE_MAX	4096
#define DEFAULT_GRACE_MS	10000

enum option_number {
	OPTION_OBJECTS_MAX = 256,
	OPTION_BYTES_MAX,
	OPTION_QUEUE_MAX,
	OPTION_PAYLOAD_MAX,
	OPTION_GRACE_MS,
};

static const struct option options[] = {
	{ "objects-max", required_argument, NULL, OPTION_OBJECTS_MAX },
	{ "bytes-max", required_argument, NULL, OPTION_BYTES_MAX },
	{ "queue-max", required_argument, NULL, OPTION_QUEUE_MAX },
	{ "payload-max", required_argument, NULL, OPTION_PAYLOAD_MAX },
	{ "grace-ms", required_argument, NULL, OPTION_GRACE_MS },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void usage(FILE *to)
{
	fprintf(to,
		"usage: hsmrepl-softdev [options] SOCKET\n"
		"  --objects-max N   objects in the store (%d)\n"
		"  --bytes-max N     bytes of memory for objects (%llu)\n"
		"  --queue-max N     transactions that may wait (%d)\n"
		"  --payload-max N   bytes of one payload (%d)\n"
		"  --grace-ms N      how long callers wait for an agent that went away (%d)\n",
		DEFAULT_OBJECTS_MAX, DEFAULT_BYTES_MAX, DEFAULT_QUEUE_MAX, HSMREPL_PAYLOAD_MAX,
		DEFAULT_GRACE_MS);
}

static int parse_number(const char *name, const char *text, u64 max, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || !*value || *value > max) {
		fprintf(stderr, "hsmrepl-softdev: --%s %s: give a number from 1 to %llu\n", name,
			text, (unsigned long long)max);
		return -EINVAL;
	}
	return 0;
}

static int set_limit(struct hsm_limits *limits, int option, const char *name, const char *text)
{
	u64 max = option == OPTION_PAYLOAD_MAX ? HSMREPL_PAYLOAD_MAX : INT32_MAX;
	u64 value;
	int ret;

	if (option == OPTION_OBJECTS_MAX || option == OPTION_BYTES_MAX)
		max = INT64_MAX;
	ret = parse_number(name, text, max, &value);
	if (ret)
		return ret;
	switch (option) {
	case OPTION_OBJECTS_MAX:
		limits->objects_max = value;
		break;
	case OPTION_BYTES_MAX:
		limits->bytes_max = value;
		break;
	case OPTION_QUEUE_MAX:
		limits->queue_max = value;
		break;
	case OPTION_PAYLOAD_MAX:
		limits->payload_max = value;
		break;
	case OPTION_GRACE_MS:
		limits->grace_ms = value;
		break;
	}
	return 0;
}

static int serve(const char *path, const struct hsm_limits *limits)
{
	struct soft_device *dev = calloc(1, sizeof(*dev));

	if (!dev || device_open(dev, path, limits)) {
		free(dev);
		return EXIT_FAILURE;
	}
	device_run(dev);
	device_close(dev);
	free(dev);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct hsm_limits limits = {
		.payload_max = HSMREPL_PAYLOAD_MAX,
		.queue_max = DEFAULT_QUEUE_MAX,
		.grace_ms = DEFAULT_GRACE_MS,
		.outcomes = HSM_OUTCOMES,
		.objects_max = DEFAULT_OBJECTS_MAX,
		.bytes_max = DEFAULT_BYTES_MAX,
	};
	int option, which;

	while ((option = getopt_long(argc, argv, "h", options, &which)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (option == '?' || set_limit(&limits, option, options[which].name, optarg)) {
			usage(stderr);
			return 2;
		}
	}
	if (argc - optind != 1 || !*argv[optind]) {
		usage(stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	return serve(argv[optind], &limits);
}
