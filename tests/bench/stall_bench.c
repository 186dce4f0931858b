// SPDX-License-Identifier: GPL-2.0
/*
 * When did the machine itself stand still? On each processor a thread at real-time priority sleeps
 * until a given microsecond, each millisecond anew. One that comes late was kept from it neither by
 * a writer nor by an agent, but by the kernel, or by a host that did not run this processor. A line
 * for each time: processor, from when, for how long, CLOCK_MONOTONIC in microseconds as the gap of
 * load_bench. Until SIGTERM.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define PERIOD_US 1000
#define LATE_US 2000
#define PRIORITY 50	/* of SCHED_FIFO: above all that keep no real time */

static void sleep_until(uint64_t us)
{
	struct timespec ts = { .tv_sec = (time_t)(us / 1000000),
			       .tv_nsec = (long)(us % 1000000) * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void *watch(void *arg)
{
	int cpu = (int)(intptr_t)arg;

	for (;;) {
		uint64_t due = clock_us() + PERIOD_US, late;

		sleep_until(due);
		late = clock_us() - due;
		if (late > LATE_US)
			printf("cpu=%d from_us=%" PRIu64 " us=%" PRIu64 "\n", cpu, due, late);
	}
	return NULL;
}

static void begin(int cpu)
{
	struct sched_param param = { .sched_priority = PRIORITY };
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t set;
	int rc;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	rc = pthread_create(&thread, &attr, watch, (void *)(intptr_t)cpu);
	pthread_attr_destroy(&attr);
	if (rc) {
		fprintf(stderr, "stall_bench: processor %d: %s: run it as root\n", cpu,
			strerror(rc));
		exit(1);
	}
}

int main(void)
{
	cpu_set_t mine;
	sigset_t end;
	int got;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	pthread_sigmask(SIG_BLOCK, &end, NULL);
	if (sched_getaffinity(0, sizeof(mine), &mine) < 0) {
		perror("stall_bench: sched_getaffinity");
		return 1;
	}
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &mine))
			begin(cpu);
	sigwait(&end, &got);
	return 0;
}
