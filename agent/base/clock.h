/* SPDX-License-Identifier: GPL-2.0 */
/* A clock that only runs on: for deadlines and how long things take. */
#ifndef HSM_BASE_CLOCK_H
#define HSM_BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#define CLOCK_NS_PER_S	1000000000ull
#define CLOCK_NS_PER_MS	1000000ull
#define CLOCK_NS_PER_US	1000ull

static inline uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static inline uint64_t clock_us(void)
{
	return clock_ns() / CLOCK_NS_PER_US;
}

static inline uint64_t clock_ms(void)
{
	return clock_ns() / CLOCK_NS_PER_MS;
}

/* As timers of the event loop take it. */
static inline struct timeval clock_interval(uint64_t ms)
{
	return (struct timeval){
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};
}

#endif /* HSM_BASE_CLOCK_H */
