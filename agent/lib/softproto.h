/* SPDX-License-Identifier: MIT */
/*
 * What the client library and the software device say to each other.
 *
 * Unix SEQPACKET socket, host byte order, both ends of one version. A message is a struct
 * soft_header, the argument struct of the command as the caller gave it, then the caller's input
 * buffers (a call) or the output buffer (a reply), one after the other. A message over
 * SOFT_DATAGRAM_MAX goes on in further datagrams, which have no header. A connection has one call
 * under way at a time, so a small call is one datagram each way; but a call that is answered at
 * once (SUBMIT with ASYNC, say) may be sent before the last one's reply was read.
 *
 * If HELLO and its reply both say SOFT_FEATURE_PACKED, there may be more in one datagram: up to
 * SOFT_CALLS_MAX whole messages of the caller, one behind the other, of which only the last may
 * be a call that waits; and what is ready for the caller at the same time, whole replies or whole
 * records, up to SOFT_PACK_MAX bytes. A reply that does not fit there, or that hands something
 * over, goes by itself, after those before it.
 *
 * Two more sockets, each made by the device and handed over with the reply (SCM_RIGHTS), carry what
 * comes unasked: from HELLO on records (one struct hsmrepl_record to a datagram unless packed, for
 * the agent as many as fit; one that is longer goes on in further datagrams), from SUBSCRIBE on
 * notices (one struct hsmrepl_notice to a datagram). A caller that closes shuts its end down, and
 * waits until the device has closed too: then nobody meets what he was any more.
 */
#ifndef _SOFTPROTO_H
#define _SOFTPROTO_H

#include <stddef.h>
#include <stdint.h>
#include <linux/hsmrepl.h>

#define SOFT_VERSION		1
#define SOFT_DATAGRAM_MAX	(64 * 1024)
#define SOFT_PACK_MAX		(16 * 1024)	/* bytes of replies or records in one datagram */
#define SOFT_CALLS_MAX		64		/* messages of a caller in one datagram */
#define SOFT_ARG_MAX		4096	/* bytes of an argument; of a longer one, its size */
#define SOFT_INPUTS		2	/* input buffers of one command */
#define SOFT_DATA_MAX		(HSMREPL_BATCH_MAX + sizeof(struct hsmrepl_nl))
#define SOFT_MESSAGE_MAX	(sizeof(struct soft_header) + SOFT_ARG_MAX + SOFT_DATA_MAX)

/**
 * enum soft_type - kinds of messages
 * @SOFT_HELLO: first call of a connection; @cmd is SOFT_VERSION, @status the SOFT_OPEN_* bits
 * @SOFT_CALL: a command
 * @SOFT_CANCEL: a signal came: end the call under way, which is still replied to
 * @SOFT_SUBSCRIBE: a call that hands over a socket of notices
 * @SOFT_REPLY: ends HELLO, CALL, SUBSCRIBE
 */
enum soft_type {
	SOFT_HELLO = 1,
	SOFT_CALL = 2,
	SOFT_CANCEL = 3,
	SOFT_SUBSCRIBE = 4,
	SOFT_REPLY = 5,
};

#define SOFT_OPEN_READ	(1 << 0)
#define SOFT_OPEN_WRITE	(1 << 1)

#define SOFT_FEATURE_PACKED	(1 << 0)

#define SOFT_NOTICE_LOST	0	/* in place of the event: some did not find room */

/**
 * struct soft_header - begins every message
 * @len: bytes of the message, this header included
 * @type: enum soft_type
 * @arg_len: bytes of the argument struct; a reply has as many as its call, or none if the
 *           caller's struct stays as it is
 * @cmd: HSMREPL_IOC_* of a call
 * @call: number of the call; CANCEL and REPLY repeat it
 * @status: reply: 0 or a negative errno
 * @features: HELLO: SOFT_FEATURE_* that the caller understands; its reply: those of them that the
 *            device does, too; else zero
 */
struct soft_header {
	uint32_t len;
	uint16_t type;
	uint16_t arg_len;
	uint32_t cmd;
	uint32_t call;
	int32_t status;
	uint32_t features;
};

/**
 * struct soft_buffer - where an argument struct speaks of a buffer
 * @pointer: offset of the __u64 that points to it
 * @length: offset of the __u32 with its length, if @fixed is 0
 * @fixed: bytes of a buffer that has always the same length, if there is one at all
 */
struct soft_buffer {
	uint16_t pointer;
	uint16_t length;
	uint32_t fixed;
};

/**
 * struct soft_layout - the buffers of one command
 * @cmd: HSMREPL_IOC_*
 * @arg_len: bytes of version 1 of the struct; a shorter one has no buffers
 * @n_inputs: input buffers
 * @n_outputs: output buffers, 0 or 1
 * @input: buffers that the command reads
 * @output: buffer that the command fills
 */
struct soft_layout {
	uint32_t cmd;
	uint16_t arg_len;
	uint8_t n_inputs;
	uint8_t n_outputs;
	struct soft_buffer input[SOFT_INPUTS];
	struct soft_buffer output;
};

/** soft_layout() - buffers of a command, NULL if it has none (or does not exist) */
const struct soft_layout *soft_layout(uint32_t cmd);

/** soft_pointer() - what the argument struct holds at @offset, as a pointer */
void *soft_pointer(const void *arg, uint16_t offset);

/** soft_length() - bytes of @buffer by the argument struct; 0 for a NULL one of fixed length */
uint32_t soft_length(const void *arg, const struct soft_buffer *buffer);

#endif /* _SOFTPROTO_H */
