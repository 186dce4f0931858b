// SPDX-License-Identifier: GPL-2.0
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "image.h"
#include "trace.h"
#include "world.h"

#define AWAY_US		20000	/* no machine there: look again */
#define AFTER_ERROR_US	1000	/* pause before the next call */
#define TIMEOUT_LOW_US	1000
#define TIMEOUT_HIGH_US	5000000
#define POLLS		20	/* for one outcome */
#define POLL_US		300000
#define POLL_PER_MILLE	700	/* clients that ask for an outcome at all */
#define SENSE_PER_MILLE	850	/* changes that fit what is committed */
#define DELETE_PER_MILLE 150
#define PAD_MAX		40

void client_init(struct client *c, uint16_t id, uint16_t home)
{
	*c = (struct client){ .id = id, .home = home, .value = (uint64_t)(id + 1) << 32 };
	INIT_LIST_HEAD(&c->caller.waiting);
}

static void rest(struct world *w, struct client *c, bool failed)
{
	uint64_t think = c->greedy ? 0 : rng_below(&w->rng, w->opt.think_us + 1);

	world_later(w, think + (failed ? AFTER_ERROR_US : 1), DUE_CLIENT, 0, 0, c);
}

static void draw_change(struct world *w, struct machine *m, struct client *c, struct change *ch)
{
	uint64_t version = machine_peek(m, ch->label);
	bool exists = rng_chance(&w->rng, SENSE_PER_MILLE) ? version : !version;

	ch->if_version = 0;
	ch->value = ++c->value;
	if (!exists) {
		ch->code = HSMREPL_OP_CREATE;
		return;
	}
	ch->code = rng_chance(&w->rng, DELETE_PER_MILLE) ? HSMREPL_OP_DELETE : HSMREPL_OP_UPDATE;
	if (ch->code == HSMREPL_OP_DELETE)
		ch->value = 0;
	if (!c->greedy && rng_chance(&w->rng, w->opt.condition_per_mille))
		ch->if_version = version;
}

static void draw_write(struct world *w, struct machine *m, struct client *c, struct call *call)
{
	unsigned int first = (unsigned int)rng_below(&w->rng, w->opt.labels);

	call->n_changes = 1;
	if (rng_chance(&w->rng, w->opt.multi_per_mille))
		call->n_changes = (unsigned int)rng_between(&w->rng, 1, CHANGES_MAX);
	if (call->n_changes > w->opt.labels)
		call->n_changes = w->opt.labels;
	for (unsigned int i = 0; i < call->n_changes; i++) {
		call->change[i].label = (uint8_t)((first + i) % w->opt.labels);
		draw_change(w, m, c, &call->change[i]);
	}
}

static void begin_wait(struct world *w, struct client *c)
{
	if (!c->greedy && rng_chance(&w->rng, w->opt.timeout_per_mille))
		world_later(w, rng_between(&w->rng, TIMEOUT_LOW_US, TIMEOUT_HIGH_US), DUE_TIMEOUT,
			    0, (unsigned int)(c->caller.call - w->history.call), c);
}

static void trace_call(const struct world *w, const struct client *c)
{
	static const char *const code[] = { "?", "create", "update", "delete" };
	const struct call *call = c->caller.call;

	if (!w->trace)
		return;
	if (call->kind == CALL_GET) {
		trace_line(w, call->node, "client %u: get k%u%s", c->id, call->change[0].label,
			   call->committed_only ? " committed" : "");
		return;
	}
	for (unsigned int i = 0; i < call->n_changes; i++)
		trace_line(w, call->node, "client %u: %s k%u%s value %" PRIx64
			   " if_version %" PRIu64 " TID %016" PRIx64, c->id,
			   code[call->change[i].code], call->change[i].label,
			   i ? " (same transaction)" : "",
			   call->change[i].value, call->change[i].if_version, call->tid);
}

static void begin_call(struct world *w, struct client *c, struct host *h)
{
	struct call *call = &w->history.call[w->history.n++];
	unsigned int pad[CHANGES_MAX];
	int error;

	memset(call, 0, sizeof(*call));
	call->client = c->id;
	call->node = h->id;
	call->began_us = w->now_us;
	call->ended_us = UINT64_MAX;
	c->caller.call = call;
	c->polls = 0;
	w->totals.calls++;
	if (!c->greedy && rng_chance(&w->rng, w->opt.gets_per_mille)) {
		call->kind = CALL_GET;
		call->change[0].label = (uint8_t)rng_below(&w->rng, w->opt.labels);
		call->committed_only = rng_chance(&w->rng, 150);
		trace_call(w, c);
		error = machine_get(&h->machine, &c->caller);
		if (call->end != END_NONE)
			client_told(w, c, error);
		else
			begin_wait(w, c);
		return;
	}
	draw_write(w, &h->machine, c, call);
	for (unsigned int i = 0; i < CHANGES_MAX; i++)
		pad[i] = (unsigned int)rng_below(&w->rng, PAD_MAX);
	error = machine_submit(&h->machine, &c->caller, pad);
	trace_call(w, c);
	if (error) {
		client_told(w, c, error);
		return;
	}
	ledger_fate(&w->ledger, call->tid)->call = (unsigned int)(call - w->history.call) + 1;
	begin_wait(w, c);
	host_settle(h);
}

static void end_call(struct world *w, struct client *c, enum call_end end)
{
	struct call *call = c->caller.call;

	if (call->end == END_NONE)
		call->end = end;
	/* A node that is no member any more, and may not know it, shows what was committed then. */
	if ((w->ledger.removed | ~world_pool(w)) & 1u << call->node)
		call->committed_only = true;
	if (end != END_PENDING && end != END_LOST)
		call->ended_us = w->now_us;
	else if (call->kind == CALL_WRITE)
		w->totals.pending++;
	c->caller.call = NULL;
	c->polls = 0;
	rest(w, c, end != END_DONE);
}

static void told_committed(struct world *w, struct client *c)
{
	committed_told(&w->ledger, c->caller.call->tid, c->caller.call->seq);
	c->done++;
	end_call(w, c, END_DONE);
}

static void told_aborted(struct world *w, struct client *c, int error)
{
	struct call *call = c->caller.call;

	call->error = error;
	if (call->tid)
		aborted_told(&w->ledger, call->tid);
	if (!w->host[call->node].loading)
		progress_told(&w->ledger, call);
	end_call(w, c, END_NOTHING);
}

static void trace_told(const struct world *w, const struct client *c, int error)
{
	const struct call *call = c->caller.call;

	if (!w->trace)
		return;
	if (error)
		trace_line(w, call->node, "client %u is told: %s", c->id, strerror(error));
	else if (call->kind == CALL_GET && call->end == END_NOTHING)
		trace_line(w, call->node, "client %u is told: k%u is not there", c->id,
			   call->change[0].label);
	else
		trace_line(w, call->node, "client %u is told: %s version %" PRIu64 " seq %" PRIu64
			   " value %" PRIx64, c->id,
			   call->kind == CALL_GET ? "found," : "committed,", call->version,
			   call->seq, call->value);
}

void client_told(struct world *w, struct client *c, int error)
{
	struct call *call = c->caller.call;

	trace_told(w, c, error);
	if (call->kind == CALL_GET) {
		end_call(w, c, error ? END_PENDING : call->end);
		return;
	}
	if (!error) {
		told_committed(w, c);
	} else if (error != EINPROGRESS) {
		told_aborted(w, c, error);
	} else if (rng_chance(&w->rng, POLL_PER_MILLE)) {
		c->polls = POLLS;
		world_later(w, rng_below(&w->rng, POLL_US), DUE_CLIENT, 0, 0, c);
	} else {
		end_call(w, c, END_PENDING);
	}
}

/*
 * What the administrative verb "outcome" would say: of the disk, once the device does not know.
 */
static bool store_outcome(const struct world *w, const struct host *h, struct hsmrepl_outcome *arg)
{
	uint64_t seq = ledger_fate((struct ledger *)&w->ledger, arg->tid)->seq;

	if (!h->agent || !seq || h->disk.image.position.seq < seq)
		return false;
	arg->outcome = HSMREPL_OUTCOME_COMMITTED;
	arg->seq = seq;
	return true;
}

static void poll(struct world *w, struct client *c)
{
	struct call *call = c->caller.call;
	struct host *h = &w->host[call->node];
	struct hsmrepl_outcome arg = { .size = sizeof(arg), .tid = call->tid };
	bool known = h->machine.powered &&
		     (!hsm_outcome(&h->machine.hsm, &arg) || store_outcome(w, h, &arg));

	if (!known)
		arg.outcome = HSMREPL_OUTCOME_PENDING;
	trace_line(w, call->node, "client %u asks for TID %016" PRIx64 ": %s", c->id, call->tid,
		   arg.outcome == HSMREPL_OUTCOME_COMMITTED ? "committed" :
		   arg.outcome == HSMREPL_OUTCOME_ABORTED ? "aborted" : "pending");
	switch ((enum hsmrepl_outcome_state)arg.outcome) {
	case HSMREPL_OUTCOME_COMMITTED:
		call->seq = arg.seq;
		told_committed(w, c);
		return;
	case HSMREPL_OUTCOME_ABORTED:
		told_aborted(w, c, (int)arg.error);
		return;
	case HSMREPL_OUTCOME_PENDING:
		break;
	}
	if (!--c->polls) {
		end_call(w, c, END_PENDING);
		return;
	}
	world_later(w, rng_below(&w->rng, POLL_US), DUE_CLIENT, 0, 0, c);
}

static bool may_call(const struct world *w, const struct client *c)
{
	if (w->history.n == CALLS_MAX)
		return false;
	return w->phase == PHASE_FAULTS || (w->phase == PHASE_FAIR && c->greedy);
}

void client_go(struct world *w, struct client *c)
{
	struct host *h;

	if (c->polls) {
		poll(w, c);
		return;
	}
	c->resting = !may_call(w, c);
	if (c->resting)
		return;
	h = &w->host[c->home ? c->home : rng_between(&w->rng, 1, w->opt.nodes)];
	if (h->machine.powered)
		begin_call(w, c, h);
	else
		world_later(w, AWAY_US, DUE_CLIENT, 0, 0, c);
}

void client_timeout(struct world *w, struct client *c, unsigned int call)
{
	if (c->caller.call != &w->history.call[call] || c->polls)
		return;
	machine_leave(&c->caller);
	client_told(w, c, c->caller.call->kind == CALL_GET ? ETIMEDOUT : EINPROGRESS);
}

void client_lost(struct world *w, struct client *c)
{
	machine_leave(&c->caller);
	if (c->polls) {
		/* Its own DUE_CLIENT is on the agenda: it goes on from there. */
		c->polls = 1;
		return;
	}
	end_call(w, c, END_LOST);
}
