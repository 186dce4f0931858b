/* SPDX-License-Identifier: GPL-2.0 */
/* A replica under test: its making, operations, and the steps of a batch. */
#ifndef TESTS_REPLICA_H
#define TESTS_REPLICA_H

#include <check.h>
#include <linux/align.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include "hsm.h"

#define OP_ROOM	(sizeof(struct hsmrepl_op) + HSMREPL_LABEL_MAX + HSMREPL_PAYLOAD_MAX + HSM_ALIGN)

/**
 * struct replica - a replica and what it told its front end
 * @done: transactions told to their owners
 * @given_up: of these, with a pending outcome
 */
struct replica {
	struct hsm hsm;
	u32 done;
	u32 given_up;
};

static inline void replica_done(struct hsm *hsm, struct hsm_txn *txn)
{
	struct replica *replica = container_of(hsm, struct replica, hsm);

	replica->done++;
	replica->given_up += txn->given_up;
}

static inline void replica_nothing(struct hsm *hsm)
{
}

static const struct hsm_ops replica_ops = {
	.done = replica_done,
	.work = replica_nothing,
	.changed = replica_nothing,
};

static const struct hsm_limits replica_limits = {
	.payload_max = HSMREPL_PAYLOAD_MAX,
	.queue_max = 1000,
	.grace_ms = 1000,
	.outcomes = 1024,
	.objects_max = 1000,
	.bytes_max = 16 * 1024 * 1024,
};

/* Nodes 1 to n, in epoch. */
static inline struct hsmrepl_nl node_list(u64 epoch, u16 n)
{
	struct hsmrepl_nl nl = { .epoch = cpu_to_le64(epoch), .n_nodes = cpu_to_le16(n) };
	u16 i;

	memset(nl.pool, 7, sizeof(nl.pool));
	for (i = 0; i < n; i++) {
		nl.nodes[i].id = cpu_to_le16(i + 1);
		snprintf(nl.nodes[i].name, sizeof(nl.nodes[i].name), "n%u", i + 1);
		snprintf(nl.nodes[i].address, sizeof(nl.nodes[i].address), "10.0.0.%u:1", i + 1);
	}
	return nl;
}

static inline int replica_attach(struct replica *replica, u32 node_id)
{
	struct hsmrepl_attach attach = { .node_id = node_id, .name = "n" };

	memset(attach.digest_key, 5, sizeof(attach.digest_key));
	return hsm_attach(&replica->hsm, &attach);
}

static inline int replica_report(struct replica *replica, u32 state)
{
	struct hsmrepl_report report = { .state = state };
	bool new_state;

	return hsm_report(&replica->hsm, &report, &new_state);
}

/* A member of a pool of three in epoch 1, empty. */
static inline void replica_up(struct replica *replica, u32 node_id,
			      const struct hsm_limits *limits)
{
	struct hsmrepl_load load = { .flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END };
	struct hsmrepl_nl nl = node_list(1, 3);

	memset(replica, 0, sizeof(*replica));
	ck_assert_int_eq(hsm_init(&replica->hsm, 0, limits, &replica_ops), 0);
	ck_assert_int_eq(replica_attach(replica, node_id), 0);
	ck_assert_int_eq(hsm_load(&replica->hsm, &load, NULL, &nl), 0);
	ck_assert_int_eq(replica_report(replica, HSMREPL_MEMBER), 0);
}

/* An operation at place; returns its bytes. */
static inline u32 put_op(void *place, u16 code, const char *label, const char *payload,
			 u64 if_version)
{
	struct hsmrepl_op *op = place;
	u32 label_len = strlen(label), payload_len = payload ? strlen(payload) : 0;
	u32 len = sizeof(*op) + label_len + payload_len;

	memset(op, 0, ALIGN(len, HSM_ALIGN));
	op->len = cpu_to_le32(ALIGN(len, HSM_ALIGN));
	op->code = cpu_to_le16(code);
	op->label_len = cpu_to_le16(label_len);
	op->payload_len = cpu_to_le32(payload_len);
	op->if_version = cpu_to_le64(if_version);
	memcpy(op + 1, label, label_len);
	if (payload_len)
		memcpy((char *)(op + 1) + label_len, payload, payload_len);
	return le32_to_cpu(op->len);
}

/* A transaction from operations that lie one after the other. */
static inline struct hsm_txn *txn_of(u32 kind, const void *ops, u32 len, u32 n_ops)
{
	struct hsm_txn *txn = hsm_txn_alloc(kind, n_ops, len);

	ck_assert(!IS_ERR(txn));
	memcpy(hsm_txn_ops(txn), ops, len);
	ck_assert_int_eq(hsm_txn_complete(txn, HSMREPL_PAYLOAD_MAX), 0);
	return txn;
}

static inline struct hsm_txn *txn_one(u16 code, const char *label, const char *payload,
				      u64 if_version)
{
	u64 room[OP_ROOM / 8];
	u32 len = put_op(room, code, label, payload, if_version);

	return txn_of(HSMREPL_TL_DATA, room, len, 1);
}

/* Submits a transaction of one operation; the test's reference comes back, NULL with *err set. */
static inline struct hsm_txn *submit_one(struct replica *replica, u16 code, const char *label,
					 const char *payload, u64 if_version, int *err)
{
	struct hsm_txn *txn = txn_one(code, label, payload, if_version);

	txn->owner = replica;
	*err = hsm_submit(&replica->hsm, txn);
	if (!*err)
		return txn;
	hsm_txn_put(txn);
	return NULL;
}

static inline int claim(struct replica *replica, u64 batch, u32 max_tls)
{
	struct hsmrepl_grant grant = {
		.batch = batch,
		.epoch = replica->hsm.point.epoch,
		.max_tls = max_tls,
		.max_bytes = HSMREPL_BATCH_MAX,
	};
	int err = hsm_grant(&replica->hsm, &grant);

	return err ?: hsm_claim(&replica->hsm);
}

static inline int resolve(struct replica *replica, u64 batch, u32 coordinator, u32 resolution,
			  u32 error)
{
	struct hsmrepl_resolve arg = {
		.batch = batch,
		.coordinator = coordinator,
		.resolution = resolution,
		.error = error,
	};
	struct hsm_decided decided;

	return hsm_resolve(&replica->hsm, &arg, &decided);
}

#endif
