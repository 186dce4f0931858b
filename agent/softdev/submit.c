// SPDX-License-Identifier: GPL-2.0
/*
 * SUBMIT: transactions from the caller's operations to the word of their outcome.
 */
#include <errno.h>
#include <string.h>

#include <linux/err.h>

#include "command.h"

#define ASYNC_MAX	65536	/* of one connection, decided ones that were not read included */

static bool decided(const struct hsm_txn *txn)
{
	return txn->state == HSM_TXN_DONE || txn->given_up;
}

void txn_done(struct hsm *hsm, struct hsm_txn *txn)
{
	struct conn *conn = txn->owner;

	(void)hsm;
	txn->owner = NULL;
	if (txn->async)
		list_move_tail(&txn->owned, &conn->completed);
	list_move_tail(&conn->ready, &conn->dev->ready);
	conn->dev->changed = true;
}

static void fill_result(struct hsmrepl_submit *submit, const struct hsm_txn *txn)
{
	submit->tid = txn->tid;
	if (txn->state != HSM_TXN_DONE || txn->error)
		return;
	submit->seq = txn->seq;
	submit->sync_point = txn->sync_point;
	submit->version = txn->version;
	memcpy(submit->id, txn->id, sizeof(submit->id));
}

void txn_tell(struct conn *conn)
{
	struct hsm_txn *txn = conn->txn;

	if (!txn || !decided(txn))
		return;
	conn->txn = NULL;
	fill_result(&conn->call.arg.submit, txn);
	call_finish(conn, txn->state == HSM_TXN_DONE ? txn->error : -EINPROGRESS);
	hsm_txn_put(txn);
}

void txn_give_up(struct conn *conn, int error)
{
	struct hsm_txn *txn = conn->txn;

	if (decided(txn)) {
		txn_tell(conn);
		return;
	}
	conn->txn = NULL;
	txn->owner = NULL;
	fill_result(&conn->call.arg.submit, txn);
	call_finish(conn, error == -ETIMEDOUT ? -EINPROGRESS : error);
	hsm_txn_put(txn);
}

static void disown_list(struct list_head *list)
{
	struct hsm_txn *txn, *next;

	list_for_each_entry_safe(txn, next, list, owned) {
		list_del_init(&txn->owned);
		txn->owner = NULL;
		hsm_txn_put(txn);
	}
}

void txn_disown(struct conn *conn)
{
	if (conn->txn) {
		conn->txn->owner = NULL;
		hsm_txn_put(conn->txn);
		conn->txn = NULL;
	}
	disown_list(&conn->submitted);
	disown_list(&conn->completed);
}

/* A transaction made of the caller's operations, or ERR_PTR(). */
static struct hsm_txn *build(const struct hsm *hsm, const struct call *call)
{
	const struct hsmrepl_submit *submit = &call->arg.submit;
	struct hsm_txn *txn;
	int ret = -EFAULT;

	txn = hsm_txn_alloc(submit->kind, submit->n_ops, submit->ops_len);
	if (IS_ERR(txn))
		return txn;
	if (call->input[0]) {
		memcpy(hsm_txn_ops(txn), call->input[0], submit->ops_len);
		ret = hsm_txn_complete(txn, hsm->limits.payload_max);
	}
	if (!ret)
		return txn;
	hsm_txn_put(txn);
	return ERR_PTR(ret);
}

static int check_async(const struct conn *conn, const struct hsmrepl_submit *submit)
{
	bool async = submit->flags & HSMREPL_SUBMIT_ASYNC;

	if (submit->kind != HSMREPL_TL_DATA) {
		if (conn->dev->agent != conn)
			return -EPERM;
		if (!async)
			return -EINVAL;
	}
	return async && conn->n_async == ASYNC_MAX ? -EAGAIN : 0;
}

int command_submit(struct conn *conn, struct call *call)
{
	struct hsmrepl_submit *submit = &call->arg.submit;
	struct hsm_txn *txn;
	int ret;

	submit->tid = 0;
	ret = check_async(conn, submit);
	if (ret)
		return ret;
	txn = build(&conn->dev->hsm, call);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	txn->owner = conn;
	txn->async = submit->flags & HSMREPL_SUBMIT_ASYNC;
	txn->cookie = submit->cookie;
	if (txn->async)
		list_add_tail(&txn->owned, &conn->submitted);
	ret = hsm_submit(&conn->dev->hsm, txn);
	if (ret) {
		if (txn->async)
			list_del_init(&txn->owned);
		hsm_txn_put(txn);
		return ret;
	}
	submit->tid = txn->tid;
	if (txn->async) {
		conn->n_async++;
		return 0;
	}
	conn->txn = txn;
	call_wait(conn, submit->timeout_ms);
	return CALL_WAITS;
}
