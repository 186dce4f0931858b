// SPDX-License-Identifier: GPL-2.0
/* Who may join, and what is sent: every guard, every kind. And what is fed, without a gap. */
#include <check.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "feed.h"
#include "history.h"
#include "judge.h"

/* A good donor of a pool of three, and a blank newcomer; each test changes what it is about. */
struct scene {
	struct node_list nl;
	struct sync_message join;
	struct judge_facts f;
};

static void set_up(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->nl = (struct node_list){ .pool = { 7 }, .epoch = 3, .n = 3 };
	s->nl.node[0] = (struct member){ 1, "n1", "10.0.0.1:4327" };
	s->nl.node[1] = (struct member){ 2, "n2", "10.0.0.2:4327" };
	s->nl.node[2] = (struct member){ 3, "n3", "10.0.0.3:4327" };
	s->join = (struct sync_message){ .type = SYNC_JOIN, .address = "10.0.0.4:4327" };
	s->f = (struct judge_facts){
		.state = HSMREPL_MEMBER, .self = 1, .nl = &s->nl, .seq = 1000, .link = LINK_DOWN,
		.id = 4, .name = "n4", .answer = HISTORY_HAS, .at_answer = HISTORY_HAS,
		.window = 100, .join = &s->join,
	};
}

/* It was a member of this pool once. */
static void come_back(struct scene *s, uint64_t seq)
{
	memcpy(s->join.pool, s->nl.pool, sizeof(s->join.pool));
	s->join.place = (struct position){ .epoch = 2, .seq = seq, .sp = 0xabc };
}

static void expect(struct scene *s, enum sync_kind kind, bool resume)
{
	struct verdict v;

	judge(&s->f, &v);
	ck_assert_str_eq(v.why, "");
	ck_assert_int_eq(v.kind, kind);
	ck_assert_int_eq(v.resume, resume);
}

/* Refused, with what is wrong, and what to do behind a colon. */
static void expect_no(struct scene *s, bool later, const char *why)
{
	struct verdict v;

	judge(&s->f, &v);
	ck_assert_int_eq(v.kind, 0);
	ck_assert_int_eq(v.later, later);
	ck_assert_msg(strstr(v.why, why), "%s", v.why);
	ck_assert_msg(strstr(v.why, ": "), "%s", v.why);
}

START_TEST(test_kinds)
{
	struct scene s;

	set_up(&s);
	expect(&s, SYNC_KIND_FULL, false);
	come_back(&s, 500);
	expect(&s, SYNC_KIND_DELTA, false);
	s.join.flags = SYNC_LEARNER;
	expect(&s, SYNC_KIND_TAIL, false);
	come_back(&s, 99);
	expect(&s, SYNC_KIND_FULL, false);
}
END_TEST

START_TEST(test_resume)
{
	struct scene s;

	set_up(&s);
	s.join.have = 300;
	s.join.at.seq = 400;
	expect(&s, SYNC_KIND_FULL, true);
	s.f.at_answer = HISTORY_LACKS;
	expect(&s, SYNC_KIND_FULL, false);
	s.f.at_answer = HISTORY_HAS;
	s.join.at.seq = 99;
	expect(&s, SYNC_KIND_FULL, false);
	come_back(&s, 50);
	s.join.at.seq = 400;
	expect(&s, SYNC_KIND_DELTA, true);
}
END_TEST

START_TEST(test_donor)
{
	static const enum hsmrepl_node_state bad[] = {
		HSMREPL_JOINING, HSMREPL_REMOVED, HSMREPL_DIVERGED, HSMREPL_HALTED,
	};
	struct scene s;

	set_up(&s);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s.f.state = bad[i];
		expect_no(&s, false, "no member");
	}
	s.f.state = HSMREPL_STARTING;
	expect_no(&s, true, "started");
	s.f.state = HSMREPL_BLOCKED;
	expect(&s, SYNC_KIND_FULL, false);
	s.f.self = 9;
	expect_no(&s, false, "no member");
	s.f.self = 1;
	s.f.busy = "n5";
	expect_no(&s, true, "n5");
}
END_TEST

START_TEST(test_listed)
{
	struct scene s;

	set_up(&s);
	come_back(&s, 500);
	s.f.id = 3;
	s.f.name = "n3";
	s.f.link = LINK_MEMBER;
	expect_no(&s, false, "member already");
	s.f.link = LINK_BEHIND;
	expect_no(&s, false, "node-down n3");
	s.join.flags = SYNC_OVERWRITE;
	expect_no(&s, false, "node-down n3");
	s.join.flags = SYNC_LEARNER;	/* it has not heard of its NODE_ADD */
	expect_no(&s, true, "hears of it from the members");
}
END_TEST

START_TEST(test_room)
{
	struct scene s;

	set_up(&s);
	s.f.name = "n2";
	expect_no(&s, false, "named n2");
	s.f.name = "n4";
	strcpy(s.join.address, "10.0.0.2:4327");
	expect_no(&s, false, "address");
	strcpy(s.join.address, "10.0.0.4:4327");
	s.nl.n = HSMREPL_NODES_MAX;
	s.f.id = 99;
	expect_no(&s, false, "no more");
}
END_TEST

START_TEST(test_diverged)
{
	static const enum history_answer bad[] = {
		HISTORY_LACKS, HISTORY_FORGOTTEN, HISTORY_AHEAD,
	};
	struct scene s;

	set_up(&s);
	come_back(&s, 2000);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s.f.answer = bad[i];
		s.join.flags = 0;
		expect_no(&s, false, "--overwrite");
		s.join.flags = SYNC_OVERWRITE;
		expect(&s, SYNC_KIND_FULL, false);
	}
	come_back(&s, 900);	/* not settled here yet */
	s.f.answer = HISTORY_AHEAD;
	expect_no(&s, true, "asked again");
	s.join.pool[0] ^= 1;
	s.join.flags = 0;
	expect_no(&s, false, "another pool");
}
END_TEST

/* Feeding. */

static void give(struct feed *f, uint64_t seq, unsigned int n_tls, uint64_t number)
{
	const struct hsmrepl_tl tl = { .len = htole32(sizeof(tl)), .seq = htole64(seq) };
	const struct batch_id id = { 1, number };

	feed_yes(f, id, (struct bytes){ &tl, sizeof(tl) }, n_tls);
	feed_commit(f, id, seq + n_tls - 1);
}

static void expect_next(const struct feed *f, uint64_t seq, uint64_t after)
{
	struct feed_batch b;

	ck_assert_int_eq(feed_next(f, seq, &b), 1);
	ck_assert_uint_eq(b.before, seq);
	ck_assert_uint_eq(b.after, after);
}

START_TEST(test_feed)
{
	struct feed *f = feed_new();
	struct feed_batch b;

	give(f, 5, 1, 1);
	ck_assert_int_eq(feed_next(f, 4, &b), -1);	/* it did not run */
	feed_start(f, 5);
	ck_assert_int_eq(feed_next(f, 5, &b), 0);
	give(f, 6, 3, 2);
	give(f, 9, 1, 3);
	expect_next(f, 5, 8);
	expect_next(f, 8, 9);
	ck_assert_int_eq(feed_next(f, 9, &b), 0);
	ck_assert_int_eq(feed_next(f, 6, &b), -1);	/* in the middle of a batch */
	ck_assert_int_eq(feed_next(f, 10, &b), -1);	/* ahead of it */
	feed_forget(f, 8);
	ck_assert_int_eq(feed_next(f, 5, &b), -1);
	expect_next(f, 8, 9);
	feed_stop(f);
	ck_assert(!feed_runs(f) && feed_bytes(f) == 0);
	feed_free(f);
}
END_TEST

/* A batch that was said yes to before the start is not in it; a retry replaces its first try. */
START_TEST(test_feed_edges)
{
	const struct hsmrepl_tl tl = { .len = htole32(sizeof(tl)), .seq = htole64(8) };
	struct feed *f = feed_new();
	struct feed_batch b;

	feed_start(f, 5);
	feed_commit(f, (struct batch_id){ 2, 1 }, 7);
	ck_assert_int_eq(feed_next(f, 5, &b), -1);
	ck_assert_int_eq(feed_next(f, 7, &b), 0);
	feed_yes(f, (struct batch_id){ 2, 2 }, (struct bytes){ &tl, sizeof(tl) }, 1);
	give(f, 8, 1, 9);
	expect_next(f, 7, 8);
	feed_commit(f, (struct batch_id){ 2, 3 }, 9);	/* never heard of: a gap */
	ck_assert_int_eq(feed_next(f, 8, &b), -1);
	feed_free(f);
}
END_TEST

START_TEST(test_feed_limit)
{
	size_t n = HSMREPL_BATCH_MAX;
	struct hsmrepl_tl *tl = calloc(1, n);
	struct feed *f = feed_new();
	struct feed_batch b;

	feed_start(f, 0);
	for (uint64_t seq = 1; seq <= 2 * FEED_BYTES_MAX / n; seq++) {
		tl->seq = htole64(seq);
		feed_yes(f, (struct batch_id){ 1, seq }, (struct bytes){ tl, n }, 1);
		feed_commit(f, (struct batch_id){ 1, seq }, seq);
		ck_assert_uint_le(feed_bytes(f), FEED_BYTES_MAX);
	}
	ck_assert_int_eq(feed_next(f, 0, &b), -1);
	ck_assert_int_eq(feed_next(f, 2 * FEED_BYTES_MAX / n, &b), 0);
	feed_free(f);
	free(tl);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sync judge");
	TCase *judging = tcase_create("judge");
	TCase *feeding = tcase_create("feed");

	tcase_add_test(judging, test_kinds);
	tcase_add_test(judging, test_resume);
	tcase_add_test(judging, test_donor);
	tcase_add_test(judging, test_listed);
	tcase_add_test(judging, test_room);
	tcase_add_test(judging, test_diverged);
	tcase_add_test(feeding, test_feed);
	tcase_add_test(feeding, test_feed_edges);
	tcase_add_test(feeding, test_feed_limit);
	suite_add_tcase(suite, judging);
	suite_add_tcase(suite, feeding);
	return suite_run(suite);
}
