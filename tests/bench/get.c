// SPDX-License-Identifier: GPL-2.0
/*
 *   module-get DEVICE FILE OBJECTS SECONDS
 *
 * Reads objects get-0, get-1 … of 1 KiB from the device, and 1 KiB from FILE, which lies in memory:
 * one system call each that copies as much to the caller, in alternation, with one thread and with
 * one per processor. Prints name=value: calls a second of each.
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
#define BYTES 1024
#define ROUNDS 5

/**
 * struct reader - one thread
 * @fd: device or file
 * @is_device: which of them
 * @objects: there are so many
 * @seconds: how long
 * @calls: made
 */
struct reader {
	pthread_t thread;
	int fd;
	bool is_device;
	unsigned int objects;
	double seconds;
	uint64_t calls;
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

static void get(int fd, unsigned int number, void *buf)
{
	char label[32];
	struct hsmrepl_get arg = {
		.size = sizeof(arg),
		.label = (uintptr_t)label,
		.label_len = (uint32_t)snprintf(label, sizeof(label), "get-%u", number),
		.buf = (uintptr_t)buf,
		.buf_len = BYTES,
	};

	if (ioctl(fd, HSMREPL_IOC_GET, &arg) < 0 || arg.payload_len != BYTES)
		fail("GET");
}

/* The same work around the call, whatever it is. */
static void copy(int fd, unsigned int number, void *buf)
{
	char label[32];

	snprintf(label, sizeof(label), "get-%u", number);
	if (pread(fd, buf, BYTES, 0) != BYTES)
		fail("pread");
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	double end = now() + r->seconds;
	unsigned int number = (unsigned int)(uintptr_t)r;
	uint8_t buf[BYTES];

	do {
		for (unsigned int i = 0; i < 64; i++) {
			number = (number * 1103515245u + 12345u) % r->objects;
			if (r->is_device)
				get(r->fd, number, buf);
			else
				copy(r->fd, number, buf);
		}
		r->calls += 64;
	} while (now() < end);
	return NULL;
}

static double calls_a_second(const struct reader *kind, unsigned int threads)
{
	struct reader reader[THREADS_MAX];
	uint64_t calls = 0;

	for (unsigned int i = 0; i < threads; i++) {
		reader[i] = *kind;
		if (pthread_create(&reader[i].thread, NULL, read_on, &reader[i]))
			fail("pthread_create");
	}
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(reader[i].thread, NULL);
		calls += reader[i].calls;
	}
	return (double)calls / kind->seconds;
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double median(double *value)
{
	qsort(value, ROUNDS, sizeof(*value), by_value);
	return value[ROUNDS / 2];
}

static void compare(const struct reader *device, const struct reader *file, unsigned int threads)
{
	double gets[ROUNDS], copies[ROUNDS];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		gets[i] = calls_a_second(device, threads);
		copies[i] = calls_a_second(file, threads);
	}
	printf("threads=%u get_s=%.0f copy_s=%.0f\n", threads, median(gets), median(copies));
}

int main(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct reader device = { .is_device = true }, file = { .is_device = false };

	if (argc != 5) {
		fputs("usage: module-get DEVICE FILE OBJECTS SECONDS\n", stderr);
		return 2;
	}
	device.fd = open(argv[1], O_RDONLY);
	file.fd = open(argv[2], O_RDONLY);
	if (device.fd < 0 || file.fd < 0)
		fail("open");
	device.objects = file.objects = (unsigned int)atoi(argv[3]);
	device.seconds = file.seconds = atof(argv[4]);
	compare(&device, &file, 1);
	if (cpus > 1 && cpus <= THREADS_MAX)
		compare(&device, &file, (unsigned int)cpus);
	return 0;
}
