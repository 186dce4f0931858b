// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that read objects: GET, LIST.
 */
#include <errno.h>
#include <string.h>

#include <linux/align.h>

#include "command.h"

#define LIST_ROOM_MIN	512	/* bytes */
#define ENTRY_MAX	ALIGN(sizeof(struct hsmrepl_list_entry) + HSMREPL_LABEL_MAX, HSM_ALIGN)

_Static_assert(ENTRY_MAX <= LIST_ROOM_MIN, "one entry always fits");

static void fill_get(struct hsmrepl_get *get, const struct hsm_object *object)
{
	get->payload_len = object->payload_len;
	get->version = object->version;
	get->seq = object->seq;
	get->attrs = object->attrs;
	memcpy(get->id, object->id, sizeof(get->id));
	memcpy(get->type, object->type, sizeof(get->type));
}

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
	readable = committed ? 0 : hsm_readable(hsm);
	if (!committed && (undecided || readable)) {
		if (object)
			hsm_object_put(object);
		if (readable == -ENOTCONN)
			return readable;
		call_wait(conn, call->arg.get.timeout_ms);
		return CALL_WAITS_CHANGE;
	}
	if (!object)
		return -ENOENT;

	fill_get(&call->arg.get, object);
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

static u32 put_entry(u8 *place, const struct hsm_object *object, const char *label, u32 label_len)
{
	struct hsmrepl_list_entry entry = {
		.len = ALIGN(sizeof(entry) + label_len, HSM_ALIGN),
		.label_len = label_len,
		.payload_len = object->payload_len,
		.version = object->version,
		.seq = object->seq,
		.attrs = object->attrs,
	};

	memcpy(entry.id, object->id, sizeof(entry.id));
	memcpy(entry.type, object->type, sizeof(entry.type));
	memset(place + entry.len - HSM_ALIGN, 0, HSM_ALIGN);
	memcpy(place, &entry, sizeof(entry));
	memcpy(place + sizeof(entry), label, label_len);
	return entry.len;
}

int command_list(struct conn *conn, struct call *call)
{
	struct hsm_store *store = &conn->dev->hsm.store;
	struct hsmrepl_list *list = &call->arg.list;
	char label[HSMREPL_LABEL_MAX];
	struct hsm_object *object;
	u32 label_len;

	if (list->buf_len < LIST_ROOM_MIN || list->prefix_len > HSMREPL_LABEL_MAX)
		return -EINVAL;
	if (list->prefix_len && !call->input[0])
		return -EFAULT;
	list->done = 0;
	while (call->output_room - call->output_len >= ENTRY_MAX) {
		object = hsm_store_list_next(store, &list->cursor, call->input[0],
					     call->input_len[0], label, &label_len);
		if (!object) {
			list->done = 1;
			break;
		}
		call->output_len += put_entry((u8 *)call->output + call->output_len, object, label,
					      label_len);
		hsm_object_put(object);
	}
	list->used = call->output_len;
	return 0;
}
