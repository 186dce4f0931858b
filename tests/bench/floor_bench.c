// SPDX-License-Identifier: GPL-2.0
/*
 * The floors under a commit, as one line each of name=value: what a flush costs on the disk of DIR,
 * what it costs while two others go on, as when three nodes share that disk, what a round trip over
 * TLS costs, and a round trip with a flush at its far end, which is what one vote takes at the
 * least. Run it from the top of the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
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
#define NODES 3

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

/**
 * struct flusher - flushes one after the other to a file of its own
 * @ns: what each took
 * @n: how many there were
 * @end_ns: none begins later
 */
struct flusher {
	pthread_t thread;
	int fd;
	uint64_t *ns;
	size_t n;
	uint64_t end_ns;
};

static void *flush(void *arg)
{
	struct flusher *f = arg;
	uint64_t now = bench_now_ns(), start;
	size_t at = 0;

	for (f->n = 0; f->n < ROUNDS_MAX / NODES && now < f->end_ns; f->n++) {
		start = now;
		at = bench_append(f->fd, at, FILE_BYTES);
		now = bench_now_ns();
		f->ns[f->n] = now - start;
	}
	return NULL;
}

/* @at_once of them, for so long; @ns has room for ROUNDS_MAX. */
static void disk(const char *what, const char *dir, unsigned int at_once, uint64_t *ns,
		 uint64_t seconds)
{
	struct flusher f[NODES];
	clock_t cpu;
	size_t n = 0;

	for (unsigned int i = 0; i < at_once; i++)
		f[i] = (struct flusher){ .fd = zeros(dir), .ns = ns + ROUNDS_MAX / NODES * i };
	cpu = clock();
	for (unsigned int i = 0; i < at_once; i++) {
		f[i].end_ns = bench_now_ns() + seconds * 1000000000;
		if (pthread_create(&f[i].thread, NULL, flush, &f[i]))
			bench_die("floors", "no thread");
	}
	for (unsigned int i = 0; i < at_once; i++) {
		pthread_join(f[i].thread, NULL);
		close(f[i].fd);
		memmove(ns + n, f[i].ns, f[i].n * sizeof(*ns));
		n += f[i].n;
	}
	print(what, ns, n, (uint64_t)(clock() - cpu) * (1000000000 / CLOCKS_PER_SEC));
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
	disk("fdatasync", argv[1], 1, p.ns, seconds);
	disk("fdatasync_three", argv[1], NODES, p.ns, seconds);
	bench_pki(argv[1]);
	p.pki = argv[1];
	p.rounds = (unsigned int)seconds * 5000;
	pingpong_run(&p);
	print("tls", p.ns, p.rounds, p.cpu_ns);
	fd = zeros(argv[1]);
	p.flush = fd;
	p.rounds = (unsigned int)seconds * 1000;
	pingpong_run(&p);
	print("tls_fdatasync", p.ns, p.rounds, p.cpu_ns);
	free(p.ns);
	close(fd);
	return 0;
}
