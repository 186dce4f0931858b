// SPDX-License-Identifier: GPL-2.0
/* What is appended without waiting for the disk: history that a learner is told. */
#include <check.h>
#include <errno.h>
#include <signal.h>

#include <sys/resource.h>

#include "../suite.h"
#include "disk_bed.h"

static struct bed *b;

static void setup(void)
{
	b = bed_new();
	ck_assert_msg(bed_open(b), "%s", b->error);
}

static void teardown(void)
{
	bed_free(b);
}

/* As in a real one, segments hold many times what may be unsettled. */
static const struct store_options little = {
	.segment_bytes = 32768,
	.unsettled_max = 64 << 10,
	.settle_ms = 20,
};

static void learn(uint64_t tid)
{
	static const char payload[500];
	char label[16];

	snprintf(label, sizeof(label), "o%u", (unsigned int)tid);
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, tid), HSMREPL_OP_CREATE, label, payload,
	       sizeof(payload), 0, "");
	bed_learn(b);
}

/* It is not flushed for its own sake, and store_next_done() says nothing of it. */
START_TEST(a_lazy_yes_is_not_waited_for)
{
	struct store_done done;

	for (uint64_t tid = 1; tid <= 100; tid++)
		learn(tid);
	ck_assert_int_eq(bed_refuse(b), 0);	/* everything before it is on the disk */
	ck_assert(!store_next_done(b->store, &done.record, &done.batch, &done.error));
	bed_reopen(b);
	ck_assert_mem_eq(&b->image.position, &b->position, sizeof(b->position));
	ck_assert_uint_eq(b->image.objects, 100);
}
END_TEST

/* Four times what the segments hold, and nothing ever waits for the disk: they are used again. */
START_TEST(lazy_ones_fill_no_disk)
{
	const uint64_t n = 4 * SEGMENTS_MAX * little.segment_bytes / 500;

	bed_reopen_sized(b, &little);
	for (uint64_t tid = 1; tid <= n; tid++)
		learn(tid);
	ck_assert_int_eq(bed_refuse(b), 0);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.objects, n);
}
END_TEST

/* Nobody waits for it, but that the log failed is told. */
START_TEST(a_lazy_yes_that_fails_is_told)
{
	struct rlimit none = { .rlim_max = RLIM_INFINITY };
	struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };
	struct store_done done;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	learn(1);
	ck_assert(bed_done(b, &done));
	ck_assert_int_eq(done.error, EFBIG);
	setrlimit(RLIMIT_FSIZE, &any);
	ck_assert_int_eq(bed_refuse(b), EFBIG);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.position.seq, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-lazy");
	TCase *t = tcase_create("disk-lazy");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_lazy_yes_is_not_waited_for);
	tcase_add_test(t, lazy_ones_fill_no_disk);
	tcase_add_test(t, a_lazy_yes_that_fails_is_told);
	suite_add_tcase(s, t);
	return suite_run(s);
}
