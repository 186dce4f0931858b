// SPDX-License-Identifier: GPL-2.0
/*
 * The floors under a commit, as one line each of name=value: what a flush costs on the disk of DIR,
 * what a round trip over TLS costs, and a round trip with a flush at its far end, which is what one
 * vote takes at the least. Run it from the top of the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pingpong.h"

#define FILE_BYTES (16u << 20)
#define ASK_BYTES 1200
#define ANSWER_BYTES 64
#define ROUNDS_MAX (1u << 20)
#define WARM_UP 100

static void print(const char *what, uint64_t *ns, size_t n, uint64_t cpu_ns)
{
	bench_sort(ns, n);
	printf("%s p50_us=%.1f p99_us=%.1f cpu_us=%.1f rounds=%zu\n", what,
	       (double)ns[BENCH_P50(n)] / 1000, (double)ns[BENCH_P99(n)] / 1000,
	       (double)cpu_ns / 1000 / (double)n, n);
	fflush(stdout);
}

/* Zeros, on the disk: no block is allocated, no length changes while it is measured. */
static int zeros(const char *dir)
{
	static const char block[1 << 20];
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/floor", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		bench_die(path, strerror(errno));
	unlink(path);
	for (size_t at = 0; at < FILE_BYTES; at += sizeof(block))
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			bench_die(path, strerror(errno));
	if (fsync(fd) < 0)
		bench_die(path, strerror(errno));
	return fd;
}

static void disk(int fd, uint64_t *ns, uint64_t seconds)
{
	uint64_t now = bench_now_ns(), end = now + seconds * 1000000000, start;
	clock_t cpu = clock();
	size_t n = 0, at = 0;

	for (; n < ROUNDS_MAX && now < end; n++) {
		start = now;
		at = bench_append(fd, at, FILE_BYTES);
		now = bench_now_ns();
		ns[n] = now - start;
	}
	print("fdatasync", ns, n, (uint64_t)(clock() - cpu) * (1000000000 / CLOCKS_PER_SEC));
}

int main(int argc, char **argv)
{
	struct pingpong p = {
		.out = ASK_BYTES, .back = ANSWER_BYTES, .warm_up = WARM_UP, .flush = -1,
		.flush_bytes = FILE_BYTES,
	};
	unsigned long seconds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	int fd;

	if (seconds < 1 || seconds > 60) {
		fputs("usage: floor_bench DIR SECONDS (1 to 60)\n", stderr);
		return 2;
	}
	p.ns = malloc(ROUNDS_MAX * sizeof(*p.ns));
	if (!p.ns)
		bench_die("floors", "no memory");
	fd = zeros(argv[1]);
	disk(fd, p.ns, seconds);
	bench_pki(argv[1]);
	p.pki = argv[1];
	p.rounds = (unsigned int)seconds * 5000;
	pingpong_run(&p);
	print("tls", p.ns, p.rounds, p.cpu_ns);
	p.flush = fd;
	p.rounds = (unsigned int)seconds * 1000;
	pingpong_run(&p);
	print("tls_fdatasync", p.ns, p.rounds, p.cpu_ns);
	free(p.ns);
	close(fd);
	return 0;
}
