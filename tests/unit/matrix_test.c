// SPDX-License-Identifier: GPL-2.0
/*
 * Every state of the slot meets every event. The table says where each pair leads; NEVER
 * marks what the pump cannot tell in that state: it must be caught by an assertion.
 *
 * The node under test is n1 of n1, n2, n3. Batch 7 of n2 is the one it votes on, batch 1:1 its own.
 */
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "step.h"
#include "view.h"
#include "wire.h"
#include "batch.h"

#define SEQ 5
#define SP 0x5555u
#define OWN_TID 0x1111u
#define OTHER_TID 0x2222u
#define OWN ((struct batch_id){ 1, (uint64_t)9 << 32 | 1 })
#define OTHER ((struct batch_id){ 2, 7 })

struct world {
	struct node *n;
	struct actions out;
	uint64_t now;
};

static struct node_list pool(void)
{
	struct node_list nl = { .pool = { 1 }, .epoch = 1, .n = 3 };

	for (unsigned int i = 0; i < nl.n; i++) {
		nl.node[i].id = (uint16_t)(i + 1);
		nl.node[i].name[0] = 'n';
		nl.node[i].name[1] = (char)('1' + i);
	}
	return nl;
}

/* A TL that deletes "k"; @after counts TLs that stand between it and SEQ. */
static struct bytes make_tl(uint8_t *buf, uint16_t coordinator, uint64_t tid, unsigned int after,
			    uint64_t sp)
{
	struct hsmrepl_tl tl = {
		.format = htole16(1), .kind = htole16(HSMREPL_TL_DATA), .tid = htole64(tid),
		.sync_point = htole64(sp), .seq = htole64(SEQ + 1 + after), .epoch = htole64(1),
		.coordinator = htole16(coordinator), .n_ops = htole16(1), .n_voters = htole16(3),
		.voters = { htole16(1), htole16(2), htole16(3) },
	};
	struct hsmrepl_op op = { .len = htole32(72), .code = htole16(HSMREPL_OP_DELETE),
				 .label_len = htole16(1) };

	tl.len = htole32(sizeof(tl) + 72);
	memset(buf, 0, sizeof(tl) + 72);
	memcpy(buf, &tl, sizeof(tl));
	memcpy(buf + sizeof(tl), &op, sizeof(op));
	buf[sizeof(tl) + sizeof(op)] = 'k';
	return (struct bytes){ buf, sizeof(tl) + 72 };
}

static void step(struct world *w, struct event ev)
{
	ev.now_ms = ++w->now;
	node_step(w->n, &ev, &w->out);
}

static void hear(struct world *w, uint16_t from, struct message m)
{
	uint8_t buf[4096];
	size_t len;

	m.epoch = 1;
	len = wire_encode(&m, buf);
	if (m.tls.n) {
		memcpy(buf + len, m.tls.p, m.tls.n);
		len += m.tls.n;
	}
	step(w, (struct event){ .type = EV_MESSAGE, .peer = from, .data = { buf, len } });
}

static struct message hello(uint64_t seq, uint64_t sp)
{
	struct node_list nl = pool();
	struct message m = { .type = MSG_HELLO };

	memcpy(m.hello.pool, nl.pool, sizeof(nl.pool));
	m.hello.position = (struct position){ .epoch = 1, .seq = seq, .sp = sp };
	m.turn = (struct turn){ 1, 1 };
	return m;
}

static void connect_all(struct world *w)
{
	for (uint16_t id = 2; id <= 3; id++) {
		step(w, (struct event){ .type = EV_PEER_UP, .peer = id });
		hear(w, id, hello(SEQ, SP));
	}
}

static void claim(struct world *w)
{
	uint8_t buf[256];

	step(w, (struct event){ .type = EV_CLAIMED, .batch = OWN, .n_tls = 1,
				.data = make_tl(buf, 1, OWN_TID, 0, SP) });
}

/* A PREPARE of n2 on our position finds a grant first: it must be given back before. */
static void prepare(struct world *w, uint64_t number, unsigned int after, uint64_t sp)
{
	uint8_t buf[256];

	hear(w, 2, (struct message){ .type = MSG_PREPARE, .batch = { 2, number }, .n_tls = 1,
				     .tls = make_tl(buf, 2, OTHER_TID + number - 7, after, sp) });
}

/* History that follows on our position, told by Live-Sync or by n2. */
static void learn(struct world *w, bool by_message)
{
	uint8_t buf[256];
	struct bytes tls = make_tl(buf, 2, OTHER_TID, 0, SP);

	if (by_message)
		hear(w, 2, (struct message){ .type = MSG_LEARN, .n_tls = 1, .tls = tls });
	else
		step(w, (struct event){ .type = EV_LEARN, .n_tls = 1, .data = tls });
}

static void give_turn_away(struct world *w)
{
	hear(w, 2, (struct message){ .type = MSG_TURN, .turn = { 9, 2 } });
	step(w, (struct event){ .type = EV_REVOKED });
}

static void prepared(struct world *w, int error)
{
	step(w, (struct event){ .type = EV_PREPARED, .batch = OTHER, .error = error });
}

static void durable(struct world *w, enum record_type record, struct batch_id id)
{
	step(w, (struct event){ .type = EV_DURABLE, .record = record, .batch = id });
}

static void say(struct world *w, uint16_t from, enum message_type type, struct batch_id id)
{
	hear(w, from, (struct message){ .type = type, .batch = id });
}

static void vote(struct world *w, uint16_t from, struct batch_id id, enum refusal why, int error)
{
	hear(w, from, (struct message){ .type = MSG_VOTE, .batch = id, .turn = { 1, 1 },
					.yes = why == REFUSAL_NONE, .refusal = why,
					.error = error });
}

static void commit(struct world *w, struct batch_id id, uint64_t tid)
{
	hear(w, 2, (struct message){ .type = MSG_COMMIT, .batch = id, .turn = { 1, 1 },
				     .seq = SEQ + 1, .sp = SP ^ tid });
}

static struct world enter(enum slot_state s)
{
	struct node_list nl = pool();
	struct recovery r = { .nl = &nl, .protocol = PROTOCOL_MAX,
			      .position = { .epoch = 1, .seq = SEQ, .sp = SP },
			      .incarnation = 9 };
	struct world w = { .n = malloc(node_size) };
	struct node_view v;

	node_init(w.n, 1, "n1");
	step(&w, (struct event){ .type = EV_BOOT, .recovery = &r });
	connect_all(&w);
	switch (s) {
	case SLOT_FREE:
		break;
	case SLOT_VOTING:
		claim(&w);
		break;
	case SLOT_REVOKING:
		claim(&w);
		vote(&w, 2, OWN, REFUSAL_BUSY, 0);
		break;
	case SLOT_ABORTING:
		claim(&w);
		vote(&w, 2, OWN, REFUSAL_INVALID, ENOSPC);
		durable(&w, RECORD_REFUSED, OWN);
		break;
	case SLOT_TAKING:
		give_turn_away(&w);
		prepare(&w, 7, 0, SP);
		break;
	case SLOT_HELD:
		give_turn_away(&w);
		prepare(&w, 7, 0, SP);
		prepared(&w, 0);
		durable(&w, RECORD_YES, OTHER);
		break;
	case SLOT_DROPPING:
		give_turn_away(&w);
		prepare(&w, 7, 0, SP);
		prepared(&w, ENOSPC);
		break;
	case SLOT_STATES:
		abort();
	}
	node_look(w.n, &v);
	ck_assert_str_eq(slot_state_name(v.slot), slot_state_name(s));
	return w;
}

enum stimulus {
	S_TICK, S_QUEUED, S_CLAIMED, S_REVOKED, S_PREPARED, S_PREPARE_FAILED, S_DURABLE_YES,
	S_DURABLE_REFUSED, S_DISK_ERROR, S_PEER_DOWN, S_PEER_UP, S_PREPARE, S_PREPARE_SUCCESSOR,
	S_VOTE_YES, S_VOTE_BUSY, S_VOTE_INVALID, S_VOTE_STRAY, S_COMMIT, S_COMMIT_STRAY, S_ABORT,
	S_ABORT_STRAY, S_ABORT_LATER, S_ABORTED, S_INQUIRE, S_INQUIRE_STRAY, S_WANT, S_TURN,
	S_HELLO_SAME, S_HELLO_AFTER_SLOT, S_MALFORMED, S_FORM, S_SUBMITTED, S_LEARN, S_TOLD,
	S_ADMIT, S_LEAVE, S_LOOKUP, S_SPLIT, S_REMOVED, STIMULI
};

/* The batch in the slot, ours or n2's; OTHER where the slot is free. */
static struct batch_id in_slot(const struct world *w)
{
	struct node_view v;

	node_look(w->n, &v);
	return v.slot == SLOT_FREE ? OTHER : v.slot_id;
}

static void stimulate_peer(struct world *w, enum stimulus s)
{
	struct batch_id id = in_slot(w);
	uint64_t tid = id.coordinator == 1 ? OWN_TID : OTHER_TID;
	struct batch_id stray = { 2, 6 };

	switch ((int)s) {
	case S_PREPARE: prepare(w, 8, 0, SP); break;
	case S_PREPARE_SUCCESSOR: prepare(w, 8, 1, SP ^ tid); break;
	case S_VOTE_YES:
		durable(w, RECORD_YES, OWN);
		vote(w, 2, OWN, REFUSAL_NONE, 0);
		vote(w, 3, OWN, REFUSAL_NONE, 0);
		break;
	case S_VOTE_BUSY: vote(w, 2, OWN, REFUSAL_BUSY, 0); break;
	case S_VOTE_INVALID: vote(w, 2, OWN, REFUSAL_INVALID, ENOSPC); break;
	case S_VOTE_STRAY: vote(w, 2, (struct batch_id){ 1, 99 }, REFUSAL_BUSY, 0); break;
	case S_COMMIT: commit(w, OTHER, OTHER_TID); break;
	case S_COMMIT_STRAY: commit(w, stray, OTHER_TID); break;
	case S_ABORT: say(w, 2, MSG_ABORT, OTHER); break;
	case S_ABORT_STRAY: say(w, 2, MSG_ABORT, stray); break;
	case S_ABORT_LATER: say(w, 2, MSG_ABORT, (struct batch_id){ 2, 8 }); break;
	case S_ABORTED:
		say(w, 2, MSG_ABORTED, OWN);
		say(w, 3, MSG_ABORTED, OWN);
		break;
	case S_INQUIRE: say(w, 2, MSG_INQUIRE, OTHER); break;
	case S_INQUIRE_STRAY: say(w, 2, MSG_INQUIRE, stray); break;
	case S_WANT: say(w, 2, MSG_WANT, (struct batch_id){ 0 }); break;
	case S_TURN: hear(w, 2, (struct message){ .type = MSG_TURN, .turn = { 20, 2 } }); break;
	case S_HELLO_SAME: hear(w, 2, hello(SEQ, SP)); break;
	case S_HELLO_AFTER_SLOT: hear(w, 2, hello(SEQ + 1, SP ^ tid)); break;
	default: ck_abort_msg("stimulus %d is not handled", s);
	}
}

static void stimulate(struct world *w, enum stimulus s)
{
	struct batch_id id = in_slot(w);
	struct node_list nl = pool();

	switch ((int)s) {
	case S_TICK: step(w, (struct event){ .type = EV_TICK }); break;
	case S_QUEUED: step(w, (struct event){ .type = EV_QUEUED }); break;
	case S_CLAIMED: claim(w); break;
	case S_REVOKED: step(w, (struct event){ .type = EV_REVOKED }); break;
	case S_PREPARED: prepared(w, 0); break;
	case S_PREPARE_FAILED: prepared(w, ENOSPC); break;
	case S_DURABLE_YES: durable(w, RECORD_YES, id); break;
	case S_DURABLE_REFUSED: durable(w, RECORD_REFUSED, id); break;
	case S_DISK_ERROR: step(w, (struct event){ .type = EV_DISK_ERROR, .error = EIO }); break;
	case S_PEER_DOWN: step(w, (struct event){ .type = EV_PEER_DOWN, .peer = 2 }); break;
	case S_PEER_UP: step(w, (struct event){ .type = EV_PEER_UP, .peer = 2 }); break;
	case S_MALFORMED:
		step(w, (struct event){ .type = EV_MESSAGE, .peer = 2, .data = { "junk", 4 } });
		break;
	case S_FORM:
		step(w, (struct event){ .type = EV_FORM, .nl = &nl, .request = 1 });
		break;
	case S_SUBMITTED:
		step(w, (struct event){ .type = EV_SUBMITTED, .error = ENOMEM });
		break;
	case S_LEARN: learn(w, false); break;
	case S_TOLD: learn(w, true); break;
	case S_LEAVE: step(w, (struct event){ .type = EV_LEAVE, .request = 1 }); break;
	case S_ADMIT:
		nl.n = 1;
		nl.node[0].id = 9;
		step(w, (struct event){ .type = EV_ADMIT, .nl = &nl, .request = 1 });
		break;
	case S_LOOKUP:
		step(w, (struct event){ .type = EV_LOOKUP, .peer = 2, .lookup = LOOKUP_LACKS,
					.position = &(struct position){ .epoch = 1 } });
		break;
	case S_SPLIT: step(w, (struct event){ .type = EV_SPLIT, .peer = 9, .nl = &nl }); break;
	case S_REMOVED: step(w, (struct event){ .type = EV_REMOVED, .peer = 2 }); break;
	default: stimulate_peer(w, s);
	}
}

#define NEVER SLOT_STATES
#define F SLOT_FREE
#define V SLOT_VOTING
#define R SLOT_REVOKING
#define A SLOT_ABORTING
#define T SLOT_TAKING
#define H SLOT_HELD
#define D SLOT_DROPPING
#define X NEVER

static const enum slot_state expected[STIMULI][SLOT_STATES] = {
	/*			 FREE VOTE REVO ABOR TAKI HELD DROP */
	[S_TICK]		= { F, V, R, A, T, H, D },
	[S_QUEUED]		= { F, V, R, A, T, H, D },
	[S_CLAIMED]		= { V, X, X, X, X, X, X },
	[S_REVOKED]		= { F, V, R, A, T, H, D },
	[S_PREPARED]		= { X, X, X, X, T, X, X },
	[S_PREPARE_FAILED]	= { X, X, X, X, D, X, X },
	[S_DURABLE_YES]		= { F, V, R, A, T, H, D },
	[S_DURABLE_REFUSED]	= { F, V, F, A, T, H, F },
	[S_DISK_ERROR]		= { F, V, R, A, T, H, D },
	[S_PEER_DOWN]		= { F, V, R, A, T, H, D },
	[S_PEER_UP]		= { F, V, R, A, T, H, D },
	[S_PREPARE]		= { F, V, R, A, T, H, D },
	[S_PREPARE_SUCCESSOR]	= { F, V, R, A, T, T, D },
	[S_VOTE_YES]		= { F, F, R, A, T, H, D },
	[S_VOTE_BUSY]		= { F, R, R, A, T, H, D },
	[S_VOTE_INVALID]	= { F, R, R, A, T, H, D },
	[S_VOTE_STRAY]		= { F, V, R, A, T, H, D },
	[S_COMMIT]		= { F, V, R, A, T, F, D },
	[S_COMMIT_STRAY]	= { F, V, R, A, T, H, D },
	[S_ABORT]		= { F, V, R, A, T, D, D },
	[S_ABORT_STRAY]		= { F, V, R, A, T, H, D },
	[S_ABORT_LATER]		= { F, V, R, A, T, D, D },
	[S_ABORTED]		= { F, V, R, F, T, H, D },
	[S_INQUIRE]		= { F, V, R, A, T, H, D },
	[S_INQUIRE_STRAY]	= { F, V, R, A, T, H, D },
	[S_WANT]		= { F, V, R, A, T, H, D },
	[S_TURN]		= { F, V, R, A, T, H, D },
	[S_HELLO_SAME]		= { F, V, R, A, T, H, D },
	[S_HELLO_AFTER_SLOT]	= { F, V, R, A, T, F, D },
	[S_MALFORMED]		= { F, V, R, A, T, H, D },
	[S_FORM]		= { F, V, R, A, T, H, D },
	[S_SUBMITTED]		= { F, V, R, A, T, H, D },
	/* a member is told nothing */
	[S_LEARN]		= { F, V, R, A, T, H, D },
	[S_TOLD]		= { F, V, R, A, T, H, D },
	[S_ADMIT]		= { F, V, R, A, T, H, D },
	[S_LEAVE]		= { F, V, R, A, T, H, D },
	[S_LOOKUP]		= { F, V, R, A, T, H, D },
	[S_SPLIT]		= { F, V, R, A, T, H, D },
	[S_REMOVED]		= { F, V, R, A, T, H, D },
};

static void walk(int cell)
{
	enum stimulus s = (enum stimulus)(cell / SLOT_STATES);
	enum slot_state from = (enum slot_state)(cell % SLOT_STATES);
	struct world w = enter(from);
	struct node_view v;

	stimulate(&w, s);
	node_look(w.n, &v);
	ck_assert_msg(v.slot == expected[s][from], "stimulus %d in %s leads to %s, not %s", s,
		      slot_state_name(from), slot_state_name(v.slot),
		      slot_state_name(expected[s][from]));
	free(w.n);
}

static bool is_never(int cell)
{
	return expected[cell / SLOT_STATES][cell % SLOT_STATES] == NEVER;
}

/* The @i-th cell that is (or is not) NEVER, or -1. */
static int nth_cell(bool never, int i)
{
	for (int cell = 0; cell < STIMULI * SLOT_STATES; cell++)
		if (is_never(cell) == never && i-- == 0)
			return cell;
	return -1;
}

static int count_cells(bool never)
{
	int n = 0;

	while (nth_cell(never, n) >= 0)
		n++;
	return n;
}

START_TEST(test_allowed)
{
	walk(nth_cell(false, _i));
}
END_TEST

START_TEST(test_never)
{
	walk(nth_cell(true, _i));
}
END_TEST

/* What the pool is told of a vote: never a yes before device and disk have it. */
START_TEST(test_no_vote_before_durable)
{
	struct world w = enter(SLOT_TAKING);

	for (unsigned int i = 0; i < w.out.n; i++)
		ck_assert(w.out.action[i].type != ACT_SEND);
	prepared(&w, 0);
	for (unsigned int i = 0; i < w.out.n; i++)
		ck_assert(w.out.action[i].type != ACT_SEND);
	durable(&w, RECORD_YES, OTHER);
	ck_assert_uint_eq(w.out.action[0].type, ACT_SEND);
	free(w.n);
}
END_TEST

/* Votes of all peers do not commit while the coordinator's own yes is not durable. */
START_TEST(test_no_commit_before_own_durable)
{
	struct world w = enter(SLOT_VOTING);
	struct node_view v;

	vote(&w, 2, OWN, REFUSAL_NONE, 0);
	vote(&w, 3, OWN, REFUSAL_NONE, 0);
	node_look(w.n, &v);
	ck_assert_int_eq(v.slot, SLOT_VOTING);
	durable(&w, RECORD_YES, OWN);
	node_look(w.n, &v);
	ck_assert_int_eq(v.slot, SLOT_FREE);
	ck_assert_uint_eq(v.position.seq, SEQ + 1);
	ck_assert_uint_eq(v.position.sp, SP ^ OWN_TID);
	free(w.n);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("matrix");
	TCase *walkable = tcase_create("every state, every event");
	TCase *never = tcase_create("what cannot be is asserted");

	tcase_add_loop_test(walkable, test_allowed, 0, count_cells(false));
	tcase_add_test(walkable, test_no_vote_before_durable);
	tcase_add_test(walkable, test_no_commit_before_own_durable);
	tcase_add_loop_test_raise_signal(never, test_never, SIGABRT, 0, count_cells(true));
	suite_add_tcase(suite, walkable);
	suite_add_tcase(suite, never);
	return suite_run(suite);
}
