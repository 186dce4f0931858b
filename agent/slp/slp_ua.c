// SPDX-License-Identifier: GPL-2.0
#include "slp_ua.h"

#include <string.h>

#define LANGUAGE "en"

/* splitmix64 */
static uint64_t draw(struct slp_ua *ua)
{
	uint64_t z = ua->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 is for unsolicited messages. */
static uint16_t draw_xid(struct slp_ua *ua)
{
	return (uint16_t)(1 + draw(ua) % UINT16_MAX);
}

void slp_ua_init(struct slp_ua *ua, const struct slp_self *self, uint64_t seed, uint64_t first_ms)
{
	memset(ua, 0, sizeof(*ua));
	ua->self = self;
	ua->seed = seed;
	ua->round.next_ms = first_ms;
}

uint64_t slp_ua_due(const struct slp_ua *ua)
{
	uint64_t due = ua->round.next_ms;

	for (unsigned int i = 0; i < SLP_ASKS_MAX; i++)
		if (ua->ask[i].to && ua->ask[i].next_ms < due)
			due = ua->ask[i].next_ms;
	for (unsigned int i = 0; i < ua->n_peers; i++)
		if (ua->peer[i].until_ms < due)
			due = ua->peer[i].until_ms;
	return due;
}

/* "10.0.0.1,10.0.0.2" */
static struct bytes responders(const struct slp_round *r, char *text)
{
	char *p = text;

	for (unsigned int i = 0; i < r->n_responders; i++) {
		if (i)
			*p++ = ',';
		slp_dotted(r->responder[i], p);
		p += strlen(p);
	}
	return (struct bytes){ text, (size_t)(p - text) };
}

/* The request of the round, as multicast or, with @to, for one who gave a cut answer. */
static bool put_search(const struct slp_ua *ua, uint32_t to, struct slp_send *out)
{
	char text[SLP_RESPONDERS_MAX * SLP_DOTTED_MAX];
	struct slp_message m = {
		.function = SLP_SRVRQST,
		.multicast = !to,
		.xid = ua->round.xid,
		.language = slp_bytes(LANGUAGE),
		.request = { .subject = slp_bytes(SLP_TYPE), .scopes = slp_bytes(ua->self->scope) },
	};

	if (!to)
		m.request.responders = responders(&ua->round, text);
	out->to = to;
	out->n = slp_encode(&m, out->data, sizeof(out->data));
	return out->n;
}

static bool put_ask(const struct slp_ua *ua, const struct slp_ask *ask, struct slp_send *out)
{
	struct slp_message m = {
		.function = SLP_ATTRRQST,
		.xid = ask->xid,
		.language = slp_bytes(LANGUAGE),
	};
	char url[SLP_URL_MAX];

	slp_append(slp_append(url, SLP_TYPE "://"), ask->address);
	m.request.subject = slp_bytes(url);
	m.request.scopes = slp_bytes(ua->self->scope);
	out->to = ask->to;
	out->n = slp_encode(&m, out->data, sizeof(out->data));
	return out->n;
}

static void rest(struct slp_ua *ua, uint64_t now_ms)
{
	ua->round.wait_ms = 0;
	ua->round.next_ms = now_ms + SLP_PAUSE_MS * 3 / 4 + draw(ua) % (SLP_PAUSE_MS / 2);
}

static void begin(struct slp_ua *ua, uint64_t now_ms)
{
	ua->round = (struct slp_round){
		.next_ms = now_ms,
		.wait_ms = SLP_CONFIG_RETRY,
		.end_ms = now_ms + SLP_CONFIG_MC_MAX,
		.begun_ms = now_ms,
		.xid = draw_xid(ua),
		.fresh = true,
	};
}

/* The request again, with a longer list of those who answered, until nobody new does. */
static bool step_round(struct slp_ua *ua, uint64_t now_ms, struct slp_send *out)
{
	struct slp_round *r = &ua->round;

	if (now_ms < r->next_ms)
		return false;
	if (!r->wait_ms)
		begin(ua, now_ms);
	if (now_ms >= r->end_ms || (r->n_responders && !r->fresh) || !put_search(ua, 0, out)) {
		rest(ua, now_ms);
		return false;
	}
	r->fresh = false;
	r->next_ms = now_ms + r->wait_ms < r->end_ms ? now_ms + r->wait_ms : r->end_ms;
	r->wait_ms *= 2;
	return true;
}

static bool step_ask(struct slp_ua *ua, struct slp_ask *ask, uint64_t now_ms, struct slp_send *out)
{
	if (!ask->to || now_ms < ask->next_ms)
		return false;
	if (now_ms >= ask->end_ms || !put_ask(ua, ask, out)) {
		ask->to = 0;
		return false;
	}
	ask->next_ms = now_ms + ask->wait_ms < ask->end_ms ? now_ms + ask->wait_ms : ask->end_ms;
	ask->wait_ms *= 2;
	return true;
}

bool slp_ua_step(struct slp_ua *ua, uint64_t now_ms, struct slp_send *out)
{
	for (unsigned int i = 0; i < SLP_ASKS_MAX; i++)
		if (step_ask(ua, &ua->ask[i], now_ms, out))
			return true;
	return step_round(ua, now_ms, out);
}

void slp_ua_hurry(struct slp_ua *ua, uint64_t now_ms)
{
	struct slp_round *r = &ua->round;
	uint64_t at = now_ms + 1 + draw(ua) % SLP_HURRY_MS;

	/* Whoever makes us hurry cannot make us do nothing else. */
	if (r->begun_ms && at < r->begun_ms + SLP_GAP_MS)
		at = r->begun_ms + SLP_GAP_MS;
	if (!r->wait_ms && at < r->next_ms)
		r->next_ms = at;
}

void slp_ua_restart(struct slp_ua *ua, uint64_t now_ms)
{
	rest(ua, now_ms);
	slp_ua_hurry(ua, now_ms);
}

static struct slp_ask *ask_of(struct slp_ua *ua, uint32_t from, uint16_t xid)
{
	for (unsigned int i = 0; i < SLP_ASKS_MAX; i++)
		if (ua->ask[i].to && ua->ask[i].to == from && ua->ask[i].xid == xid)
			return &ua->ask[i];
	return NULL;
}

static void start_ask(struct slp_ua *ua, uint64_t now_ms, uint32_t to, const struct slp_url *u)
{
	char address[HSMREPL_ADDRESS_MAX];
	struct slp_ask *room = NULL;

	if (!u->lifetime || !slp_read_url(u->url, address))
		return;
	for (unsigned int i = 0; i < SLP_ASKS_MAX; i++) {
		struct slp_ask *ask = &ua->ask[i];

		if (!ask->to)
			room = room ? room : ask;
		else if (ask->to == to && !strcmp(ask->address, address))
			return;
	}
	if (!room)
		return;
	*room = (struct slp_ask){
		.to = to,
		.lifetime = u->lifetime,
		.xid = draw_xid(ua),
		.next_ms = now_ms,
		.wait_ms = SLP_CONFIG_RETRY,
		.end_ms = now_ms + SLP_CONFIG_RETRY_MAX,
	};
	memcpy(room->address, address, sizeof(address));
}

/* Whether this one has not answered in this round before; it is noted. */
static bool note_responder(struct slp_round *r, uint32_t from)
{
	for (unsigned int i = 0; i < r->n_responders; i++)
		if (r->responder[i] == from)
			return false;
	if (r->n_responders == SLP_RESPONDERS_MAX)
		return false;
	r->responder[r->n_responders++] = from;
	r->fresh = true;
	return true;
}

static void hear_urls(struct slp_ua *ua, uint64_t now_ms, uint32_t from,
		      const struct slp_message *m)
{
	if (!note_responder(&ua->round, from))
		return;
	for (unsigned int i = 0; i < m->reply.n_urls; i++)
		start_ask(ua, now_ms, from, &m->reply.url[i]);
}

static struct slp_peer *peer_of(struct slp_ua *ua, uint16_t id)
{
	for (unsigned int i = 0; i < ua->n_peers; i++)
		if (ua->peer[i].node.id == id)
			return &ua->peer[i];
	return NULL;
}

static bool same_node(const struct slp_node *a, const struct slp_node *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->address, b->address) && a->mode == b->mode &&
	       !strcmp(a->key_set, b->key_set) && !strcmp(a->pool, b->pool);
}

/* Whether the id is in use at another place, or was until just now. */
static bool is_elsewhere(const struct slp_peer *known, const struct slp_peer *heard)
{
	return known && known->responder != heard->responder &&
	       heard->heard_ms - known->heard_ms < SLP_MOVE_MS;
}

/*
 * The first to use an id keeps it for as long as it is heard. The same name at two places is one
 * node with two interfaces, or one that moved.
 */
static enum slp_heard enter(struct slp_ua *ua, const struct slp_peer *heard)
{
	struct slp_peer *known = peer_of(ua, heard->node.id);
	bool same;

	if (heard->node.id == ua->self->node.id)
		return SLP_HEARD_CLASH;
	if (is_elsewhere(known, heard))
		return strcmp(known->node.name, heard->node.name) ? SLP_HEARD_CLASH :
								    SLP_HEARD_NOTHING;
	if (!known && ua->n_peers == SLP_PEERS_MAX)
		return SLP_HEARD_FULL;
	if (!known) {
		ua->peer[ua->n_peers++] = *heard;
		return SLP_HEARD_NEW;
	}
	same = same_node(&known->node, &heard->node);
	*known = *heard;
	return same ? SLP_HEARD_NOTHING : SLP_HEARD_CHANGED;
}

static enum slp_heard hear_attrs(struct slp_ua *ua, uint64_t now_ms, struct slp_ask *ask,
				 const struct slp_message *m, struct slp_peer *peer)
{
	uint64_t lifetime = ask->lifetime < SLP_LIFETIME_MAX_S ? ask->lifetime : SLP_LIFETIME_MAX_S;

	memset(peer, 0, sizeof(*peer));
	memcpy(peer->node.address, ask->address, sizeof(ask->address));
	peer->responder = ask->to;
	peer->heard_ms = now_ms;
	peer->until_ms = now_ms + 1000 * lifetime;
	ask->to = 0;
	if (m->reply.error || !slp_read_attrs(m->reply.list, &peer->node))
		return SLP_HEARD_NOTHING;
	return enter(ua, peer);
}

/* Whether a reply is to the round that is under way. */
static bool is_of_round(const struct slp_ua *ua, const struct slp_message *m)
{
	return m->function == SLP_SRVRPLY && ua->round.wait_ms && m->xid == ua->round.xid;
}

enum slp_heard slp_ua_hear(struct slp_ua *ua, uint64_t now_ms, uint32_t from, struct bytes data,
			   struct slp_peer *peer)
{
	struct slp_ask *ask;
	struct slp_message m;

	if (!from || slp_decode(data, &m) != SLP_OK)
		return SLP_HEARD_NOTHING;
	ask = m.function == SLP_ATTRRPLY ? ask_of(ua, from, m.xid) : NULL;
	if (!ask && !is_of_round(ua, &m))
		return SLP_HEARD_NOTHING;
	if (m.overflow)
		return SLP_HEARD_CUT;
	if (ask)
		return hear_attrs(ua, now_ms, ask, &m, peer);
	if (!m.reply.error)
		hear_urls(ua, now_ms, from, &m);
	return SLP_HEARD_NOTHING;
}

bool slp_ua_again(struct slp_ua *ua, uint32_t from, struct bytes reply, struct slp_send *out)
{
	struct slp_ask *ask;
	struct slp_message m;

	if (slp_decode(reply, &m) != SLP_OK)
		return false;
	ask = m.function == SLP_ATTRRPLY ? ask_of(ua, from, m.xid) : NULL;
	if (ask)
		return put_ask(ua, ask, out);
	return is_of_round(ua, &m) && put_search(ua, from, out);
}

bool slp_ua_expire(struct slp_ua *ua, uint64_t now_ms, struct slp_peer *gone)
{
	for (unsigned int i = 0; i < ua->n_peers; i++) {
		if (ua->peer[i].until_ms > now_ms)
			continue;
		*gone = ua->peer[i];
		ua->peer[i] = ua->peer[--ua->n_peers];
		return true;
	}
	return false;
}
