// SPDX-License-Identifier: GPL-2.0
#include "post.h"

#include <string.h>

#include "service.h"

void post(struct service *s, const struct sync_message *m)
{
	uint8_t head[SYNC_HEAD_MAX];

	service_send(s, (struct bytes){ head, sync_encode(m, head) }, m->data);
}

void post_no(struct service *s, uint64_t flags, const char *why)
{
	post(s, &(struct sync_message){
		.type = SYNC_NO, .flags = flags, .data = { why, strlen(why) },
	});
}
