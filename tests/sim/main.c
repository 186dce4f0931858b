// SPDX-License-Identifier: GPL-2.0
/*
 * hsmrepl-sim: runs seeds, in a process of their own so that a broken assertion of one fails that
 * seed only, tells the end of the story of those that fail, and adds up.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "object.h"
#include "random.h"
#include "world.h"

#define SEEDS_DEFAULT	2000
#define SEEDS_PROGRESS	10000	/* a line to stderr after so many */
#define STORY_LINES	50	/* of a seed that failed */
#define STORIES_MAX	3	/* told in full; later ones get one line */
#define LINE_MAX_LEN	400
#define SEED_SECONDS	20	/* of real time; then it is stuck */

struct arguments {
	uint64_t seed;
	uint64_t seeds;
	uint64_t steps;
	bool trace;
	bool first;
	const char *commit;
};

/**
 * struct tally_sheet - shared between the runner and whoever waits for it
 * @seed: at work
 * @passed: seeds
 * @failed: seeds that ended with a violation
 * @last_failed: the last one of them
 * @totals: of all seeds that ended
 */
struct tally_sheet {
	uint64_t seed;
	uint64_t passed;
	uint64_t failed;
	uint64_t last_failed;
	struct totals totals;
};

static struct world *world_new(const struct arguments *args, bool trace)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || hsm_object_setup()) {
		fprintf(stderr, "hsmrepl-sim: no memory\n");
		exit(1);
	}
	w->steps_max = args->steps;
	w->trace = trace;
	random_source(&w->rng);
	return w;
}

/* Runs seeds from sheet->seed to @end, up to the first that fails. */
static void run_seeds(const struct arguments *args, struct tally_sheet *sheet, uint64_t end)
{
	struct world *w = world_new(args, args->trace);

	w->totals = sheet->totals;
	for (; sheet->seed < end; sheet->seed++) {
		bool ok;

		alarm(SEED_SECONDS);
		ok = world_run(w, sheet->seed);
		sheet->totals = w->totals;
		if ((sheet->seed - args->seed + 1) % SEEDS_PROGRESS == 0)
			fprintf(stderr, "%" PRIu64 " seeds, %" PRIu64 " failed\n",
				sheet->seed - args->seed + 1, sheet->failed + !ok);
		if (ok) {
			sheet->passed++;
			continue;
		}
		printf("seed %" PRIu64 ": %s violated: %s\n", sheet->seed, w->ledger.violated,
		       w->ledger.why);
		sheet->failed++;
		sheet->last_failed = sheet->seed++;
		break;
	}
	fflush(stdout);
	_exit(0);
}

static void keep_last_lines(FILE *from)
{
	static char line[STORY_LINES][LINE_MAX_LEN];
	unsigned int n = 0;

	while (fgets(line[n % STORY_LINES], LINE_MAX_LEN, from))
		n++;
	for (unsigned int i = n > STORY_LINES ? n - STORY_LINES : 0; i < n; i++)
		printf("  %s", line[i % STORY_LINES]);
}

/* The same seed tells the same story again. */
static void tell_story(const struct arguments *args, uint64_t seed)
{
	int ends[2], status;
	pid_t pid;
	FILE *from;

	fflush(stdout);
	if (pipe(ends) || (pid = fork()) < 0) {
		perror("hsmrepl-sim");
		exit(1);
	}
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		setvbuf(stdout, NULL, _IOLBF, 0);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		alarm(SEED_SECONDS);
		world_run(world_new(args, true), seed);
		fflush(stdout);
		_exit(0);
	}
	close(ends[1]);
	from = fdopen(ends[0], "r");
	keep_last_lines(from);
	fclose(from);
	waitpid(pid, &status, 0);
	printf("  again, at %s: build/hsmrepl-sim --seed %" PRIu64 " --trace\n", args->commit,
	       seed);
}

/* One runner, until it is through or fails. Returns whether a seed failed. */
static bool run_once(const struct arguments *args, struct tally_sheet *sheet, uint64_t end)
{
	uint64_t failed = sheet->failed;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("hsmrepl-sim: fork");
		exit(1);
	}
	if (!pid)
		run_seeds(args, sheet, end);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		printf("seed %" PRIu64 ": %s\n", sheet->seed, WTERMSIG(status) == SIGALRM ?
		       "does not end" : "a broken assertion, see above");
		sheet->failed++;
		sheet->last_failed = sheet->seed++;
	}
	return sheet->failed != failed;
}

static void print_totals(const struct tally_sheet *sheet, double seconds)
{
	const struct totals *t = &sheet->totals;

	for (unsigned int f = 0; f < FAULTS; f++)
		printf("%-22s %10" PRIu64 "\n", fault_name((enum fault)f), t->faults[f]);
	for (unsigned int d = 0; d < DEEDS; d++)
		printf("%-22s %10" PRIu64 "\n", deed_name((enum deed)d), t->deeds[d]);
	printf("calls %" PRIu64 " (%" PRIu64 " never learned), TLs applied %" PRIu64 ", flushes %"
	       PRIu64 ", frames %" PRIu64 ", steps %" PRIu64 "\n", t->calls, t->pending, t->commits,
	       t->flushes, t->frames, t->steps);
	printf("linearizability: %" PRIu64 " search steps, %u labels undecided\n", t->search_steps,
	       t->undecided);
	printf("simulated %.0f s in %.1f s: %.0f times real time, %.1f seeds/s\n",
	       (double)t->simulated_us / 1e6, seconds, (double)t->simulated_us / 1e6 / seconds,
	       (double)(sheet->passed + sheet->failed) / seconds);
}

static void usage(FILE *to)
{
	fprintf(to, "usage: hsmrepl-sim [--seed FIRST] [--seeds COUNT] [--steps MAX] [--first]\n"
		"                   [--commit NAME] [--trace]\n"
		"Runs COUNT worlds (default %u, with --seed 1) of 2 to 5 nodes under faults and\n"
		"checks the invariants of protocol.md. --first ends with the first seed that\n"
		"fails and tells no story. --trace tells the story of each, one line\n"
		"per event and action.\n",
		SEEDS_DEFAULT);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || *end || !*text) {
		fprintf(stderr, "hsmrepl-sim: '%s' is not a number\n", text);
		exit(2);
	}
	return n;
}

static void parse(int argc, char **argv, struct arguments *args)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "seeds", required_argument, NULL, 'n' },
		{ "steps", required_argument, NULL, 'm' }, { "trace", no_argument, NULL, 't' },
		{ "first", no_argument, NULL, 'f' }, { "commit", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	bool first = false, count = false;
	int c;

	*args = (struct arguments){ .seed = 1, .seeds = SEEDS_DEFAULT,
				    .commit = "this commit" };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c') {
			args->commit = optarg;
		} else if (c == 's') {
			args->seed = number(optarg);
			first = true;
		} else if (c == 'n') {
			args->seeds = number(optarg);
			count = true;
		} else if (c == 'm') {
			args->steps = number(optarg);
		} else if (c == 'f') {
			args->first = true;
		} else if (c == 't') {
			args->trace = true;
		} else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
	if (first && !count)
		args->seeds = 1;
	if (optind < argc || !args->seeds) {
		usage(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct tally_sheet *sheet = mmap(NULL, sizeof(*sheet), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec began, now;
	struct arguments args;

	parse(argc, argv, &args);
	if (sheet == MAP_FAILED) {
		perror("hsmrepl-sim");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	sheet->seed = args.seed;
	while (sheet->seed < args.seed + args.seeds && !(args.first && sheet->failed))
		if (run_once(&args, sheet, args.seed + args.seeds) && !args.trace && !args.first &&
		    sheet->failed <= STORIES_MAX)
			tell_story(&args, sheet->last_failed);
	clock_gettime(CLOCK_MONOTONIC, &now);
	print_totals(sheet, (double)(now.tv_sec - began.tv_sec) +
		     (double)(now.tv_nsec - began.tv_nsec) / 1e9);
	printf("sim: passed %" PRIu64 ", failed %" PRIu64 "\n", sheet->passed, sheet->failed);
	return sheet->failed != 0;
}
