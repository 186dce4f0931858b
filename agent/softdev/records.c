// SPDX-License-Identifier: GPL-2.0
/*
 * Records: what read() yields, pushed to the reader as it arises.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <event2/event.h>

#include <linux/align.h>

#include "conn.h"

#define OUT_ROOM_MIN	4096

/* Room for one more record of @len bytes in @conn's buffer; NULL for want of memory. */
static u8 *make_room(struct conn *conn, size_t len)
{
	size_t room = conn->out_room ? conn->out_room : OUT_ROOM_MIN;
	u8 *out;

	while (room < conn->out_len + len)
		room *= 2;
	if (room != conn->out_room) {
		out = malloc(room);
		if (!out)
			return NULL;
		if (conn->out) {
			memcpy(out, conn->out, conn->out_len);
			explicit_bzero(conn->out, conn->out_room);
		}
		free(conn->out);
		conn->out = out;
		conn->out_room = room;
	}
	return conn->out + conn->out_len;
}

/* May a record of @len bytes go into the datagram being filled? One of any length may begin it. */
static bool fits(const struct conn *conn, size_t len)
{
	size_t room = conn->packed ? SOFT_PACK_MAX : 0;

	if (conn->dev->agent == conn)
		room = SOFT_DATAGRAM_MAX;
	return !conn->out_len || conn->out_len + len <= room;
}

/* Begin a record whose body has @len bytes. Returns where the body goes, NULL if it must wait. */
static u8 *begin_record(struct conn *conn, u16 type, u16 flags, u64 id, size_t len)
{
	const struct hsmrepl_record record = {
		.len = ALIGN(sizeof(record) + len, HSM_ALIGN),
		.type = type,
		.flags = flags,
		.id = id,
	};
	u8 *place;

	if (!fits(conn, record.len))
		return NULL;
	place = make_room(conn, record.len);
	if (!place)
		return NULL;
	memset(place + record.len - HSM_ALIGN, 0, HSM_ALIGN);
	memcpy(place, &record, sizeof(record));
	conn->out_len += record.len;
	return place + sizeof(record);
}

static bool put_completion(struct conn *conn)
{
	struct hsmrepl_completion completion;
	struct hsm_txn *txn;
	u8 *body;

	if (list_empty(&conn->completed))
		return false;
	txn = list_first_entry(&conn->completed, struct hsm_txn, owned);
	body = begin_record(conn, HSMREPL_REC_COMPLETION, 0, txn->tid, sizeof(completion));
	if (!body)
		return false;
	completion = (struct hsmrepl_completion) {
		.cookie = txn->cookie,
		.error = txn->state == HSM_TXN_DONE ? -txn->error : EINPROGRESS,
	};
	if (!completion.error) {
		completion.seq = txn->seq;
		completion.sync_point = txn->sync_point;
	}
	memcpy(body, &completion, sizeof(completion));
	list_del_init(&txn->owned);
	conn->n_async--;
	hsm_txn_put(txn);
	return true;
}

static bool put_admin(struct conn *conn)
{
	struct soft_device *dev = conn->dev;
	struct hsmrepl_admin_request request;
	struct admin *admin;
	u8 *body;

	if (list_empty(&dev->admin_new))
		return false;
	admin = list_first_entry(&dev->admin_new, struct admin, node);
	body = begin_record(conn, HSMREPL_REC_ADMIN, 0, admin->id,
			    sizeof(request) + admin->json_len);
	if (!body)
		return false;
	request.verb = admin->verb;
	request.json_len = admin->json_len;
	memcpy(body, &request, sizeof(request));
	memcpy(body + sizeof(request), admin->json, admin->json_len);
	list_move_tail(&admin->node, &dev->admin_taken);
	return true;
}

static bool put_tl(struct conn *conn)
{
	struct hsm *hsm = &conn->dev->hsm;
	const struct hsmrepl_tl *tl;
	size_t len;
	bool last;
	u8 *body;

	tl = hsm_claim_peek(hsm, &last);
	len = le32_to_cpu(tl->len);
	body = begin_record(conn, HSMREPL_REC_TL, last ? HSMREPL_REC_LAST : 0, hsm->slot.batch,
			    len);
	if (!body)
		return false;
	memcpy(body, tl, len);
	hsm_claim_consume(hsm);
	return true;
}

static bool put_work(struct conn *conn)
{
	struct hsm *hsm = &conn->dev->hsm;

	switch (hsm_work(hsm)) {
	case HSM_WORK_NONE:
		return false;
	case HSM_WORK_CLAIM:
		return !hsm_claim(hsm);
	case HSM_WORK_TLS:
		return put_tl(conn);
	case HSM_WORK_NOTICE:
		if (!begin_record(conn, HSMREPL_REC_QUEUED, 0, hsm->queue.n_waiting, 0))
			return false;
		hsm->queue.noticed = true;
		return true;
	}
	return false;
}

static void fill(struct conn *conn)
{
	bool agent = conn->dev->agent == conn;

	while (agent && put_admin(conn))
		;
	while (agent && put_work(conn))
		;
	while (put_completion(conn))
		;
}

static void sent_all(struct conn *conn)
{
	explicit_bzero(conn->out, conn->out_len);
	conn->out_len = 0;
	conn->out_sent = 0;
}

void records_push(struct conn *conn)
{
	size_t part;
	ssize_t n;

	if (conn->records < 0)
		return;
	for (;;) {
		if (!conn->out_len)
			fill(conn);
		if (!conn->out_len)
			return;
		part = conn->out_len - conn->out_sent;
		if (part > SOFT_DATAGRAM_MAX)
			part = SOFT_DATAGRAM_MAX;
		n = send(conn->records, conn->out + conn->out_sent, part,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			event_add(conn->writable, NULL);
		else if (n < 0)
			conn_break(conn);
		if (n < 0)
			return;
		conn->out_sent += n;
		if (conn->out_sent == conn->out_len)
			sent_all(conn);
	}
}
