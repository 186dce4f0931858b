// SPDX-License-Identifier: GPL-2.0
/*
 * Peers: who is connected, what each holds, who counts as a member (protocol.md section 4).
 *
 * A hello tells a node's position and the batch it holds a yes for. It goes out at connect and as a
 * heartbeat. A position heard of is always a little old while writes go on, so it can make
 * a peer a member, but only a new connection, or another Sync-Point on the same seq, can unmake
 * one.
 */
#include "internal.h"

#include <string.h>

const char *link_state_name(enum link_state s)
{
	static const char *const name[LINK_STATES] = {
		[LINK_DOWN] = "not connected", [LINK_GREETING] = "connecting",
		[LINK_BLANK] = "in no pool", [LINK_MEMBER] = "member",
		[LINK_BEHIND] = "behind: it needs Live-Sync",
		[LINK_AHEAD] = "ahead: this node needs Live-Sync",
		[LINK_DIVERGED] = "diverged: it has another history",
		[LINK_LEARNER] = "catching up to join",
	};

	return s < LINK_STATES ? name[s] : "?";
}

struct peer *peer_find(struct node *n, uint16_t id)
{
	for each_peer(p, n)
		if (p->id == id)
			return p;
	return NULL;
}

/* Find @id or make room for it; NULL if all entries are in use. */
struct peer *peer_add(struct node *n, uint16_t id)
{
	struct peer *p = peer_find(n, id);

	if (p)
		return p;
	for (p = n->peers; p < n->peers + PEERS_MAX; p++)
		if (!p->id || (!p->up && !p->refused && !nl_has(&n->nl, p->id))) {
			memset(p, 0, sizeof(*p));
			p->id = id;
			return p;
		}
	return NULL;
}

/* Are all other members of the node list connected, with our history? */
bool link_all_members(const struct node *n)
{
	return link_members_up(n) == n->nl.n;
}

/* Members connected, this node included. */
unsigned int link_members_up(const struct node *n)
{
	unsigned int up = nl_has(&n->nl, n->id);

	for (const struct peer *p = n->peers; p < n->peers + PEERS_MAX; p++)
		if (p->id && p->link == LINK_MEMBER && nl_has(&n->nl, p->id))
			up++;
	return up;
}

/* A new node list: forget whoever is neither in it nor connected. */
void link_forget(struct node *n)
{
	for each_peer(p, n)
		if (!p->up && !nl_has(&n->nl, p->id))
			memset(p, 0, sizeof(*p));
}

/* The batch that we hold a durable yes for, if any. */
static const struct slot *held(const struct node *n)
{
	const struct slot *s = &n->slot;

	if (s->state == SLOT_HELD || (s->state == SLOT_VOTING && s->durable))
		return s;
	return NULL;
}

static uint32_t own_flags(const struct node *n, const struct peer *p)
{
	return (p->link == LINK_DIVERGED && p->lookup == LOOKUP_LACKS ? HELLO_LOST : 0) |
	       (n->rolled_back ? HELLO_ROLLED_BACK : 0) | (node_learner(n) ? HELLO_LEARNER : 0);
}

static void greet(struct node *n, struct peer *p, uint32_t flags, struct actions *out)
{
	struct message m = { .type = MSG_HELLO, .turn = n->turn };
	const struct slot *s = held(n);

	memcpy(m.hello.pool, n->nl.pool, sizeof(m.hello.pool));
	m.hello.position = n->pos;
	if (n->told_seq != n->pos.seq) {	/* the device has not told them yet */
		memset(m.hello.position.chain, 0, sizeof(m.hello.position.chain));
		m.hello.position.digest = 0;
	}
	if (s) {
		m.hello.slot = s->id;
		m.hello.slot_seq = s->batch.after.seq;
		m.hello.slot_sp = s->batch.after.sp;
	}
	m.hello.flags = flags | own_flags(n, p);
	m.hello.meets = list_meets(n);
	m.hello.sent_ms = n->now_ms;
	if (p->hello_sent_ms)
		m.hello.echo_ms = p->hello_sent_ms + (n->now_ms - p->hello_at_ms);
	out_send(n, out, p, &m);
}

void link_greet(struct node *n, struct peer *p, struct actions *out)
{
	greet(n, p, 0, out);
}

void link_greet_all(struct node *n, struct actions *out)
{
	n->heartbeat_ms = n->now_ms;
	for each_peer(p, n)
		greet(n, p, 0, out);
}

void link_up(struct node *n, uint16_t id, uint16_t protocol, struct actions *out)
{
	struct peer *p = peer_add(n, id);

	if (!p) {
		out_drop(out, id, "too many peers: at most 16 nodes make a pool");
		return;
	}
	p->up = true;
	p->greeted = false;
	p->protocol = protocol;
	p->link = LINK_GREETING;
	p->last_heard_ms = n->now_ms;
	p->hello_sent_ms = 0;
	greet(n, p, 0, out);
}

static void set_link(struct node *n, struct peer *p, enum link_state link, struct actions *out)
{
	enum link_state old = p->link;

	p->link = link;
	if (old == link)
		return;
	if (link == LINK_LEARNER && list_meets(n))
		link_greet_all(n, out);	/* whoever wants to admit it waits for this */
	if (old == LINK_LEARNER)
		coord_lost(n, out);
	if (!nl_has(&n->nl, p->id))
		return;
	if (link == LINK_MEMBER) {
		n->wanted_ms = 0;	/* it has not heard that we want the turn */
		node_report(n, out, HSMREPL_EVENT_NODE_UP, p->id);
	} else if (old == LINK_MEMBER) {
		node_report(n, out, HSMREPL_EVENT_NODE_DOWN, p->id);
	}
}

void link_down(struct node *n, uint16_t id, struct actions *out)
{
	struct peer *p = peer_find(n, id);

	if (!p)
		return;
	p->up = false;
	p->meets = 0;
	set_link(n, p, LINK_DOWN, out);
	turn_lost(n, id, out);
}

/* It sent a PREPARE on our very position: it has our history. */
void link_proven(struct node *n, struct peer *p, struct actions *out)
{
	if (nl_has(&n->nl, p->id) && p->link != LINK_DIVERGED)
		set_link(n, p, LINK_MEMBER, out);
}

static bool is_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

static bool same_content(const struct node *n, const struct position *theirs)
{
	if (n->told_seq != n->pos.seq || is_zero(theirs->chain, sizeof(theirs->chain)))
		return true;	/* one of us does not know yet */
	return n->pos.digest == theirs->digest &&
	       memcmp(n->pos.chain, theirs->chain, sizeof(theirs->chain)) == 0;
}

/* protocol.md section 4, table of what a node holds. */
static enum link_state classify(const struct node *n, const struct peer *p,
				const struct message *m)
{
	const struct position *theirs = &m->hello.position;
	const struct slot *s = held(n);

	if (m->hello.flags & HELLO_LEARNER && nl_has(&n->nl, n->id) && !nl_has(&n->nl, p->id))
		return LINK_LEARNER;
	if (m->hello.flags & HELLO_ROLLED_BACK)
		return LINK_BEHIND;
	if (m->hello.flags & HELLO_LOST && nl_has(&n->nl, p->id))
		return LINK_DIVERGED;
	if (theirs->seq == n->pos.seq && theirs->epoch == n->pos.epoch) {
		if (theirs->sp != n->pos.sp || !same_content(n, theirs))
			return LINK_DIVERGED;
		return theirs->epoch ? LINK_MEMBER : LINK_BLANK;
	}
	if (m->hello.slot.coordinator && m->hello.slot_seq == n->pos.seq &&
	    m->hello.slot_sp == n->pos.sp)
		return LINK_MEMBER;	/* about to learn that its slot is committed */
	if (s && same_place(&s->batch.after, theirs))
		return LINK_MEMBER;	/* we are */
	if (theirs->epoch == 0 && theirs->seq == 0)
		return LINK_BLANK;
	return theirs->seq < n->pos.seq ? LINK_BEHIND : LINK_AHEAD;
}

/* A yes of the peer for a batch of ours that we no longer pursue and never committed. */
static bool holds_stale_yes(const struct node *n, const struct message *m)
{
	const struct slot *s = &n->slot;

	if (m->hello.slot.coordinator != n->id)
		return false;
	if (s->state != SLOT_FREE && same_batch(s->id, m->hello.slot))
		return false;
	return m->hello.slot_seq > n->pos.seq ||
	       (m->hello.slot_seq == n->pos.seq && m->hello.slot_sp != n->pos.sp);
}

static void note_hello(struct node *n, struct peer *p, const struct message *m)
{
	p->seq = m->hello.position.seq;
	p->sp = m->hello.position.sp;
	p->hello_sent_ms = m->hello.sent_ms;
	p->hello_at_ms = n->now_ms;
	p->meets = m->hello.meets;
	if (m->hello.echo_ms && m->hello.echo_ms <= n->now_ms)
		p->rtt_ms = (uint32_t)(n->now_ms - m->hello.echo_ms);
}

/*
 * A node of our pool stands somewhere else: is that in our history? Until the store has said so
 * it counts as behind. Members that lag a little are not looked for.
 */
static enum link_state judge(struct peer *p, const struct message *m, enum link_state link,
			     struct actions *out)
{
	struct action *a;

	if (link != LINK_BEHIND || p->link == LINK_MEMBER || m->hello.flags & HELLO_ROLLED_BACK)
		return link;
	if (!same_place(&p->asked, &m->hello.position) || p->lookup == LOOKUP_UNKNOWN) {
		p->asked = m->hello.position;
		p->lookup = LOOKUP_UNKNOWN;
		a = out_add(out, ACT_LOOKUP);
		a->peer = p->id;
		a->position = &p->asked;
	}
	return p->lookup == LOOKUP_LACKS ? LINK_DIVERGED : link;
}

/* The store has looked for a peer's place. */
void link_lookup(struct node *n, const struct event *ev, struct actions *out)
{
	struct peer *p = peer_find(n, ev->peer);

	if (!p || !same_place(&p->asked, ev->position))
		return;
	p->lookup = ev->lookup;
	if (p->link != LINK_BEHIND || p->lookup != LOOKUP_LACKS)
		return;
	set_link(n, p, LINK_DIVERGED, out);
	greet(n, p, 0, out);
}

/* Whoever learns from any member that its slot's batch is in that member's history applies it. */
static void learn(struct node *n, const struct message *m, struct actions *out)
{
	const struct slot *s = &n->slot;

	if ((s->state == SLOT_HELD || (s->state == SLOT_VOTING && s->in_doubt)) &&
	    same_place(&s->batch.after, &m->hello.position))
		slot_commit(n, out);
}

/* What its place and its slot say of batches that are decided. */
static void settle_old(struct node *n, struct peer *p, const struct message *m,
		       struct actions *out)
{
	learn(n, m, out);
	if (m->hello.position.epoch &&
	    (m->hello.position.epoch < n->pos.epoch || n->down.removed))
		down_missed(n, p, m->hello.position.epoch, out);
	if (holds_stale_yes(n, m))
		out_send(n, out, p, &(struct message){ .type = MSG_ABORT, .batch = m->hello.slot });
}

void link_hello(struct node *n, struct peer *p, const struct message *m, struct actions *out)
{
	bool first = !p->greeted, member = p->link == LINK_MEMBER;
	enum link_state link;

	note_hello(n, p, m);
	if (n->nl.n && m->hello.position.epoch &&
	    memcmp(n->nl.pool, m->hello.pool, sizeof(n->nl.pool))) {
		out_drop(out, p->id,
			 "it belongs to another pool: zeroize the node that shall move");
		return;
	}
	p->greeted = true;
	if (!n->rolled_back)
		settle_old(n, p, m, out);
	link = judge(p, m, classify(n, p, m), out);
	if (p->link != LINK_MEMBER || link == LINK_DIVERGED)
		set_link(n, p, link, out);
	if (p->link == LINK_MEMBER)
		turn_adopt(n, &m->turn);
	if (first || (!member && p->link == LINK_MEMBER))
		coord_greeted(n, p, m, out);
	if (m->hello.flags & HELLO_ANSWER)
		greet(n, p, 0, out);
	else if ((p->link == LINK_BEHIND || p->link == LINK_AHEAD) && !p->solicited) {
		p->solicited = true;
		greet(n, p, HELLO_ANSWER, out);
	}
}

void link_tick(struct node *n, struct actions *out)
{
	for each_peer(p, n) {
		p->solicited = false;
		if (p->up && n->now_ms - p->last_heard_ms > NODE_SILENCE_MS) {
			p->last_heard_ms = n->now_ms;
			out_drop(out, p->id, "it was silent for too long");
		}
	}
	if (n->now_ms - n->heartbeat_ms >= NODE_HEARTBEAT_MS)
		link_greet_all(n, out);
}
