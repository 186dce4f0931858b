// SPDX-License-Identifier: GPL-2.0
/* The start of an agent, by the rules of agent/shell/boot.c. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/slab.h>

#include "batch.h"
#include "host.h"
#include "tell.h"
#include "trace.h"
#include "world.h"

#define LOAD_ENTRY_MAX	\
	(sizeof(struct hsmrepl_load_entry) + SIM_LABEL_LEN + SIM_PAYLOAD_MAX + HSM_ALIGN)

#define AGENT_LATER_PER_MILLE	500	/* callers find a machine without an agent, for up to */
#define AGENT_LATER_US		300000
#define HELD_US			100000	/* a machine that must stay off: look again */

/* What the two sides of a node hold; @anew: the device's is another pool's, or older. */
struct start {
	struct image *image;
	struct hsmrepl_attach device;
	bool claimed;
	bool anew;
};

static void attach(struct host *h, struct start *s)
{
	int err;

	s->device = (struct hsmrepl_attach){ .size = sizeof(s->device), .node_id = h->id };
	s->device.name[0] = 'n';
	memset(s->device.digest_key, 7, sizeof(s->device.digest_key));
	err = hsm_attach(&h->machine.hsm, &s->device);
	assert(!err);
}

static size_t put_thing(u8 *to, unsigned int label, const struct thing *t)
{
	struct hsmrepl_load_entry *e = (void *)to;
	char *name = (char *)(e + 1);
	u32 len = sizeof(*e) + SIM_LABEL_LEN + t->payload_len;

	len = (len + HSM_ALIGN - 1) / HSM_ALIGN * HSM_ALIGN;
	memset(to, 0, len);
	e->len = cpu_to_le32(len);
	e->label_len = cpu_to_le16(SIM_LABEL_LEN);
	e->payload_len = cpu_to_le32(t->payload_len);
	e->version = cpu_to_le64(t->version);
	e->seq = cpu_to_le64(t->seq);
	e->attrs = cpu_to_le64(t->attrs);
	memcpy(e->id, t->id, sizeof(e->id));
	memcpy(e->type, t->type, sizeof(e->type));
	name[0] = 'k';
	name[1] = (char)('0' + label);
	memcpy(name + SIM_LABEL_LEN, t->payload, t->payload_len);
	return len;
}

static void load(struct host *h, struct start *s)
{
	const struct image *im = s->image;
	u8 entries[SIM_LABELS_MAX * LOAD_ENTRY_MAX] __attribute__((aligned(8)));
	struct hsmrepl_load arg = {
		.size = sizeof(arg), .flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END,
		.seq = im->position.seq, .sync_point = im->position.sp,
		.digest = im->position.digest,
	};
	struct hsmrepl_nl nl;
	int err;

	h->loading = true;
	for (unsigned int i = 0; i < SIM_LABELS_MAX; i++)
		if (im->thing[i].exists)
			arg.entries_len += put_thing(entries + arg.entries_len, i, &im->thing[i]);
	memcpy(arg.chain, im->position.chain, sizeof(arg.chain));
	nl_encode(&im->nl, &nl);
	err = hsm_load(&h->machine.hsm, &arg, entries, im->nl.n ? &nl : NULL);
	if (err == -EBADMSG)
		ledger_violated(&h->w->ledger, "I2",
				"n%u: what is on disk has another digest than the device gave to"
				" seq %llu", h->id, (unsigned long long)im->position.seq);
	assert(!err || err == -EBADMSG);
	s->device.slot_state = HSMREPL_SLOT_FREE;
	host_settle(h);
	h->loading = false;
}

static bool device_at(const struct start *s, u64 epoch, u64 seq, u64 sp)
{
	return s->device.epoch == epoch && s->device.seq == seq && s->device.sync_point == sp;
}

/* The device committed the undecided batch, and the log does not say so yet. */
static void adopt_commit(struct host *h, struct start *s, const struct batch *b)
{
	struct hsmrepl_state state = { .size = sizeof(state) };
	struct position after;

	hsm_state(&h->machine.hsm, &state);
	after = (struct position){ state.epoch, state.seq, state.sync_point, state.digest, { 0 } };
	memcpy(after.chain, state.chain, sizeof(after.chain));
	disk_append(&h->disk, &(struct action){ .type = ACT_APPEND, .record = RECORD_COMMIT,
						.batch = s->image->slot_id }, &after);
	image_move(s->image, &after);
	s->image->last = s->image->slot_id;
	if (b->has_nl)
		s->image->nl = b->nl;
	s->image->slot_id = (struct batch_id){ 0 };
}

static void requeue(struct host *h, const struct start *s)
{
	struct hsmrepl_resolve arg = {
		.size = sizeof(arg), .batch = s->device.slot_batch,
		.coordinator = s->device.slot_coordinator, .resolution = HSMREPL_REQUEUE,
	};
	struct hsm_decided decided;
	int err = hsm_resolve(&h->machine.hsm, &arg, &decided);

	assert(!err);
}

static void prepare(struct host *h, const struct image *im)
{
	struct hsmrepl_prepare arg = {
		.size = sizeof(arg), .batch = im->slot_id.number,
		.coordinator = im->slot_id.coordinator, .n_tls = im->slot_n_tls,
		.tls_len = im->slot_len,
	};
	void *tls = malloc(im->slot_len);
	int err;

	memcpy(tls, im->slot, im->slot_len);
	err = hsm_prepare(&h->machine.hsm, &arg, tls);
	if (err)
		ledger_violated(&h->w->ledger, "start",
				"n%u: the device does not take the undecided batch %u:%llx again:"
				" error %d", h->id, im->slot_id.coordinator,
				(unsigned long long)im->slot_id.number, -err);
}

/* The undecided batch on disk; false if there is none. */
static bool read_slot(const struct image *im, struct batch *b)
{
	return im->slot_id.coordinator &&
	       batch_read((struct bytes){ im->slot, im->slot_len }, im->slot_n_tls, b);
}

/* After this the device's slot holds what the disk has a yes for, or nothing. */
static void settle_slot(struct host *h, struct start *s)
{
	const struct image *im = s->image;

	if (s->device.slot_state != HSMREPL_SLOT_FREE &&
	    s->device.slot_coordinator == im->slot_id.coordinator &&
	    s->device.slot_batch == im->slot_id.number) {
		s->claimed = s->device.slot_state == HSMREPL_SLOT_CLAIMED;
		return;
	}
	if (s->device.slot_state != HSMREPL_SLOT_FREE)
		requeue(h, s);
	if (im->slot_id.coordinator)
		prepare(h, im);
}

/*
 * Nobody need be asked whether it commits: a NODE_DOWN TL is written only once it was chosen, and
 * a learner writes only settled history, but for its own NODE_ADD.
 */
static bool is_settled(const struct image *im, uint16_t own, const struct batch *b)
{
	return b->downs || (image_is_outside(im, own) && !(b->adds && nl_has(&b->nl, own)));
}

static void finish_settled(struct host *h, struct start *s)
{
	struct hsmrepl_resolve arg = { .size = sizeof(arg), .resolution = HSMREPL_COMMIT };
	struct hsm_decided decided;
	struct batch b;
	int err;

	if (!read_slot(s->image, &b) || !is_settled(s->image, h->id, &b))
		return;
	arg.batch = s->image->slot_id.number;
	arg.coordinator = s->image->slot_id.coordinator;
	tell_resolution(h, s->image->slot_id, HSMREPL_COMMIT);
	err = hsm_resolve(&h->machine.hsm, &arg, &decided);
	assert(!err);
	adopt_commit(h, s, &b);
}

static void bring_together(struct host *h, struct start *s)
{
	const struct image *im = s->image;
	struct batch b = { 0 };

	read_slot(im, &b);
	if (s->anew || !s->device.loaded || s->device.seq < im->position.seq)
		load(h, s);
	else if (im->slot_id.coordinator && device_at(s, b.after.epoch, b.after.seq, b.after.sp))
		adopt_commit(h, s, &b);
	else if (device_at(s, im->position.epoch, im->position.seq, im->position.sp))
		;
	else if (image_is_outside(im, h->id))
		load(h, s);	/* what a learner was told is applied before it is on the disk */
	else
		ledger_violated(&h->w->ledger, "start",
				"n%u: the device stands at seq %llu, the disk at %llu: not to be"
				" brought together", h->id, (unsigned long long)s->device.seq,
				(unsigned long long)im->position.seq);
	if (!h->w->ledger.violated)
		settle_slot(h, s);
	if (!h->w->ledger.violated)
		finish_settled(h, s);
}

static void tell_checkers(struct host *h, const struct image *im)
{
	uint64_t tids[HSMREPL_BATCH_TLS_MAX];
	unsigned int n = image_slot_tids(im, tids);

	if (im->position.seq)
		agree_position(&h->w->ledger, h->id, &im->position);
	committed_kept(&h->w->ledger, h->id, im->position.seq, tids, n);
}

static void boot(struct host *h, const struct start *s)
{
	const struct image *im = s->image;
	struct batch_id refused[SIM_NODES_MAX];
	struct recovery r = {
		.nl = &im->nl, .protocol = h->protocol, .position = im->position,
		.incarnation = im->incarnation,
		.slot = { im->slot, im->slot_len }, .slot_n_tls = im->slot_n_tls,
		.slot_id = im->slot_id, .slot_claimed = s->claimed, .last = im->last,
		.refused = refused, .promised = im->promised, .accepted = im->accepted,
		.value = { im->value, im->has_value ? DOWN_VALUE_LEN : 0 },
		.left = image_is_outside(im, h->id) && im->last.coordinator == h->id,
	};

	if (!im->slot_id.coordinator) {
		r.slot = (struct bytes){ 0 };
		r.slot_n_tls = 0;
	}
	for (uint16_t id = 1; id <= SIM_NODES_MAX; id++)
		if (im->refused[id])
			refused[r.n_refused++] = (struct batch_id){ id, im->refused[id] };
	h->after = im->position;
	h->w->totals.deeds[DEED_PROMISE] += im->promised != 0;
	h->w->totals.deeds[DEED_ACCEPT] += im->accepted != 0;
	removed_starts(&h->w->ledger, h->id);
	host_boot(h, &r);
}

void host_start(struct host *h)
{
	struct start s = { 0 };

	if (operator_holds(h)) {
		world_later(h->w, HELD_US, DUE_START, h->id, 0, NULL);
		return;
	}
	/* Whoever mends the disk restarts the agent. */
	if (h->halted || h->disk.broken)
		host_agent_dies(h);
	h->disk.broken = false;
	if (!h->machine.powered) {
		trace_line(h->w, h->id, "kernel starts");
		machine_on(&h->machine, h->w->opt.grace_ms);
		if (rng_chance(&h->w->rng, AGENT_LATER_PER_MILLE)) {
			world_later(h->w, rng_below(&h->w->rng, AGENT_LATER_US), DUE_START, h->id,
				    0, NULL);
			return;
		}
	}
	if (h->agent)
		return;
	trace_line(h->w, h->id, "agent starts");
	/*
	 * A copy: what is appended from here on is folded into the disk's own when it is durable.
	 */
	h->disk.image.incarnation++;
	s.anew = livesync_starts(h);
	s.image = malloc(sizeof(*s.image));
	*s.image = h->disk.image;
	h->nl = s.image->nl;
	upgrade_starts(h, s.image);
	attach(h, &s);
	tell_checkers(h, s.image);
	bring_together(h, &s);
	if (!h->w->ledger.violated)
		boot(h, &s);
	free(s.image);
	host_flush(h);
}
