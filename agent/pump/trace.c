// SPDX-License-Identifier: GPL-2.0
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "../lib/hsmrepl.h"

struct trace {
	FILE *file;
	uint64_t now_ms;
};

struct trace *trace_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct trace *t;

	if (fd < 0)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t)
		t->file = fdopen(fd, "a");
	if (!t || !t->file) {
		free(t);
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	setvbuf(t->file, NULL, _IOLBF, 0);
	return t;
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	fclose(t->file);
	free(t);
}

static const char *record_name(enum record_type r)
{
	switch (r) {
	case RECORD_YES:
		return "YES";
	case RECORD_COMMIT:
		return "COMMIT";
	case RECORD_REFUSED:
		return "REFUSED";
	case RECORD_ABORTED:
		return "ABORTED";
	case RECORD_PROMISE:
		return "PROMISE";
	case RECORD_ACCEPT:
		return "ACCEPT";
	}
	return "?";
}

static const char *resolution_name(enum hsmrepl_resolution r)
{
	switch (r) {
	case HSMREPL_COMMIT:
		return "commit";
	case HSMREPL_ABORT:
		return "abort";
	case HSMREPL_REQUEUE:
		return "requeue";
	}
	return "?";
}

static const char *error_word(int error)
{
	return error ? hsmrepl_error_name(error) : "ok";
}

static void print_batch(struct trace *t, struct batch_id b)
{
	fprintf(t->file, " %u/%" PRIx64, b.coordinator, b.number);
}

static void print_position(struct trace *t, const struct position *p)
{
	fprintf(t->file, " epoch %" PRIu64 " seq %" PRIu64 " sp %016" PRIx64, p->epoch, p->seq,
		p->sp);
}

static void print_frame(struct trace *t, uint16_t peer, struct bytes head, struct bytes tail)
{
	char line[FRAME_LINE_MAX];

	frame_describe(head, tail, line);
	fprintf(t->file, " %u: %s", peer, line);
}

static void print_boot(struct trace *t, const struct recovery *r)
{
	fprintf(t->file, "boot, %u nodes,", r->nl->n);
	print_position(t, &r->position);
	fprintf(t->file, ", incarnation %" PRIu32, r->incarnation);
	if (r->slot_id.coordinator) {
		fprintf(t->file, ", slot");
		print_batch(t, r->slot_id);
	}
}

/* What an administrator or Live-Sync asks for. */
static void print_request(struct trace *t, const struct event *ev)
{
	switch (ev->type) {
	case EV_FORM:
		fprintf(t->file, "form, %u nodes", ev->nl->n);
		return;
	case EV_NODE_DOWN:
		fprintf(t->file, "node-down%s%s, %u nodes", ev->down.dry ? " dry" : "",
			ev->down.force ? " forced" : "", ev->down.n);
		return;
	case EV_LEARN:
		fprintf(t->file, "learn, %u TLs", ev->n_tls);
		return;
	case EV_ADMIT:
		fprintf(t->file, "admit %u", ev->nl->node[0].id);
		return;
	case EV_LEAVE:
		fprintf(t->file, "leave");
		return;
	case EV_FINALISE:
		fprintf(t->file, "finalise%s", ev->dry ? " dry" : "");
		return;
	case EV_LOOKUP:
		fprintf(t->file, "lookup for %u %d", ev->peer, ev->lookup);
		return;
	case EV_SPLIT:
		fprintf(t->file, "split brain with %u, %s", ev->peer,
			ev->major ? "major" : "minor");
		return;
	default:
		return;
	}
}

static void print_event(struct trace *t, const struct event *ev)
{
	switch (ev->type) {
	case EV_BOOT:
		print_boot(t, ev->recovery);
		return;
	case EV_QUEUED:
		fprintf(t->file, "queued");
		return;
	case EV_CLAIMED:
		fprintf(t->file, "claimed");
		print_batch(t, ev->batch);
		fprintf(t->file, ", %u TLs", ev->n_tls);
		return;
	case EV_REVOKED:
		fprintf(t->file, "revoked %s", error_word(ev->error));
		return;
	case EV_PREPARED:
		fprintf(t->file, "prepared");
		print_batch(t, ev->batch);
		fprintf(t->file, " %s", error_word(ev->error));
		return;
	case EV_RESOLVED:
		fprintf(t->file, "resolved");
		print_batch(t, ev->batch);
		print_position(t, ev->position);
		return;
	case EV_DURABLE:
		fprintf(t->file, "durable %s", record_name(ev->record));
		print_batch(t, ev->batch);
		return;
	case EV_DISK_ERROR:
		fprintf(t->file, "disk error %s", error_word(ev->error));
		return;
	case EV_PEER_UP:
		fprintf(t->file, "up %u, protocol %u", ev->peer, ev->protocol);
		return;
	case EV_PEER_DOWN:
		fprintf(t->file, "down %u", ev->peer);
		return;
	case EV_MESSAGE:
		fprintf(t->file, "from");
		print_frame(t, ev->peer, ev->data, (struct bytes){ NULL, 0 });
		return;
	case EV_REMOVED:
		fprintf(t->file, "removed, says %u", ev->peer);
		return;
	case EV_SUBMITTED:
		fprintf(t->file, "submitted %s", error_word(ev->error));
		return;
	case EV_FORM:
	case EV_NODE_DOWN:
	case EV_LEARN:
	case EV_ADMIT:
	case EV_LEAVE:
	case EV_FINALISE:
	case EV_LOOKUP:
	case EV_SPLIT:
		print_request(t, ev);
		return;
	case EV_TICK:
	case EV_TYPES:
		return;
	}
}

/* A tick tells nothing; what follows from one shows without it. */
void trace_event(struct trace *t, const struct event *ev)
{
	if (!t)
		return;
	t->now_ms = ev->now_ms;
	if (ev->type == EV_TICK)
		return;
	fprintf(t->file, "%" PRIu64 " ", t->now_ms);
	print_event(t, ev);
	fputc('\n', t->file);
}

static void print_report(struct trace *t, const struct action *a)
{
	fprintf(t->file, "report %s, %u up", hsmrepl_state_name(a->state), a->nodes_up);
	if (a->node_event)
		fprintf(t->file, ", %s %u", hsmrepl_event_name(a->node_event), a->peer);
	if (a->why)
		fprintf(t->file, ": %s", a->why);
}

static void print_action(struct trace *t, const struct action *a)
{
	switch (a->type) {
	case ACT_SEND:
		fprintf(t->file, "to");
		print_frame(t, a->peer, a->head, a->tail);
		return;
	case ACT_DROP:
		fprintf(t->file, "drop %u: %s", a->peer, a->why ? a->why : "");
		return;
	case ACT_APPEND:
		fprintf(t->file, "append %s", record_name(a->record));
		print_batch(t, a->batch);
		return;
	case ACT_GRANT:
		fprintf(t->file, "grant %" PRIx64 ", %u TLs", a->batch.number, a->max_tls);
		return;
	case ACT_REVOKE:
		fprintf(t->file, "revoke");
		return;
	case ACT_PREPARE:
		fprintf(t->file, "prepare");
		print_batch(t, a->batch);
		return;
	case ACT_RESOLVE:
		fprintf(t->file, "resolve");
		print_batch(t, a->batch);
		fprintf(t->file, " %s", resolution_name(a->resolution));
		return;
	case ACT_SUBMIT_NODES:
		fprintf(t->file, "submit kind %d, %u nodes", a->kind, a->nl->n);
		return;
	case ACT_CANDIDATE:
		fprintf(t->file, "candidate %u", a->nl ? a->nl->node[0].id : 0);
		return;
	case ACT_LOOKUP:
		fprintf(t->file, "lookup for %u", a->peer);
		print_position(t, a->position);
		return;
	case ACT_SOON:
		fprintf(t->file, "tick soon");
		return;
	case ACT_ANSWER:
		fprintf(t->file, "answer %s", error_word(a->error));
		return;
	case ACT_REPORT:
		print_report(t, a);
		return;
	case ACT_MEMBERS:
		fprintf(t->file, "members, %u nodes, epoch %" PRIu64, a->nl->n, a->nl->epoch);
		return;
	case ACT_TYPES:
		return;
	}
}

void trace_action(struct trace *t, const struct action *a)
{
	if (!t)
		return;
	fprintf(t->file, "%" PRIu64 "   -> ", t->now_ms);
	print_action(t, a);
	fputc('\n', t->file);
}
