// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot of a store taken into an import, as donor and newcomer do, in one process.
 *
 *   sync_bench [OBJECTS [DIRECTORY]], the directory on the disk to measure (/var/tmp)
 */
#include <time.h>

#include <sys/resource.h>

#include "../unit/disk_bed.h"
#include "batch.h"
#include "content.h"
#include "import.h"

#define PAYLOAD		1024
#define PER_BATCH	64
#define NEWCOMER	2

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "sync_bench: %s\n", what);
	exit(1);
}

/* The number behind a word in a file of /proc. */
static unsigned long long number_in(const char *path, const char *word)
{
	unsigned long long n = 0;
	char line[256];
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, word, strlen(word)))
			n = strtoull(line + strlen(word), NULL, 10);
	if (f)
		fclose(f);
	return n;
}

/* Peak of memory since the last call, in MiB. */
static double peak_mib(void)
{
	double mib = (double)number_in("/proc/self/status", "VmHWM:") / 1024;
	FILE *f = fopen("/proc/self/clear_refs", "w");

	if (f) {
		fputs("5", f);
		fclose(f);
	}
	return mib;
}

static void report(const char *what, double since, unsigned long n)
{
	double s = now_s() - since;
	static unsigned long long before;
	unsigned long long written = number_in("/proc/self/io", "write_bytes:");

	printf("%-34s %7.1f s %9.0f/s %7.1f MB/s  written %5.2f KiB each  peak RSS %5.0f MiB\n",
	       what, s, (double)n / s, (double)n * PAYLOAD / s / 1e6,
	       (double)(written - before) / 1024 / (double)n, peak_mib());
	before = written;
}

static void commit(struct bed *b)
{
	struct store_done done;

	b->number++;
	store_append(b->store, RECORD_YES, bed_id(b), (struct bytes){ b->tls, b->len }, b->n,
		     NULL);
	if (!bed_done(b, &done) || done.error)
		die("append failed");
	bed_commit(b);
}

static void form(struct bed *b)
{
	const struct node_list list = {
		.pool = { 9 }, .epoch = 1, .n = 1,
		.node = { { .id = BED_NODE, .name = "n1", .address = "127.0.0.1:4327" } },
	};
	struct hsmrepl_nl nl;

	nl_encode(&list, &nl);
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_FORM, 4711), HSMREPL_OP_NODES, "", &nl, sizeof(nl), 0, "");
	b->after.epoch = 1;
	b->after.digest = 0;
	commit(b);
}

static void create_objects(struct bed *b, unsigned long n)
{
	static uint8_t payload[PAYLOAD];
	struct store_object o = { .payload = payload, .payload_len = PAYLOAD, .version = 1 };
	uint8_t key[HSMREPL_KEY_LEN];
	char label[32];

	store_digest_key(bed_secret, key);
	memcpy(o.type, "aes", 3);
	for (unsigned long i = 0; i < n;) {
		uint64_t digest = b->position.digest;

		bed_begin(b);
		for (unsigned int k = 0; k < PER_BATCH && i < n; k++, i++) {
			snprintf(label, sizeof(label), "key-%lu", i);
			memcpy(payload, &i, sizeof(i));
			bed_op(b, bed_tl(b, HSMREPL_TL_DATA, (i + 1) * 0x9e3779b97f4a7c15u),
			       HSMREPL_OP_CREATE, label, payload, PAYLOAD, 0, "aes");
			memset(o.id, 0, sizeof(o.id));
			snprintf((char *)o.id, sizeof(o.id), "id%.13s", label);
			o.label = label;
			o.label_len = strlen(label);
			digest ^= content_digest(key, &o);
		}
		b->after.digest = digest;
		commit(b);
	}
	bed_settle(b);
}

/* Longest call so far, in ms. */
static double longest;

static int timed(int ret, double since)
{
	double ms = (now_s() - since) * 1e3;

	if (ms > longest)
		longest = ms;
	return ret;
}

static double take_longest(void)
{
	double ms = longest;

	longest = 0;
	return ms;
}

static struct snapshot *open_snapshot(struct bed *b)
{
	char error[STORE_ERROR_MAX];
	double start = now_s();
	struct snapshot *snap = snapshot_open(b->store, 0, 0, error);

	if (!snap)
		die(error);
	printf("%-34s %7.2f ms\n", "snapshot opened in", (now_s() - start) * 1e3);
	return snap;
}

static void read_only(struct bed *b, unsigned long n)
{
	struct snapshot *snap = open_snapshot(b);
	double start = now_s(), since = start;
	struct snapshot_item item;
	int ret;

	while ((ret = timed(snapshot_next(snap, &item), since)) > 0)
		since = now_s();
	if (ret)
		die("snapshot failed");
	snapshot_close(snap);
	report("snapshot read", start, n);
	printf("%-34s %7.2f ms\n", "  longest call", take_longest());
}

static struct import *begin(const char *dir, struct bed *b, const struct snapshot *snap)
{
	struct import_start start = {
		.kind = IMPORT_FULL, .pool = { 9 }, .donor = BED_NODE,
		.place = *snapshot_place(snap), .nl = *snapshot_nl(snap),
		.total = snapshot_total(snap),
	};
	struct import *im = import_begin(dir, bed_secret, NEWCOMER, b->log, &start, b->error);

	if (!im)
		die(b->error);
	return im;
}

static void bring(const char *dir, struct bed *b, unsigned long n)
{
	struct snapshot *snap = open_snapshot(b);
	struct import *im = begin(dir, b, snap);
	double all = now_s(), start = all, since = all;
	struct snapshot_item item;
	int ret;

	while ((ret = snapshot_next(snap, &item)) > 0) {
		since = now_s();
		if (timed(import_item(im, &item), since))
			die(import_trouble(im));
	}
	snapshot_close(snap);
	report("snapshot into import", start, n);
	printf("%-34s %7.2f ms\n", "  longest import_item()", take_longest());
	start = now_s();
	do {
		since = now_s();
		ret = timed(import_finish(im), since);
	} while (ret > 0);
	if (ret)
		die(import_trouble(im));
	report("import_finish()", start, n);
	printf("%-34s %7.2f ms\n", "  longest call", take_longest());
	start = now_s();
	if (import_end(im))
		die(import_trouble(im));
	import_close(im);
	report("import_end()", start, n);
	report("import in all", all, n);
}

static int count(void *arg, const struct store_object *o)
{
	(void)o;
	++*(unsigned long *)arg;
	return 0;
}

static void open_new(const char *dir, struct bed *b, unsigned long n)
{
	struct store_image image;
	double start = now_s();
	struct store *s = store_open(dir, bed_secret, NEWCOMER, NULL, b->log, &image,
				     b->error);
	unsigned long seen = 0;

	if (!s)
		die(b->error);
	if (image.objects != n || store_each(s, count, &seen) || seen != n)
		die("objects are missing");
	report("new store opened and walked", start, n);
	store_close(s);
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	char dir[BED_PATH];
	struct bed *b;
	double start;

	setenv("TMPDIR", argc > 2 ? argv[2] : "/var/tmp", 1);
	b = bed_new();
	snprintf(dir, sizeof(dir), "%.200s-newcomer", b->dir);
	if (!bed_open_sized(b, &store_defaults))
		die(b->error);
	form(b);
	start = now_s();
	create_objects(b, n);
	report("objects created and settled", start, n);
	read_only(b, n);
	bring(dir, b, n);
	open_new(dir, b, n);
	bed_remove(dir);
	bed_free(b);
	return 0;
}
