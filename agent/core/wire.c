// SPDX-License-Identifier: GPL-2.0
#include "wire.h"

#include <assert.h>
#include <string.h>

/*
 * Cursors over a buffer. A reader that runs past its end turns bad and yields zeros, so a
 * decoder checks once, at its end.
 */
struct writer {
	uint8_t *p;
	size_t used;
};

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static void put(struct writer *w, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		w->p[w->used++] = (uint8_t)(v >> (8 * i));
}

static void put_bytes(struct writer *w, const void *p, size_t n)
{
	memcpy(w->p + w->used, p, n);
	w->used += n;
}

static uint64_t get(struct reader *r, unsigned int bytes)
{
	uint64_t v = 0;

	if (r->left < bytes) {
		r->bad = true;
		return 0;
	}
	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)r->p[i] << (8 * i);
	r->p += bytes;
	r->left -= bytes;
	return v;
}

static void get_bytes(struct reader *r, void *p, size_t n)
{
	if (r->left < n) {
		r->bad = true;
		memset(p, 0, n);
		return;
	}
	memcpy(p, r->p, n);
	r->p += n;
	r->left -= n;
}

static void put_batch(struct writer *w, const struct batch_id *b)
{
	put(w, b->coordinator, 8);
	put(w, b->number, 8);
}

static void get_batch(struct reader *r, struct batch_id *b)
{
	uint64_t coordinator = get(r, 8);

	if (coordinator > UINT16_MAX)
		r->bad = true;
	b->coordinator = (uint16_t)coordinator;
	b->number = get(r, 8);
}

static void put_turn(struct writer *w, const struct turn *t)
{
	put(w, t->number, 8);
	put(w, t->holder, 8);
}

static void get_turn(struct reader *r, struct turn *t)
{
	uint64_t holder;

	t->number = get(r, 8);
	holder = get(r, 8);
	if (holder > UINT16_MAX)
		r->bad = true;
	t->holder = (uint16_t)holder;
}

static void put_hello(struct writer *w, const struct message *m)
{
	put_bytes(w, m->hello.pool, sizeof(m->hello.pool));
	put(w, m->hello.position.epoch, 8);
	put(w, m->hello.position.seq, 8);
	put(w, m->hello.position.sp, 8);
	put(w, m->hello.position.digest, 8);
	put_bytes(w, m->hello.position.chain, sizeof(m->hello.position.chain));
	put_batch(w, &m->hello.slot);
	put(w, m->hello.slot_seq, 8);
	put(w, m->hello.slot_sp, 8);
	put_turn(w, &m->turn);
	put(w, m->hello.flags | (uint64_t)m->hello.meets << 32, 8);
	put(w, m->hello.sent_ms, 8);
	put(w, m->hello.echo_ms, 8);
}

static void get_hello(struct reader *r, struct message *m)
{
	uint64_t flags;

	get_bytes(r, m->hello.pool, sizeof(m->hello.pool));
	m->hello.position.epoch = get(r, 8);
	m->hello.position.seq = get(r, 8);
	m->hello.position.sp = get(r, 8);
	m->hello.position.digest = get(r, 8);
	get_bytes(r, m->hello.position.chain, sizeof(m->hello.position.chain));
	get_batch(r, &m->hello.slot);
	m->hello.slot_seq = get(r, 8);
	m->hello.slot_sp = get(r, 8);
	get_turn(r, &m->turn);
	flags = get(r, 8);
	if ((uint32_t)flags & ~(uint32_t)HELLO_FLAGS || flags >> 48)
		r->bad = true;
	m->hello.flags = (uint32_t)flags;
	m->hello.meets = (uint16_t)(flags >> 32);
	m->hello.sent_ms = get(r, 8);
	m->hello.echo_ms = get(r, 8);
}

static void put_vote(struct writer *w, const struct message *m)
{
	put_batch(w, &m->batch);
	put_turn(w, &m->turn);
	put(w, m->yes, 2);
	put(w, m->refusal, 2);
	put(w, (uint32_t)m->error, 4);
}

static void get_vote(struct reader *r, struct message *m)
{
	uint64_t yes, refusal, error;

	get_batch(r, &m->batch);
	get_turn(r, &m->turn);
	yes = get(r, 2);
	refusal = get(r, 2);
	error = get(r, 4);
	if (yes > 1 || refusal >= REFUSALS || (yes == 1) != (refusal == REFUSAL_NONE) ||
	    error > WIRE_ERRNO_MAX)
		r->bad = true;
	m->yes = yes == 1;
	m->refusal = r->bad ? REFUSAL_NONE : (enum refusal)refusal;
	m->error = r->bad ? 0 : (int)error;
}

static void put_down(struct writer *w, const struct down_message *d)
{
	put(w, d->ballot, 8);
	put(w, d->promised, 8);
	put(w, d->accepted, 8);
	put(w, d->flags, 8);
	put(w, d->seq, 8);
	put(w, d->sp, 8);
	put_batch(w, &d->slot);
	put(w, d->slot_seq, 8);
	put(w, d->slot_sp, 8);
	put(w, d->n_tids, 8);
}

/* The tail holds just what the type says: a value, TIDs, or nothing. */
static void get_down(struct reader *r, struct message *m)
{
	struct down_message *d = &m->down;
	size_t tail = 0;

	d->ballot = get(r, 8);
	d->promised = get(r, 8);
	d->accepted = get(r, 8);
	d->flags = get(r, 8);
	d->seq = get(r, 8);
	d->sp = get(r, 8);
	get_batch(r, &d->slot);
	d->slot_seq = get(r, 8);
	d->slot_sp = get(r, 8);
	d->n_tids = get(r, 8);
	if (d->n_tids > HSMREPL_BATCH_TLS_MAX || d->flags & ~(uint64_t)(DOWN_DRY | DOWN_NO))
		r->bad = true;
	else if (m->type == MSG_DOWN_ACCEPT || m->type == MSG_DOWN_CHOSEN || d->accepted)
		tail = DOWN_VALUE_LEN;
	else
		tail = d->n_tids * 8;
	if (r->left != tail)
		r->bad = true;
	m->tls = (struct bytes){ r->p, r->bad ? 0 : tail };
	r->left = 0;
}

void value_encode(const struct down_value *v, uint8_t *buf)
{
	struct writer w = { .p = buf };

	assert(v->tl.n == DOWN_TL_LEN);
	put_batch(&w, &v->record);
	put_batch(&w, &v->settles);
	put_bytes(&w, v->tl.p, v->tl.n);
}

void value_decode(const uint8_t *buf, struct down_value *v)
{
	struct reader r = { .p = buf, .left = DOWN_VALUE_LEN };

	get_batch(&r, &v->record);
	get_batch(&r, &v->settles);
	v->tl = (struct bytes){ r.p, r.left };
}

static void put_body(struct writer *w, const struct message *m)
{
	switch (m->type) {
	case MSG_HELLO:
		put_hello(w, m);
		break;
	case MSG_PREPARE:
		put_batch(w, &m->batch);
		put(w, m->n_tls, 8);
		break;
	case MSG_VOTE:
		put_vote(w, m);
		break;
	case MSG_COMMIT:
		put_batch(w, &m->batch);
		put_turn(w, &m->turn);
		put(w, m->seq, 8);
		put(w, m->sp, 8);
		break;
	case MSG_ABORT:
	case MSG_ABORTED:
	case MSG_INQUIRE:
		put_batch(w, &m->batch);
		break;
	case MSG_WANT:
		break;
	case MSG_TURN:
		put_turn(w, &m->turn);
		break;
	case MSG_DOWN_ASK:
	case MSG_DOWN_REPORT:
	case MSG_DOWN_ACCEPT:
	case MSG_DOWN_ACCEPTED:
	case MSG_DOWN_CHOSEN:
		put_down(w, &m->down);
		break;
	case MSG_LEARN:
		put(w, m->n_tls, 8);
		break;
	case MSG_CANDIDATE:
	case MSG_END:
		break;
	}
}

static void get_tls(struct reader *r, struct message *m)
{
	uint64_t n = get(r, 8);

	if (n == 0 || n > HSMREPL_BATCH_TLS_MAX || r->left < n * sizeof(struct hsmrepl_tl) ||
	    r->left > HSMREPL_BATCH_MAX)
		r->bad = true;
	m->n_tls = r->bad ? 0 : (unsigned int)n;
	m->tls = (struct bytes){ r->p, r->left };
	r->left = 0;
}

static void get_body(struct reader *r, struct message *m)
{
	switch (m->type) {
	case MSG_HELLO:
		get_hello(r, m);
		break;
	case MSG_PREPARE:
		get_batch(r, &m->batch);
		get_tls(r, m);
		break;
	case MSG_VOTE:
		get_vote(r, m);
		break;
	case MSG_COMMIT:
		get_batch(r, &m->batch);
		get_turn(r, &m->turn);
		m->seq = get(r, 8);
		m->sp = get(r, 8);
		break;
	case MSG_ABORT:
	case MSG_ABORTED:
	case MSG_INQUIRE:
		get_batch(r, &m->batch);
		break;
	case MSG_WANT:
		break;
	case MSG_TURN:
		get_turn(r, &m->turn);
		break;
	case MSG_DOWN_ASK:
	case MSG_DOWN_REPORT:
	case MSG_DOWN_ACCEPT:
	case MSG_DOWN_ACCEPTED:
	case MSG_DOWN_CHOSEN:
		get_down(r, m);
		break;
	case MSG_LEARN:
		get_tls(r, m);
		break;
	case MSG_CANDIDATE:
		m->tls = (struct bytes){ r->p, r->left };
		r->left = 0;
		break;
	case MSG_END:
		break;
	}
}

size_t wire_encode(const struct message *m, uint8_t *buf)
{
	struct writer w = { .p = buf, .used = WIRE_HEADER };
	struct writer header = { .p = buf };

	put_body(&w, m);
	assert(w.used <= WIRE_HEADER + WIRE_BODY_MAX);
	put(&header, w.used + m->tls.n, 4);
	put(&header, m->type, 2);
	put(&header, 0, 2);
	put(&header, m->epoch, 8);
	return w.used;
}

bool wire_decode(struct bytes frame, struct message *m)
{
	struct reader r = { .p = frame.p, .left = frame.n };
	uint64_t type;

	memset(m, 0, sizeof(*m));
	if (get(&r, 4) != frame.n)
		return false;
	type = get(&r, 2);
	if (get(&r, 2) != 0 || type < MSG_HELLO || type >= MSG_END)
		return false;
	m->epoch = get(&r, 8);
	m->type = (enum message_type)type;
	get_body(&r, m);
	return !r.bad && r.left == 0;
}
