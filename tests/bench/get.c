// SPDX-License-Identifier: GPL-2.0
/*
 *   module-get DEVICE COPY OBJECTS SECONDS ROUNDS
 *
 * Reads objects get-0, get-1 … of 1 KiB from the device, in an order without pattern; and lets the
 * ioctl of COPY (tests/bench/copy) copy 1 KiB, as often as it can within SECONDS. Each round does
 * both with one thread and with one per processor. Prints name=value, medians over the rounds and
 * the lowest and highest: what a call takes, the ratio of copy to get, and how many times as many
 * calls all threads make as one.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/hsmrepl.h>

#define THREADS_MAX 64
#define ROUNDS_MAX 1000
#define BYTES 1024
#define LABEL_MAX 16
#define CALLS 64 /* between two looks at the clock */

/**
 * struct work - what a thread does
 * @fd: device, or COPY
 * @labels: of the device's objects; NULL: COPY
 * @objects: there are so many
 * @seconds: how long
 */
struct work {
	int fd;
	const char (*labels)[LABEL_MAX];
	unsigned int objects;
	double seconds;
};

/**
 * struct reader - one thread
 * @work: what it does
 * @calls_s: calls a second that it made
 */
struct reader {
	pthread_t thread;
	const struct work *work;
	double calls_s;
};

/**
 * struct samples - a figure of each round
 */
struct samples {
	double value[ROUNDS_MAX];
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void get(int fd, const char *label, void *buf)
{
	struct hsmrepl_get arg = {
		.size = sizeof(arg),
		.label = (uintptr_t)label,
		.label_len = (uint32_t)strlen(label),
		.buf = (uintptr_t)buf,
		.buf_len = BYTES,
	};

	if (ioctl(fd, HSMREPL_IOC_GET, &arg) < 0 || arg.payload_len != BYTES)
		fail("GET");
}

static void copy(int fd, void *buf)
{
	if (ioctl(fd, _IO('c', 0), buf) < 0)
		fail("copy");
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	const struct work *w = r->work;
	unsigned int number = (unsigned int)(uintptr_t)r;
	double began = now(), end = began + w->seconds, at;
	uint64_t calls = 0;
	uint8_t buf[BYTES];

	do {
		for (unsigned int i = 0; i < CALLS; i++) {
			number = number * 1103515245u + 12345u;
			if (w->labels)
				get(w->fd, w->labels[(number >> 8) % w->objects], buf);
			else
				copy(w->fd, buf);
		}
		calls += CALLS;
		at = now();
	} while (at < end);
	r->calls_s = (double)calls / (at - began);
	return NULL;
}

static double calls_a_second(const struct work *work, unsigned int threads)
{
	struct reader reader[THREADS_MAX];
	double calls_s = 0;

	for (unsigned int i = 0; i < threads; i++) {
		reader[i].work = work;
		if (pthread_create(&reader[i].thread, NULL, read_on, &reader[i]))
			fail("pthread_create");
	}
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(reader[i].thread, NULL);
		calls_s += reader[i].calls_s;
	}
	return calls_s;
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* Sorts them. */
static void tell(const char *name, struct samples *s, unsigned int rounds)
{
	qsort(s->value, rounds, sizeof(s->value[0]), by_value);
	printf(" %s=%.3f %s_min=%.3f %s_max=%.3f", name, s->value[rounds / 2], name, s->value[0],
	       name, s->value[rounds - 1]);
}

static struct samples each(const struct samples *a, const struct samples *b, unsigned int rounds)
{
	struct samples ratio;

	for (unsigned int i = 0; i < rounds; i++)
		ratio.value[i] = a->value[i] / b->value[i];
	return ratio;
}

static void tell_threads(const struct samples *gets, const struct samples *copies,
			 unsigned int threads, unsigned int rounds)
{
	struct samples ratio = each(gets, copies, rounds), get_us, copy_us;

	for (unsigned int i = 0; i < rounds; i++) {
		get_us.value[i] = 1e6 * threads / gets->value[i];
		copy_us.value[i] = 1e6 * threads / copies->value[i];
	}
	printf("threads=%u rounds=%u", threads, rounds);
	tell("ratio", &ratio, rounds);
	tell("get_us", &get_us, rounds);
	tell("copy_us", &copy_us, rounds);
	printf("\n");
}

static void compare(const struct work *get_work, const struct work *copy_work,
		    unsigned int threads, unsigned int rounds)
{
	struct samples gets, copies, all_gets, all_copies, scale;

	for (unsigned int i = 0; i < rounds; i++) {
		gets.value[i] = calls_a_second(get_work, 1);
		copies.value[i] = calls_a_second(copy_work, 1);
		if (threads == 1)
			continue;
		all_gets.value[i] = calls_a_second(get_work, threads);
		all_copies.value[i] = calls_a_second(copy_work, threads);
	}
	tell_threads(&gets, &copies, 1, rounds);
	if (threads == 1)
		return;
	tell_threads(&all_gets, &all_copies, threads, rounds);
	printf("scale=%u rounds=%u", threads, rounds);
	scale = each(&all_gets, &gets, rounds);
	tell("gets", &scale, rounds);
	scale = each(&all_copies, &copies, rounds);
	tell("copies", &scale, rounds);
	printf("\n");
}

int main(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct work get_work, copy_work = { .labels = NULL };
	char (*labels)[LABEL_MAX];
	unsigned int rounds, objects;

	if (argc != 6) {
		fputs("usage: module-get DEVICE COPY OBJECTS SECONDS ROUNDS\n", stderr);
		return 2;
	}
	objects = (unsigned int)atoi(argv[3]);
	rounds = (unsigned int)atoi(argv[5]);
	labels = calloc(objects, sizeof(*labels));
	if (!labels || !rounds || rounds > ROUNDS_MAX || cpus > THREADS_MAX) {
		fputs("module-get: give OBJECTS and ROUNDS from 1 to 1000\n", stderr);
		return 2;
	}
	for (unsigned int i = 0; i < objects; i++)
		snprintf(labels[i], LABEL_MAX, "get-%u", i);
	copy_work.fd = open(argv[2], O_RDONLY);
	copy_work.seconds = atof(argv[4]);
	get_work = copy_work;
	get_work.fd = open(argv[1], O_RDONLY);
	get_work.labels = labels;
	get_work.objects = objects;
	if (get_work.fd < 0 || copy_work.fd < 0)
		fail("open");
	compare(&get_work, &copy_work, (unsigned int)cpus, rounds);
	free(labels);
	return 0;
}
