// SPDX-License-Identifier: GPL-2.0
#include "slp.h"

#include <string.h>

#include "slp_text.h"

#define VERSION		2
#define FLAG_OVERFLOW	0x8000
#define FLAG_MULTICAST	0x2000
#define FLAGS_RESERVED	0x1fff

/* Where the fields of the header are (section 8). */
enum {
	AT_VERSION = 0,
	AT_FUNCTION = 1,
	AT_LENGTH = 2,
	AT_FLAGS = 5,
	AT_EXTENSION = 7,
	AT_XID = 10,
	AT_LANGUAGE = 12,
	HEAD_LEN = 14,
};

#define EXTENSION_LEN		5	/* id and offset of the next one */
#define EXTENSION_MUST_FIRST	0x4000	/* mandatory ones */
#define EXTENSION_MUST_LAST	0x7fff
#define AUTH_BLOCK_LEN		10	/* with an empty SPI and nothing behind it */

/* A cursor; one that ran past its end is bad and yields nothing. */
struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct writer {
	uint8_t *p;
	size_t used;
	size_t max;
	bool full;
};

static uint32_t number(const uint8_t *p, unsigned int bytes)
{
	uint32_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static struct bytes take(struct reader *r, size_t n)
{
	struct bytes b = { r->p, n };

	if (r->bad || r->left < n) {
		r->bad = true;
		return (struct bytes){ r->p, 0 };
	}
	r->p += n;
	r->left -= n;
	return b;
}

static uint32_t get(struct reader *r, unsigned int bytes)
{
	struct bytes b = take(r, bytes);

	return b.n ? number(b.p, bytes) : 0;
}

/* A string: its length, its bytes, which are text. */
static struct bytes text(struct reader *r)
{
	struct bytes b = take(r, get(r, 2));

	if (!slp_is_text(b))
		r->bad = true;
	return b;
}

/* Blocks of signatures: nobody here can verify them, but they must be well formed. */
static void skip_auths(struct reader *r)
{
	for (uint32_t n = get(r, 1); n && !r->bad; n--) {
		uint32_t len, spi;

		get(r, 2);
		len = get(r, 2);
		get(r, 4);
		spi = get(r, 2);
		if (len < AUTH_BLOCK_LEN + spi)
			r->bad = true;
		else
			take(r, len - AUTH_BLOCK_LEN);
	}
}

static void read_urls(struct reader *r, struct slp_reply *reply)
{
	for (uint32_t n = get(r, 2); n && !r->bad; n--) {
		struct slp_url u;

		get(r, 1);
		u.lifetime = (uint16_t)get(r, 2);
		u.url = text(r);
		skip_auths(r);
		if (!u.url.n)
			r->bad = true;
		if (reply->n_urls < SLP_URLS_MAX)
			reply->url[reply->n_urls++] = u;
	}
}

static void read_authority(struct reader *r, struct slp_request *q)
{
	if (r->left >= 2 && number(r->p, 2) == SLP_ANY_AUTHORITY) {
		get(r, 2);
		q->any_authority = true;
	} else {
		q->subject = text(r);
	}
}

static void read_request(struct reader *r, struct slp_message *m)
{
	struct slp_request *q = &m->request;

	q->responders = text(r);
	if (m->function == SLP_SRVTYPERQST) {
		read_authority(r, q);
		q->scopes = text(r);
		return;
	}
	q->subject = text(r);
	q->scopes = text(r);
	q->filter = text(r);
	q->spi = text(r);
	if (!q->subject.n)
		r->bad = true;
}

static void read_reply(struct reader *r, struct slp_message *m)
{
	struct slp_reply *reply = &m->reply;

	if (m->function == SLP_SAADVERT) {
		reply->n_urls = 1;
		reply->url[0].url = text(r);
		reply->scopes = text(r);
		reply->list = text(r);
		skip_auths(r);
		return;
	}
	reply->error = (uint16_t)get(r, 2);
	if (reply->error) {
		take(r, r->left);
		return;
	}
	if (m->function == SLP_SRVRPLY) {
		read_urls(r, reply);
		return;
	}
	reply->list = text(r);
	if (m->function == SLP_ATTRRPLY)
		skip_auths(r);
}

/* Each lies behind the one before, within the message. */
static enum slp_error walk_extensions(const uint8_t *p, size_t n, size_t at)
{
	while (at) {
		uint32_t id, next;

		if (at > n || n - at < EXTENSION_LEN)
			return SLP_PARSE_ERROR;
		id = number(p + at, 2);
		next = number(p + at + 2, 3);
		if (id >= EXTENSION_MUST_FIRST && id <= EXTENSION_MUST_LAST)
			return SLP_OPTION_NOT_UNDERSTOOD;
		if (next && next < at + EXTENSION_LEN)
			return SLP_PARSE_ERROR;
		at = next;
	}
	return SLP_OK;
}

static bool is_function(uint8_t f)
{
	return f >= SLP_SRVRQST && f <= SLP_SAADVERT;
}

/* What is needed to answer even a message that is wrong. */
static bool read_header(const uint8_t *p, size_t n, struct slp_message *m, struct reader *body)
{
	uint32_t flags, language;

	if (n < HEAD_LEN || !is_function(p[AT_FUNCTION]) || number(p + AT_LENGTH, 3) != n)
		return false;
	flags = number(p + AT_FLAGS, 2);
	language = number(p + AT_LANGUAGE, 2);
	m->language = (struct bytes){ p + HEAD_LEN, language };
	if (n - HEAD_LEN < language || !slp_is_language(m->language))
		return false;
	m->function = (enum slp_function)p[AT_FUNCTION];
	m->overflow = flags & FLAG_OVERFLOW;
	m->multicast = flags & FLAG_MULTICAST;
	m->xid = (uint16_t)number(p + AT_XID, 2);
	body->p = p + HEAD_LEN + language;
	body->left = n - HEAD_LEN - language;
	body->bad = flags & FLAGS_RESERVED;
	return true;
}

static enum slp_error read_body(struct reader *r, struct slp_message *m)
{
	switch (m->function) {
	case SLP_SRVRQST:
	case SLP_ATTRRQST:
	case SLP_SRVTYPERQST:
		if (m->overflow)
			return SLP_PARSE_ERROR;
		read_request(r, m);
		break;
	case SLP_SRVRPLY:
	case SLP_ATTRRPLY:
	case SLP_SRVTYPERPLY:
	case SLP_SAADVERT:
		if (m->multicast)
			return SLP_PARSE_ERROR;
		if (m->overflow)
			return r->bad ? SLP_PARSE_ERROR : SLP_OK;
		read_reply(r, m);
		break;
	case SLP_SRVREG:
	case SLP_SRVDEREG:
	case SLP_SRVACK:
	case SLP_DAADVERT:
		return SLP_MSG_NOT_SUPPORTED;
	}
	return r->bad || r->left ? SLP_PARSE_ERROR : SLP_OK;
}

enum slp_error slp_decode(struct bytes data, struct slp_message *m)
{
	const uint8_t *p = data.p;
	struct reader body;
	size_t extension;
	enum slp_error error;

	memset(m, 0, sizeof(*m));
	if (!read_header(p, data.n, m, &body))
		return SLP_JUNK;
	if (p[AT_VERSION] != VERSION)
		return SLP_VER_NOT_SUPPORTED;
	extension = number(p + AT_EXTENSION, 3);
	if (extension) {
		error = walk_extensions(p, data.n, extension);
		if (error || extension < (size_t)(body.p - p))
			return error ? error : SLP_PARSE_ERROR;
		body.left = extension - (size_t)(body.p - p);
	}
	return read_body(&body, m);
}

size_t slp_length(const uint8_t head[SLP_LENGTH_BYTES])
{
	return number(head + AT_LENGTH, 3);
}

enum slp_function slp_reply_to(enum slp_function f)
{
	switch (f) {
	case SLP_SRVRQST:
		return SLP_SRVRPLY;
	case SLP_ATTRRQST:
		return SLP_ATTRRPLY;
	case SLP_SRVTYPERQST:
		return SLP_SRVTYPERPLY;
	case SLP_SRVRPLY:
	case SLP_SRVREG:
	case SLP_SRVDEREG:
	case SLP_SRVACK:
	case SLP_ATTRRPLY:
	case SLP_DAADVERT:
	case SLP_SRVTYPERPLY:
	case SLP_SAADVERT:
		break;
	}
	return 0;
}

static void put(struct writer *w, uint32_t v, unsigned int bytes)
{
	if (w->max - w->used < bytes) {
		w->full = true;
		return;
	}
	for (unsigned int i = bytes; i-- > 0;)
		w->p[w->used++] = (uint8_t)(v >> (8 * i));
}

static void put_text(struct writer *w, struct bytes b)
{
	put(w, (uint32_t)b.n, 2);
	if (w->full || w->max - w->used < b.n) {
		w->full = true;
		return;
	}
	if (b.n)
		memcpy(w->p + w->used, b.p, b.n);
	w->used += b.n;
}

static void put_request(struct writer *w, const struct slp_message *m)
{
	const struct slp_request *q = &m->request;

	put_text(w, q->responders);
	if (m->function == SLP_SRVTYPERQST && q->any_authority)
		put(w, SLP_ANY_AUTHORITY, 2);
	else
		put_text(w, q->subject);
	put_text(w, q->scopes);
	if (m->function == SLP_SRVTYPERQST)
		return;
	put_text(w, q->filter);
	put_text(w, q->spi);
}

static void put_url(struct writer *w, const struct slp_url *u)
{
	put(w, 0, 1);
	put(w, u->lifetime, 2);
	put_text(w, u->url);
	put(w, 0, 1);
}

/* As many whole entries as fit; the count before them says how many. Returns whether all did. */
static bool put_urls(struct writer *w, const struct slp_reply *reply)
{
	struct writer count = *w, mark;
	unsigned int n = 0;

	put(w, 0, 2);
	for (; n < reply->n_urls && !w->full; n++) {
		mark = *w;
		put_url(w, &reply->url[n]);
		if (w->full) {
			*w = mark;
			break;
		}
	}
	put(&count, n, 2);
	return n == reply->n_urls;
}

/* A list cut between items so that @behind more bytes fit. Returns whether it is whole. */
static bool put_list(struct writer *w, struct bytes list, size_t behind)
{
	size_t room = w->max - w->used;
	struct bytes cut = list;

	if (room < 2 + behind) {
		w->full = true;
		return true;
	}
	if (list.n > room - 2 - behind)
		cut.n = slp_list_cut(list, room - 2 - behind);
	put_text(w, cut);
	put(w, 0, (unsigned int)behind);
	return cut.n == list.n;
}

/* Returns whether the whole reply is there. */
static bool put_reply(struct writer *w, const struct slp_message *m)
{
	const struct slp_reply *reply = &m->reply;

	if (m->function == SLP_SAADVERT) {
		put_text(w, reply->url[0].url);
		put_text(w, reply->scopes);
		return put_list(w, reply->list, 1);
	}
	put(w, reply->error, 2);
	if (m->function == SLP_SRVRPLY)
		return put_urls(w, reply);
	return put_list(w, reply->list, m->function == SLP_ATTRRPLY ? 1 : 0);
}

size_t slp_encode(const struct slp_message *m, uint8_t *buf, size_t max)
{
	struct writer w = { .p = buf, .max = max }, over;
	uint32_t flags = m->multicast ? FLAG_MULTICAST : 0;
	bool whole = true;

	put(&w, VERSION, 1);
	put(&w, m->function, 1);
	put(&w, 0, 3);
	put(&w, 0, 2);
	put(&w, 0, 3);
	put(&w, m->xid, 2);
	put_text(&w, m->language);
	if (slp_reply_to(m->function))
		put_request(&w, m);
	else
		whole = put_reply(&w, m);
	if (w.full)
		return 0;
	if (!whole || m->overflow)
		flags |= FLAG_OVERFLOW;
	over = (struct writer){ .p = buf, .used = AT_LENGTH, .max = max };
	put(&over, (uint32_t)w.used, 3);
	put(&over, flags, 2);
	return w.used;
}
