/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection of the software device: what an open file is to the module.
 */
#ifndef HSM_SOFTDEV_CONN_H
#define HSM_SOFTDEV_CONN_H

#include "abi.h"
#include "device.h"

/**
 * struct call - the call under way on a connection
 * @abi: rules of the command; NULL when there is no call
 * @number: given by the caller
 * @size: bytes of the caller's struct
 * @arg: the part of it that is known here
 * @input: input buffers; NULL for one that did not travel
 * @input_len: bytes that the caller says they have
 * @output: room for the output buffer
 * @output_room: bytes at @output
 * @output_len: bytes filled in
 * @label: input of a call that waits
 */
struct call {
	const struct hsm_abi *abi;
	u32 number;
	u32 size;
	union hsm_abi_arg arg;
	const void *input[SOFT_INPUTS];
	u32 input_len[SOFT_INPUTS];
	void *output;
	u32 output_room;
	u32 output_len;
	char label[HSMREPL_LABEL_MAX];
};

/* What a command's function returns beside 0 and a negative errno. */
enum call_wait {
	CALL_WAITS = 1,		/* the reply comes when its transaction or request is decided */
	CALL_WAITS_CHANGE = 2,	/* try again when something changed */
};

/**
 * struct admin - one administrative request, from ADMIN to ANSWER
 * @node: in admin_new or admin_taken of the device
 * @conn: who asks
 * @id: number
 * @verb: enum hsmrepl_verb
 * @json_len: bytes at @json
 * @json: the request
 */
struct admin {
	struct list_head node;
	struct conn *conn;
	u64 id;
	u32 verb;
	u32 json_len;
	char json[];
};

/**
 * struct conn - one connection
 * @dev: its device
 * @node: in the device's conns
 * @waiting: in the device's waiting, or empty
 * @ready: in the device's ready, or empty
 * @calls: socket of calls and replies
 * @records: our end of the socket of records, -1 before HELLO
 * @readable: a message has come
 * @writable: the socket of records has room again
 * @timeout: of the call under way
 * @access: HSM_ABI_READ, HSM_ABI_WRITE
 * @privileged: may attach
 * @packed: several messages may go in one datagram
 * @message: message of several datagrams that is still coming in, or NULL
 * @message_len: bytes of it
 * @message_got: bytes there
 * @call: call under way
 * @txn: transaction that the call waits for
 * @admin: administrative request that the call waits for
 * @submitted: asynchronous transactions that are undecided
 * @completed: asynchronous transactions whose completion was not read
 * @n_async: in both
 * @out: records on their way out
 * @out_room: bytes at @out
 * @out_len: bytes filled in
 * @out_sent: bytes sent
 */
struct conn {
	struct soft_device *dev;
	struct list_head node;
	struct list_head waiting;
	struct list_head ready;
	int calls;
	int records;
	struct event *readable;
	struct event *writable;
	struct event *timeout;
	unsigned int access;
	bool privileged;
	bool packed;
	u8 *message;
	u32 message_len;
	u32 message_got;
	struct call call;
	struct hsm_txn *txn;
	struct admin *admin;
	struct list_head submitted;
	struct list_head completed;
	u32 n_async;
	u8 *out;
	size_t out_room;
	size_t out_len;
	size_t out_sent;
};

/** conn_accept() - take a new connection over; on an error @sock is closed */
void conn_accept(struct soft_device *dev, int sock);

/** conn_close() - end it: what it waits for is left alone, an agent detaches */
void conn_close(struct conn *conn);

/** conn_break() - it cannot be served any more: make it end at its next event */
void conn_break(struct conn *conn);

/** conn_reply() - a reply of @len bytes, and a descriptor unless -1; sent now or with others */
void conn_reply(struct conn *conn, const void *reply, size_t len, int passed);

/** call_begin() - a call has come; @rest are the @len bytes after the header */
void call_begin(struct conn *conn, const struct soft_header *header, const u8 *rest, size_t len);

/** call_finish() - reply to the call under way */
void call_finish(struct conn *conn, int status);

/** call_retry() - something changed: try the call that waits again */
void call_retry(struct conn *conn);

/** call_give_up() - the call under way ends by a signal (EINTR) or in time (ETIMEDOUT) */
void call_give_up(struct conn *conn, int error);

/** call_wait() - let the call under way end after @timeout_ms; 0 for no limit */
void call_wait(struct conn *conn, u32 timeout_ms);

/** txn_done() - struct hsm_ops.done: put the owner into the device's ready list */
void txn_done(struct hsm *hsm, struct hsm_txn *txn);

/** txn_tell() - reply to the SUBMIT under way, if its transaction was decided or given up */
void txn_tell(struct conn *conn);

/** txn_give_up() - the SUBMIT under way does not wait any more */
void txn_give_up(struct conn *conn, int error);

/** txn_disown() - the connection ends: nobody waits for its transactions */
void txn_disown(struct conn *conn);

/** admin_give_up() - the caller of the request does not wait any more */
void admin_give_up(struct conn *conn);

/** admin_detach() - the agent is gone: all requests end with ENOTCONN */
void admin_detach(struct soft_device *dev);

/** records_push() - send what @conn has to read, as far as its socket has room */
void records_push(struct conn *conn);

#endif /* HSM_SOFTDEV_CONN_H */
