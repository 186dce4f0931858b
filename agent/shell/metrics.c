// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "frame.h"
#include "../core/wire.h"

struct text {
	char *p;
	size_t used;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->used, METRICS_MAX - t->used, fmt, ap);
	va_end(ap);
	assert(n >= 0 && (size_t)n < METRICS_MAX - t->used);
	t->used += (size_t)n;
}

static void add_one(struct text *t, const char *name, const char *type, const char *help,
		    uint64_t value)
{
	add(t, "# HELP hsmrepl_%s %s\n# TYPE hsmrepl_%s %s\nhsmrepl_%s %" PRIu64 "\n", name, help,
	    name, type, name, value);
}

static void add_frames(struct text *t, const char *name, const char *help,
		       const uint64_t counter[PUMP_MESSAGES])
{
	add(t, "# HELP hsmrepl_%s %s\n# TYPE hsmrepl_%s counter\n", name, help, name);
	for (unsigned int type = MSG_HELLO; type < MSG_END; type++)
		add(t, "hsmrepl_%s{message=\"%s\"} %" PRIu64 "\n", name, frame_name(type),
		    counter[type]);
}

static void add_records(struct text *t, const struct pump_counters *c)
{
	static const struct {
		enum record_type type;
		const char *name;
	} record[] = {
		{ RECORD_YES, "yes" },
		{ RECORD_COMMIT, "commit" },
		{ RECORD_REFUSED, "refused" },
		{ RECORD_ABORTED, "aborted" },
		{ RECORD_PROMISE, "promise" },
		{ RECORD_ACCEPT, "accept" },
	};

	_Static_assert(MSG_END <= PUMP_MESSAGES && RECORD_ACCEPT < PUMP_RECORDS,
		       "every type has a counter");
	add(t, "# HELP hsmrepl_log_records_total records appended to the log\n"
	    "# TYPE hsmrepl_log_records_total counter\n");
	for (size_t i = 0; i < sizeof(record) / sizeof(record[0]); i++)
		add(t, "hsmrepl_log_records_total{record=\"%s\"} %" PRIu64 "\n", record[i].name,
		    c->appends[record[i].type]);
}

/* Prometheus wants each bucket to hold those below it, and seconds. */
static void add_phase(struct text *t, enum phase phase, const struct histogram *h)
{
	const char *name = phase_name(phase);
	uint64_t bound_us = PHASE_FIRST_US, n = 0;

	for (unsigned int i = 0; i < PHASE_BUCKETS - 1; i++, bound_us *= 2) {
		n += h->count[i];
		add(t, "hsmrepl_commit_phase_seconds_bucket{phase=\"%s\",le=\"%.6f\"} %" PRIu64
		    "\n", name, (double)bound_us / 1e6, n);
	}
	n += h->count[PHASE_BUCKETS - 1];
	add(t, "hsmrepl_commit_phase_seconds_bucket{phase=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
	    "hsmrepl_commit_phase_seconds_sum{phase=\"%s\"} %.9f\n"
	    "hsmrepl_commit_phase_seconds_count{phase=\"%s\"} %" PRIu64 "\n",
	    name, n, name, (double)h->sum_ns / 1e9, name, n);
}

static void add_phases(struct text *t, const struct phases *p)
{
	add(t, "# HELP hsmrepl_commit_phase_seconds where the time of this node's batches goes\n"
	    "# TYPE hsmrepl_commit_phase_seconds histogram\n");
	for (enum phase phase = 0; phase < PHASES; phase++)
		add_phase(t, phase, &p->of[phase]);
}

static void add_mesh(struct text *t, const struct agent *a)
{
	struct mesh_counters m;

	mesh_count(a->mesh, &m);
	add_one(t, "mesh_frames_sent_total", "counter", "frames sent, of any kind", m.frames_out);
	add_one(t, "mesh_frames_received_total", "counter", "frames received, of any kind",
		m.frames_in);
	add_one(t, "mesh_bytes_sent_total", "counter", "bytes of frames sent", m.bytes_out);
	add_one(t, "mesh_bytes_received_total", "counter", "bytes of frames received", m.bytes_in);
}

void metrics_text(const struct agent *a, char text[METRICS_MAX])
{
	const struct pump_counters *c = pump_count(a->pump);
	struct text t = { .p = text };
	struct node_view view;
	unsigned int linked = 0;

	pump_look(a->pump, &view);
	for (unsigned int i = 0; i < view.n_peers; i++)
		linked += view.peer[i].link == LINK_MEMBER;
	add_one(&t, "state", "gauge", "state, see enum hsmrepl_node_state", view.state);
	add_one(&t, "epoch", "gauge", "epoch in force", view.position.epoch);
	add_one(&t, "seq", "gauge", "transactions in the history", view.position.seq);
	add_one(&t, "nodes", "gauge", "members of the node list", view.nl->n);
	add_one(&t, "peers_linked", "gauge", "peers connected as members", linked);
	add_one(&t, "undecided_transactions", "gauge", "transactions in the slot", view.n_tids);
	add_one(&t, "batches_total", "counter", "batches applied since the agent started",
		c->batches);
	add_one(&t, "transactions_total", "counter", "transactions applied since the agent started",
		c->transactions);
	add_one(&t, "claims_total", "counter", "batches claimed at this node",
		c->events[EV_CLAIMED]);
	add_one(&t, "frames_refused_total", "counter", "frames dropped because too much waited",
		c->frames_refused);
	add_records(&t, c);
	add_frames(&t, "frames_sent_total", "protocol messages sent", c->frames_out);
	add_frames(&t, "frames_received_total", "protocol messages received", c->frames_in);
	add_mesh(&t, a);
	add_phases(&t, pump_phases(a->pump));
}
