// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: the command line up to the verb.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

static void help(FILE *to)
{
	const struct ctl_verb *verb;

	fputs("usage: hsmreplctl [--device PATH] [--json] VERB ...\n"
	      "PATH is a device of the module or the socket of a software device;\n"
	      "default: $" HSMREPL_ENV_DEVICE ", else " HSMREPL_DEVICE "\n\n", to);
	for (verb = ctl_verbs(); verb->name; verb++)
		fprintf(to, "  %-12s%-55s %s\n", verb->name, verb->synopsis, verb->help);
	fputs("\nexit status: 0 done, 1 refused or failed, 2 usage, 3 outcome pending, 4 timeout\n",
	      to);
}

/*
 * A standard stream that is closed stays unusable: the next thing to be opened, the device, would
 * take its place, and be read or written as if it were the stream.
 */
static void hold_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

/* @status, unless the output went nowhere. */
static int end_output(struct ctl *ctl, int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	ctl_say("%s%sthe output could not be written: see that there is room where it goes",
		ctl->verb ? ctl->verb->name : "", ctl->verb ? ": " : "");
	return CTL_FAILED;
}

static int run_verb(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_verb *verb;
	int status;

	for (verb = ctl_verbs(); verb->name; verb++) {
		if (!strcmp(verb->name, argv[0]))
			break;
	}
	if (!verb->name)
		return ctl_usage(ctl, "%s: no such verb: hsmreplctl --help lists them", argv[0]);
	ctl->verb = verb;
	status = verb->function(ctl, argc, argv);
	hsmrepl_close(ctl->dev);
	return end_output(ctl, status);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct ctl ctl = { 0 };
	int option;

	hold_standard();
	while ((option = getopt_long(argc, argv, "+hd:", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			ctl.device = optarg;
			break;
		case 'j':
			ctl.json = true;
			break;
		case 'h':
			help(stdout);
			return end_output(&ctl, CTL_DONE);
		default:
			return CTL_USAGE;
		}
	}
	if (optind == argc) {
		help(stderr);
		return CTL_USAGE;
	}
	return run_verb(&ctl, argc - optind, argv + optind);
}
