// SPDX-License-Identifier: GPL-2.0
/* The slot's moves that are allowed, and what is committed through it. */
#include "internal.h"

#include <assert.h>
#include <string.h>

/*
 * Allowed moves. Own batches go down the left, others' the right; whatever is committed or dropped
 * ends in FREE. At start the slot is filled straight into VOTING (own) or HELD (other's).
 */
static const unsigned int moves[SLOT_STATES] = {
	[SLOT_FREE]	= 1u << SLOT_VOTING | 1u << SLOT_TAKING | 1u << SLOT_HELD,
	[SLOT_VOTING]	= 1u << SLOT_FREE | 1u << SLOT_REVOKING,
	[SLOT_REVOKING]	= 1u << SLOT_FREE | 1u << SLOT_ABORTING,
	[SLOT_ABORTING]	= 1u << SLOT_FREE,
	[SLOT_TAKING]	= 1u << SLOT_HELD | 1u << SLOT_DROPPING,
	[SLOT_HELD]	= 1u << SLOT_FREE | 1u << SLOT_DROPPING,
	[SLOT_DROPPING]	= 1u << SLOT_FREE,
};

const char *slot_state_name(enum slot_state s)
{
	static const char *const name[SLOT_STATES] = {
		[SLOT_FREE] = "free", [SLOT_VOTING] = "voting", [SLOT_REVOKING] = "revoking",
		[SLOT_ABORTING] = "aborting", [SLOT_TAKING] = "taking", [SLOT_HELD] = "held",
		[SLOT_DROPPING] = "dropping",
	};

	return s < SLOT_STATES ? name[s] : "?";
}

void slot_move(struct slot *s, enum slot_state to)
{
	assert(to < SLOT_STATES && (moves[s->state] & 1u << to));
	s->state = to;
}

/* Put a batch into the free slot. */
void slot_fill(struct node *n, enum slot_state to, struct batch_id id, const struct batch *b)
{
	struct slot *s = &n->slot;

	slot_move(s, to);
	s->id = id;
	s->since_ms = n->now_ms;
	s->batch = *b;
	s->claimed = false;
	s->in_doubt = false;
	s->durable = false;
	s->prepared = false;
	s->fed = false;
	s->aborted = 0;
	s->refusal = REFUSAL_NONE;
	s->error = 0;
	s->refuser = 0;
}

/* A list without us, brought about by ourselves, is our leave. */
static void adopt_list(struct node *n, bool ours, const struct node_list *nl,
		       struct actions *out)
{
	n->left = ours && !nl_has(nl, n->id);
	n->down.removed |= n->left;
	n->nl = *nl;
	link_forget(n);
	turn_reset(n);
	out_add(out, ACT_MEMBERS)->nl = &n->nl;
	link_greet_all(n, out);
}

/*
 * The batch in the slot is committed: apply it. Whoever calls this knows it from all the
 * votes, from the coordinator, from a PREPARE on the successor Sync-Point, or from a member that
 * stands there.
 */
void slot_commit(struct node *n, struct actions *out)
{
	struct slot *s = &n->slot;

	assert(s->state == SLOT_VOTING || s->state == SLOT_HELD);
	assert(s->durable && same_place(&n->pos, &s->batch.before));
	out_resolve(out, s->id, HSMREPL_COMMIT, 0);
	out_append(out, RECORD_COMMIT, s->id, (struct bytes){ 0 }, 0);
	n->pos.epoch = s->batch.after.epoch;
	n->pos.seq = s->batch.after.seq;
	n->pos.sp = s->batch.after.sp;
	n->last = s->id;
	slot_move(s, SLOT_FREE);
	if (s->batch.has_nl) {
		bool ours = s->id.coordinator == n->id && !s->batch.downs;

		adopt_list(n, ours, &s->batch.nl, out);
		down_epoch(n, out);
		list_changed(n, ours, out);
	}
}
