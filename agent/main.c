// SPDX-License-Identifier: GPL-2.0
/* hsmrepld: the agent of one node. See hsmrepld(8). */
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "shell/agent.h"
#include "shell/exhibit.h"

#define CONFIG_PATH "/etc/hsmrepl/hsmrepld.conf"
#define EXIT_USAGE 2

static const char usage[] =
	"usage: hsmrepld [-c FILE] [--trace FILE]\n"
	"       hsmrepld [-c FILE] --quarantine FILE [--export]\n"
	"  -c, --config FILE   configuration, " CONFIG_PATH " if not given\n"
	"      --trace FILE    append every event and action of the protocol to FILE\n"
	"      --quarantine FILE  print what a quarantine file holds, a JSON line for each object\n"
	"      --export    with payloads, as hsmreplctl load takes them\n"
	"      --version       print the version and exit\n"
	"      --help          print this and exit\n";

enum { OPTION_TRACE = 256, OPTION_QUARANTINE, OPTION_EXPORT, OPTION_VERSION, OPTION_HELP };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "quarantine", required_argument, NULL, OPTION_QUARANTINE },
	{ "export", no_argument, NULL, OPTION_EXPORT },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/* A file that is opened later must not take the place of a closed stream, and be logged into. */
static void hold_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *config = CONFIG_PATH;
	const char *trace = NULL, *quarantine = NULL;
	bool export = false;
	int c;

	hold_standard();
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			config = optarg;
			break;
		case OPTION_TRACE:
			trace = optarg;
			break;
		case OPTION_QUARANTINE:
			quarantine = optarg;
			break;
		case OPTION_EXPORT:
			export = true;
			break;
		case OPTION_VERSION:
			puts("hsmrepld " HSMREPL_VERSION);
			return 0;
		case OPTION_HELP:
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "hsmrepld: unexpected argument: %s\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	/* Nobody asks SQLite how much memory it has: each piece would be counted behind a lock. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (quarantine)
		return exhibit_print(config, quarantine, export);
	return agent_run(config, trace);
}
