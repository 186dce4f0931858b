// SPDX-License-Identifier: GPL-2.0
/*
 * Administrative requests, from ADMIN of a caller to ANSWER of the agent. A caller has one at a
 * time, so there are never more than connections.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define STATUS_MAX	4095	/* errno values end here */

int command_admin(struct conn *conn, struct call *call)
{
	const struct hsmrepl_admin *arg = &call->arg.admin;
	struct soft_device *dev = conn->dev;
	struct admin *admin;

	if (!arg->verb || arg->request_len > HSMREPL_ADMIN_MAX)
		return -EINVAL;
	if (arg->verb >= HSMREPL_VERB_WRITE && !(conn->access & HSM_ABI_WRITE))
		return -EACCES;
	if (arg->request_len && !call->input[0])
		return -EFAULT;
	if (!dev->agent)
		return -ENOTCONN;
	admin = malloc(sizeof(*admin) + arg->request_len);
	if (!admin)
		return -ENOMEM;
	admin->conn = conn;
	admin->id = ++dev->admin_last;
	admin->verb = arg->verb;
	admin->json_len = arg->request_len;
	if (arg->request_len)
		memcpy(admin->json, call->input[0], arg->request_len);
	list_add_tail(&admin->node, &dev->admin_new);
	conn->admin = admin;
	dev->work = true;
	call_wait(conn, arg->timeout_ms);
	return CALL_WAITS;
}

void admin_give_up(struct conn *conn)
{
	if (!conn->admin)
		return;
	list_del_init(&conn->admin->node);
	free(conn->admin);
	conn->admin = NULL;
}

static void end_all(struct list_head *list)
{
	struct admin *admin, *next;

	list_for_each_entry_safe(admin, next, list, node)
		call_give_up(admin->conn, -ENOTCONN);
}

void admin_detach(struct soft_device *dev)
{
	end_all(&dev->admin_new);
	end_all(&dev->admin_taken);
}

static struct admin *find_taken(struct soft_device *dev, u64 id)
{
	struct admin *admin;

	list_for_each_entry(admin, &dev->admin_taken, node) {
		if (admin->id == id)
			return admin;
	}
	return NULL;
}

int command_answer(struct conn *conn, struct call *call)
{
	const struct hsmrepl_answer *answer = &call->arg.answer;
	struct soft_device *dev = conn->dev;
	struct admin *admin;
	struct call *asked;
	struct conn *caller;
	int ret = 0;

	if (answer->answer_len > HSMREPL_ADMIN_MAX)
		return -EMSGSIZE;
	if (answer->status > STATUS_MAX)
		return -EINVAL;
	if (answer->answer_len && !call->input[0])
		return -EFAULT;
	admin = find_taken(dev, answer->request);
	if (!admin)
		return -ENOENT;
	caller = admin->conn;
	asked = &caller->call;
	asked->arg.admin.answer_len = answer->answer_len;
	asked->arg.admin.status = answer->status;
	if (answer->answer_len > asked->output_room) {
		ret = -EMSGSIZE;
	} else if (answer->answer_len) {
		memcpy(asked->output, call->input[0], answer->answer_len);
		asked->output_len = answer->answer_len;
	}
	admin_give_up(caller);
	call_finish(caller, ret);
	return 0;
}
