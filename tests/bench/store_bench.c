// SPDX-License-Identifier: GPL-2.0
/*
 * How fast the store makes batches durable, beside the disk's own floor in the same run.
 *
 *   store_bench [SECONDS [DIRECTORY]], the directory on the disk to measure (/var/tmp)
 */
#include <time.h>

#include "../unit/disk_bed.h"

#define PAYLOAD		1024
#define RUNS_MAX	200000
#define FLOOR_BYTES	(16u << 20)
#define FLOOR_WRITE	4096

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *what, double *us, unsigned int n, unsigned int per_batch)
{
	double sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += us[i];
	qsort(us, n, sizeof(*us), by_value);
	printf("%-28s %8.0f commits/s  p50 %7.1f us  p99 %7.1f us  (%u batches of %u)\n", what,
	       n * per_batch / (sum / 1e6), us[n / 2], us[n * 99 / 100], n, per_batch);
}

/* The floor: overwrite a file that was written once before. */
static void floor_of_disk(const char *dir, double seconds, double *us)
{
	static uint8_t data[FLOOR_WRITE];
	char path[BED_PATH + 16];
	unsigned int n = 0;
	double end;
	int fd;

	snprintf(path, sizeof(path), "%s/floor", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (off_t at = 0; at < FLOOR_BYTES; at += FLOOR_WRITE)
		if (pwrite(fd, data, sizeof(data), at) != sizeof(data))
			abort();
	fsync(fd);
	end = now_us() + seconds * 1e6;
	while (n < RUNS_MAX && now_us() < end) {
		double start = now_us();

		if (pwrite(fd, data, sizeof(data), (off_t)n * FLOOR_WRITE % FLOOR_BYTES) !=
		    sizeof(data) || fdatasync(fd))
			abort();
		us[n++] = now_us() - start;
	}
	close(fd);
	report("pwrite 4 KiB + fdatasync", us, n, 1);
}

static void compose(struct bed *b, unsigned int n)
{
	static uint8_t payload[PAYLOAD];
	char label[32];

	bed_begin(b);
	for (unsigned int i = 0; i < n; i++) {
		snprintf(label, sizeof(label), "key-%llu", (unsigned long long)b->after.seq);
		bed_op(b, bed_tl(b, HSMREPL_TL_DATA, (b->after.seq + 1) * 0x9e3779b97f4a7c15u),
		       HSMREPL_OP_CREATE, label, payload, sizeof(payload), 0, "aes");
	}
}

static void commits(struct bed *b, unsigned int per_batch, double seconds, double *us)
{
	double end = now_us() + seconds * 1e6, append = 0;
	unsigned int n = 0;
	char what[64];

	while (n < RUNS_MAX && now_us() < end) {
		struct store_done done;
		double start;

		compose(b, per_batch);
		b->number++;
		start = now_us();
		store_append(b->store, RECORD_YES, bed_id(b), (struct bytes){ b->tls, b->len },
			     b->n, NULL);
		append += now_us() - start;
		if (!bed_done(b, &done) || done.error)
			abort();
		bed_commit(b);
		us[n++] = now_us() - start;
	}
	snprintf(what, sizeof(what), "store, batch %u", per_batch);
	report(what, us, n, per_batch);
	printf("%-28s %8.2f us per TL of %d bytes in the caller's thread\n", "  append and seal",
	       append / n / per_batch, PAYLOAD);
}

int main(int argc, char **argv)
{
	static const struct store_options options = {
		.segment_bytes = SEGMENT_BYTES,
		.unsettled_max = STORE_UNSETTLED_MAX,
		.settle_ms = STORE_SETTLE_MS,
	};
	double seconds = argc > 1 ? atof(argv[1]) : 3;
	double *us = malloc(RUNS_MAX * sizeof(*us)), start;
	struct bed *b;

	setenv("TMPDIR", argc > 2 ? argv[2] : "/var/tmp", 1);
	b = bed_new();
	if (!us || !bed_open_sized(b, &options)) {
		fprintf(stderr, "%s\n", b->error);
		return 1;
	}
	floor_of_disk(b->dir, seconds, us);
	commits(b, 1, seconds, us);
	commits(b, 64, seconds, us);
	floor_of_disk(b->dir, seconds, us);
	start = now_us();
	bed_close(b);
	printf("closed in %.0f ms", (now_us() - start) / 1e3);
	start = now_us();
	if (!bed_open_sized(b, &options)) {
		fprintf(stderr, "%s\n", b->error);
		return 1;
	}
	printf(", opened in %.0f ms with %llu objects\n", (now_us() - start) / 1e3,
	       (unsigned long long)b->image.objects);
	bed_free(b);
	free(us);
	return 0;
}
