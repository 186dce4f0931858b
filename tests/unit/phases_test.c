// SPDX-License-Identifier: GPL-2.0
/* Phases of a commit: what is counted where, and what is not counted. */
#include <check.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "phases.h"
#include "../../agent/core/wire.h"

#define US 1000u
#define NUMBER 7u

static struct phases p;
static uint64_t now;

static void setup(void)
{
	memset(&p, 0, sizeof(p));
	now = 1000 * US;
}

static void event_after(uint64_t us, enum event_type type, uint64_t number)
{
	const struct event ev = {
		.type = type, .record = RECORD_YES, .batch = { .coordinator = 1, .number = number },
	};

	now += us * US;
	phases_event(&p, &ev, now);
}

static void frame_after(uint64_t us, unsigned int type)
{
	uint8_t frame[WIRE_HEADER] = { 0 };
	uint16_t le = htole16((uint16_t)type);
	struct event ev = { .type = EV_MESSAGE, .data = { frame, sizeof(frame) } };

	memcpy(frame + sizeof(uint32_t), &le, sizeof(le));
	now += us * US;
	phases_event(&p, &ev, now);
}

static void flushed_after(uint64_t us, uint64_t number)
{
	now += us * US;
	phases_flushed(&p, number, now);
}

static void resolve_takes(uint64_t us, uint64_t number, enum hsmrepl_resolution resolution)
{
	const struct action a = {
		.type = ACT_RESOLVE, .resolution = resolution,
		.batch = { .coordinator = 1, .number = number },
	};

	now += us * US;
	phases_given(&p, &a, now - us * US, now);
}

static void grant_after(uint64_t us)
{
	const struct action a = { .type = ACT_GRANT };

	now += us * US;
	phases_action(&p, &a, now);
}

static uint64_t times(enum phase phase)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < PHASE_BUCKETS; i++)
		n += p.of[phase].count[i];
	return n;
}

static void check_phase(enum phase phase, uint64_t n, uint64_t us)
{
	ck_assert_msg(times(phase) == n && p.of[phase].sum_ns == us * US,
		      "%s: %lu times, %lu ns in all", phase_name(phase),
		      (unsigned long)times(phase), (unsigned long)p.of[phase].sum_ns);
}

/* Another node had the turn; the own disk is slower than one voter and faster than the other. */
START_TEST(commit_after_waiting)
{
	event_after(0, EV_QUEUED, 0);
	event_after(5, EV_QUEUED, 0);
	grant_after(20);
	event_after(30, EV_CLAIMED, NUMBER);
	frame_after(100, MSG_VOTE);
	flushed_after(40, NUMBER);
	event_after(9, EV_DURABLE, NUMBER);
	frame_after(51, MSG_VOTE);
	resolve_takes(12, NUMBER, HSMREPL_COMMIT);
	check_phase(PHASE_QUEUE, 1, 25);
	check_phase(PHASE_CLAIM, 1, 30);
	check_phase(PHASE_APPEND, 1, 140);
	check_phase(PHASE_WAKE_UP, 1, 9);
	check_phase(PHASE_VOTE, 1, 200);
	check_phase(PHASE_APPLY, 1, 12);
	check_phase(PHASE_COMMIT, 1, 212);
	check_phase(PHASE_ANSWER, 0, 0);
}
END_TEST

/* A lone writer: the grant stood for long, the claim begins with the read. */
START_TEST(commit_under_a_standing_grant)
{
	grant_after(0);
	phases_read(&p, now += 5000 * US);
	event_after(3, EV_CLAIMED, NUMBER);
	flushed_after(100, NUMBER);
	event_after(10, EV_DURABLE, NUMBER);
	resolve_takes(2, NUMBER, HSMREPL_COMMIT);
	check_phase(PHASE_QUEUE, 1, 0);
	check_phase(PHASE_CLAIM, 1, 3);
	check_phase(PHASE_COMMIT, 1, 112);
	check_phase(PHASE_VOTE, 0, 0);
}
END_TEST

/* The grant was out when the notice came: the wait begins with the notice. */
START_TEST(notice_after_the_grant)
{
	grant_after(0);
	event_after(70, EV_QUEUED, 0);
	event_after(4, EV_CLAIMED, NUMBER);
	check_phase(PHASE_QUEUE, 1, 0);
	check_phase(PHASE_CLAIM, 1, 4);
}
END_TEST

START_TEST(others_batches_are_not_own)
{
	frame_after(0, MSG_PREPARE);
	flushed_after(10, NUMBER);
	event_after(5, EV_DURABLE, NUMBER);
	resolve_takes(5, NUMBER, HSMREPL_COMMIT);
	frame_after(1, MSG_VOTE);
	for (enum phase phase = 0; phase < PHASES; phase++)
		check_phase(phase, 0, 0);
}
END_TEST

START_TEST(aborted_batch_counts_no_commit)
{
	event_after(0, EV_CLAIMED, NUMBER);
	resolve_takes(5, NUMBER, HSMREPL_REQUEUE);
	resolve_takes(5, NUMBER, HSMREPL_COMMIT);
	check_phase(PHASE_COMMIT, 0, 0);
	check_phase(PHASE_APPLY, 0, 0);
}
END_TEST

START_TEST(voter_answers)
{
	uint8_t head[WIRE_HEADER] = { 0 };
	uint16_t le = htole16(MSG_VOTE);
	const struct action vote = { .type = ACT_SEND, .head = { head, sizeof(head) } };

	memcpy(head + sizeof(uint32_t), &le, sizeof(le));
	phases_action(&p, &vote, now);	/* to an INQUIRE */
	check_phase(PHASE_ANSWER, 0, 0);
	frame_after(0, MSG_PREPARE);
	now += 80 * US;
	phases_action(&p, &vote, now);
	phases_action(&p, &vote, now);
	check_phase(PHASE_ANSWER, 1, 80);
}
END_TEST

static void frame_of(uint16_t peer, unsigned int type, bool sent)
{
	uint8_t frame[WIRE_HEADER] = { 0 };
	uint16_t le = htole16((uint16_t)type);
	const struct event ev = {
		.type = EV_MESSAGE, .peer = peer, .data = { frame, sizeof(frame) },
	};
	const struct action a = {
		.type = ACT_SEND, .peer = peer, .head = { frame, sizeof(frame) },
	};

	memcpy(frame + sizeof(uint32_t), &le, sizeof(le));
	if (sent)
		phases_action(&p, &a, now);
	else
		phases_event(&p, &ev, now);
}

static void check_voter(uint16_t peer, uint64_t n, uint64_t us)
{
	const struct histogram *h = phases_voter(&p, peer);
	uint64_t count = 0;

	ck_assert_ptr_nonnull(h);
	for (unsigned int i = 0; i < PHASE_BUCKETS; i++)
		count += h->count[i];
	ck_assert_uint_eq(count, n);
	ck_assert_uint_eq(h->sum_ns, us * US);
}

/* Each peer's own time; a vote that nobody asked for, or that comes again, is not counted. */
START_TEST(peers_vote)
{
	event_after(0, EV_CLAIMED, NUMBER);
	frame_of(2, MSG_PREPARE, true);
	frame_of(3, MSG_PREPARE, true);
	now += 30 * US;
	frame_of(3, MSG_VOTE, false);
	now += 50 * US;
	frame_of(3, MSG_VOTE, false);
	frame_of(2, MSG_VOTE, false);
	frame_of(4, MSG_VOTE, false);
	check_voter(2, 1, 80);
	check_voter(3, 1, 30);
	check_voter(4, 0, 0);
	ck_assert_ptr_null(phases_voter(&p, 5));
}
END_TEST

/* Who was not asked for longest makes room. */
START_TEST(more_peers_than_room)
{
	event_after(0, EV_CLAIMED, NUMBER);
	for (uint16_t id = 1; id <= HSMREPL_NODES_MAX + 1; id++) {
		now += US;
		frame_of(id, MSG_PREPARE, true);
		if (id == HSMREPL_NODES_MAX)
			frame_of(1, MSG_PREPARE, true);
	}
	ck_assert_ptr_null(phases_voter(&p, 2));
	for (uint16_t id = 1; id <= HSMREPL_NODES_MAX + 1; id++)
		ck_assert(id == 2 || phases_voter(&p, id));
}
END_TEST

/* A bound itself belongs to the next bucket; what is beyond all goes into the last. */
START_TEST(buckets)
{
	static const struct {
		uint64_t us;
		unsigned int bucket;
	} way[] = {
		{ 0, 0 }, { PHASE_FIRST_US - 1, 0 }, { PHASE_FIRST_US, 1 },
		{ 2 * PHASE_FIRST_US - 1, 1 }, { 2 * PHASE_FIRST_US, 2 },
		{ (PHASE_FIRST_US << (PHASE_BUCKETS - 2)) - 1, PHASE_BUCKETS - 2 },
		{ PHASE_FIRST_US << (PHASE_BUCKETS - 2), PHASE_BUCKETS - 1 },
		{ (uint64_t)PHASE_FIRST_US << 40, PHASE_BUCKETS - 1 },
	};

	for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		setup();
		event_after(0, EV_CLAIMED, NUMBER);
		resolve_takes(way[i].us, NUMBER, HSMREPL_COMMIT);
		ck_assert_uint_eq(p.of[PHASE_APPLY].count[way[i].bucket], 1);
		ck_assert_uint_eq(times(PHASE_APPLY), 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("phases");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, setup, NULL);
	tcase_add_test(all, commit_after_waiting);
	tcase_add_test(all, commit_under_a_standing_grant);
	tcase_add_test(all, notice_after_the_grant);
	tcase_add_test(all, others_batches_are_not_own);
	tcase_add_test(all, aborted_batch_counts_no_commit);
	tcase_add_test(all, voter_answers);
	tcase_add_test(all, peers_vote);
	tcase_add_test(all, more_peers_than_room);
	tcase_add_test(all, buckets);
	suite_add_tcase(suite, all);
	return suite_run(suite);
}
