// SPDX-License-Identifier: GPL-2.0
/* The undecided batch: two replicas hand TLs to each other. */
#include "../suite.h"
#include "replica.h"

static struct replica one, two;

static void setup(void)
{
	ck_assert_int_eq(hsm_object_setup(), 0);
	replica_up(&one, 1, &replica_limits);
	replica_up(&two, 2, &replica_limits);
}

static void teardown(void)
{
	shim_fail_nth = 0;
	hsm_destroy(&one.hsm);
	hsm_destroy(&two.hsm);
	hsm_object_teardown();
}

/**
 * struct batch - TLs as they travel
 * @tls: from kvmalloc()
 */
struct batch {
	struct hsmrepl_prepare arg;
	void *tls;
};

/* What the agent of a replica reads after a claim. */
static struct batch read_batch(struct replica *from, u64 number)
{
	struct batch batch = { .arg = { .batch = number, .coordinator = from->hsm.node_id } };
	const struct hsmrepl_tl *tl;
	bool last = false;

	batch.tls = kvmalloc(HSMREPL_BATCH_MAX, GFP_KERNEL);
	while ((tl = hsm_claim_peek(&from->hsm, &last))) {
		memcpy((u8 *)batch.tls + batch.arg.tls_len, tl, le32_to_cpu(tl->len));
		batch.arg.tls_len += le32_to_cpu(tl->len);
		batch.arg.n_tls++;
		hsm_claim_consume(&from->hsm);
	}
	ck_assert(last);
	return batch;
}

static void same_place(void)
{
	ck_assert_mem_eq(&one.hsm.point, &two.hsm.point, sizeof(one.hsm.point));
	ck_assert_uint_eq(one.hsm.store.digest, two.hsm.store.digest);
}

static void submit_quietly(struct replica *replica, u16 code, const char *label)
{
	const char *payload = code == HSMREPL_OP_DELETE ? NULL : "data";
	int err;
	struct hsm_txn *txn = submit_one(replica, code, label, payload, 0, &err);

	ck_assert_int_eq(err, 0);
	txn->owner = NULL;
	hsm_txn_put(txn);
}

/* One batch of three operations, claimed at one, not yet prepared at two. */
static struct batch three_tls(u64 number)
{
	submit_quietly(&one, HSMREPL_OP_CREATE, "a");
	submit_quietly(&one, HSMREPL_OP_UPDATE, "a");
	submit_quietly(&one, HSMREPL_OP_CREATE, "b");
	ck_assert_int_eq(claim(&one, number, 256), 0);
	return read_batch(&one, number);
}

START_TEST(commits_on_both)
{
	struct batch batch = three_tls(9);

	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	ck_assert_int_eq(two.hsm.slot.state, HSMREPL_SLOT_PREPARED);
	ck_assert_int_eq(resolve(&two, 9, 2, HSMREPL_COMMIT, 0), -ENOENT);
	ck_assert_int_eq(resolve(&two, 8, 1, HSMREPL_COMMIT, 0), -ENOENT);
	ck_assert_int_eq(resolve(&two, 9, 1, 0, 0), -EINVAL);
	ck_assert_int_eq(resolve(&two, 9, 1, 4, 0), -EINVAL);
	ck_assert_int_eq(resolve(&two, 9, 1, HSMREPL_ABORT, 4096), -EINVAL);
	/* Deciding takes no memory. */
	shim_fail_nth = 1;
	ck_assert_int_eq(resolve(&one, 9, 1, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(resolve(&two, 9, 1, HSMREPL_COMMIT, 0), 0);
	ck_assert_uint_eq(shim_fail_nth, 1);
	ck_assert_int_eq(resolve(&two, 9, 1, HSMREPL_COMMIT, 0), -ENOENT);
	ck_assert_uint_eq(one.hsm.point.seq, 3);
	same_place();
}
END_TEST

START_TEST(the_slot_holds_one)
{
	struct batch batch = three_tls(9);
	struct hsmrepl_grant grant = { .batch = 1, .epoch = 1, .max_tls = 1, .max_bytes = 1 };
	struct hsmrepl_grant back = { };

	ck_assert_int_eq(hsm_prepare(&one.hsm, &batch.arg, batch.tls), -EBUSY);
	ck_assert_int_eq(hsm_grant(&one.hsm, &grant), -EBUSY);
	ck_assert_int_eq(hsm_grant(&one.hsm, &back), -EBUSY);
	ck_assert_int_eq(hsm_claim(&one.hsm), -EAGAIN);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), -EBUSY);
	ck_assert_int_eq(hsm_grant(&two.hsm, &grant), -EBUSY);
	ck_assert_int_eq(hsm_grant(&two.hsm, &back), 0);
	ck_assert_int_eq(resolve(&two, 9, 1, HSMREPL_ABORT, 0), 0);
	grant.epoch = 2;
	ck_assert_int_eq(hsm_grant(&two.hsm, &grant), -ESTALE);
	grant = (struct hsmrepl_grant){ .batch = 1, .epoch = 1, .max_tls = 257, .max_bytes = 1 };
	ck_assert_int_eq(hsm_grant(&two.hsm, &grant), -EINVAL);
	grant.max_tls = 0;
	ck_assert_int_eq(hsm_grant(&two.hsm, &grant), -EINVAL);
	grant.max_tls = 1;
	grant.max_bytes = HSMREPL_BATCH_MAX + 1;
	ck_assert_int_eq(hsm_grant(&two.hsm, &grant), -EINVAL);
}
END_TEST

START_TEST(prepare_refuses)
{
	struct batch batch = three_tls(9), again;
	struct hsmrepl_prepare arg;

	arg = batch.arg;
	arg.n_tls = 2;
	ck_assert_int_eq(hsm_prepare(&two.hsm, &arg, batch.tls), -EBADMSG);
	arg.n_tls = 4;
	ck_assert_int_eq(hsm_prepare(&two.hsm, &arg, batch.tls), -EBADMSG);
	arg.n_tls = 0;
	ck_assert_int_eq(hsm_prepare(&two.hsm, &arg, batch.tls), -EINVAL);
	arg = batch.arg;
	arg.batch = 0;
	ck_assert_int_eq(hsm_prepare(&two.hsm, &arg, batch.tls), -EINVAL);
	submit_quietly(&two, HSMREPL_OP_CREATE, "b");
	ck_assert_int_eq(claim(&two, 1, 1), 0);
	ck_assert_int_eq(resolve(&two, 1, 2, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), -ESTALE);
	ck_assert_int_eq(resolve(&one, 9, 1, HSMREPL_REQUEUE, 0), 0);
	ck_assert_int_eq(claim(&one, 10, 256), 0);
	again = read_batch(&one, 10);
	ck_assert_mem_eq(batch.tls, again.tls, batch.arg.tls_len);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &again.arg, again.tls), -ESTALE);
	ck_assert_uint_eq(two.hsm.store.staged_objects, 0);
	kvfree(batch.tls);
	kvfree(again.tls);
}
END_TEST

/* The nth allocation fails: the peer votes no, its store is as before. */
START_TEST(prepare_survives_no_memory)
{
	struct batch batch = three_tls(9);
	unsigned long nth = 0;
	int err;

	do {
		shim_fail_nth = ++nth;
		err = hsm_prepare(&two.hsm, &batch.arg, batch.tls);
		shim_fail_nth = 0;
		ck_assert(!err || err == -ENOMEM);
		ck_assert_int_eq(two.hsm.store.staged_objects, err ? 0 : 2);
		ck_assert_int_eq(two.hsm.slot.state,
				 err ? HSMREPL_SLOT_FREE : HSMREPL_SLOT_PREPARED);
	} while (err);
	ck_assert_uint_gt(nth, 6);
	resolve(&one, 9, 1, HSMREPL_COMMIT, 0);
	resolve(&two, 9, 1, HSMREPL_COMMIT, 0);
	same_place();
}
END_TEST

/* The nth allocation of a claim fails: the first transaction ends with ENOMEM, or waits. */
START_TEST(claim_survives_no_memory)
{
	unsigned long nth;
	struct hsm_txn *txn;
	int err;

	for (nth = 1; nth <= 2; nth++) {
		txn = submit_one(&one, HSMREPL_OP_CREATE, "a", "1", 0, &err);
		shim_fail_nth = nth;
		ck_assert_int_eq(claim(&one, nth, 1), -EAGAIN);
		shim_fail_nth = 0;
		ck_assert_int_eq(txn->error, -ENOMEM);
		ck_assert_uint_eq(one.hsm.queue.n_waiting, 0);
		hsm_txn_put(txn);
	}
	txn = submit_one(&one, HSMREPL_OP_CREATE, "a", "1", 0, &err);
	ck_assert_int_eq(claim(&one, 10, 1), 0);
	ck_assert_int_eq(resolve(&one, 10, 1, HSMREPL_REQUEUE, 0), 0);
	/* Other nodes may know of this one. */
	shim_fail_nth = 1;
	ck_assert_int_eq(claim(&one, 11, 1), -ENOMEM);
	ck_assert_int_eq(txn->state, HSM_TXN_QUEUED);
	ck_assert_int_eq(hsm_claim(&one.hsm), 0);
	ck_assert_int_eq(resolve(&one, 11, 1, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(txn->error, 0);
	hsm_txn_put(txn);
}
END_TEST

START_TEST(requeue_keeps_order_and_tids)
{
	struct hsm_txn *txns[5];
	char label[16];
	u64 tids[5];
	int i, err;

	for (i = 0; i < 5; i++) {
		snprintf(label, sizeof(label), "k%d", i);
		txns[i] = submit_one(&one, HSMREPL_OP_CREATE, label, "1", 0, &err);
		tids[i] = txns[i]->tid;
	}
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(claim(&one, i + 1, i + 1), 0);
		ck_assert_uint_eq(one.hsm.slot.n_tls, i + 1);
		ck_assert_int_eq(resolve(&one, i + 1, 1, HSMREPL_REQUEUE, 0), 0);
		ck_assert_uint_eq(one.hsm.queue.n_waiting, 5);
	}
	ck_assert_int_eq(claim(&one, 9, 256), 0);
	ck_assert_int_eq(resolve(&one, 9, 1, HSMREPL_COMMIT, 0), 0);
	for (i = 0; i < 5; i++) {
		ck_assert_uint_eq(txns[i]->tid, tids[i]);
		ck_assert_uint_eq(txns[i]->seq, i + 1);
		hsm_txn_put(txns[i]);
	}
	ck_assert_uint_eq(one.hsm.queue.bytes_waiting, 0);
}
END_TEST

/* Another node's batch overtakes what was valid when it was submitted. */
START_TEST(claims_validate_again)
{
	struct batch batch = three_tls(9);
	struct hsm_txn *clash, *fine;
	int err;

	clash = submit_one(&two, HSMREPL_OP_CREATE, "b", "1", 0, &err);
	fine = submit_one(&two, HSMREPL_OP_CREATE, "c", "1", 0, &err);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	/* Undecided, so nobody can say yet whether these are too many. */
	submit_quietly(&two, HSMREPL_OP_CREATE, "a");
	submit_quietly(&two, HSMREPL_OP_CREATE, "b");
	resolve(&one, 9, 1, HSMREPL_COMMIT, 0);
	resolve(&two, 9, 1, HSMREPL_COMMIT, 0);
	ck_assert_int_eq(claim(&two, 1, 256), 0);
	ck_assert_int_eq(clash->error, -EEXIST);
	ck_assert_uint_eq(two.hsm.slot.n_tls, 1);
	ck_assert_int_eq(resolve(&two, 1, 2, HSMREPL_COMMIT, 0), 0);
	ck_assert_uint_eq(fine->seq, 4);
	/* These wait until nothing before them is undecided. */
	ck_assert_uint_eq(two.hsm.queue.n_waiting, 2);
	ck_assert_int_eq(claim(&two, 2, 256), -EAGAIN);
	ck_assert_uint_eq(two.hsm.queue.n_waiting, 0);
	hsm_txn_put(clash);
	hsm_txn_put(fine);
}
END_TEST

START_TEST(batches_keep_their_limits)
{
	const u32 tl_len = sizeof(struct hsmrepl_tl) + ALIGN(sizeof(struct hsmrepl_op) + 5,
							       HSM_ALIGN);
	struct hsmrepl_grant grant = { .batch = 1, .epoch = 1, .max_tls = 256, .max_bytes = 1 };

	submit_quietly(&one, HSMREPL_OP_CREATE, "a");
	submit_quietly(&one, HSMREPL_OP_CREATE, "b");
	submit_quietly(&one, HSMREPL_OP_CREATE, "c");
	ck_assert_int_eq(hsm_grant(&one.hsm, &grant), 0);
	ck_assert_int_eq(hsm_claim(&one.hsm), 0);
	ck_assert_uint_eq(one.hsm.slot.n_tls, 1);
	resolve(&one, 1, 1, HSMREPL_REQUEUE, 0);
	grant.max_bytes = 2 * tl_len;
	ck_assert_int_eq(hsm_grant(&one.hsm, &grant), 0);
	ck_assert_int_eq(hsm_claim(&one.hsm), 0);
	ck_assert_uint_eq(one.hsm.slot.n_tls, 2);
}
END_TEST

/* A transaction that brings nodes 1 to n in epoch. */
static struct hsm_txn *nodes_txn(u32 kind, u64 epoch, u16 n)
{
	struct hsmrepl_nl nl = node_list(epoch, n);
	u64 room[OP_ROOM / 8];
	struct hsmrepl_op *op = (struct hsmrepl_op *)room;
	u32 len = put_op(op, HSMREPL_OP_NODES, "", NULL, 0) + sizeof(nl);

	op->len = cpu_to_le32(len);
	op->payload_len = cpu_to_le32(sizeof(nl));
	memcpy(op + 1, &nl, sizeof(nl));
	return txn_of(kind, room, len, 1);
}

START_TEST(node_lists_end_epochs)
{
	struct hsm_txn *add = nodes_txn(HSMREPL_TL_NODE_ADD, 2, 4);
	struct hsm_txn *stale = nodes_txn(HSMREPL_TL_NODE_ADD, 2, 4);
	struct batch batch;

	submit_quietly(&one, HSMREPL_OP_CREATE, "a");
	ck_assert_int_eq(hsm_submit(&one.hsm, add), 0);
	ck_assert_int_eq(hsm_submit(&one.hsm, stale), 0);
	submit_quietly(&one, HSMREPL_OP_CREATE, "b");
	ck_assert_int_eq(claim(&one, 1, 256), 0);
	ck_assert_uint_eq(one.hsm.slot.n_tls, 1);
	batch = read_batch(&one, 1);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	resolve(&one, 1, 1, HSMREPL_COMMIT, 0);
	resolve(&two, 1, 1, HSMREPL_COMMIT, 0);
	ck_assert_int_eq(claim(&one, 2, 256), 0);
	batch = read_batch(&one, 2);
	ck_assert_uint_eq(batch.arg.n_tls, 1);
	ck_assert_uint_eq(le16_to_cpu(((struct hsmrepl_tl *)batch.tls)->n_voters), 4);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	resolve(&one, 2, 1, HSMREPL_COMMIT, 0);
	resolve(&two, 2, 1, HSMREPL_COMMIT, 0);
	same_place();
	ck_assert_uint_eq(one.hsm.point.epoch, 2);
	ck_assert_uint_eq(le16_to_cpu(two.hsm.nl.n_nodes), 4);
	ck_assert_int_eq(claim(&one, 3, 256), 0);
	ck_assert_int_eq(stale->error, -ESTALE);
	ck_assert_uint_eq(one.hsm.slot.n_tls, 1);
	hsm_txn_put(add);
	hsm_txn_put(stale);
}
END_TEST

/* A node outside the list takes history and no writes of its own, until a NODE_ADD lists it. */
START_TEST(a_learner_takes_history)
{
	struct hsm_txn *add = nodes_txn(HSMREPL_TL_NODE_ADD, 2, 4), *txn;
	struct hsmrepl_grant grant = { .batch = 9, .epoch = 1, .max_tls = 1, .max_bytes = 4096 };
	struct batch batch;

	hsm_destroy(&two.hsm);
	replica_up(&two, 4, &replica_limits);
	ck_assert_int_eq(replica_report(&two, HSMREPL_JOINING), 0);
	txn = txn_one(HSMREPL_OP_CREATE, "own", "data", 0);
	ck_assert_int_eq(hsm_submit(&two.hsm, txn), -ENONET);
	ck_assert_int_eq(hsm_grant(&two.hsm, &grant), -EROFS);
	submit_quietly(&one, HSMREPL_OP_CREATE, "a");
	ck_assert_int_eq(hsm_submit(&one.hsm, add), 0);
	for (u64 number = 1; number <= 2; number++) {
		ck_assert_int_eq(claim(&one, number, 256), 0);
		batch = read_batch(&one, number);
		ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
		resolve(&one, number, 1, HSMREPL_COMMIT, 0);
		resolve(&two, number, 1, HSMREPL_COMMIT, 0);
	}
	same_place();
	ck_assert_int_eq(hsm_submit(&two.hsm, txn), 0);
	hsm_txn_put(txn);
	hsm_txn_put(add);
}
END_TEST

START_TEST(forms_a_pool)
{
	struct hsmrepl_load blank = { .flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END };
	struct hsm_txn *form = nodes_txn(HSMREPL_TL_FORM, 1, 2);
	struct batch batch;

	ck_assert_int_eq(hsm_submit(&one.hsm, form), -ESTALE);
	ck_assert_int_eq(hsm_load(&one.hsm, &blank, NULL, NULL), 0);
	ck_assert_int_eq(hsm_load(&two.hsm, &blank, NULL, NULL), 0);
	ck_assert_int_eq(hsm_submit(&one.hsm, form), 0);
	ck_assert_int_eq(claim(&one, 1, 1), 0);
	batch = read_batch(&one, 1);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	resolve(&one, 1, 1, HSMREPL_COMMIT, 0);
	resolve(&two, 1, 1, HSMREPL_COMMIT, 0);
	same_place();
	ck_assert_uint_eq(one.hsm.point.epoch, 1);
	ck_assert_uint_eq(one.hsm.point.sync_point, form->tid);
	submit_quietly(&two, HSMREPL_OP_CREATE, "a");
	hsm_txn_put(form);
}
END_TEST

START_TEST(a_tid_comes_once)
{
	struct batch batch = three_tls(9), again;
	struct hsmrepl_tl *tl;
	u64 tid;

	tid = le64_to_cpu(((struct hsmrepl_tl *)batch.tls)->tid);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &batch.arg, batch.tls), 0);
	resolve(&one, 9, 1, HSMREPL_COMMIT, 0);
	resolve(&two, 9, 1, HSMREPL_COMMIT, 0);
	submit_quietly(&one, HSMREPL_OP_CREATE, "c");
	ck_assert_int_eq(claim(&one, 10, 1), 0);
	again = read_batch(&one, 10);
	tl = again.tls;
	tl->tid = cpu_to_le64(tid);
	ck_assert_int_eq(hsm_prepare(&two.hsm, &again.arg, again.tls), -EBADMSG);
	kvfree(again.tls);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot");
	TCase *tcase = tcase_create("slot");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, commits_on_both);
	tcase_add_test(tcase, the_slot_holds_one);
	tcase_add_test(tcase, prepare_refuses);
	tcase_add_test(tcase, prepare_survives_no_memory);
	tcase_add_test(tcase, claim_survives_no_memory);
	tcase_add_test(tcase, requeue_keeps_order_and_tids);
	tcase_add_test(tcase, claims_validate_again);
	tcase_add_test(tcase, batches_keep_their_limits);
	tcase_add_test(tcase, node_lists_end_epochs);
	tcase_add_test(tcase, a_learner_takes_history);
	tcase_add_test(tcase, forms_a_pool);
	tcase_add_test(tcase, a_tid_comes_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
