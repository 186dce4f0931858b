// SPDX-License-Identifier: GPL-2.0
/* Two replicas under random work, against a model that does the same in the plainest way. */
#include <openssl/evp.h>
#include "../suite.h"
#include "replica.h"

#define LABELS		12
#define PAYLOAD_MAX	40
#define OPS_MAX		3
#define STEPS		10000
#define SEEDS		3
#define HELD_MAX	STEPS

/* What the model knows of a label; version 0: no object. */
struct model_object {
	u64 version;
	u64 seq;
	u8 id[HSMREPL_ID_LEN];
	char payload[PAYLOAD_MAX + 1];
};

/**
 * struct world - two replicas, the model, and the batch on its way
 * @batch: number of the last batch
 * @coordinator: of the batch in both slots, NULL if they are free
 * @tls: that batch; owned by the other one's slot
 * @after: what the other one's PREPARE told
 * @held: all transactions ever queued
 */
struct world {
	struct replica nodes[2];
	struct model_object objects[LABELS];
	struct hsm_point point;
	u64 batch;
	struct replica *coordinator;
	const struct hsmrepl_tl *tls;
	u32 n_tls;
	struct hsmrepl_prepare after;
	struct hsm_txn *held[HELD_MAX];
	u32 n_held;
	u32 committed;
	u32 refused;
};

static struct world world;

static struct replica *other(const struct replica *node)
{
	return &world.nodes[node == &world.nodes[0]];
}

static struct model_object *model_find(const struct hsmrepl_op *op)
{
	char label[16] = "";

	memcpy(label, hsm_op_label(op), le16_to_cpu(op->label_len));
	return &world.objects[atoi(label + 1)];
}

/* The model's idea of one operation; what it does not allow must never be in a batch. */
static void model_apply(const struct hsmrepl_op *op, u64 seq)
{
	struct model_object *object = model_find(op);
	u32 payload_len = le32_to_cpu(op->payload_len);

	if (le16_to_cpu(op->code) == HSMREPL_OP_CREATE) {
		ck_assert_uint_eq(object->version, 0);
		memcpy(object->id, op->id, sizeof(object->id));
	} else {
		ck_assert_uint_ne(object->version, 0);
		ck_assert(!op->if_version || le64_to_cpu(op->if_version) == object->version);
	}
	if (le16_to_cpu(op->code) == HSMREPL_OP_DELETE) {
		memset(object, 0, sizeof(*object));
		return;
	}
	object->version++;
	object->seq = seq;
	memcpy(object->payload, hsm_op_payload(op), payload_len);
	object->payload[payload_len] = 0;
}

static void model_commit(const struct hsmrepl_tl *tl)
{
	const struct hsmrepl_op *op = hsm_tl_ops(tl);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	u32 i;

	ck_assert_uint_eq(le64_to_cpu(tl->seq), ++world.point.seq);
	ck_assert_uint_eq(le64_to_cpu(tl->sync_point), world.point.sync_point);
	world.point.sync_point ^= le64_to_cpu(tl->tid);
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, world.point.chain, HSMREPL_CHAIN_LEN);
	EVP_DigestUpdate(context, tl, le32_to_cpu(tl->len));
	EVP_DigestFinal_ex(context, world.point.chain, NULL);
	EVP_MD_CTX_free(context);
	for (i = 0; i < le16_to_cpu(tl->n_ops); i++, op = hsm_op_next(op))
		model_apply(op, world.point.seq);
}

static void check_object(struct replica *node, int number)
{
	const struct model_object *expected = &world.objects[number];
	struct hsm_object *object;
	char label[16];
	bool undecided;

	snprintf(label, sizeof(label), "k%d", number);
	object = hsm_store_get(&node->hsm.store, label, strlen(label), &undecided);
	ck_assert(!world.coordinator ? !undecided : true);
	ck_assert(!object == !expected->version);
	if (!object)
		return;
	ck_assert_uint_eq(object->version, expected->version);
	ck_assert_uint_eq(object->seq, expected->seq);
	ck_assert_mem_eq(object->id, expected->id, HSMREPL_ID_LEN);
	ck_assert_uint_eq(object->payload_len, strlen(expected->payload));
	ck_assert(!object->payload_len ||
		  !memcmp(object->payload, expected->payload, object->payload_len));
	hsm_object_put(object);
}

static void check_node(struct replica *node)
{
	u64 objects = 0;
	int i;

	for (i = 0; i < LABELS; i++) {
		check_object(node, i);
		objects += !!world.objects[i].version;
	}
	ck_assert_uint_eq(node->hsm.store.objects, objects);
	ck_assert_mem_eq(&node->hsm.point, &world.point, sizeof(world.point));
	ck_assert_uint_eq(node->hsm.store.digest, other(node)->hsm.store.digest);
}

/* One to three random operations; what is queued is held for the count at the end. */
static void submit_some(struct replica *node)
{
	u32 n = random() % OPS_MAX + 1, i;
	u64 room[512];
	u8 *at = (u8 *)room;
	struct hsm_txn *txn;
	int err;

	for (i = 0; i < n; i++) {
		u16 code = HSMREPL_OP_CREATE + random() % 3;
		u64 version = random() % 4 || code == HSMREPL_OP_CREATE ? 0 : random() % 5;
		char label[16], payload[PAYLOAD_MAX + 1];

		snprintf(label, sizeof(label), "k%ld", random() % LABELS);
		snprintf(payload, sizeof(payload), "%0*ld", (int)(random() % PAYLOAD_MAX),
			 random() % 1000);
		at += put_op(at, code, label, code == HSMREPL_OP_DELETE ? NULL : payload, version);
	}
	txn = txn_of(HSMREPL_TL_DATA, room, at - (u8 *)room, n);
	err = hsm_submit(&node->hsm, txn);
	if (err) {
		ck_assert(err == -EEXIST || err == -ENOENT || err == -ESTALE);
		world.refused++;
		hsm_txn_put(txn);
		return;
	}
	world.held[world.n_held++] = txn;
}

static void claim_some(struct replica *node)
{
	struct hsmrepl_prepare arg = {
		.size = random() % 2 ? sizeof(arg) : offsetof(struct hsmrepl_prepare, epoch),
		.coordinator = node->hsm.node_id,
	};
	const struct hsmrepl_tl *tl;
	u8 *tls;
	bool last;

	if (world.coordinator || claim(node, ++world.batch, random() % 8 + 1))
		return;
	tls = kvmalloc(HSMREPL_BATCH_MAX, GFP_KERNEL);
	arg.batch = world.batch;
	while ((tl = hsm_claim_peek(&node->hsm, &last))) {
		memcpy(tls + arg.tls_len, tl, le32_to_cpu(tl->len));
		arg.tls_len += le32_to_cpu(tl->len);
		arg.n_tls++;
		hsm_claim_consume(&node->hsm);
	}
	ck_assert_int_eq(hsm_prepare(&other(node)->hsm, &arg, tls), 0);
	world.coordinator = node;
	world.tls = (const struct hsmrepl_tl *)tls;
	world.n_tls = arg.n_tls;
	world.after = arg;
}

/* PREPARE has told before where this leads, if there was room for it. */
static void foretold(const struct hsm *hsm)
{
	const struct hsmrepl_prepare *after = &world.after;

	if (after->size < sizeof(*after)) {
		ck_assert_uint_eq(after->seq, 0);
		return;
	}
	ck_assert_uint_eq(after->epoch, hsm->point.epoch);
	ck_assert_uint_eq(after->seq, hsm->point.seq);
	ck_assert_uint_eq(after->sync_point, hsm->point.sync_point);
	ck_assert_uint_eq(after->digest, hsm->store.digest);
	ck_assert_mem_eq(after->chain, hsm->point.chain, sizeof(after->chain));
}

static void decide(u32 resolution)
{
	const struct hsmrepl_tl *tl = world.tls;
	struct replica *node = world.coordinator;
	u32 id, i;

	if (!node)
		return;
	id = node->hsm.node_id;
	for (i = 0; resolution == HSMREPL_COMMIT && i < world.n_tls; i++, tl = hsm_tl_next(tl))
		model_commit(tl);
	world.committed += resolution == HSMREPL_COMMIT ? world.n_tls : 0;
	ck_assert_int_eq(resolve(node, world.batch, id, resolution, 0), 0);
	ck_assert_int_eq(resolve(other(node), world.batch, id, resolution, 0), 0);
	ck_assert_uint_eq(other(node)->hsm.store.staged_digest, 0);
	if (resolution == HSMREPL_COMMIT)
		foretold(&other(node)->hsm);
	world.coordinator = NULL;
}

/* The agent dies and comes back, now and then after the grace time. */
static void restart_agent(struct replica *node)
{
	hsm_detach(&node->hsm);
	if (random() % 2)
		hsm_withdraw(&node->hsm, -ENOTCONN);
	ck_assert_int_eq(replica_attach(node, node->hsm.node_id), 0);
	ck_assert_int_eq(replica_report(node, HSMREPL_MEMBER), 0);
}

static void step(void)
{
	struct replica *node = &world.nodes[random() % 2];
	long dice = random() % 100;

	if (dice < 45)
		submit_some(node);
	else if (dice < 65)
		claim_some(node);
	else if (dice < 85)
		decide(HSMREPL_COMMIT);
	else if (dice < 89)
		decide(HSMREPL_REQUEUE);
	else if (dice < 92)
		decide(HSMREPL_ABORT);
	else if (dice < 94)
		restart_agent(node);
	else
		check_node(node);
}

START_TEST(random_work)
{
	u32 i, committed = 0;

	srandom(_i + 1);
	ck_assert_int_eq(hsm_object_setup(), 0);
	memset(&world, 0, sizeof(world));
	world.point.epoch = 1;
	replica_up(&world.nodes[0], 1, &replica_limits);
	replica_up(&world.nodes[1], 2, &replica_limits);
	for (i = 0; i < STEPS; i++)
		step();
	decide(HSMREPL_COMMIT);
	for (i = 0; i < 2; i++) {
		while (world.nodes[i].hsm.queue.n_waiting) {
			claim_some(&world.nodes[i]);
			decide(HSMREPL_COMMIT);
		}
		check_node(&world.nodes[i]);
	}
	/* Each one ended, and as often as the model says in a commit. */
	for (i = 0; i < world.n_held; i++) {
		ck_assert_int_eq(world.held[i]->state, HSM_TXN_DONE);
		committed += !world.held[i]->error;
		hsm_txn_put(world.held[i]);
	}
	ck_assert_uint_eq(committed, world.committed);
	ck_assert_uint_gt(committed, STEPS / 20);
	ck_assert_uint_gt(world.refused, STEPS / 20);
	hsm_destroy(&world.nodes[0].hsm);
	hsm_destroy(&world.nodes[1].hsm);
	hsm_object_teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *tcase = tcase_create("model");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, random_work, 0, SEEDS);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
