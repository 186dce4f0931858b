// SPDX-License-Identifier: GPL-2.0
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view.h"
#include "wire.h"
#include "world.h"

#define TEXT_MAX 256

/* "2:1.3": coordinator, incarnation, counter */
#define BATCH "%u:%" PRIu64 ".%" PRIu64
#define BATCH_ARGS(b) (b).coordinator, (b).number >> 32, (b).number & UINT32_MAX

static void begin_line(const struct world *w, uint16_t node)
{
	printf("%4" PRIu64 ".%06" PRIu64 " ", w->now_us / 1000000, w->now_us % 1000000);
	if (node)
		printf("n%u ", node);
	else
		printf("   ");
}

void trace_line(const struct world *w, uint16_t node, const char *format, ...)
{
	va_list args;

	if (!w->trace)
		return;
	begin_line(w, node);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static const char *record_name(enum record_type r)
{
	static const char *const name[] = {
		[RECORD_YES] = "YES", [RECORD_COMMIT] = "COMMIT", [RECORD_REFUSED] = "REFUSED",
		[RECORD_ABORTED] = "ABORTED", [RECORD_PROMISE] = "PROMISE",
		[RECORD_ACCEPT] = "ACCEPT",
	};

	return name[r];
}

static void say_hello(const struct message *m, char *text)
{
	int n = snprintf(text, TEXT_MAX, "HELLO epoch %" PRIu64 " seq %" PRIu64 " sp %016" PRIx64
			 " turn %" PRIu64 "@n%u%s", m->hello.position.epoch, m->hello.position.seq,
			 m->hello.position.sp, m->turn.number, m->turn.holder,
			 m->hello.flags & HELLO_ANSWER ? " please answer" : "");

	if (m->hello.slot.coordinator)
		snprintf(text + n, TEXT_MAX - (size_t)n, " holds " BATCH,
			 BATCH_ARGS(m->hello.slot));
}

static void say_message(struct bytes head, struct bytes tail, char *text)
{
	static const char *const refusal[REFUSALS] = {
		"none", "busy", "position", "state", "refused", "invalid",
	};
	static const char *const name[] = {
		"HELLO", "PREPARE", "VOTE", "COMMIT", "ABORT", "ABORTED", "INQUIRE", "WANT", "TURN",
		"DOWN_ASK", "DOWN_REPORT", "DOWN_ACCEPT", "DOWN_ACCEPTED", "DOWN_CHOSEN", "LEARN",
		"CANDIDATE",
	};
	uint8_t frame[WIRE_HEADER + WIRE_BODY_MAX + SIM_SLOT_MAX];
	struct message m;

	memcpy(frame, head.p, head.n);
	if (tail.n)
		memcpy(frame + head.n, tail.p, tail.n);
	if (!wire_decode((struct bytes){ frame, head.n + tail.n }, &m)) {
		snprintf(text, TEXT_MAX, "a malformed frame");
		return;
	}
	switch (m.type) {
	case MSG_HELLO:
		say_hello(&m, text);
		break;
	case MSG_PREPARE:
		snprintf(text, TEXT_MAX, "PREPARE " BATCH " of %u", BATCH_ARGS(m.batch), m.n_tls);
		break;
	case MSG_VOTE:
		snprintf(text, TEXT_MAX, "VOTE " BATCH " %s%s turn %" PRIu64 "@n%u",
			 BATCH_ARGS(m.batch), m.yes ? "yes" : "no: ",
			 m.yes ? "" : refusal[m.refusal], m.turn.number, m.turn.holder);
		break;
	case MSG_COMMIT:
		snprintf(text, TEXT_MAX, "COMMIT " BATCH " seq %" PRIu64 " turn %" PRIu64 "@n%u",
			 BATCH_ARGS(m.batch), m.seq, m.turn.number, m.turn.holder);
		break;
	case MSG_TURN:
		snprintf(text, TEXT_MAX, "TURN %" PRIu64 "@n%u", m.turn.number, m.turn.holder);
		break;
	case MSG_WANT:
		snprintf(text, TEXT_MAX, "WANT");
		break;
	case MSG_ABORT:
	case MSG_ABORTED:
	case MSG_INQUIRE:
		snprintf(text, TEXT_MAX, "%s " BATCH, name[m.type - MSG_HELLO],
			 BATCH_ARGS(m.batch));
		break;
	case MSG_DOWN_ASK:
	case MSG_DOWN_REPORT:
	case MSG_DOWN_ACCEPT:
	case MSG_DOWN_ACCEPTED:
	case MSG_DOWN_CHOSEN:
		snprintf(text, TEXT_MAX, "%s ballot %" PRIx64, name[m.type - MSG_HELLO],
			 m.down.ballot);
		break;
	case MSG_LEARN:
	case MSG_CANDIDATE:
		snprintf(text, TEXT_MAX, "%s", name[m.type - MSG_HELLO]);
		break;
	case MSG_END:
		break;
	}
}

static void say_boot(const struct recovery *r, char *text)
{
	int n = snprintf(text, TEXT_MAX, "BOOT incarnation %u epoch %" PRIu64 " seq %" PRIu64,
			 r->incarnation, r->position.epoch, r->position.seq);

	if (r->slot_id.coordinator)
		n += snprintf(text + n, TEXT_MAX - (size_t)n, " slot " BATCH "%s",
			      BATCH_ARGS(r->slot_id), r->slot_claimed ? " claimed" : "");
	for (unsigned int i = 0; i < r->n_refused; i++)
		n += snprintf(text + n, TEXT_MAX - (size_t)n, " refused " BATCH,
			      BATCH_ARGS(r->refused[i]));
}

/* Of which there is no more to say. */
static const char *event_name(enum event_type type)
{
	static const char *const name[EV_TYPES] = {
		[EV_QUEUED] = "QUEUED", [EV_DISK_ERROR] = "DISK_ERROR", [EV_FORM] = "FORM",
		[EV_LEAVE] = "LEAVE",
	};

	return name[type];
}

void trace_event(const struct host *h, const struct event *ev)
{
	char text[TEXT_MAX] = "";

	if (!h->w->trace || ev->type == EV_TICK)
		return;
	switch (ev->type) {
	case EV_BOOT:
		say_boot(ev->recovery, text);
		break;
	case EV_CLAIMED:
		snprintf(text, sizeof(text), "CLAIMED " BATCH " of %u", BATCH_ARGS(ev->batch),
			 ev->n_tls);
		break;
	case EV_REVOKED:
		snprintf(text, sizeof(text), "REVOKED error %d", ev->error);
		break;
	case EV_PREPARED:
		snprintf(text, sizeof(text), "PREPARED " BATCH " error %d", BATCH_ARGS(ev->batch),
			 ev->error);
		break;
	case EV_RESOLVED:
		snprintf(text, sizeof(text), "RESOLVED " BATCH " seq %" PRIu64,
			 BATCH_ARGS(ev->batch), ev->position->seq);
		break;
	case EV_DURABLE:
		snprintf(text, sizeof(text), "DURABLE %s " BATCH, record_name(ev->record),
			 BATCH_ARGS(ev->batch));
		break;
	case EV_PEER_UP:
	case EV_PEER_DOWN:
		snprintf(text, sizeof(text), "n%u %s", ev->peer,
			 ev->type == EV_PEER_UP ? "UP" : "DOWN");
		break;
	case EV_MESSAGE:
		snprintf(text, sizeof(text), "n%u: ", ev->peer);
		say_message(ev->data, (struct bytes){ 0 }, text + strlen(text));
		break;
	case EV_NODE_DOWN:
		snprintf(text, sizeof(text), "NODE_DOWN of %u", ev->down.n);
		break;
	case EV_REMOVED:
		snprintf(text, sizeof(text), "n%u: REMOVED", ev->peer);
		break;
	case EV_SUBMITTED:
		snprintf(text, sizeof(text), "SUBMITTED error %d", ev->error);
		break;
	case EV_FINALISE:
		snprintf(text, sizeof(text), "FINALISE%s", ev->dry ? " dry" : "");
		break;
	case EV_LEARN:
		snprintf(text, sizeof(text), "LEARN of %u", ev->n_tls);
		break;
	case EV_ADMIT:
		snprintf(text, sizeof(text), "ADMIT n%u", ev->nl->node[0].id);
		break;
	case EV_QUEUED:
	case EV_DISK_ERROR:
	case EV_FORM:
	case EV_LEAVE:
		snprintf(text, sizeof(text), "%s", event_name(ev->type));
		break;
	case EV_TICK:
	case EV_LOOKUP:
	case EV_SPLIT:
	case EV_TYPES:
		break;
	}
	trace_line(h->w, h->id, "> %s", text);
}

void trace_action(const struct host *h, const struct action *a)
{
	static const char *const resolution[] = { "?", "commit", "abort", "requeue" };
	char text[TEXT_MAX] = "";

	if (!h->w->trace)
		return;
	switch (a->type) {
	case ACT_SEND:
		snprintf(text, sizeof(text), "to n%u: ", a->peer);
		say_message(a->head, a->tail, text + strlen(text));
		break;
	case ACT_DROP:
		snprintf(text, sizeof(text), "drop n%u: %.200s", a->peer, a->why);
		break;
	case ACT_APPEND:
		snprintf(text, sizeof(text), "append %s " BATCH, record_name(a->record),
			 BATCH_ARGS(a->batch));
		break;
	case ACT_GRANT:
		snprintf(text, sizeof(text), "grant " BATCH " up to %u", BATCH_ARGS(a->batch),
			 a->max_tls);
		break;
	case ACT_REVOKE:
		snprintf(text, sizeof(text), "revoke");
		break;
	case ACT_PREPARE:
		snprintf(text, sizeof(text), "prepare " BATCH, BATCH_ARGS(a->batch));
		break;
	case ACT_RESOLVE:
		snprintf(text, sizeof(text), "resolve " BATCH " %s error %d", BATCH_ARGS(a->batch),
			 resolution[a->resolution], a->error);
		break;
	case ACT_SUBMIT_NODES:
		snprintf(text, sizeof(text), "submit nodes, kind %d", a->kind);
		break;
	case ACT_CANDIDATE:
		snprintf(text, sizeof(text), "candidate n%u", a->nl ? a->nl->node[0].id : 0);
		break;
	case ACT_LOOKUP:
		snprintf(text, sizeof(text), "lookup for n%u", a->peer);
		break;
	case ACT_SOON:
		snprintf(text, sizeof(text), "tick soon");
		break;
	case ACT_ANSWER:
		snprintf(text, sizeof(text), "answer error %d: %.200s", a->error,
			 a->why ? a->why : "done");
		break;
	case ACT_REPORT:
		snprintf(text, sizeof(text), "report state %d, %u up: %.200s", a->state,
			 a->nodes_up, a->why ? a->why : "");
		break;
	case ACT_MEMBERS:
		snprintf(text, sizeof(text), "members: %u", a->nl->n);
		break;
	case ACT_TYPES:
		break;
	}
	trace_line(h->w, h->id, "    %s", text);
}
