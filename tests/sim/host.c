// SPDX-License-Identifier: GPL-2.0
/*
 * The pump: events into the core, its actions into device, disk and network. As in agent/pump,
 * events wait in an inbox, and what a device call came to is an event that goes before all
 * others.
 */
#include "host.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/slab.h>

#include "batch.h"
#include "tell.h"
#include "trace.h"
#include "wire.h"
#include "world.h"

#define GRANT_BYTES	(64u * 1024)	/* of one batch; every batch then fits in SIM_SLOT_MAX */
#define TICK_JITTER_US	10000
#define SLOW_FLUSH	100		/* times as slow as else */
#define CLOCK_START_MS	1000		/* no clock starts at 0 */
#define FAIL_NTH_MAX	6		/* which allocation of a device call fails */
#define READ_AGAIN_US	1000		/* a claim found no memory */
#define AT_ONCE_MAX	10000		/* events of one node in no time */

_Static_assert(SIM_SLOT_MAX >= 2 * GRANT_BYTES, "a batch fits");

void host_init(struct host *h, struct world *w, uint16_t id)
{
	h->w = w;
	h->id = id;
	if (!h->node)
		h->node = malloc(node_size);
	h->machine.powered = false;
	h->agent = false;
	h->halted = false;
	h->power = 0;
	h->life = 0;
	h->clock_us = rng_below(&w->rng, 1000) * 1000000;
	h->slow_until_us = 0;
	h->fail_until_us = 0;
	h->n_inbox = 0;
	h->n_results = 0;
	h->nl.n = 0;
	h->nl.epoch = 0;
	h->candidate = 0;
	h->loading = false;
	h->running = false;
	disk_init(&h->disk);
}

void host_free(struct host *h)
{
	host_drop_inbox(h);
	if (h->machine.powered)
		machine_off(&h->machine);
	disk_free(&h->disk);
}

struct member host_member(const struct host *h)
{
	return (struct member){ .id = h->id, .name = { 'n', (char)('0' + h->id) },
				.address = { 'a' } };
}

static uint64_t now_ms(const struct host *h)
{
	return (h->w->now_us + h->clock_us) / 1000 + CLOCK_START_MS;
}

/* While memory is short, an allocation of the next device call may fail. */
static void begin_call(struct host *h)
{
	struct world *w = h->w;

	if (w->now_us < h->fail_until_us && rng_chance(&w->rng, w->opt.fail_per_mille))
		shim_fail_nth = rng_between(&w->rng, 1, FAIL_NTH_MAX);
}

static void end_call(void)
{
	shim_fail_nth = 0;
}

/* --- actions --- */

static void act_send(struct host *h, const struct action *a)
{
	tell_said(h, a->head, !a->tail.n);
	net_send(h->w, h->id, a->peer, a->head, a->tail);
}

static void act_drop(struct host *h, const struct action *a)
{
	if (net_close(h->w, h->id, a->peer))
		host_note(h, &(struct event){ .type = EV_PEER_DOWN, .peer = a->peer }, NULL);
}

static void act_soon(struct host *h, const struct action *a)
{
	(void)a;
	world_later(h->w, NODE_SOON_MS * 1000, DUE_SOON, h->id, h->life, NULL);
}

static void act_append(struct host *h, const struct action *a)
{
	tell_append(h, a);
	disk_append(&h->disk, a, &h->after);
	host_flush(h);
	if (a->record == RECORD_COMMIT)
		livesync_committed(h);
}

static void act_grant(struct host *h, const struct action *a)
{
	const struct hsmrepl_grant arg = {
		.size = sizeof(arg), .batch = a->batch.number,
		.epoch = h->machine.hsm.point.epoch, .max_tls = a->max_tls,
		.max_bytes = GRANT_BYTES,
	};
	int err = hsm_grant(&h->machine.hsm, &arg);

	assert(!err);
}

static void act_revoke(struct host *h, const struct action *a)
{
	const struct hsmrepl_grant arg = { .size = sizeof(arg) };
	int err = hsm_grant(&h->machine.hsm, &arg);

	(void)a;
	assert(!err || err == -EBUSY);
	host_note(h, &(struct event){ .type = EV_REVOKED, .error = -err }, NULL);
}

static void act_prepare(struct host *h, const struct action *a)
{
	struct hsmrepl_prepare arg = {
		.size = sizeof(arg), .batch = a->batch.number, .coordinator = a->batch.coordinator,
		.n_tls = a->n_tls, .tls_len = (u32)a->tail.n,
	};
	void *tls = malloc(a->tail.n);
	int err;

	memcpy(tls, a->tail.p, a->tail.n);
	begin_call(h);
	err = hsm_prepare(&h->machine.hsm, &arg, tls);
	end_call();
	if (err)
		kvfree(tls);
	host_note(h, &(struct event){ .type = EV_PREPARED, .batch = a->batch, .error = -err },
		  NULL);
}

static void act_resolve(struct host *h, const struct action *a)
{
	struct hsmrepl_resolve arg = {
		.size = sizeof(arg), .batch = a->batch.number, .coordinator = a->batch.coordinator,
		.resolution = a->resolution, .error = (u32)a->error,
	};
	struct hsm_decided decided;
	int err;

	tell_resolution(h, a->batch, a->resolution);
	err = hsm_resolve(&h->machine.hsm, &arg, &decided);
	assert(!err);
	h->after = (struct position){ arg.epoch, arg.seq, arg.sync_point, arg.digest, { 0 } };
	memcpy(h->after.chain, arg.chain, sizeof(arg.chain));
	if (a->resolution == HSMREPL_COMMIT)
		agree_position(&h->w->ledger, h->id, &h->after);
	host_note(h, &(struct event){ .type = EV_RESOLVED, .batch = a->batch,
				      .position = &h->after }, NULL);
}

static void act_submit_nodes(struct host *h, const struct action *a)
{
	struct hsm_txn *txn = hsm_txn_alloc(a->kind, 1,
					    sizeof(struct hsmrepl_op) + sizeof(struct hsmrepl_nl));
	struct hsmrepl_op *op = hsm_txn_ops(txn);
	int err;

	memset(op, 0, sizeof(*op));
	op->len = cpu_to_le32(txn->ops_len);
	op->code = cpu_to_le16(HSMREPL_OP_NODES);
	op->payload_len = cpu_to_le32(sizeof(struct hsmrepl_nl));
	nl_encode(a->nl, (struct hsmrepl_nl *)(op + 1));
	err = hsm_txn_complete(txn, SIM_PAYLOAD_MAX) ?: hsm_submit(&h->machine.hsm, txn);
	assert(!err || err == -EROFS);
	hsm_txn_put(txn);
	host_note(h, &(struct event){ .type = EV_SUBMITTED, .error = -err }, NULL);
}

static void act_answer(struct host *h, const struct action *a)
{
	operator_answered(h, a);
	upgrade_answered(h, a);
	mover_answered(h, a);
	livesync_answered(h, a);
}

static void act_report(struct host *h, const struct action *a)
{
	struct hsmrepl_report arg = {
		.size = sizeof(arg), .event = a->node_event, .node_id = a->peer,
		.state = a->state, .nodes_up = a->nodes_up,
	};
	bool new_state;
	int err;

	if (a->why)
		strncpy(arg.error, a->why, sizeof(arg.error) - 1);
	err = hsm_report(&h->machine.hsm, &arg, &new_state);
	assert(!err);
	h->halted = a->state == HSMREPL_HALTED;
	tell_state(h, a->state);
}

static void act_members(struct host *h, const struct action *a)
{
	uint32_t before = nl_mask(&h->nl), now = nl_mask(a->nl);

	h->w->totals.deeds[DEED_JOINED] += before && now & ~before & 1u << h->id;
	h->nl = *a->nl;
	net_listed(h->w, h->id);
}

static void act_candidate(struct host *h, const struct action *a)
{
	h->candidate = a->nl ? a->nl->node[0].id : 0;
	net_listed(h->w, h->id);
}

static void act_lookup(struct host *h, const struct action *a)
{
	(void)h;
	(void)a;	/* histories are compared by the checkers */
}

static void carry_out(struct host *h, const struct action *a)
{
	static void (*const hand[ACT_TYPES])(struct host *, const struct action *) = {
		[ACT_SEND] = act_send, [ACT_DROP] = act_drop, [ACT_APPEND] = act_append,
		[ACT_SOON] = act_soon,
		[ACT_GRANT] = act_grant, [ACT_REVOKE] = act_revoke, [ACT_PREPARE] = act_prepare,
		[ACT_RESOLVE] = act_resolve, [ACT_SUBMIT_NODES] = act_submit_nodes,
		[ACT_ANSWER] = act_answer, [ACT_REPORT] = act_report, [ACT_MEMBERS] = act_members,
		[ACT_CANDIDATE] = act_candidate, [ACT_LOOKUP] = act_lookup,
	};

	trace_action(h, a);
	hand[a->type](h, a);
}

/* --- events --- */

static void step(struct host *h, struct event *ev)
{
	struct actions *out = &h->w->actions;

	ev->now_ms = now_ms(h);
	ev->random = rng_next(&h->w->rng);
	h->w->totals.steps++;
	trace_event(h, ev);
	node_step(h->node, ev, out);
	for (unsigned int i = 0; i < out->n; i++)
		carry_out(h, &out->action[i]);
}

void host_note(struct host *h, const struct event *ev, struct frame *frame)
{
	struct incoming *in = host_place(h, ev->type);

	in->ev = *ev;
	in->frame = frame;
	if (ev->position) {
		in->position = *ev->position;
		in->ev.position = &in->position;
	}
	if (h->running || h->run_due)
		return;
	h->run_due = true;
	world_later(h->w, rng_below(&h->w->rng, h->w->opt.run_us + 1), DUE_RUN, h->id, h->life,
		    NULL);
}

void host_run(struct host *h)
{
	unsigned int at_once = 0;

	h->run_due = false;
	h->running = true;
	while (h->n_inbox && at_once++ < AT_ONCE_MAX) {
		struct incoming in = h->inbox[h->first_inbox];

		h->first_inbox = (h->first_inbox + 1) % INBOX_MAX;
		h->n_inbox--;
		h->n_results -= h->n_results > 0;
		if (in.ev.position)
			in.ev.position = &in.position;
		step(h, &in.ev);
		free(in.frame);
	}
	h->running = false;
	if (h->n_inbox)
		ledger_violated(&h->w->ledger, "I8", "n%u is busy with itself for ever", h->id);
	host_settle(h);
}

void host_boot(struct host *h, const struct recovery *r)
{
	struct event ev = { .type = EV_BOOT, .recovery = r };

	h->agent = true;
	h->halted = false;
	h->life++;
	h->candidate = 0;
	h->run_due = false;
	h->read_due = false;
	h->idle_due = false;
	h->batch_len = 0;
	h->batch_tls = 0;
	h->running = true;
	node_init(h->node, h->id, r->nl->n ? "" : "n");
	step(h, &ev);
	h->running = false;
	host_run(h);
	host_tick(h);
}

void host_soon(struct host *h)
{
	host_note(h, &(struct event){ .type = EV_TICK }, NULL);
}

void host_tick(struct host *h)
{
	struct world *w = h->w;

	host_soon(h);
	world_later(w, NODE_TICK_MS * 1000 - rng_below(&w->rng, TICK_JITTER_US), DUE_TICK, h->id,
		    h->life, NULL);
}

/* --- the device --- */

/* Takes one claimed TL; the last one of a batch makes an event. */
static void read_tl(struct host *h)
{
	struct hsm *hsm = &h->machine.hsm;
	struct event ev = { .type = EV_CLAIMED };
	const struct hsmrepl_tl *tl;
	bool last;

	tl = hsm_claim_peek(hsm, &last);
	assert(h->batch_len + le32_to_cpu(tl->len) <= sizeof(h->batch));
	memcpy(h->batch + h->batch_len, tl, le32_to_cpu(tl->len));
	h->batch_len += le32_to_cpu(tl->len);
	h->batch_tls++;
	hsm_claim_consume(hsm);
	if (!last)
		return;
	ev.batch = (struct batch_id){ h->id, hsm->slot.batch };
	ev.n_tls = h->batch_tls;
	ev.data = (struct bytes){ h->batch, h->batch_len };
	host_note(h, &ev, NULL);
	h->batch_len = 0;
	h->batch_tls = 0;
}

static void read_later(struct host *h, uint64_t in_us)
{
	h->machine.work = false;
	h->read_due = true;
	world_later(h->w, in_us, DUE_READ, h->id, h->life, NULL);
}

/* One piece of work of the device; false if that was all for this read. */
static bool read_one(struct host *h)
{
	struct hsm *hsm = &h->machine.hsm;
	int err;

	switch (hsm_work(hsm)) {
	case HSM_WORK_NONE:
		return false;
	case HSM_WORK_NOTICE:
		hsm->queue.noticed = true;
		host_note(h, &(struct event){ .type = EV_QUEUED }, NULL);
		return true;
	case HSM_WORK_CLAIM:
		begin_call(h);
		err = hsm_claim(hsm);
		end_call();
		if (err == -ENOMEM)
			read_later(h, READ_AGAIN_US);
		return !err;
	case HSM_WORK_TLS:
		read_tl(h);
		return true;
	}
	return false;
}

void host_read(struct host *h)
{
	h->read_due = false;
	while (read_one(h))
		if (rng_chance(&h->w->rng, h->w->opt.piece_per_mille))
			break;
	if (hsm_work(&h->machine.hsm) != HSM_WORK_NONE)
		h->machine.work = true;
	host_settle(h);
}

void host_settle(struct host *h)
{
	struct world *w = h->w;
	struct caller *who;
	int error;

	if (!h->machine.powered)
		return;
	while ((who = machine_ended(&h->machine, &error)))
		client_told(w, container_of(who, struct client, caller), error);
	if (h->machine.changed) {
		struct list_head tries;

		INIT_LIST_HEAD(&tries);
		h->machine.changed = false;
		while (!list_empty(&h->machine.getters))
			list_move_tail(h->machine.getters.next, &tries);
		while ((who = machine_retry(&h->machine, &tries, &error)))
			client_told(w, container_of(who, struct client, caller), error);
	}
	if (h->machine.work && h->agent && !h->read_due)
		read_later(h, rng_below(&w->rng, w->opt.read_us + 1));
}

void host_grace_ends(struct host *h)
{
	if (h->agent)
		return;
	hsm_withdraw(&h->machine.hsm, -ENOTCONN);
	h->machine.changed = true;
	host_settle(h);
}

/* --- the disk --- */

static uint64_t flush_time(struct host *h)
{
	struct world *w = h->w;
	uint64_t us = rng_between(&w->rng, w->opt.flush_low_us, w->opt.flush_high_us);

	return w->now_us < h->slow_until_us ? us * SLOW_FLUSH : us;
}

void host_flush(struct host *h)
{
	if (disk_wants_flush(&h->disk)) {
		disk_begin_flush(&h->disk);
		world_later(h->w, flush_time(h), DUE_FLUSH, h->id, h->life, NULL);
	} else if (h->disk.n && !h->disk.flushing && !h->idle_due) {
		h->idle_due = true;
		world_later(h->w, DISK_IDLE_US, DUE_IDLE, h->id, h->life, NULL);
	}
}

static void record_flushed(void *arg, const struct record *r)
{
	struct event ev = { .type = EV_DURABLE, .record = r->type, .batch = r->batch };

	tell_durable(arg, r);
	if (record_is_awaited(r))
		host_note(arg, &ev, NULL);
}

void host_flushed(struct host *h)
{
	const char *wrong;

	if (h->disk.broken) {
		host_note(h, &(struct event){ .type = EV_DISK_ERROR, .error = EIO }, NULL);
		return;
	}
	wrong = disk_end_flush(&h->disk, h->id, record_flushed, h);
	if (wrong)
		ledger_violated(&h->w->ledger, "log", "n%u writes %s", h->id, wrong);
	host_flush(h);
}

void host_idle(struct host *h)
{
	h->idle_due = false;
	if (h->disk.flushing || !h->disk.n)
		return;
	disk_begin_flush(&h->disk);
	world_later(h->w, flush_time(h), DUE_FLUSH, h->id, h->life, NULL);
}

/* --- going down --- */

void host_agent_dies(struct host *h)
{
	struct world *w = h->w;
	const char *wrong;

	if (!h->agent)
		return;
	trace_line(w, h->id, "agent dies");
	h->agent = false;
	operator_lost(h);
	upgrade_lost(h);
	mover_lost(h);
	livesync_lost(h);
	h->life++;
	host_drop_inbox(h);
	net_gone(w, h->id, h->machine.powered);
	wrong = disk_crash(&h->disk, h->id, (unsigned int)rng_below(&w->rng, h->disk.n + 1),
			   tell_durable, h);
	if (wrong)
		ledger_violated(&w->ledger, "log", "n%u wrote %s", h->id, wrong);
	if (!h->machine.powered)
		return;
	hsm_detach(&h->machine.hsm);
	host_settle(h);
	world_later(w, (uint64_t)w->opt.grace_ms * 1000, DUE_GRACE, h->id, h->life, NULL);
}

void host_power_off(struct host *h)
{
	struct world *w = h->w;

	if (!h->machine.powered)
		return;
	trace_line(w, h->id, "kernel dies");
	for (unsigned int i = 0; i < w->opt.clients; i++)
		if (w->client[i].caller.call && w->client[i].caller.call->node == h->id)
			client_lost(w, &w->client[i]);
	machine_off(&h->machine);
	h->power++;
	host_agent_dies(h);
}
