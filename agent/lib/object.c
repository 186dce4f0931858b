// SPDX-License-Identifier: MIT
/*
 * Objects: reading one, going through all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hsmrepl.h"

#define LIST_BYTES	(32 * 1024)	/* of one part of a list: one datagram */

int hsmrepl_object_get(struct hsmrepl *dev, const char *label, size_t label_len, unsigned int flags,
		       unsigned int timeout_ms, struct hsmrepl_object *object)
{
	struct hsmrepl_get get = {
		.size = sizeof(get),
		.flags = flags,
		.label = (uintptr_t)label,
		.label_len = label_len,
		.timeout_ms = timeout_ms,
		.buf_len = HSMREPL_PAYLOAD_MAX,
	};
	void *payload = malloc(HSMREPL_PAYLOAD_MAX);
	int ret;

	if (!payload)
		return -ENOMEM;
	get.buf = (uintptr_t)payload;
	ret = hsmrepl_ioctl(dev, HSMREPL_IOC_GET, &get);
	if (ret) {
		free(payload);
		return ret;
	}
	*object = (struct hsmrepl_object) {
		.version = get.version,
		.seq = get.seq,
		.attrs = get.attrs,
		.payload_len = get.payload_len,
		.payload = payload,
	};
	memcpy(object->id, get.id, sizeof(get.id));
	memcpy(object->type, get.type, sizeof(get.type));
	return 0;
}

void hsmrepl_object_clear(struct hsmrepl_object *object)
{
	if (object->payload)
		explicit_bzero(object->payload, object->payload_len);
	free(object->payload);
	memset(object, 0, sizeof(*object));
}

/**
 * struct hsmrepl_lister - a walk through the objects
 * @dev: where they are
 * @prefix: what labels begin with, or NULL
 * @cursor: where the next part begins
 * @done: there is no next part
 * @used: bytes of this part
 * @next: offset of the next entry in this part
 * @part: this part
 */
struct hsmrepl_lister {
	struct hsmrepl *dev;
	char *prefix;
	uint64_t cursor;
	int done;
	size_t used;
	size_t next;
	uint64_t part[LIST_BYTES / sizeof(uint64_t)];
};

int hsmrepl_list_begin(struct hsmrepl *dev, const char *prefix, struct hsmrepl_lister **lister)
{
	struct hsmrepl_lister *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->dev = dev;
	if (prefix) {
		new->prefix = strdup(prefix);
		if (!new->prefix) {
			free(new);
			return -ENOMEM;
		}
	}
	*lister = new;
	return 0;
}

static int fetch_part(struct hsmrepl_lister *lister)
{
	struct hsmrepl_list list = {
		.size = sizeof(list),
		.cursor = lister->cursor,
		.prefix = (uintptr_t)lister->prefix,
		.prefix_len = lister->prefix ? strlen(lister->prefix) : 0,
		.buf_len = sizeof(lister->part),
		.buf = (uintptr_t)lister->part,
	};
	int ret;

	ret = hsmrepl_ioctl(lister->dev, HSMREPL_IOC_LIST, &list);
	if (ret)
		return ret;
	lister->cursor = list.cursor;
	lister->done = list.done;
	lister->used = list.used;
	lister->next = 0;
	return 0;
}

int hsmrepl_list_next(struct hsmrepl_lister *lister, const struct hsmrepl_list_entry **entry,
		      const char **label)
{
	const struct hsmrepl_list_entry *found;
	int ret;

	while (lister->next == lister->used) {
		if (lister->done)
			return 0;
		ret = fetch_part(lister);
		if (ret)
			return ret;
	}
	found = (const void *)((const char *)lister->part + lister->next);
	lister->next += found->len;
	*entry = found;
	*label = (const char *)(found + 1);
	return 1;
}

void hsmrepl_list_end(struct hsmrepl_lister *lister)
{
	if (!lister)
		return;
	free(lister->prefix);
	free(lister);
}
