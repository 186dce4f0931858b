// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that read objects: GET, LIST.
 */
#include <errno.h>
#include <string.h>

#include "command.h"

int command_get(struct conn *conn, struct call *call)
{
	bool committed = call->arg.get.flags & HSMREPL_GET_COMMITTED;
	struct hsm *hsm = &conn->dev->hsm;
	struct hsm_object *object;
	bool undecided;
	int ret, readable;

	if (call->input_len[0] > HSMREPL_LABEL_MAX)
		return -EMSGSIZE;
	if (!call->input[0])
		return -EFAULT;
	ret = hsm_label_check(call->input[0], call->input_len[0]);
	if (ret)
		return ret;
	object = hsm_store_get(&hsm->store, call->input[0], call->input_len[0], &undecided);
	readable = hsm_readable(hsm, committed);
	if (readable || (undecided && !committed)) {
		if (object)
			hsm_object_put(object);
		if (readable == -ENOTCONN)
			return readable;
		call_wait(conn, call->arg.get.timeout_ms);
		return CALL_WAITS_CHANGE;
	}
	if (!object)
		return -ENOENT;

	hsm_object_show(object, &call->arg.get);
	if (object->payload_len <= call->output_room) {
		if (object->payload_len)
			memcpy(call->output, object->payload, object->payload_len);
		call->output_len = object->payload_len;
	} else {
		ret = -EMSGSIZE;
	}
	hsm_object_put(object);
	return ret;
}

int command_list(struct conn *conn, struct call *call)
{
	struct hsm_store *store = &conn->dev->hsm.store;
	struct hsmrepl_list *list = &call->arg.list;
	char label[HSMREPL_LABEL_MAX];
	struct hsm_object *object;
	union hsm_list_room room;
	u32 label_len;

	if (list->buf_len < HSM_LIST_ROOM_MIN || list->prefix_len > HSMREPL_LABEL_MAX)
		return -EINVAL;
	if (list->prefix_len && !call->input[0])
		return -EFAULT;
	list->done = 0;
	while (call->output_room - call->output_len >= sizeof(room)) {
		object = hsm_store_list_next(store, &list->cursor, call->input[0],
					     call->input_len[0], label, &label_len);
		if (!object) {
			list->done = 1;
			break;
		}
		hsm_object_list(object, label, label_len, &room);
		hsm_object_put(object);
		memcpy((u8 *)call->output + call->output_len, &room, room.entry.len);
		call->output_len += room.entry.len;
	}
	list->used = call->output_len;
	return 0;
}
