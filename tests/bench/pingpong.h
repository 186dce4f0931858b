/* SPDX-License-Identifier: GPL-2.0 */
/* Round trips over a bare, blocking TLS connection on loopback: a floor under what agents do. */
#ifndef HSM_BENCH_PINGPONG_H
#define HSM_BENCH_PINGPONG_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define PINGPONG_MAX 65536	/* bytes of a message */

/**
 * struct pingpong - what to do, and what it took
 * @pki: folder with ca.pem, n1.pem, n1.key, n2.pem, n2.key
 * @out: bytes there
 * @back: bytes back
 * @rounds: round trips to measure
 * @warm_up: round trips before those
 * @flush: far side: descriptor of a file of zeros; 4 KiB of it are written and flushed before
 * the answer. -1 for none
 * @flush_bytes: of that file
 * @ns: of each round trip, @rounds entries
 * @cpu_ns: of both ends, for all round trips
 */
struct pingpong {
	const char *pki;
	size_t out;
	size_t back;
	unsigned int rounds;
	unsigned int warm_up;
	int flush;
	size_t flush_bytes;
	uint64_t *ns;
	uint64_t cpu_ns;
};

/* Ends the program with a line on stderr if it cannot. */
void pingpong_run(struct pingpong *p);

/* What both ends, and other benchmarks, need. */
void bench_configure(struct config *c, const char *pki, uint16_t id);
void bench_pki(const char *dir);
uint64_t bench_now_ns(void);
_Noreturn void bench_die(const char *what, const char *why);

/* Put in order; p50 and p99 then are at these places of @n entries. */
void bench_sort(uint64_t *ns, size_t n);
#define BENCH_P50(n) ((n) / 2)
#define BENCH_P99(n) ((n) - 1 - (n) / 100)

/* Write 4 KiB at @at of a file of zeros and flush it; the place after it, round and round. */
size_t bench_append(int fd, size_t at, size_t bytes);

#endif /* HSM_BENCH_PINGPONG_H */
