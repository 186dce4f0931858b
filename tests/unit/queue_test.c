// SPDX-License-Identifier: GPL-2.0
/* Transactions from submit to outcome, without the network. */
#include "../suite.h"
#include "replica.h"

static struct replica replica;
static struct hsm *const hsm = &replica.hsm;

static void setup(void)
{
	ck_assert_int_eq(hsm_object_setup(), 0);
	replica_up(&replica, 1, &replica_limits);
}

static void teardown(void)
{
	shim_fail_nth = 0;
	hsm_destroy(hsm);
	hsm_object_teardown();
}

/* Submits and lets go of it; 0 or the error. */
static int try(u16 code, const char *label, u64 if_version)
{
	const char *payload = code == HSMREPL_OP_DELETE ? NULL : "data";
	struct hsm_txn *txn;
	int err;

	txn = submit_one(&replica, code, label, payload, if_version, &err);
	if (txn) {
		txn->owner = NULL;
		hsm_txn_put(txn);
	}
	return err;
}

static void commit_all(u64 batch)
{
	ck_assert_int_eq(claim(&replica, batch, 256), 0);
	ck_assert_int_eq(resolve(&replica, batch, 1, HSMREPL_COMMIT, 0), 0);
}

START_TEST(validates_against_what_comes_before)
{
	ck_assert_int_eq(try(HSMREPL_OP_UPDATE, "k", 0), -ENOENT);
	ck_assert_int_eq(try(HSMREPL_OP_DELETE, "k", 0), -ENOENT);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "k", 0), 0);
	ck_assert_int_eq(try(HSMREPL_OP_UPDATE, "k", 1), 0);
	ck_assert_int_eq(claim(&replica, 1, 1), 0);
	/* The slot counts as well. */
	ck_assert_int_eq(try(HSMREPL_OP_UPDATE, "k", 2), 0);
	ck_assert_int_eq(try(HSMREPL_OP_DELETE, "k", 3), 0);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "k", 0), 0);
	ck_assert_int_eq(resolve(&replica, 1, 1, HSMREPL_COMMIT, 0), 0);
	commit_all(2);
	ck_assert_uint_eq(hsm->point.seq, 5);
	ck_assert_uint_eq(hsm->store.objects, 1);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "k", 0), -EEXIST);
	ck_assert_int_eq(try(HSMREPL_OP_UPDATE, "k", 2), -ESTALE);
}
END_TEST

/* What rests on a transaction that may still be aborted is not refused: it waits. */
START_TEST(refuses_by_what_is_committed)
{
	struct hsm_txn *create, *update;
	int err;

	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "k", 0), 0);
	create = submit_one(&replica, HSMREPL_OP_CREATE, "k", "2", 0, &err);
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(claim(&replica, 1, 256), 0);
	ck_assert_uint_eq(hsm->slot.n_tls, 1);
	ck_assert_int_eq(create->state, HSM_TXN_QUEUED);
	ck_assert_int_eq(resolve(&replica, 1, 1, HSMREPL_ABORT, ECANCELED), 0);
	commit_all(2);
	ck_assert_int_eq(create->state, HSM_TXN_DONE);
	ck_assert_int_eq(create->error, 0);
	ck_assert_int_eq(try(HSMREPL_OP_UPDATE, "k", 1), 0);
	update = submit_one(&replica, HSMREPL_OP_UPDATE, "k", "3", 1, &err);
	ck_assert_int_eq(err, 0);
	commit_all(3);
	ck_assert_int_eq(update->state, HSM_TXN_QUEUED);
	ck_assert_int_eq(claim(&replica, 4, 256), -EAGAIN);
	ck_assert_int_eq(update->state, HSM_TXN_DONE);
	ck_assert_int_eq(update->error, -ESTALE);
	hsm_txn_put(create);
	hsm_txn_put(update);
}
END_TEST

START_TEST(all_operations_or_none)
{
	u64 room[OP_ROOM / 8];
	u8 *at = (u8 *)room;
	struct hsm_txn *txn;

	at += put_op(at, HSMREPL_OP_CREATE, "a", "1", 0);
	at += put_op(at, HSMREPL_OP_UPDATE, "a", "2", 1);
	at += put_op(at, HSMREPL_OP_UPDATE, "b", "3", 0);
	txn = txn_of(HSMREPL_TL_DATA, room, at - (u8 *)room, 3);
	ck_assert_int_eq(hsm_submit(hsm, txn), -ENOENT);
	ck_assert_uint_eq(txn->tid, 0);
	hsm_txn_put(txn);
	ck_assert_int_eq(try(HSMREPL_OP_UPDATE, "a", 0), -ENOENT);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "b", 0), 0);
	txn = txn_of(HSMREPL_TL_DATA, room, at - (u8 *)room, 3);
	ck_assert_int_eq(hsm_submit(hsm, txn), 0);
	commit_all(1);
	ck_assert_int_eq(txn->error, 0);
	ck_assert_uint_eq(txn->seq, 2);
	ck_assert_uint_eq(txn->version, 1);
	ck_assert(!hsm_id_is_zero(txn->id));
	ck_assert_uint_eq(hsm->store.objects, 2);
	hsm_txn_put(txn);
}
END_TEST

START_TEST(states_refuse)
{
	static const struct {
		u32 state;
		int result;
	} cases[] = {
		{ HSMREPL_STARTING, 0 }, { HSMREPL_JOINING, 0 }, { HSMREPL_MEMBER, 0 },
		{ HSMREPL_BLOCKED, 0 }, { HSMREPL_REMOVED, -EROFS },
		{ HSMREPL_DIVERGED, -EROFS }, { HSMREPL_HALTED, -EROFS },
	};
	struct hsmrepl_load blank = { .flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END };
	char label[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(label, sizeof(label), "k%zu", i);
		ck_assert_int_eq(replica_report(&replica, cases[i].state), 0);
		ck_assert_int_eq(try(HSMREPL_OP_CREATE, label, 0), cases[i].result);
	}
	ck_assert_int_eq(replica_report(&replica, HSMREPL_OFFLINE), -EINVAL);
	ck_assert_int_eq(replica_report(&replica, HSMREPL_HALTED + 1), -EINVAL);
	ck_assert_int_eq(replica_report(&replica, HSMREPL_JOINING), 0);
	ck_assert_int_eq(hsm_load(hsm, &blank, NULL, NULL), 0);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "k", 0), -ENONET);
	hsm_detach(hsm);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "k", 0), -ENOTCONN);
}
END_TEST

START_TEST(reads_wait_while_the_pool_may_be_ahead)
{
	struct hsmrepl_load begin = { .flags = HSMREPL_LOAD_BEGIN };
	struct hsmrepl_load end = { .flags = HSMREPL_LOAD_END };

	ck_assert_int_eq(hsm_readable(hsm, false), 0);
	replica_report(&replica, HSMREPL_STARTING);
	ck_assert_int_eq(hsm_readable(hsm, false), -EAGAIN);
	replica_report(&replica, HSMREPL_BLOCKED);
	ck_assert_int_eq(hsm_readable(hsm, false), 0);
	replica_report(&replica, HSMREPL_JOINING);
	ck_assert_int_eq(hsm_readable(hsm, false), -EAGAIN);
	ck_assert_int_eq(hsm_readable(hsm, true), 0);
	hsm_detach(hsm);
	ck_assert_int_eq(hsm_readable(hsm, false), 0);
	ck_assert_int_eq(replica_attach(&replica, 1), 0);
	ck_assert_int_eq(hsm_load(hsm, &begin, NULL, NULL), 0);
	ck_assert_int_eq(hsm_readable(hsm, false), -EAGAIN);
	ck_assert_int_eq(hsm_readable(hsm, true), -EAGAIN);
	hsm_detach(hsm);
	ck_assert_int_eq(hsm_readable(hsm, false), -ENOTCONN);
	ck_assert_int_eq(hsm_readable(hsm, true), -ENOTCONN);
	ck_assert_int_eq(replica_attach(&replica, 1), 0);
	ck_assert_int_eq(hsm_load(hsm, &end, NULL, NULL), -EINVAL);
	ck_assert_int_eq(hsm_load(hsm, &begin, NULL, NULL), 0);
	ck_assert_int_eq(hsm_load(hsm, &end, NULL, NULL), 0);
	/* In no pool nothing can be ahead. */
	ck_assert_int_eq(hsm_readable(hsm, false), 0);
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	struct hsmrepl_nl nl = node_list(2, 4);
	u64 room[OP_ROOM / 8];
	struct hsm_txn *txn;
	char label[16];
	u32 i, len;

	for (i = 0; i < replica_limits.queue_max; i++) {
		snprintf(label, sizeof(label), "k%u", i);
		ck_assert_int_eq(try(HSMREPL_OP_CREATE, label, 0), 0);
	}
	ck_assert_int_eq(try(HSMREPL_OP_DELETE, "k0", 0), -EAGAIN);
	/* The agent's own still pass. */
	len = put_op(room, HSMREPL_OP_NODES, "", NULL, 0);
	len += sizeof(nl);
	((struct hsmrepl_op *)room)->len = cpu_to_le32(len);
	((struct hsmrepl_op *)room)->payload_len = cpu_to_le32(sizeof(nl));
	memcpy((struct hsmrepl_op *)room + 1, &nl, sizeof(nl));
	txn = txn_of(HSMREPL_TL_NODE_ADD, room, len, 1);
	ck_assert_int_eq(hsm_submit(hsm, txn), 0);
	hsm_txn_put(txn);
	hsm_withdraw(hsm, -ENOTCONN);
	ck_assert_uint_eq(hsm->queue.n_waiting, 0);
	for (i = 0; i < replica_limits.objects_max; i++) {
		snprintf(label, sizeof(label), "k%u", i);
		ck_assert_int_eq(try(HSMREPL_OP_CREATE, label, 0), 0);
		if (i % 100 == 99)
			commit_all(i + 1);
	}
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "over", 0), -ENOSPC);
	ck_assert_int_eq(try(HSMREPL_OP_DELETE, "k7", 0), 0);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "over", 0), 0);
	ck_assert_int_eq(try(HSMREPL_OP_CREATE, "more", 0), -ENOSPC);
	commit_all(5000);
	ck_assert_uint_eq(hsm->store.objects, replica_limits.objects_max);
}
END_TEST

START_TEST(outcomes_are_kept)
{
	struct hsmrepl_outcome arg = { };
	struct hsm_txn *one, *two;
	int err;

	one = submit_one(&replica, HSMREPL_OP_CREATE, "a", "1", 0, &err);
	two = submit_one(&replica, HSMREPL_OP_CREATE, "b", "1", 0, &err);
	ck_assert_uint_ne(one->tid, two->tid);
	arg.tid = one->tid;
	ck_assert_int_eq(hsm_outcome(hsm, &arg), 0);
	ck_assert_uint_eq(arg.outcome, HSMREPL_OUTCOME_PENDING);
	ck_assert_int_eq(claim(&replica, 1, 1), 0);
	ck_assert_int_eq(hsm_outcome(hsm, &arg), 0);
	ck_assert_uint_eq(arg.outcome, HSMREPL_OUTCOME_PENDING);
	ck_assert_int_eq(resolve(&replica, 1, 1, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(hsm_outcome(hsm, &arg), 0);
	ck_assert_uint_eq(arg.outcome, HSMREPL_OUTCOME_COMMITTED);
	ck_assert_uint_eq(arg.seq, 1);
	ck_assert_uint_eq(arg.sync_point, one->tid);
	ck_assert_int_eq(claim(&replica, 2, 1), 0);
	ck_assert_int_eq(resolve(&replica, 2, 1, HSMREPL_ABORT, EPERM), 0);
	arg.tid = two->tid;
	ck_assert_int_eq(hsm_outcome(hsm, &arg), 0);
	ck_assert_uint_eq(arg.outcome, HSMREPL_OUTCOME_ABORTED);
	ck_assert_uint_eq(arg.error, EPERM);
	ck_assert_int_eq(two->error, -EPERM);
	arg.tid = 12345;
	ck_assert_int_eq(hsm_outcome(hsm, &arg), -ENOENT);
	ck_assert_uint_eq(replica.done, 2);
	hsm_txn_put(one);
	hsm_txn_put(two);
}
END_TEST

START_TEST(the_ring_forgets_the_oldest)
{
	struct hsm_outcomes ring;
	u64 tid;

	ck_assert_int_eq(hsm_outcomes_init(&ring, 100), 0);
	ck_assert_uint_eq(ring.size, 128);
	for (tid = 1; tid <= 1000; tid++)
		hsm_outcomes_add(&ring, tid * 64, 0, tid, 0);
	for (tid = 1; tid <= 1000; tid++) {
		const struct hsm_outcome *found = hsm_outcomes_find(&ring, tid * 64);

		ck_assert(!found == (tid <= 1000 - 128));
		if (found)
			ck_assert_uint_eq(found->seq, tid);
	}
	hsm_outcomes_clear(&ring);
	ck_assert(!hsm_outcomes_find(&ring, 64000));
	hsm_outcomes_destroy(&ring);
}
END_TEST

/* What an unused bucket begins with is then the number of an outcome, younger than those before. */
START_TEST(numbers_of_outcomes_wrap)
{
	struct hsm_outcomes ring;
	u64 tid;

	ck_assert_int_eq(hsm_outcomes_init(&ring, 128), 0);
	ring.newest = U32_MAX - 50;
	for (tid = 1; tid <= 100; tid++) {
		hsm_outcomes_add(&ring, tid * 64, 0, tid, 0);
		ck_assert(!hsm_outcomes_find(&ring, 64 * 1000));
		ck_assert(!hsm_outcomes_find(&ring, 64 * 1001));
		ck_assert(!hsm_outcomes_find(&ring, 1));
	}
	for (tid = 1; tid <= 100; tid++)
		ck_assert_uint_eq(hsm_outcomes_find(&ring, tid * 64)->seq, tid);
	hsm_outcomes_destroy(&ring);
}
END_TEST

START_TEST(grace_time_ends)
{
	struct hsm_txn *claimed, *back, *waiting;
	struct hsmrepl_outcome arg = { };
	int err;

	back = submit_one(&replica, HSMREPL_OP_CREATE, "a", "1", 0, &err);
	ck_assert_int_eq(claim(&replica, 1, 1), 0);
	ck_assert_int_eq(resolve(&replica, 1, 1, HSMREPL_REQUEUE, 0), 0);
	waiting = submit_one(&replica, HSMREPL_OP_CREATE, "b", "1", 0, &err);
	hsm_detach(hsm);
	hsm_withdraw(hsm, -ENOTCONN);
	/* What other nodes may know of is not aborted here. */
	ck_assert(back->given_up && back->state == HSM_TXN_QUEUED);
	ck_assert(waiting->state == HSM_TXN_DONE && waiting->error == -ENOTCONN);
	ck_assert_uint_eq(replica.done, 2);
	ck_assert_uint_eq(replica.given_up, 1);
	ck_assert_int_eq(replica_attach(&replica, 1), 0);
	claimed = submit_one(&replica, HSMREPL_OP_CREATE, "c", "1", 0, &err);
	ck_assert_int_eq(claim(&replica, 2, 2), 0);
	hsm_detach(hsm);
	hsm_withdraw(hsm, -ENOTCONN);
	ck_assert(claimed->given_up && claimed->state == HSM_TXN_CLAIMED);
	ck_assert_uint_eq(replica.done, 3);
	ck_assert_int_eq(replica_attach(&replica, 1), 0);
	ck_assert_int_eq(resolve(&replica, 2, 1, HSMREPL_COMMIT, 0), 0);
	ck_assert_uint_eq(replica.done, 3);
	arg.tid = claimed->tid;
	ck_assert_int_eq(hsm_outcome(hsm, &arg), 0);
	ck_assert_uint_eq(arg.outcome, HSMREPL_OUTCOME_COMMITTED);
	hsm_txn_put(back);
	hsm_txn_put(waiting);
	hsm_txn_put(claimed);
}
END_TEST

/* The nth allocation fails: nothing is queued, and the same works afterwards. */
START_TEST(submit_survives_no_memory)
{
	struct hsm_txn *txn;
	unsigned long nth = 0;
	int err;

	do {
		txn = txn_one(HSMREPL_OP_CREATE, "k", "v", 0);
		shim_fail_nth = ++nth;
		err = hsm_submit(hsm, txn);
		shim_fail_nth = 0;
		hsm_txn_put(txn);
		ck_assert(!err || err == -ENOMEM);
		ck_assert_uint_eq(hsm->queue.n_waiting, !err);
		ck_assert(!err || !hsm->queue.bytes);
	} while (err);
	ck_assert_uint_gt(nth, 2);
	commit_all(1);
	ck_assert_uint_eq(hsm->store.objects, 1);
}
END_TEST

START_TEST(new_content_ends_what_waits)
{
	struct hsmrepl_load load = { .flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END };
	struct hsm_txn *slot, *waiting;
	struct hsmrepl_outcome arg = { };
	int err;

	slot = submit_one(&replica, HSMREPL_OP_CREATE, "a", "1", 0, &err);
	ck_assert_int_eq(claim(&replica, 1, 1), 0);
	waiting = submit_one(&replica, HSMREPL_OP_CREATE, "b", "1", 0, &err);
	ck_assert_int_eq(hsm_load(hsm, &load, NULL, NULL), 0);
	ck_assert_int_eq(waiting->error, -ECANCELED);
	ck_assert(slot->given_up);
	arg.tid = slot->tid;
	ck_assert_int_eq(hsm_outcome(hsm, &arg), -ENOENT);
	arg.tid = waiting->tid;
	ck_assert_int_eq(hsm_outcome(hsm, &arg), 0);
	ck_assert_uint_eq(arg.error, ECANCELED);
	ck_assert_int_eq(hsm->slot.state, HSMREPL_SLOT_FREE);
	ck_assert_uint_eq(hsm->point.epoch, 0);
	ck_assert_uint_eq(hsm->store.digest, 0);
	hsm_txn_put(slot);
	hsm_txn_put(waiting);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tcase = tcase_create("queue");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, validates_against_what_comes_before);
	tcase_add_test(tcase, refuses_by_what_is_committed);
	tcase_add_test(tcase, all_operations_or_none);
	tcase_add_test(tcase, states_refuse);
	tcase_add_test(tcase, reads_wait_while_the_pool_may_be_ahead);
	tcase_add_test(tcase, the_queue_is_bounded);
	tcase_add_test(tcase, outcomes_are_kept);
	tcase_add_test(tcase, the_ring_forgets_the_oldest);
	tcase_add_test(tcase, numbers_of_outcomes_wrap);
	tcase_add_test(tcase, grace_time_ends);
	tcase_add_test(tcase, submit_survives_no_memory);
	tcase_add_test(tcase, new_content_ends_what_waits);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
