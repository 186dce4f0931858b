// SPDX-License-Identifier: GPL-2.0
#include "frame.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/wire.h"

unsigned int frame_type(struct bytes head)
{
	uint16_t type;

	if (head.n < WIRE_HEADER)
		return 0;
	memcpy(&type, (const uint8_t *)head.p + sizeof(uint32_t), sizeof(type));
	return le16toh(type);
}

const char *frame_name(unsigned int type)
{
	switch ((enum message_type)type) {
	case MSG_HELLO:
		return "HELLO";
	case MSG_PREPARE:
		return "PREPARE";
	case MSG_VOTE:
		return "VOTE";
	case MSG_COMMIT:
		return "COMMIT";
	case MSG_ABORT:
		return "ABORT";
	case MSG_ABORTED:
		return "ABORTED";
	case MSG_INQUIRE:
		return "INQUIRE";
	case MSG_WANT:
		return "WANT";
	case MSG_TURN:
		return "TURN";
	case MSG_DOWN_ASK:
		return "DOWN_ASK";
	case MSG_DOWN_REPORT:
		return "DOWN_REPORT";
	case MSG_DOWN_ACCEPT:
		return "DOWN_ACCEPT";
	case MSG_DOWN_ACCEPTED:
		return "DOWN_ACCEPTED";
	case MSG_DOWN_CHOSEN:
		return "DOWN_CHOSEN";
	case MSG_LEARN:
		return "LEARN";
	case MSG_CANDIDATE:
		return "CANDIDATE";
	case MSG_END:
		break;
	}
	return "?";
}

static const char *refusal_name(enum refusal r)
{
	switch (r) {
	case REFUSAL_NONE:
		return "none";
	case REFUSAL_BUSY:
		return "busy";
	case REFUSAL_POSITION:
		return "position";
	case REFUSAL_STATE:
		return "state";
	case REFUSAL_REFUSED:
		return "refused";
	case REFUSAL_INVALID:
		return "invalid";
	case REFUSALS:
		break;
	}
	return "?";
}

static void describe_message(const struct message *m, char line[FRAME_LINE_MAX])
{
	const char *name = frame_name(m->type);

	switch (m->type) {
	case MSG_HELLO:
		snprintf(line, FRAME_LINE_MAX,
			 "%s epoch %" PRIu64 " seq %" PRIu64 " sp %016" PRIx64 " slot "
			 "%u/%" PRIx64 " turn %" PRIu64 "@%u",
			 name, m->hello.position.epoch, m->hello.position.seq, m->hello.position.sp,
			 m->hello.slot.coordinator, m->hello.slot.number, m->turn.number,
			 m->turn.holder);
		return;
	case MSG_VOTE:
		snprintf(line, FRAME_LINE_MAX, "%s %u/%" PRIx64 " %s", name, m->batch.coordinator,
			 m->batch.number, m->yes ? "yes" : refusal_name(m->refusal));
		return;
	case MSG_COMMIT:
		snprintf(line, FRAME_LINE_MAX,
			 "%s %u/%" PRIx64 " seq %" PRIu64 " sp %016" PRIx64 " turn %" PRIu64 "@%u",
			 name, m->batch.coordinator, m->batch.number, m->seq, m->sp, m->turn.number,
			 m->turn.holder);
		return;
	case MSG_PREPARE:
	case MSG_ABORT:
	case MSG_ABORTED:
	case MSG_INQUIRE:
		snprintf(line, FRAME_LINE_MAX, "%s %u/%" PRIx64, name, m->batch.coordinator,
			 m->batch.number);
		return;
	case MSG_WANT:
	case MSG_LEARN:
	case MSG_CANDIDATE:
		snprintf(line, FRAME_LINE_MAX, "%s", name);
		return;
	case MSG_TURN:
		snprintf(line, FRAME_LINE_MAX, "%s %" PRIu64 "@%u", name, m->turn.number,
			 m->turn.holder);
		return;
	case MSG_DOWN_ASK:
	case MSG_DOWN_REPORT:
	case MSG_DOWN_ACCEPT:
	case MSG_DOWN_ACCEPTED:
	case MSG_DOWN_CHOSEN:
		snprintf(line, FRAME_LINE_MAX, "%s ballot %" PRIx64 " promised %" PRIx64 "%s", name,
			 m->down.ballot, m->down.promised, m->down.flags & DOWN_NO ? " no" : "");
		return;
	case MSG_END:
		return;
	}
}

void frame_describe(struct bytes head, struct bytes tail, char line[FRAME_LINE_MAX])
{
	struct message m;

	/* A frame in two parts is a PREPARE before its TLs: its name is all that needs no copy. */
	if (tail.n)
		snprintf(line, FRAME_LINE_MAX, "%s, %zu bytes", frame_name(frame_type(head)),
			 head.n + tail.n);
	else if (wire_decode(head, &m))
		describe_message(&m, line);
	else
		snprintf(line, FRAME_LINE_MAX, "malformed frame of %zu bytes", head.n);
}
