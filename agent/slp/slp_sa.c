// SPDX-License-Identifier: GPL-2.0
#include "slp_sa.h"

#include <assert.h>
#include <string.h>

#include "slp_attr.h"

#define TYPE_SERVICE_AGENT	"service:service-agent"
#define TYPE_DIRECTORY_AGENT	"service:directory-agent"
#define URL_SERVICE_AGENT	TYPE_SERVICE_AGENT "://"
#define SA_ATTRS		"(service-type=" SLP_TYPE ")"

/**
 * struct answer - a reply in the making
 * @self: who answers
 * @asked: the request as it came
 * @m: the request
 * @out: the reply
 * @attrs: our attribute list
 * @url: our URL
 * @list: what was selected of @attrs
 */
struct answer {
	const struct slp_self *self;
	const struct slp_asked *asked;
	struct slp_message m;
	struct slp_message out;
	char attrs[SLP_ATTRS_MAX];
	char url[SLP_URL_MAX];
	char list[SLP_ATTRS_MAX];
};

/* "Previous responders" that are no dotted address are ignored, an empty last one included. */
static bool has_answered(const struct slp_asked *asked, struct bytes responders)
{
	struct bytes item;
	uint32_t addr;

	while (slp_list_next(&responders, &item)) {
		if (item.n && ((const char *)item.p)[item.n - 1] == ',')
			item.n--;
		if (!slp_undotted(item, &addr))
			continue;
		for (unsigned int i = 0; i < asked->n_own; i++)
			if (asked->own[i] == addr)
				return true;
	}
	return false;
}

static bool is_type(struct bytes subject, const char *type)
{
	return slp_same(subject, slp_bytes(type), SLP_USE_SCOPE);
}

/* Whoever looks for agents need not know their scopes (section 11.2). */
static bool seeks_agents(const struct slp_message *m)
{
	return m->function == SLP_SRVRQST && (is_type(m->request.subject, TYPE_SERVICE_AGENT) ||
					      is_type(m->request.subject, TYPE_DIRECTORY_AGENT));
}

static enum slp_error check_scope(const struct answer *a)
{
	struct bytes scopes = a->m.request.scopes;

	if (!scopes.n && seeks_agents(&a->m))
		return SLP_OK;
	switch (slp_has_scope(scopes, slp_bytes(a->self->scope))) {
	case 1:
		return SLP_OK;
	case 0:
		return SLP_SCOPE_NOT_SUPPORTED;
	default:
		return SLP_PARSE_ERROR;
	}
}

/* The service agent itself: only who asks everybody is answered (section 8.6). */
static enum slp_error advertise(struct answer *a)
{
	struct slp_reply *reply = &a->out.reply;
	int holds = slp_filter(a->m.request.filter, slp_bytes(SA_ATTRS));
	char *p;

	if (holds < 0)
		return SLP_PARSE_ERROR;
	if (!holds || !a->m.multicast)
		return SLP_OK;
	a->out.function = SLP_SAADVERT;
	p = slp_append(a->url, URL_SERVICE_AGENT);
	slp_dotted(a->asked->here, p);
	reply->n_urls = 1;
	reply->url[0].url = slp_bytes(a->url);
	reply->scopes = slp_bytes(a->self->scope);
	reply->list = slp_bytes(SA_ATTRS);
	return SLP_OK;
}

static enum slp_error find_service(struct answer *a)
{
	const struct slp_request *q = &a->m.request;
	struct slp_reply *reply = &a->out.reply;
	int holds;

	if (is_type(q->subject, TYPE_SERVICE_AGENT))
		return advertise(a);
	holds = slp_filter(q->filter, slp_bytes(a->attrs));
	if (holds < 0)
		return SLP_PARSE_ERROR;
	if (!is_type(q->subject, SLP_TYPE))
		return SLP_OK;
	if (q->filter.n && !slp_is_english(a->m.language))
		return SLP_LANGUAGE_NOT_SUPPORTED;
	if (!holds)
		return SLP_OK;
	reply->n_urls = 1;
	reply->url[0].lifetime = SLP_LIFETIME_S;
	reply->url[0].url = slp_bytes(a->url);
	return SLP_OK;
}

static enum slp_error find_attrs(struct answer *a)
{
	const struct slp_request *q = &a->m.request;
	size_t n;

	if (!slp_attr_select(slp_bytes(a->attrs), q->filter, a->list, &n))
		return SLP_PARSE_ERROR;
	if (!is_type(q->subject, SLP_TYPE) &&
	    (q->subject.n != strlen(a->url) || memcmp(q->subject.p, a->url, q->subject.n)))
		return SLP_OK;
	if (!slp_is_english(a->m.language))
		return SLP_LANGUAGE_NOT_SUPPORTED;
	a->out.reply.list = (struct bytes){ a->list, n };
	return SLP_OK;
}

/* Ours has no naming authority, so it is IANA's. */
static enum slp_error find_types(struct answer *a)
{
	if (a->m.request.any_authority || !a->m.request.subject.n)
		a->out.reply.list = slp_bytes(SLP_TYPE);
	return SLP_OK;
}

static enum slp_error find(struct answer *a)
{
	enum slp_error error = check_scope(a);

	if (error)
		return error;
	if (a->m.request.spi.n)
		return SLP_AUTHENTICATION_UNKNOWN;
	if (a->m.function == SLP_SRVRQST)
		return find_service(a);
	return a->m.function == SLP_ATTRRQST ? find_attrs(a) : find_types(a);
}

static size_t room(const struct slp_asked *asked)
{
	size_t n = SLP_AMPLIFICATION * asked->data.n;

	if (asked->stream)
		return SLP_STREAM_MAX;
	return n < SLP_MTU ? n : SLP_MTU;
}

size_t slp_sa_answer(const struct slp_self *self, const struct slp_asked *asked, uint8_t *buf,
		     enum slp_error *why)
{
	struct answer a = { .self = self, .asked = asked };
	enum slp_function function;
	struct slp_reply *reply = &a.out.reply;

	*why = slp_decode(asked->data, &a.m);
	function = *why == SLP_JUNK ? 0 : slp_reply_to(a.m.function);
	if (!function)
		return 0;
	a.m.multicast |= asked->multicast;
	if (!*why && has_answered(asked, a.m.request.responders))
		return 0;
	a.out.function = function;
	a.out.xid = a.m.xid;
	a.out.language = a.m.language;
	slp_self_url(self, asked->here, a.url);
	slp_self_attrs(self, a.attrs);
	if (!*why)
		*why = find(&a);
	if (*why)
		*reply = (struct slp_reply){ .error = (uint16_t)*why };
	if (a.m.multicast && (*why || (!reply->n_urls && !reply->list.n)))
		return 0;
	return slp_encode(&a.out, buf, room(asked));
}
