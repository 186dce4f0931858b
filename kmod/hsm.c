// SPDX-License-Identifier: GPL-2.0
/* One replica; see hsm.h. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "hsm.h"

/**
 * hsm_init() - a replica in reset state, without agent
 * @hsm: to be set up
 * @minor: instance number
 * @limits: within those of the uapi header
 * @ops: of the front end
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_init(struct hsm *hsm, u32 minor, const struct hsm_limits *limits,
	     const struct hsm_ops *ops)
{
	int err;

	*hsm = (struct hsm){
		.ops = ops,
		.limits = *limits,
		.minor = minor,
		.state = HSMREPL_OFFLINE,
		.readable = -ENOTCONN,
	};
	mutex_init(&hsm->lock);
	INIT_LIST_HEAD(&hsm->slot.own);
	err = hsm_store_init(&hsm->store, limits->objects_max, limits->bytes_max);
	if (err)
		return err;
	err = hsm_queue_init(&hsm->queue);
	if (err)
		goto err_store;
	err = hsm_outcomes_init(&hsm->outcomes, limits->outcomes);
	if (err)
		goto err_queue;
	return 0;

err_queue:
	hsm_queue_destroy(&hsm->queue);
err_store:
	hsm_store_destroy(&hsm->store);
	return err;
}

/**
 * hsm_destroy() - wipe all content
 * @hsm: used by nobody any more; its transactions have no owners
 */
void hsm_destroy(struct hsm *hsm)
{
	mutex_lock(&hsm->lock);
	hsm_drop_content(hsm);
	mutex_unlock(&hsm->lock);
	hsm_outcomes_destroy(&hsm->outcomes);
	hsm_queue_destroy(&hsm->queue);
	hsm_store_destroy(&hsm->store);
	mutex_destroy(&hsm->lock);
}

/* HSMREPL_IOC_INFO but for the features, which the front end knows. */
void hsm_info(const struct hsm *hsm, struct hsmrepl_info *arg)
{
	arg->abi_version = HSMREPL_ABI_VERSION;
	arg->minor = hsm->minor;
	arg->payload_max = hsm->limits.payload_max;
	arg->queue_max = hsm->limits.queue_max;
	arg->objects_max = hsm->limits.objects_max;
	arg->bytes_max = hsm->limits.bytes_max;
	arg->grace_ms = hsm->limits.grace_ms;
}

/* First TID of the undecided batch or of the queue, 0 for none. */
static u64 pending_tid(const struct hsm *hsm)
{
	const struct list_head *own = &hsm->slot.own, *waiting = &hsm->queue.waiting;

	if (hsm->slot.tls)
		return le64_to_cpu(hsm->slot.tls->tid);
	if (!list_empty(own))
		return list_first_entry(own, struct hsm_txn, node)->tid;
	if (!list_empty(waiting))
		return list_first_entry(waiting, struct hsm_txn, node)->tid;
	return 0;
}

/* HSMREPL_IOC_STATE without its waiting: fills in the out fields. */
void hsm_state(const struct hsm *hsm, struct hsmrepl_state *arg)
{
	lockdep_assert_held(&hsm->lock);
	arg->state = hsm->state;
	arg->mode = hsm->mode;
	arg->node_id = hsm->node_id;
	arg->epoch = hsm->point.epoch;
	arg->seq = hsm->point.seq;
	arg->sync_point = hsm->point.sync_point;
	arg->digest = hsm->store.digest;
	memcpy(arg->chain, hsm->point.chain, sizeof(arg->chain));
	arg->objects = hsm->store.objects;
	arg->bytes = hsm->store.bytes;
	arg->queue = hsm->queue.n_waiting;
	arg->check_code = hsm_check_code(hsm->point.sync_point);
	arg->pending_tid = pending_tid(hsm);
	arg->agent = hsm->agent;
	arg->nodes_total = le16_to_cpu(hsm->nl.n_nodes);
	arg->nodes_up = hsm->nodes_up;
	memcpy(arg->pool, hsm->nl.pool, sizeof(arg->pool));
	memcpy(arg->name, hsm->name, sizeof(arg->name));
	memcpy(arg->last_error, hsm->last_error, sizeof(arg->last_error));
}

/* After each change of state, epoch, or of what is loaded. */
void hsm_update_readable(struct hsm *hsm)
{
	bool behind = hsm->state == HSMREPL_STARTING || hsm->state == HSMREPL_JOINING;
	int readable = 0;

	if (!hsm->loaded)
		readable = hsm->agent ? -EAGAIN : -ENOTCONN;
	else if (behind && hsm->point.epoch)
		readable = -EAGAIN;
	WRITE_ONCE(hsm->readable, readable);
	hsm->ops->changed(hsm);
}

static int attach_check(const struct hsm *hsm, const struct hsmrepl_attach *arg)
{
	siphash_key_t key;

	if (hsm->agent)
		return -EBUSY;
	if (!arg->node_id || arg->node_id > U16_MAX || arg->mode > HSMREPL_MODE_FIPS ||
	    !arg->name[0] || strnlen(arg->name, sizeof(arg->name)) == sizeof(arg->name))
		return -EINVAL;
	hsm_digest_key(&key, arg->digest_key);
	if ((hsm->loaded || hsm->slot.state != HSMREPL_SLOT_FREE) &&
	    (arg->node_id != hsm->node_id || memcmp(&key, &hsm->store.key, sizeof(key))))
		return -EKEYREJECTED;
	return 0;
}

/**
 * hsm_attach() - HSMREPL_IOC_ATTACH
 * @hsm: replica
 * @arg: as in the uapi header; the out fields are filled in on success
 *
 * Return: 0, -EBUSY, -EINVAL, -EKEYREJECTED.
 */
int hsm_attach(struct hsm *hsm, struct hsmrepl_attach *arg)
{
	int err;

	lockdep_assert_held(&hsm->lock);
	err = attach_check(hsm, arg);
	if (err)
		return err;
	/* What an agent that died in the middle of a LOAD has left is of no use. */
	if (hsm->loading)
		hsm_drop_content(hsm);
	hsm_digest_key(&hsm->store.key, arg->digest_key);
	memcpy(hsm->name, arg->name, sizeof(hsm->name));
	hsm->node_id = arg->node_id;
	hsm->mode = arg->mode;
	hsm->agent = true;
	hsm->nodes_up = 0;
	hsm->state = HSMREPL_STARTING;
	hsm->queue.noticed = false;
	hsm_update_readable(hsm);
	hsm->ops->work(hsm);

	arg->loaded = hsm->loaded;
	arg->slot_state = hsm->slot.state;
	arg->slot_coordinator = hsm->slot.coordinator;
	arg->slot_tls = hsm->slot.n_tls;
	arg->slot_batch = hsm->slot.batch;
	arg->epoch = hsm->point.epoch;
	arg->seq = hsm->point.seq;
	arg->sync_point = hsm->point.sync_point;
	memcpy(arg->chain, hsm->point.chain, sizeof(arg->chain));
	return 0;
}

/**
 * hsm_detach() - the agent is gone; queue, slot and content stay
 * @hsm: replica
 *
 * What the agent did not read of a claimed batch is not handed out again: the next one is told
 * of the slot by its attach. Callers wait on until hsm_withdraw().
 */
void hsm_detach(struct hsm *hsm)
{
	lockdep_assert_held(&hsm->lock);
	hsm->agent = false;
	hsm->nodes_up = 0;
	hsm->grant.batch = 0;
	hsm->slot.next = NULL;
	hsm->state = HSMREPL_OFFLINE;
	hsm_update_readable(hsm);
}

/**
 * hsm_report() - HSMREPL_IOC_REPORT, but for the event
 * @hsm: replica
 * @arg: as in the uapi header
 * @new_state: out: the node's state is another one now
 *
 * Return: 0 or -EINVAL.
 */
int hsm_report(struct hsm *hsm, const struct hsmrepl_report *arg, bool *new_state)
{
	size_t len = strnlen(arg->error, sizeof(arg->error));

	lockdep_assert_held(&hsm->lock);
	if (arg->event > HSMREPL_EVENT_DETACH || arg->node_id > U16_MAX ||
	    arg->state < HSMREPL_STARTING || arg->state > HSMREPL_HALTED ||
	    arg->nodes_up > HSMREPL_NODES_MAX || arg->percent > 100 ||
	    len == sizeof(arg->error))
		return -EINVAL;
	*new_state = hsm->state != arg->state;
	hsm->state = arg->state;
	hsm->nodes_up = arg->nodes_up;
	memset(hsm->last_error, 0, sizeof(hsm->last_error));
	memcpy(hsm->last_error, arg->error, len);
	if (*new_state && arg->state >= HSMREPL_REMOVED)
		hsm_withdraw(hsm, -EROFS);
	hsm_update_readable(hsm);
	return 0;
}
