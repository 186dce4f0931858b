// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: the rules that every argument obeys, the command's function, the reply.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <event2/event.h>

#include "command.h"

static const struct {
	u32 cmd;
	int (*function)(struct conn *conn, struct call *call);
} commands[] = {
	{ HSMREPL_IOC_INFO, command_info },
	{ HSMREPL_IOC_STATE, command_state },
	{ HSMREPL_IOC_SUBMIT, command_submit },
	{ HSMREPL_IOC_OUTCOME, command_outcome },
	{ HSMREPL_IOC_GET, command_get },
	{ HSMREPL_IOC_LIST, command_list },
	{ HSMREPL_IOC_ADMIN, command_admin },
	{ HSMREPL_IOC_ATTACH, command_attach },
	{ HSMREPL_IOC_LOAD, command_load },
	{ HSMREPL_IOC_GRANT, command_grant },
	{ HSMREPL_IOC_PREPARE, command_prepare },
	{ HSMREPL_IOC_RESOLVE, command_resolve },
	{ HSMREPL_IOC_REPORT, command_report },
	{ HSMREPL_IOC_ANSWER, command_answer },
};

static int run(struct conn *conn, struct call *call)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].cmd == call->abi->cmd)
			return commands[i].function(conn, call);
	}
	return -ENOTTY;
}

/* A reply that leaves the caller's struct as it is. */
static void refuse(struct conn *conn, const struct soft_header *header, int status)
{
	const struct soft_header reply = {
		.len = sizeof(reply),
		.type = SOFT_REPLY,
		.cmd = header->cmd,
		.call = header->call,
		.status = status,
	};

	conn_reply(conn, &reply, sizeof(reply), -1);
}

/* The argument struct, by the rules of abi.h. */
static int take_argument(struct call *call, const u8 *arg, size_t len)
{
	size_t known = call->abi->size;
	u32 size;
	int ret;

	if (len < sizeof(size))
		return -EFAULT;
	memcpy(&size, arg, sizeof(size));
	ret = hsm_abi_size(call->abi, size);
	if (ret)
		return ret;
	if (size != len)
		return -EFAULT;
	if (size > known) {
		ret = hsm_abi_tail(arg + known, size - known);
		if (ret)
			return ret;
	}
	memcpy(&call->arg, arg, size < known ? size : known);
	return hsm_abi_check(call->abi, &call->arg);
}

static int check_access(const struct conn *conn, const struct hsm_abi *abi)
{
	if ((abi->access & HSM_ABI_AGENT) && conn->dev->agent != conn)
		return -EPERM;
	if (abi->access & ~HSM_ABI_AGENT & ~conn->access)
		return -EACCES;
	return 0;
}

/* Where the input buffers lie; one that was too long to travel stays NULL. */
static void take_inputs(struct call *call, const u8 *data, size_t len)
{
	const struct soft_layout *layout = soft_layout(call->abi->cmd);
	int i;

	if (!layout)
		return;
	for (i = 0; i < layout->n_inputs; i++) {
		call->input_len[i] = soft_length(&call->arg, &layout->input[i]);
		if (call->input_len[i] > len)
			continue;
		call->input[i] = data;
		data += call->input_len[i];
		len -= call->input_len[i];
	}
	if (layout->n_outputs)
		call->output_room = soft_length(&call->arg, &layout->output);
}

/* The output buffer is built where the reply is. */
static void place_output(struct conn *conn, struct call *call)
{
	struct soft_device *dev = conn->dev;
	size_t offset = sizeof(struct soft_header) + call->size;

	call->output = dev->reply + offset;
	if (call->output_room > sizeof(dev->reply) - offset)
		call->output_room = sizeof(dev->reply) - offset;
}

/* Until something changes; the label that it is about would otherwise go with the datagram. */
static void wait_for_change(struct conn *conn, struct call *call)
{
	if (call->input[0] && call->input[0] != call->label) {
		assert(call->input_len[0] <= sizeof(call->label));
		memcpy(call->label, call->input[0], call->input_len[0]);
		call->input[0] = call->label;
	}
	list_add_tail(&conn->waiting, &conn->dev->waiting);
}

static void conclude(struct conn *conn, int ret)
{
	switch (ret) {
	case CALL_WAITS:
		break;
	case CALL_WAITS_CHANGE:
		wait_for_change(conn, &conn->call);
		break;
	default:
		call_finish(conn, ret);
	}
}

void call_begin(struct conn *conn, const struct soft_header *header, const u8 *rest, size_t len)
{
	struct call *call = &conn->call;
	int ret;

	memset(call, 0, sizeof(*call));
	call->abi = hsm_abi_find(header->cmd);
	if (!call->abi) {
		refuse(conn, header, -ENOTTY);
		return;
	}
	call->number = header->call;
	call->size = header->arg_len;
	ret = take_argument(call, rest, header->arg_len);
	if (!ret)
		ret = check_access(conn, call->abi);
	if (ret) {
		call->abi = NULL;
		refuse(conn, header, ret);
		return;
	}
	take_inputs(call, rest + header->arg_len, len - header->arg_len);
	place_output(conn, call);
	conclude(conn, run(conn, call));
}

void call_retry(struct conn *conn)
{
	struct call *call = &conn->call;

	list_del_init(&conn->waiting);
	call->output_len = 0;
	conclude(conn, run(conn, call));
}

void call_finish(struct conn *conn, int status)
{
	struct call *call = &conn->call;
	struct soft_device *dev = conn->dev;
	size_t size = call->abi->out ? call->size : 0;
	size_t known = size < call->abi->size ? size : call->abi->size;
	const struct soft_header reply = {
		.len = sizeof(reply) + size + call->output_len,
		.type = SOFT_REPLY,
		.arg_len = size,
		.cmd = call->abi->cmd,
		.call = call->number,
		.status = status,
	};

	list_del_init(&conn->waiting);
	event_del(conn->timeout);
	memcpy(dev->reply, &reply, sizeof(reply));
	memcpy(dev->reply + sizeof(reply), &call->arg, known);
	memset(dev->reply + sizeof(reply) + known, 0, size - known);
	call->abi = NULL;
	conn_reply(conn, dev->reply, reply.len, -1);
	explicit_bzero(dev->reply, reply.len);
}

void call_wait(struct conn *conn, u32 timeout_ms)
{
	const struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};

	if (timeout_ms && !evtimer_pending(conn->timeout, NULL))
		evtimer_add(conn->timeout, &timeout);
}

void call_give_up(struct conn *conn, int error)
{
	if (conn->txn)
		txn_give_up(conn, error);
	else
		admin_give_up(conn);
	if (conn->call.abi)
		call_finish(conn, error);
}
