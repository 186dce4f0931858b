// SPDX-License-Identifier: GPL-2.0
#include "cluster.h"

static void carry_out(struct cluster *c, uint16_t id, const struct action *a);

void cluster_step(struct cluster *c, uint16_t id, struct event ev)
{
	struct actions *out = calloc(1, sizeof(*out));
	struct seat *s = &c->seat[id];

	ev.now_ms = c->now;
	ev.random = ++c->random * 0x9e3779b97f4a7c15ull;
	node_step(s->n, &ev, out);
	for (unsigned int i = 0; i < out->n && s->up; i++)
		carry_out(c, id, &out->action[i]);
	free(out);
}

static void post(struct cluster *c, uint16_t from, const struct action *a)
{
	struct letter *l = &c->queue[c->tail % CLUSTER_QUEUE];

	if (!c->linked[from][a->peer])
		return;
	ck_assert_uint_lt(c->tail - c->head, CLUSTER_QUEUE);
	l->from = from;
	l->to = a->peer;
	l->len = a->head.n + a->tail.n;
	ck_assert_uint_le(l->len, CLUSTER_FRAME);
	memcpy(l->bytes, a->head.p, a->head.n);
	if (a->tail.n)
		memcpy(l->bytes + a->head.n, a->tail.p, a->tail.n);
	if (!c->lose || !c->lose(l))
		c->tail++;
}

/* The disk; what it holds is what a crash leaves. */
static void append(struct cluster *c, uint16_t id, const struct action *a)
{
	struct seat *s = &c->seat[id];
	struct durable *d = &s->d;
	struct event ev = { .type = EV_DURABLE, .record = a->record, .batch = a->batch };
	struct node_view v;

	node_look(s->n, &v);
	switch (a->record) {
	case RECORD_YES:
		d->slot_id = a->batch;
		d->slot_len = a->tail.n;
		memcpy(d->slot, a->tail.p, a->tail.n);
		break;
	case RECORD_COMMIT:
		d->last = a->batch;
		d->slot_id = (struct batch_id){ 0 };
		d->pos = v.position;
		if (v.nl->epoch != d->nl.epoch &&
		    (!d->accepted || value_epoch(d->value) <= v.nl->epoch))
			d->promised = d->accepted = 0;
		d->nl = *v.nl;
		return;
	case RECORD_REFUSED:
		d->refused[a->batch.coordinator] = a->batch;
		if (d->slot_id.number == a->batch.number &&
		    d->slot_id.coordinator == a->batch.coordinator)
			d->slot_id = (struct batch_id){ 0 };
		break;
	case RECORD_ABORTED:
		return;
	case RECORD_PROMISE:
		d->promised = a->batch.number;
		break;
	case RECORD_ACCEPT:
		d->promised = d->accepted = a->batch.number;
		memcpy(d->value, a->tail.p, a->tail.n);
		d->has_value = true;
		break;
	}
	if (!s->disk_held && !a->lazy)
		cluster_step(c, id, ev);
}

/* Stands for the hash chain: the same for the same Sync-Point. */
static void chain_of(struct position *p)
{
	memcpy(p->chain, &p->sp, sizeof(p->sp));
}

static void resolve(struct cluster *c, uint16_t id, const struct action *a)
{
	struct seat *s = &c->seat[id];
	struct node_view v;
	struct position p;

	s->aborted |= a->resolution == HSMREPL_ABORT && a->batch.coordinator == id;
	s->requeued |= a->resolution == HSMREPL_REQUEUE;
	node_look(s->n, &v);
	p = v.position;
	chain_of(&p);
	cluster_step(c, id, (struct event){ .type = EV_RESOLVED, .batch = a->batch,
					    .position = &p });
}

static void carry_out(struct cluster *c, uint16_t id, const struct action *a)
{
	struct seat *s = &c->seat[id];

	switch (a->type) {
	case ACT_SEND:
		post(c, id, a);
		break;
	case ACT_DROP:
		cluster_link(c, id, a->peer, false);
		break;
	case ACT_APPEND:
		append(c, id, a);
		break;
	case ACT_GRANT:
		s->granted = a->batch.number;
		break;
	case ACT_REVOKE:
		s->granted = 0;
		cluster_step(c, id, (struct event){ .type = EV_REVOKED });
		break;
	case ACT_PREPARE:
		cluster_step(c, id, (struct event){ .type = EV_PREPARED, .batch = a->batch,
						    .error = s->device_error });
		break;
	case ACT_RESOLVE:
		resolve(c, id, a);
		break;
	case ACT_ANSWER:
		s->answered = true;
		s->answer_error = a->error;
		strncpy(s->why, a->why ? a->why : "", sizeof(s->why) - 1);
		if (a->plan)
			s->plan = *a->plan;
		break;
	case ACT_SUBMIT_NODES:
		s->change = a->kind;
		s->change_nl = *a->nl;
		cluster_step(c, id, (struct event){ .type = EV_SUBMITTED });
		break;
	case ACT_CANDIDATE:
		s->candidate = a->nl ? a->nl->node[0].id : 0;
		break;
	case ACT_LOOKUP:
		s->looked_for = a->peer;
		s->place = *a->position;
		break;
	case ACT_REPORT:
		if (a->node_event)
			s->event = a->node_event;
		break;
	case ACT_SOON:
		s->soon = true;
		break;
	case ACT_MEMBERS:
	case ACT_TYPES:
		break;
	}
}

void cluster_deliver(struct cluster *c)
{
	while (c->head != c->tail) {
		struct letter *l = &c->queue[c->head++ % CLUSTER_QUEUE];
		struct letter copy = *l;

		if (c->linked[copy.from][copy.to] && c->seat[copy.to].up)
			cluster_step(c, copy.to,
				     (struct event){ .type = EV_MESSAGE, .peer = copy.from,
						     .data = { copy.bytes, copy.len } });
	}
}

void cluster_run(struct cluster *c)
{
	cluster_deliver(c);
	for (uint16_t id = 1; id <= c->n; id++) {
		if (!c->seat[id].soon || !c->seat[id].up)
			continue;
		c->seat[id].soon = false;
		cluster_step(c, id, (struct event){ .type = EV_TICK });
		cluster_deliver(c);
	}
}

void cluster_link(struct cluster *c, uint16_t a, uint16_t b, bool up)
{
	enum event_type type = up ? EV_PEER_UP : EV_PEER_DOWN;
	uint16_t x = c->seat[a].protocol, y = c->seat[b].protocol, both = x < y ? x : y;

	if (c->linked[a][b] == up || (up && (!c->seat[a].up || !c->seat[b].up)))
		return;
	c->linked[a][b] = c->linked[b][a] = up;
	if (c->seat[a].up)
		cluster_step(c, a, (struct event){ .type = type, .peer = b, .protocol = both });
	if (c->seat[b].up)
		cluster_step(c, b, (struct event){ .type = type, .peer = a, .protocol = both });
}

void cluster_crash(struct cluster *c, uint16_t id)
{
	c->seat[id].up = false;
	for (uint16_t other = 1; other <= c->n; other++)
		if (other != id)
			cluster_link(c, id, other, false);
}

void cluster_start(struct cluster *c, uint16_t id)
{
	struct seat *s = &c->seat[id];
	struct durable *d = &s->d;
	struct batch_id refused[CLUSTER_MAX];
	struct recovery r = {
		.nl = &d->nl, .protocol = s->protocol, .position = d->pos,
		.incarnation = ++d->incarnation,
		.slot = { d->slot, d->slot_len }, .slot_n_tls = 1, .slot_id = d->slot_id,
		.slot_refused = s->slot_refused,
		.last = d->last, .refused = refused, .promised = d->promised,
		.accepted = d->accepted, .value = { d->value, d->has_value ? DOWN_VALUE_LEN : 0 },
		.left = d->last.coordinator == id, .rolled_back = s->rolled_back,
	};

	for (uint16_t other = 1; other <= c->n; other++)
		if (d->refused[other].coordinator)
			refused[r.n_refused++] = d->refused[other];
	s->up = true;
	s->granted = 0;
	s->soon = false;
	cluster_step(c, id, (struct event){ .type = EV_BOOT, .recovery = &r });
	for (uint16_t other = 1; other <= c->n; other++)
		if (other != id)
			cluster_link(c, id, other, true);
	cluster_run(c);
}

void cluster_pass(struct cluster *c, unsigned int ms)
{
	for (unsigned int t = 0; t < ms; t += NODE_TICK_MS) {
		c->now += NODE_TICK_MS;
		for (uint16_t id = 1; id <= c->n; id++)
			if (c->seat[id].up)
				cluster_step(c, id, (struct event){ .type = EV_TICK });
		cluster_run(c);
	}
}

/* A node claims one transaction under its grant; nothing is delivered yet. */
static void claim(struct cluster *c, uint16_t id, struct hsmrepl_tl tl, const void *ops, size_t len,
		  const struct node_list *voters)
{
	struct seat *s = &c->seat[id];
	struct letter *l = &c->last;
	struct node_view v;

	node_look(s->n, &v);
	l->from = id;
	l->len = sizeof(tl) + len;
	tl.len = htole32((uint32_t)l->len);
	tl.format = htole16(1);
	tl.n_ops = htole16(1);
	tl.sync_point = htole64(v.position.sp);
	tl.seq = htole64(v.position.seq + 1);
	tl.epoch = htole64(v.position.epoch);
	tl.coordinator = htole16(id);
	tl.n_voters = htole16((uint16_t)voters->n);
	for (unsigned int i = 0; i < voters->n; i++)
		tl.voters[i] = htole16(voters->node[i].id);
	memcpy(l->bytes, &tl, sizeof(tl));
	memcpy(l->bytes + sizeof(tl), ops, len);
	cluster_step(c, id, (struct event){ .type = EV_CLAIMED, .n_tls = 1,
					    .batch = { id, s->granted },
					    .data = { l->bytes, l->len } });
	s->granted = 0;
}

static bool has_grant(struct cluster *c, uint16_t id)
{
	if (!c->seat[id].granted) {
		cluster_step(c, id, (struct event){ .type = EV_QUEUED });
		cluster_run(c);
	}
	return c->seat[id].granted;
}

/* A node claims one transaction that deletes "k", if it has a grant; nothing is delivered yet. */
bool cluster_write(struct cluster *c, uint16_t id, uint64_t tid)
{
	struct hsmrepl_tl tl = { .kind = htole16(HSMREPL_TL_DATA), .tid = htole64(tid) };
	struct hsmrepl_op op = { .len = htole32(72), .code = htole16(HSMREPL_OP_DELETE),
				 .label_len = htole16(1) };
	uint8_t ops[72] = { 0 };
	struct node_view v;

	if (!has_grant(c, id))
		return false;
	memcpy(ops, &op, sizeof(op));
	ops[sizeof(op)] = 'k';
	node_look(c->seat[id].n, &v);
	claim(c, id, tl, ops, sizeof(ops), v.nl);
	return true;
}

/* It claims the change of the node list that waits in its queue; nothing is delivered yet. */
bool cluster_change(struct cluster *c, uint16_t id, uint64_t tid)
{
	struct seat *s = &c->seat[id];
	struct hsmrepl_tl tl = { .kind = htole16(s->change), .tid = htole64(tid) };
	struct {
		struct hsmrepl_op op;
		struct hsmrepl_nl nl;
	} ops = {
		.op = { .len = htole32(sizeof(ops)), .code = htole16(HSMREPL_OP_NODES),
			.payload_len = htole32(sizeof(ops.nl)) },
	};
	struct node_view v;

	if (!s->change || !has_grant(c, id))
		return false;
	node_look(s->n, &v);
	nl_encode(&s->change_nl, &ops.nl);
	claim(c, id, tl, &ops, sizeof(ops),
	      s->change == HSMREPL_TL_NODE_ADD ? &s->change_nl : v.nl);
	s->change = 0;
	return true;
}

/* What was cut last is told to a learner as history. */
void cluster_feed(struct cluster *c, uint16_t id)
{
	struct letter copy = c->last;

	cluster_step(c, id, (struct event){ .type = EV_LEARN, .n_tls = 1,
					    .data = { copy.bytes, copy.len } });
	cluster_run(c);
}

void cluster_down(struct cluster *c, uint16_t at, uint16_t dead, bool dry, bool force)
{
	struct event ev = { .type = EV_NODE_DOWN, .request = 1,
			    .down = { .n = 1, .id = { dead }, .dry = dry, .force = force } };

	c->seat[at].answered = false;
	cluster_step(c, at, ev);
}

struct node_view cluster_look(struct cluster *c, uint16_t id)
{
	struct node_view v;

	node_look(c->seat[id].n, &v);
	return v;
}

static struct member member(uint16_t id)
{
	struct member m = { .id = id, .name = { 'n', (char)('0' + id) } };

	return m;
}

static void seat(struct cluster *c, uint16_t id, const struct node_list *nl,
		 const struct position *pos)
{
	struct seat *s = &c->seat[id];

	s->n = calloc(1, node_size);
	s->protocol = PROTOCOL_MAX;
	s->d.nl = *nl;
	s->d.pos = *pos;
	chain_of(&s->d.pos);
	node_init(s->n, id, member(id).name);
}

/* One more node, that stands where node 1 does and is not in the list; returns its id. */
uint16_t cluster_learner(struct cluster *c)
{
	struct node_view v = cluster_look(c, 1);
	uint16_t id = (uint16_t)++c->n;

	ck_assert_uint_le(id, CLUSTER_MAX);
	seat(c, id, v.nl, &v.position);
	cluster_start(c, id);
	cluster_pass(c, NODE_HEARTBEAT_MS);
	return id;
}

/* Ask @at to admit @who; what it answers is in the seat. */
void cluster_admit(struct cluster *c, uint16_t at, uint16_t who)
{
	struct node_list nl = { .n = 1, .node = { member(who) } };

	c->seat[at].answered = false;
	cluster_step(c, at, (struct event){ .type = EV_ADMIT, .request = 7, .nl = &nl });
	cluster_run(c);
}

/* A pool of @n members that stand at seq 3, all connected. */
void cluster_init(struct cluster *c, unsigned int n)
{
	struct node_list nl = { .pool = { 1 }, .epoch = 1, .n = n };

	memset(c, 0, sizeof(*c));
	c->n = n;
	c->now = 1000;
	c->queue = calloc(CLUSTER_QUEUE, sizeof(*c->queue));
	for (unsigned int i = 0; i < n; i++)
		nl.node[i] = member((uint16_t)(i + 1));
	for (uint16_t id = 1; id <= n; id++)
		seat(c, id, &nl, &(struct position){ .epoch = 1, .seq = 3, .sp = 0x33 });
	for (uint16_t id = 1; id <= n; id++)
		cluster_start(c, id);
	cluster_pass(c, NODE_HEARTBEAT_MS);
}

void cluster_free(struct cluster *c)
{
	for (uint16_t id = 1; id <= c->n; id++)
		free(c->seat[id].n);
	free(c->queue);
}

void cluster_hear(struct cluster *c, uint16_t from, uint16_t to, struct message m)
{
	uint8_t buf[WIRE_HEADER + WIRE_BODY_MAX + CLUSTER_FRAME];
	size_t len = wire_encode(&m, buf);

	if (m.tls.n)
		memcpy(buf + len, m.tls.p, m.tls.n);
	cluster_step(c, to, (struct event){ .type = EV_MESSAGE, .peer = from,
					    .data = { buf, len + m.tls.n } });
}

unsigned int cluster_last_said(const struct cluster *c)
{
	return c->head == c->tail ? MSG_END : c->queue[(c->tail - 1) % CLUSTER_QUEUE].bytes[4];
}

void cluster_at(struct cluster *c, uint64_t seq, uint64_t sp, unsigned int members)
{
	for (uint16_t id = 1; id <= c->n; id++) {
		struct node_view v = cluster_look(c, id);

		if (!c->seat[id].up)
			continue;
		ck_assert_uint_eq(v.position.seq, seq);
		ck_assert_uint_eq(v.position.sp, sp);
		ck_assert_uint_eq(v.nl->n, members);
		ck_assert_int_eq(v.slot, SLOT_FREE);
		ck_assert_int_eq(v.state, HSMREPL_MEMBER);
	}
}
