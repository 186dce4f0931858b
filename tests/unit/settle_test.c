// SPDX-License-Identifier: GPL-2.0
/* How fast decisions go into SQLite: spread while more come, at once when somebody waits. */
#include <check.h>

#include "../suite.h"
#include "disk_bed.h"
#include "history.h"

#define BATCHES	100
#define TLS	100	/* of a batch */
#define PAYLOAD	1024
#define LONG_MS	200000	/* the group took so long to gather */
#define SOON_MS	20000	/* much less, for a slow machine */
#define WHILE_MS 400

/* A pause is one second without news. */
static const struct store_options paced = {
	.segment_bytes = 16 << 20,
	.unsettled_max = 64 << 20,
	.settle_ms = 8000,
};

static struct bed *b;

static void append_batch(unsigned int tls)
{
	static const char payload[PAYLOAD] = "secret";
	char label[64];

	bed_begin(b);
	for (unsigned int i = 0; i < tls; i++) {
		snprintf(label, sizeof(label), "object %llu", (unsigned long long)b->after.seq);
		bed_op(b, bed_tl(b, HSMREPL_TL_DATA, 0x1000 + b->after.seq), HSMREPL_OP_CREATE,
		       label, payload, sizeof(payload), 7, "aes");
	}
	ck_assert_int_eq(bed_yes(b), 0);
	bed_commit(b);
}

static size_t settling(void)
{
	const struct entry *e;
	size_t n = 0;

	pthread_mutex_lock(&b->store->lock);
	TAILQ_FOREACH(e, &b->store->settling, link)
		n++;
	pthread_mutex_unlock(&b->store->lock);
	return n;
}

/* A group that took long to gather; the settle thread is at it. */
static void setup(void)
{
	uint64_t deadline = clock_ms() + SOON_MS;

	b = bed_new();
	ck_assert_msg(bed_open_sized(b, &paced), "%s", b->error);
	for (unsigned int i = 0; i < BATCHES; i++)
		append_batch(TLS);
	pthread_mutex_lock(&b->store->lock);
	ck_assert(!TAILQ_EMPTY(&b->store->written));
	b->store->written_since_ms -= LONG_MS;
	pthread_cond_signal(&b->store->settle_work);
	pthread_mutex_unlock(&b->store->lock);
	while (!settling()) {
		ck_assert(clock_ms() < deadline);
		poll(NULL, 0, 1);
	}
}

static void teardown(void)
{
	bed_close(b);
	bed_free(b);
}

static void ck_assert_soon(uint64_t since_ms)
{
	bed_settle(b);
	ck_assert_uint_lt(clock_ms() - since_ms, SOON_MS);
}

START_TEST(it_is_spread_while_more_comes)
{
	uint64_t until = clock_ms() + WHILE_MS;
	size_t n = settling();

	ck_assert_uint_gt(n, BATCHES / 2);
	while (clock_ms() < until) {
		append_batch(1);
		poll(NULL, 0, 5);
	}
	ck_assert_uint_eq(settling(), n);
}
END_TEST

static unsigned int segments(void)
{
	unsigned int n;

	pthread_mutex_lock(&b->store->lock);
	n = b->store->segments.n;
	pthread_mutex_unlock(&b->store->lock);
	return n;
}

/* The writer takes the last free one: it is not to wait for the group when that is full. */
START_TEST(a_segment_is_made_meanwhile)
{
	uint64_t deadline = clock_ms() + SOON_MS;
	unsigned int before = segments();
	size_t n = settling();

	for (unsigned int i = 0; segments() == before; i++) {
		ck_assert(clock_ms() < deadline);
		append_batch(i < BATCHES ? TLS : 1);
		ck_assert_uint_eq(settling(), n);
		poll(NULL, 0, i < BATCHES ? 0 : 5);
	}
}
END_TEST

START_TEST(a_pause_ends_it)
{
	ck_assert_soon(clock_ms());
}
END_TEST

START_TEST(a_peer_that_is_fed_ends_it)
{
	uint64_t since = clock_ms();

	history_pin(b->store, 0);
	while (settling()) {
		ck_assert_uint_lt(clock_ms() - since, SOON_MS);
		append_batch(1);
	}
	history_unpin(b->store);
}
END_TEST

START_TEST(closing_ends_it)
{
	uint64_t since = clock_ms(), seq = b->position.seq;

	bed_close(b);
	ck_assert_uint_lt(clock_ms() - since, SOON_MS);
	ck_assert_msg(bed_open_sized(b, &paced), "%s", b->error);
	ck_assert_uint_eq(b->image.position.seq, seq);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("settle");
	Suite *s = suite_create("settle");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, it_is_spread_while_more_comes);
	tcase_add_test(tc, a_segment_is_made_meanwhile);
	tcase_add_test(tc, a_pause_ends_it);
	tcase_add_test(tc, a_peer_that_is_fed_ends_it);
	tcase_add_test(tc, closing_ends_it);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
