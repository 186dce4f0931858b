// SPDX-License-Identifier: GPL-2.0
/*
 * What a power cut or a bad disk may leave of the log: torn at every 8 bytes, every byte bent, the
 * sectors of an unfinished write in any mixture. What was confirmed is there or the start is
 * refused.
 */
#include <check.h>
#include <errno.h>

#include "../suite.h"
#include "disk_bed.h"

#define BATCHES		6
#define LEARNT		30
#define SECTOR		512
#define BLOCK		4096
#define MIXTURES	150

/* Nothing is settled while it runs: the log alone holds what is committed. */
static const struct store_options patient = {
	.segment_bytes = 32768,
	.unsettled_max = 1 << 20,
	.settle_ms = 1000000,
};

static struct bed *b;
static char copy[BED_PATH];

static void setup(void)
{
	b = bed_new();
	ck_assert_int_lt(snprintf(copy, sizeof(copy), "%.200s-copy", b->dir), (int)sizeof(copy));
	mkdir(copy, 0700);
	ck_assert_msg(bed_open_sized(b, &patient), "%s", b->error);
}

static void teardown(void)
{
	bed_remove(copy);
	bed_free(b);
}

/* Up to which lsn all is settled, once nothing is being settled. */
static uint64_t settled_lsn(void)
{
	uint64_t deadline = clock_ms() + BED_DONE_MS, lsn;
	bool busy = true;

	while (busy) {
		ck_assert_uint_lt(clock_ms(), deadline);
		pthread_mutex_lock(&b->store->lock);
		busy = !TAILQ_EMPTY(&b->store->settling);
		lsn = b->store->table->state.settled;
		pthread_mutex_unlock(&b->store->lock);
		if (busy)
			poll(NULL, 0, 1);
	}
	return lsn;
}

/* A power cut takes all files at one moment: a transaction that came between two is not one. */
static void take_copy(void)
{
	uint64_t before;

	do {
		before = settled_lsn();
		bed_remove(copy);
		bed_copy(b->dir, copy);
	} while (settled_lsn() != before);
}

/* A batch whose label tells its place. */
static void compose(unsigned int i)
{
	char label[32];

	snprintf(label, sizeof(label), "object-%u", i);
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x100 + i), HSMREPL_OP_CREATE, label, label,
	       strlen(label), i, "aes");
}

static void append(unsigned int i)
{
	compose(i);
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

static size_t used_bytes(void)
{
	return strip_end(&b->store->w.strip);
}

static int open_segment(unsigned int number)
{
	char path[BED_PATH + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/" SEGMENT_NAME, copy, number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static int count_object(void *arg, const struct store_object *o)
{
	unsigned int *n = arg, i = (unsigned int)o->attrs;
	char label[32];

	snprintf(label, sizeof(label), "object-%u", i);
	ck_assert_mem_eq(o->payload, label, o->payload_len);
	*n += 1;
	return 0;
}

/* Open the copy. Returns the batches that it holds, the slot's counted; -1 if it is refused. */
static int open_copy(void)
{
	struct store_image image;
	char error[STORE_ERROR_MAX];
	struct store *s = store_open_sized(copy, bed_secret, BED_NODE, b->log, &patient, &image,
					   error);
	unsigned int n = 0;
	int held;

	if (!s) {
		ck_assert_msg(strstr(error, "damaged") || strstr(error, "two undecided"), "%s",
			      error);
		return -1;
	}
	ck_assert_int_eq(store_each(s, count_object, &n), 0);
	ck_assert_uint_eq(n, image.position.seq);
	ck_assert_uint_eq(n, image.objects);
	held = (int)n + !!image.slot_id.coordinator;
	store_release_slot(s, &image);
	store_close(s);
	return held;
}

/* The same after a second start, and then a further one is no different. */
static int open_copy_twice(void)
{
	int held = open_copy();

	if (held >= 0)
		ck_assert_int_eq(open_copy(), held);
	return held;
}

START_TEST(torn_at_every_step)
{
	int held = 0, before = -1;
	static const uint8_t zeros[32768];

	for (unsigned int i = 0; i < BATCHES; i++)
		append(i);
	bed_rest(b);
	for (size_t at = 0; at <= used_bytes(); at += RECORD_ALIGN) {
		int fd;

		take_copy();
		fd = open_segment(b->store->w.active->number);
		ck_assert_int_eq(pwrite(fd, zeros, sizeof(zeros) - at, (off_t)at),
				 (ssize_t)(sizeof(zeros) - at));
		close(fd);
		held = open_copy_twice();
		/* Of the first record a later one does not tell: the segment is missed. */
		ck_assert_msg(held >= before, "at %zu: %d after %d", at, held, before);
		ck_assert(held >= 0 || at < 96);
		before = held;
	}
	ck_assert_int_eq(held, BATCHES);
}
END_TEST

/* Zeros in the middle of what was confirmed are no torn tail. */
START_TEST(a_hole_is_damage)
{
	static const uint8_t zeros[RECORD_ALIGN];
	uint64_t confirmed;
	size_t end = 0;

	for (unsigned int i = 0; i < BATCHES; i++) {
		append(i);
		if (i == BATCHES - 2)
			end = used_bytes();
	}
	bed_rest(b);
	confirmed = b->store->w.durable;
	ck_assert_uint_gt(confirmed, 1);
	take_copy();
	for (size_t at = 0; at + RECORD_ALIGN <= end; at += RECORD_ALIGN) {
		int fd = open_segment(b->store->w.active->number);
		uint8_t was[RECORD_ALIGN];

		ck_assert_int_eq(pread(fd, was, sizeof(was), (off_t)at), RECORD_ALIGN);
		ck_assert_int_eq(pwrite(fd, zeros, sizeof(zeros), (off_t)at), RECORD_ALIGN);
		if (memcmp(was, zeros, sizeof(was)))
			ck_assert_msg(open_copy() == -1, "hole at %zu of %zu", at, end);
		ck_assert_int_eq(pwrite(fd, was, sizeof(was), (off_t)at), RECORD_ALIGN);
		close(fd);
	}
	ck_assert_int_eq(open_copy(), BATCHES);
}
END_TEST

START_TEST(every_bent_byte_is_noticed)
{
	size_t confirmed, end;

	append(0);
	append(1);
	append(2);
	bed_rest(b);
	end = used_bytes();
	/* Only behind the last COMMIT, written by itself, nothing says that it was whole. */
	confirmed = end - sizeof(struct record_header) - sizeof(struct record_position);
	take_copy();
	for (size_t at = 0; at < end; at++) {
		int fd = open_segment(b->store->w.active->number), held;
		uint8_t was, bent;

		ck_assert_int_eq(pread(fd, &was, 1, (off_t)at), 1);
		bent = was ^ 0x40;
		ck_assert_int_eq(pwrite(fd, &bent, 1, (off_t)at), 1);
		held = open_copy();
		ck_assert_msg(held == (at < confirmed ? -1 : 3), "byte %zu of %zu: %d", at, end,
			      held);
		if (held >= 0) {
			close(fd);
			take_copy();
			fd = open_segment(b->store->w.active->number);
		}
		ck_assert_int_eq(pwrite(fd, &was, 1, (off_t)at), 1);
		close(fd);
	}
	ck_assert_int_eq(open_copy(), 3);
}
END_TEST

static void read_segment_of(const char *dir, uint8_t *buf)
{
	char path[BED_PATH + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/" SEGMENT_NAME, dir, b->store->w.active->number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, buf, patient.segment_bytes), (ssize_t)patient.segment_bytes);
	close(fd);
}

static void put_sector(int fd, unsigned int i, const uint8_t *segment)
{
	ck_assert_int_eq(pwrite(fd, segment + i * SECTOR, SECTOR, i * SECTOR), SECTOR);
}

/*
 * A write of several records is cut off: any mixture of its sectors is on the disk. A batch of
 * three sectors follows on a COMMIT that nobody waited for.
 */
START_TEST(any_mixture_of_an_unfinished_write)
{
	static uint8_t before[32768], after[32768], payload[1200];
	unsigned int first, last, whole = 0;

	for (unsigned int i = 0; i < 3; i++)
		append(i);
	read_segment_of(b->dir, before);
	first = (unsigned int)(used_bytes() / SECTOR);
	/* In one write with the COMMIT of the batch before. */
	bed_begin(b);
	bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x200), HSMREPL_OP_CREATE, "last", payload,
	       sizeof(payload), 0, "");
	ck_assert_int_eq(bed_yes(b), 0);
	read_segment_of(b->dir, after);
	last = (unsigned int)((used_bytes() - 1) / SECTOR);
	ck_assert_uint_ge(last - first, 2);
	for (unsigned int mixture = 0; mixture < MIXTURES; mixture++) {
		unsigned int bits = mixture < 1U << (last - first + 1) ? mixture : ~0U;
		int fd, held;

		take_copy();
		fd = open_segment(b->store->w.active->number);
		for (unsigned int i = first; i <= last; i++)
			put_sector(fd, i, bits >> (i - first) & 1 ? after : before);
		close(fd);
		held = open_copy_twice();
		ck_assert_msg(held == 3 || held == 4, "mixture %x: %d", bits, held);
		whole += held == 4;
	}
	ck_assert_uint_ge(whole, 1);
}
END_TEST

/* Stale records of a recycled segment behind a torn tail are not taken for new ones. */
START_TEST(recycled_segments_show_nothing_old)
{
	unsigned int n = 0;

	bed_reopen(b);
	while (n < 400)
		append(n++);
	for (unsigned int round = 0; round < 20; round++) {
		append(n++);
		take_copy();
		ck_assert_int_eq(open_copy_twice(), (int)n);
	}
}
END_TEST

/* A COMMIT is not flushed: SQLite may hold it and the log not. That is neither slot nor damage. */
START_TEST(a_settled_commit_may_be_missing_in_the_log)
{
	size_t len = sizeof(struct record_header) + sizeof(struct record_position);
	static const uint8_t zeros[256];
	int fd;

	bed_reopen(b);
	for (unsigned int i = 0; i < BATCHES; i++)
		append(i);
	bed_settle(b);
	take_copy();
	fd = open_segment(b->store->w.active->number);
	ck_assert_int_eq(pwrite(fd, zeros, len, (off_t)(used_bytes() - len)), (ssize_t)len);
	close(fd);
	ck_assert_int_eq(open_copy_twice(), BATCHES);
}
END_TEST

/*
 * What a learner is told is flushed by nobody: SQLite may hold all of it, and the log any part, in
 * any order.
 */
START_TEST(settled_history_may_be_missing_in_the_log)
{
	static const uint8_t zeros[BLOCK];
	size_t from, to;
	int fd;

	bed_reopen(b);
	append(0);
	from = used_bytes();
	for (unsigned int i = 1; i < LEARNT; i++) {
		compose(i);
		bed_learn(b);
	}
	bed_settle(b);
	bed_rest(b);
	to = used_bytes();
	ck_assert_uint_gt(to, from + 2 * BLOCK);
	for (unsigned int lost = 1; lost < 8; lost++) {
		take_copy();
		fd = open_segment(b->store->w.active->number);
		for (size_t at = from / BLOCK; at * BLOCK < to; at++) {
			size_t begin = at * BLOCK < from ? from : at * BLOCK;
			size_t len = (at + 1) * BLOCK - begin;

			if (lost >> at % 3 & 1)
				ck_assert_int_eq(pwrite(fd, zeros, len, (off_t)begin),
						 (ssize_t)len);
		}
		close(fd);
		ck_assert_int_eq(open_copy_twice(), LEARNT);
	}
}
END_TEST

/* The undecided yes outlives the segments it was written in, at every moment. */
START_TEST(a_carried_yes_is_always_there)
{
	struct batch_id other = { 2, 1 };
	struct store_done done;

	bed_reopen(b);
	append(0);
	compose(1);
	ck_assert_int_eq(bed_yes(b), 0);
	for (unsigned int i = 0; i < 3000; i++) {
		other.number++;
		store_append(b->store, RECORD_REFUSED, other, (struct bytes){ 0 }, 0, NULL);
		ck_assert(bed_done(b, &done));
		ck_assert_int_eq(done.error, 0);
		if (i % 100)
			continue;
		take_copy();
		ck_assert_int_eq(open_copy_twice(), 2);
	}
	ck_assert_uint_gt(b->store->generation & UINT32_MAX, 7);
	bed_commit(b);
	append(2);
	bed_reopen(b);
	ck_assert_uint_eq(b->image.position.seq, 3);
	ck_assert_uint_eq(b->image.refused[0].number, other.number);
}
END_TEST

/*
 * The log moves on by records that nobody waits for: what is in the new segment, the carried yes
 * among it, may be lost with the power. The old one is still there, although SQLite has settled
 * all.
 */
START_TEST(a_segment_stays_until_the_next_is_flushed)
{
	static const uint8_t zeros[32768];
	struct batch_id other = { 2, 1 };
	unsigned int first;
	int fd;

	bed_reopen(b);
	append(0);
	compose(1);
	ck_assert_int_eq(bed_yes(b), 0);
	first = b->store->w.active->number;
	for (; other.number < 400; other.number++)
		store_append(b->store, RECORD_ABORTED, other, (struct bytes){ 0 }, 0, NULL);
	bed_settle(b);
	bed_rest(b);
	ck_assert_uint_ne(b->store->w.active->number, first);
	take_copy();
	fd = open_segment(b->store->w.active->number);
	ck_assert_int_eq(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	close(fd);
	ck_assert_int_eq(open_copy_twice(), 2);
}
END_TEST

/* SQLite knows which segment must be there. */
START_TEST(a_missing_segment_is_damage)
{
	char path[BED_PATH + 32];

	append(0);
	bed_rest(b);
	take_copy();
	snprintf(path, sizeof(path), "%s/" SEGMENT_NAME, copy, b->store->w.active->number);
	unlink(path);
	ck_assert_int_eq(open_copy(), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-crash");
	TCase *t = tcase_create("disk-crash");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, torn_at_every_step);
	tcase_add_test(t, a_hole_is_damage);
	tcase_add_test(t, every_bent_byte_is_noticed);
	tcase_add_test(t, any_mixture_of_an_unfinished_write);
	tcase_add_test(t, recycled_segments_show_nothing_old);
	tcase_add_test(t, a_settled_commit_may_be_missing_in_the_log);
	tcase_add_test(t, settled_history_may_be_missing_in_the_log);
	tcase_add_test(t, a_carried_yes_is_always_there);
	tcase_add_test(t, a_segment_stays_until_the_next_is_flushed);
	tcase_add_test(t, a_missing_segment_is_damage);
	suite_add_tcase(s, t);
	return suite_run(s);
}
