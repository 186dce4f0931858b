// SPDX-License-Identifier: MIT
/*
 * Where the argument structs of the commands speak of buffers.
 */
#include <string.h>

#include "softproto.h"

#define BUFFER(_struct, _pointer, _length)			\
	{							\
		.pointer = offsetof(struct _struct, _pointer),	\
		.length = offsetof(struct _struct, _length),	\
	}

static const struct soft_layout layouts[] = {
	{
		.cmd = HSMREPL_IOC_SUBMIT,
		.arg_len = sizeof(struct hsmrepl_submit),
		.n_inputs = 1,
		.input = { BUFFER(hsmrepl_submit, ops, ops_len) },
	}, {
		.cmd = HSMREPL_IOC_GET,
		.arg_len = sizeof(struct hsmrepl_get),
		.n_inputs = 1,
		.n_outputs = 1,
		.input = { BUFFER(hsmrepl_get, label, label_len) },
		.output = BUFFER(hsmrepl_get, buf, buf_len),
	}, {
		.cmd = HSMREPL_IOC_LIST,
		.arg_len = sizeof(struct hsmrepl_list),
		.n_inputs = 1,
		.n_outputs = 1,
		.input = { BUFFER(hsmrepl_list, prefix, prefix_len) },
		.output = BUFFER(hsmrepl_list, buf, buf_len),
	}, {
		.cmd = HSMREPL_IOC_ADMIN,
		.arg_len = sizeof(struct hsmrepl_admin),
		.n_inputs = 1,
		.n_outputs = 1,
		.input = { BUFFER(hsmrepl_admin, request, request_len) },
		.output = BUFFER(hsmrepl_admin, answer, answer_max),
	}, {
		.cmd = HSMREPL_IOC_LOAD,
		.arg_len = sizeof(struct hsmrepl_load),
		.n_inputs = 2,
		.input = {
			BUFFER(hsmrepl_load, entries, entries_len),
			{
				.pointer = offsetof(struct hsmrepl_load, nl),
				.fixed = sizeof(struct hsmrepl_nl),
			},
		},
	}, {
		.cmd = HSMREPL_IOC_PREPARE,
		.arg_len = offsetof(struct hsmrepl_prepare, epoch),
		.n_inputs = 1,
		.input = { BUFFER(hsmrepl_prepare, tls, tls_len) },
	}, {
		.cmd = HSMREPL_IOC_ANSWER,
		.arg_len = sizeof(struct hsmrepl_answer),
		.n_inputs = 1,
		.input = { BUFFER(hsmrepl_answer, answer, answer_len) },
	},
};

const struct soft_layout *soft_layout(uint32_t cmd)
{
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].cmd == cmd)
			return &layouts[i];
	}
	return NULL;
}

void *soft_pointer(const void *arg, uint16_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)arg + offset, sizeof(value));
	return (void *)(uintptr_t)value;
}

uint32_t soft_length(const void *arg, const struct soft_buffer *buffer)
{
	uint32_t len;

	if (buffer->fixed)
		return soft_pointer(arg, buffer->pointer) ? buffer->fixed : 0;
	memcpy(&len, (const char *)arg + buffer->length, sizeof(len));
	return len;
}
