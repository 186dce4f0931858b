// SPDX-License-Identifier: GPL-2.0
/* The file of a backup: read in any portions, and refused wherever it was touched. */
#include <check.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "archive_private.h"

#define FRAMES	3
#define FILE_MAX	8192
#define ROUNDS	20000	/* random corruptions */

static const uint8_t secret[SEAL_KEY_LEN] = "the key set";
static const uint8_t other[SEAL_KEY_LEN] = "another key set";

static const struct archive_head head = {
	.node = 7, .name = "n7", .mode = HSMREPL_MODE_NORMAL, .pool = { 1, 2, 3 },
	.time = 1700000000, .place = { 4, 99, 0x1122334455667788, 42, { 9, 8 } },
	.tls = 12, .bytes = 3456,
};

/**
 * struct file - one whole file, and where its frames begin
 */
struct file {
	uint8_t p[FILE_MAX];
	size_t n;
	size_t at[FRAMES + 2];	/* frames, the last one, and the end */
};

static struct file *file_new(const uint8_t *key, const struct archive_head *h)
{
	struct file *f = calloc(1, sizeof(*f));
	struct archive_writer *w = archive_writer_new(key, h, f->p);
	char text[FRAMES][32];

	ck_assert_ptr_nonnull(w);
	f->n = ARCHIVE_HEAD_LEN;
	for (unsigned int i = 0; i < FRAMES; i++) {
		f->at[i] = f->n;
		snprintf(text[i], sizeof(text[i]), "frame number %u", i);
		f->n += archive_write(w, text[i], strlen(text[i]), f->p + f->n);
	}
	f->at[FRAMES] = f->n;
	f->n += archive_write_end(w, &(struct archive_end){ .objects = 5, .tls = 3 }, f->p + f->n);
	f->at[FRAMES + 1] = f->n;
	archive_writer_free(w);
	return f;
}

/**
 * struct reading - what came of a file
 */
struct reading {
	enum archive_event fault;
	bool whole;
	bool begun;
	struct archive_head head;
	struct archive_end end;
	char text[1024];
	size_t n;
};

static void take(struct archive_reader *r, struct bytes from, struct reading *got)
{
	enum archive_event event;
	struct bytes plain;

	while ((event = archive_read(r, &from, &plain)) > ARCHIVE_MORE) {
		if (event == ARCHIVE_HEAD) {
			got->begun = true;
			got->head = *archive_head(r);
		} else if (event == ARCHIVE_DATA) {
			ck_assert_uint_lt(got->n + plain.n, sizeof(got->text));
			memcpy(got->text + got->n, plain.p, plain.n);
			got->n += plain.n;
		}
	}
	got->fault = event;
}

static struct reading read_portions(const uint8_t *key, const uint8_t *p, size_t n, size_t portion)
{
	struct archive_reader *r = archive_reader_new(key);
	struct reading got = { 0 };

	ck_assert_ptr_nonnull(r);
	for (size_t at = 0; at < n; at += portion)
		take(r, (struct bytes){ p + at, portion < n - at ? portion : n - at }, &got);
	got.whole = archive_is_whole(r);
	got.end = *archive_end(r);
	archive_reader_free(r);
	return got;
}

static struct reading read_all(const uint8_t *p, size_t n)
{
	return read_portions(secret, p, n, n ? n : 1);
}

START_TEST(reads_in_any_portions)
{
	static const size_t portions[] = { 1, 2, 3, 7, 63, 255, 256, 257, FILE_MAX };
	struct file *f = file_new(secret, &head);

	for (size_t i = 0; i < sizeof(portions) / sizeof(portions[0]); i++) {
		struct reading got = read_portions(secret, f->p, f->n, portions[i]);

		ck_assert_int_eq(got.fault, ARCHIVE_MORE);
		ck_assert(got.begun && got.whole);
		ck_assert_mem_eq(&got.head.place, &head.place, sizeof(head.place));
		ck_assert_mem_eq(got.head.pool, head.pool, sizeof(head.pool));
		ck_assert_str_eq(got.head.name, "n7");
		ck_assert_uint_eq(got.head.node, 7);
		ck_assert_uint_eq(got.head.time, head.time);
		ck_assert_uint_eq(got.head.bytes, head.bytes);
		ck_assert_uint_eq(got.end.objects, 5);
		ck_assert_uint_eq(got.end.bytes, got.n);
		ck_assert_str_eq(got.text, "frame number 0frame number 1frame number 2");
	}
	free(f);
}
END_TEST

START_TEST(nothing_of_it_is_readable)
{
	struct file *f = file_new(secret, &head);

	ck_assert_ptr_null(memmem(f->p, f->n, "frame number", 12));
	ck_assert_ptr_nonnull(memmem(f->p, f->n, "n7", 2));	/* what the search would find */
	free(f);
}
END_TEST

/* Every bit of every byte; which answer is due where. */
START_TEST(every_bent_bit_is_refused)
{
	const struct {
		size_t from, to;
		enum archive_event fault;
	} regions[] = {
		{ 0, 4, ARCHIVE_NOT_ONE },
		{ offsetof(struct archive_disk, node), ARCHIVE_HEAD_LEN, ARCHIVE_DAMAGED },
	};
	struct file *f = file_new(secret, &head);

	for (size_t bit = 0; bit < 8 * f->n; bit++) {
		struct reading got;

		f->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		got = read_all(f->p, f->n);
		f->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(!got.whole, "bit %zu of byte %zu", bit % 8, bit / 8);
		for (unsigned int i = 0; i < 2; i++)
			if (bit / 8 >= regions[i].from && bit / 8 < regions[i].to)
				ck_assert_int_eq(got.fault, regions[i].fault);
		/* A length that grew may wait for more; then the file was cut off. */
		ck_assert(got.fault < 0 || bit / 8 >= f->at[0]);
	}
	ck_assert(read_all(f->p, f->n).whole);
	free(f);
}
END_TEST

START_TEST(every_cut_is_noticed)
{
	struct file *f = file_new(secret, &head);

	for (size_t n = 0; n < f->n; n++) {
		struct reading got = read_all(f->p, n);

		ck_assert(!got.whole);
		ck_assert_int_eq(got.fault, ARCHIVE_MORE);
	}
	free(f);
}
END_TEST

START_TEST(nothing_may_follow)
{
	struct file *f = file_new(secret, &head);

	ck_assert_int_eq(read_all(f->p, f->n + 1).fault, ARCHIVE_LONGER);
	ck_assert_int_eq(read_portions(secret, f->p, f->n + 1, 1).fault, ARCHIVE_LONGER);
	memcpy(f->p + f->n, f->p, f->n);
	ck_assert_int_eq(read_all(f->p, 2 * f->n).fault, ARCHIVE_LONGER);
	free(f);
}
END_TEST

/* A file put together from parts; a negative part is one of another file of the key set. */
#define HEAD 100
#define END FRAMES

static size_t copy(const struct file *f, int part, uint8_t *to)
{
	size_t from = part == HEAD ? 0 : f->at[part];
	size_t n = part == HEAD ? ARCHIVE_HEAD_LEN : f->at[part + 1] - from;

	memcpy(to, f->p + from, n);
	return n;
}

START_TEST(parts_in_another_order_are_refused)
{
	static const int cases[][7] = {
		{ HEAD, 1, 0, 2, END, -1 }, { HEAD, 0, 2, END, -1 }, { HEAD, 0, 1, END, -1 },
		{ HEAD, 0, 1, 1, 2, END, -1 }, { HEAD, 0, 1, 2, 2, END, -1 }, { HEAD, END, -1 },
		{ HEAD, 0, 1, 2, -2 - END, -1 }, { HEAD, 0, -2 - 1, 2, END, -1 },
		{ -2 - HEAD, 0, 1, 2, END, -1 }, { HEAD, HEAD, 0, 1, 2, END, -1 },
		{ HEAD, END, 0, 1, 2, -1 }, { HEAD, 2, 1, 0, END, -1 },
	};
	struct file *f = file_new(secret, &head), *g = file_new(secret, &head);

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		uint8_t mixed[FILE_MAX];
		struct reading got;
		size_t n = 0;

		for (unsigned int i = 0; cases[c][i] != -1; i++) {
			int part = cases[c][i];

			n += part < 0 ? copy(g, -2 - part, mixed + n) : copy(f, part, mixed + n);
		}
		got = read_all(mixed, n);
		ck_assert_msg(!got.whole && got.fault == ARCHIVE_DAMAGED, "case %zu", c);
	}
	free(f);
	free(g);
}
END_TEST

START_TEST(other_keys_and_formats_are_told_apart)
{
	struct file *f = file_new(other, &head), *g = file_new(secret, &head);
	struct archive_disk d;

	ck_assert_int_eq(read_all(f->p, f->n).fault, ARCHIVE_OTHER_KEYS);
	memcpy(&d, g->p, sizeof(d));
	d.format = htole16(ARCHIVE_FORMAT + 1);
	ck_assert_int_eq(archive_sum(&d, d.sum), 0);
	memcpy(g->p, &d, sizeof(d));
	ck_assert_int_eq(read_all(g->p, g->n).fault, ARCHIVE_NEWER);
	/* A head that somebody without the keys made right again. */
	d.format = htole16(ARCHIVE_FORMAT);
	d.seq = htole64(1);
	ck_assert_int_eq(archive_sum(&d, d.sum), 0);
	memcpy(g->p, &d, sizeof(d));
	ck_assert_int_eq(read_all(g->p, g->n).fault, ARCHIVE_DAMAGED);
	ck_assert_int_eq(read_all((const uint8_t *)"some text", 9).fault, ARCHIVE_NOT_ONE);
	for (int fault = ARCHIVE_NOT_ONE; fault <= ARCHIVE_MORE; fault++)
		ck_assert_ptr_nonnull(strstr(archive_why((enum archive_event)fault), ": "));
	free(f);
	free(g);
}
END_TEST

static uint64_t rng = 20261126;

static unsigned int draw(size_t n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)((rng >> 33) % n);
}

/* A few bytes changed, a stretch moved, a piece cut out. */
static size_t corrupt(uint8_t *p, size_t n)
{
	unsigned int at = draw(n), len = draw(n - at) + 1;

	switch (draw(4)) {
	case 0:
		for (unsigned int i = draw(8) + 1; i; i--)
			p[draw(n)] ^= (uint8_t)(draw(255) + 1);
		return n;
	case 1:
		memmove(p + at, p + at + len, n - at - len);
		return n - len;
	case 2:
		memmove(p + draw(n - len + 1), p + at, len);
		return n;
	default:
		for (unsigned int i = 0; i < len; i++)
			p[at + i] = (uint8_t)draw(256);
		return n;
	}
}

START_TEST(random_corruptions_are_refused)
{
	struct file *f = file_new(secret, &head);
	unsigned int touched = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint8_t p[FILE_MAX];
		struct reading got;
		size_t n;

		memcpy(p, f->p, f->n);
		n = corrupt(p, f->n);
		if (n == f->n && !memcmp(p, f->p, n))
			continue;
		touched++;
		got = read_portions(secret, p, n, draw(n + 1) + 1);
		ck_assert_msg(!got.whole, "round %u", i);
	}
	ck_assert_uint_gt(touched, ROUNDS / 2);
	free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("archive");
	TCase *t = tcase_create("archive");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, reads_in_any_portions);
	tcase_add_test(t, nothing_of_it_is_readable);
	tcase_add_test(t, every_bent_bit_is_refused);
	tcase_add_test(t, every_cut_is_noticed);
	tcase_add_test(t, nothing_may_follow);
	tcase_add_test(t, parts_in_another_order_are_refused);
	tcase_add_test(t, other_keys_and_formats_are_told_apart);
	tcase_add_test(t, random_corruptions_are_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
