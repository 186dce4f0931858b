// SPDX-License-Identifier: GPL-2.0
/* What a node answers to which request, and that nobody gains by asking in another one's name. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "slp_sa.h"

#define HERE 0x0a000001u	/* 10.0.0.1 */
#define OTHER 0x0a010001u	/* 10.1.0.1, our second interface */
#define URL "service:hsmrepl://10.0.0.1:4327"
#define ATTRS "(node-id=1),(node-name=n1),(mode=normal),(key-set=0123456789abcdef),(pool=none)"
#define EN { "en", 2 }
#define T(s) { s, sizeof(s) - 1 }

static const struct slp_self self = {
	.scope = "lab\\2c 2nd floor",
	.node = { .id = 1, .name = "n1", .mode = HSMREPL_MODE_NORMAL,
		  .key_set = "0123456789abcdef" },
	.port = 4327,
};

/**
 * struct question - a request, and its answer
 * @silent: no answer when it is unicast either
 * @error: of the answer to unicast; a multicast request is not answered then
 * @list: of the answer: URL, attributes or types; NULL: an empty answer, none to multicast
 */
static const struct question {
	const char *what;
	struct slp_message m;
	bool silent;
	enum slp_error error;
	const char *list;
} questions[] = {
	{ "our service", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("Service:HSMREPL"), .scopes = T("x,LAB\\2C  2nd  floor") } },
	  .list = URL },
	{ "with a predicate that holds", { .function = SLP_SRVRQST, .language = T("en-GB"),
	  .request = { .subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor"),
		       .filter = T("(&(node-id<=1)(mode=NORMAL))") } }, .list = URL },
	{ "with one that does not", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor"),
		.filter = T("(node-id=2)") } }, .list = NULL },
	{ "with one that is none", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor"),
		.filter = T("node-id=2") } }, .error = SLP_PARSE_ERROR },
	{ "in any language", { .function = SLP_SRVRQST, .language = T("de"), .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor") } },
	  .list = URL },
	{ "with a predicate, in a language that we do not speak",
	  { .function = SLP_SRVRQST, .language = T("de"), .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor"),
		.filter = T("(mode=normal)") } }, .error = SLP_LANGUAGE_NOT_SUPPORTED },
	{ "another service", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("service:printer"), .scopes = T("lab\\2c 2nd floor") } },
	  .list = NULL },
	{ "another scope", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab") } },
	  .error = SLP_SCOPE_NOT_SUPPORTED },
	{ "the default scope is not ours", { .function = SLP_SRVRQST, .language = EN,
	  .request = { .subject = T("service:hsmrepl"), .scopes = T("DEFAULT") } },
	  .error = SLP_SCOPE_NOT_SUPPORTED },
	{ "no scope", { .function = SLP_SRVRQST, .language = EN,
	  .request = { .subject = T("service:hsmrepl") } }, .error = SLP_SCOPE_NOT_SUPPORTED },
	{ "a scope list that is none", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor,") } },
	  .error = SLP_PARSE_ERROR },
	{ "a signature", { .function = SLP_SRVRQST, .language = EN, .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor"),
		.spi = T("key") } }, .error = SLP_AUTHENTICATION_UNKNOWN },
	{ "directory agents", { .function = SLP_SRVRQST, .language = EN,
	  .request = { .subject = T("service:directory-agent") } }, .list = NULL },
	{ "we have answered", { .function = SLP_SRVRQST, .language = EN, .request = {
		.responders = T("10.0.0.7,10.0.0.1"), .subject = T("service:hsmrepl"),
		.scopes = T("lab\\2c 2nd floor") } }, .silent = true },
	{ "our other interface has", { .function = SLP_SRVRQST, .language = EN, .request = {
		.responders = T("10.1.0.1,"), .subject = T("service:hsmrepl"),
		.scopes = T("lab\\2c 2nd floor") } }, .silent = true },
	{ "others have, and what is no address", { .function = SLP_SRVRQST, .language = EN,
	  .request = { .responders = T("10.0.0.11,host,10.0.0.1x"),
		       .subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor") } },
	  .list = URL },
	{ "attributes of our URL", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T(URL), .scopes = T("lab\\2c 2nd floor") } }, .list = ATTRS },
	{ "of our service type", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T("service:hsmrepl"), .scopes = T("lab\\2c 2nd floor") } },
	  .list = ATTRS },
	{ "some of them", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T(URL), .scopes = T("lab\\2c 2nd floor"),
		.filter = T("NODE-*,mode") } },
	  .list = "(node-id=1),(node-name=n1),(mode=normal)" },
	{ "none of them", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T(URL), .scopes = T("lab\\2c 2nd floor"), .filter = T("x") } },
	  .list = NULL },
	{ "a tag list that is none", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T(URL), .scopes = T("lab\\2c 2nd floor"), .filter = T("(x") } },
	  .error = SLP_PARSE_ERROR },
	{ "of a URL in other letters", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T("SERVICE:hsmrepl://10.0.0.1:4327"),
		.scopes = T("lab\\2c 2nd floor") } }, .list = NULL },
	{ "attributes in a language that we do not speak",
	  { .function = SLP_ATTRRQST, .language = T("fr"), .request = {
		.subject = T(URL), .scopes = T("lab\\2c 2nd floor") } },
	  .error = SLP_LANGUAGE_NOT_SUPPORTED },
	{ "attributes, signed", { .function = SLP_ATTRRQST, .language = EN, .request = {
		.subject = T(URL), .scopes = T("lab\\2c 2nd floor"), .spi = T("k") } },
	  .error = SLP_AUTHENTICATION_UNKNOWN },
	{ "types of all authorities", { .function = SLP_SRVTYPERQST, .language = EN, .request = {
		.any_authority = true, .scopes = T("lab\\2c 2nd floor") } },
	  .list = "service:hsmrepl" },
	{ "types of IANA", { .function = SLP_SRVTYPERQST, .language = EN,
	  .request = { .scopes = T("lab\\2c 2nd floor") } }, .list = "service:hsmrepl" },
	{ "types of somebody else", { .function = SLP_SRVTYPERQST, .language = EN, .request = {
		.subject = T("acme"), .scopes = T("lab\\2c 2nd floor") } }, .list = NULL },
	{ "types without scope", { .function = SLP_SRVTYPERQST, .language = EN,
	  .request = { .any_authority = true } }, .error = SLP_SCOPE_NOT_SUPPORTED },
	{ "a reply", { .function = SLP_SRVRPLY, .language = EN }, .silent = true },
};

#define QUESTIONS ((int)(sizeof(questions) / sizeof(questions[0])))

static const uint32_t own[] = { HERE, OTHER };

static size_t ask(struct bytes data, bool stream, bool multicast, uint8_t *buf, enum slp_error *why)
{
	const struct slp_asked asked = {
		.data = data, .stream = stream, .multicast = multicast, .here = HERE, .own = own,
		.n_own = 2,
	};

	return slp_sa_answer(&self, &asked, buf, why);
}

static struct bytes said(const struct slp_message *m)
{
	return m->reply.n_urls ? m->reply.url[0].url : m->reply.list;
}

/* Unicast: every request is answered, be it with an error or with nothing. */
START_TEST(test_unicast)
{
	const struct question *q = &questions[_i];
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	struct slp_message m = q->m, back;
	enum slp_error why;
	size_t n;

	m.xid = 0xbeef;
	n = slp_encode(&m, data, sizeof(data));
	n = ask((struct bytes){ data, n }, true, false, buf, &why);
	if (q->silent) {
		ck_assert_msg(!n, "%s", q->what);
		return;
	}
	ck_assert_msg(n && why == q->error, "%s: %zu bytes, %d", q->what, n, why);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, n }, &back), SLP_OK);
	ck_assert_int_eq(back.function, slp_reply_to(m.function));
	ck_assert_uint_eq(back.xid, 0xbeef);
	ck_assert(back.language.n == m.language.n &&
		  !memcmp(back.language.p, m.language.p, m.language.n));
	ck_assert(!back.multicast && !back.overflow);
	ck_assert_int_eq(back.reply.error, q->error);
	ck_assert_msg(said(&back).n == (q->list ? strlen(q->list) : 0) &&
		      (!q->list || !memcmp(said(&back).p, q->list, said(&back).n)),
		      "%s: %.*s", q->what, (int)said(&back).n, (const char *)said(&back).p);
	if (m.function == SLP_SRVRQST && q->list)
		ck_assert_uint_eq(back.reply.url[0].lifetime, SLP_LIFETIME_S);
}
END_TEST

/* Multicast, by the flag or by where it was sent: no error, nothing empty. */
START_TEST(test_multicast)
{
	const struct question *q = &questions[_i / 2];
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	struct slp_message m = q->m;
	bool flag = _i % 2 && slp_reply_to(m.function);
	enum slp_error why;
	size_t n;

	m.multicast = flag;
	n = slp_encode(&m, data, sizeof(data));
	n = ask((struct bytes){ data, n }, false, !flag, buf, &why);
	ck_assert_msg(!n == (q->silent || q->error || !q->list), "%s", q->what);
}
END_TEST

/* Section 8.6: only who asks all is told of the agent itself. */
START_TEST(test_service_agent)
{
	struct slp_message m = { .function = SLP_SRVRQST, .language = EN, .multicast = true,
				 .request = { .subject = T("service:service-agent") } }, back;
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	enum slp_error why;
	size_t n = slp_encode(&m, data, sizeof(data));

	n = ask((struct bytes){ data, n }, false, true, buf, &why);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, n }, &back), SLP_OK);
	ck_assert_int_eq(back.function, SLP_SAADVERT);
	ck_assert_mem_eq(back.reply.url[0].url.p, "service:service-agent://10.0.0.1",
			 back.reply.url[0].url.n);
	ck_assert_mem_eq(back.reply.scopes.p, self.scope, back.reply.scopes.n);
	m.request.filter = slp_bytes("(service-type=service:printer)");
	n = slp_encode(&m, data, sizeof(data));
	ck_assert_uint_eq(ask((struct bytes){ data, n }, false, true, buf, &why), 0);
	m.request.filter = slp_bytes("(service-type=service:hsmrepl)");
	m.multicast = false;
	n = slp_encode(&m, data, sizeof(data));
	n = ask((struct bytes){ data, n }, false, false, buf, &why);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, n }, &back), SLP_OK);
	ck_assert(back.function == SLP_SRVRPLY && !back.reply.n_urls);
}
END_TEST

/* A reply is cut to its datagram and says so; by TCP it is whole. */
START_TEST(test_overflow)
{
	char language[1340];
	struct slp_message m = { .function = SLP_ATTRRQST,
				 .request = { .subject = T("service:hsmrepl"),
					      .scopes = T("lab\\2c 2nd floor") } }, back;
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	enum slp_error why;
	size_t n, len;

	for (size_t i = 0; i < sizeof(language); i++)
		language[i] = i % 9 == 8 ? '-' : 'a';
	memcpy(language, "en-", 3);
	m.language = (struct bytes){ language, sizeof(language) - sizeof(language) % 9 - 1 };
	n = slp_encode(&m, data, sizeof(data));
	len = ask((struct bytes){ data, n }, false, false, buf, &why);
	ck_assert_uint_le(len, SLP_MTU);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, len }, &back), SLP_OK);
	ck_assert(back.overflow);
	len = ask((struct bytes){ data, n }, true, false, buf, &why);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, len }, &back), SLP_OK);
	ck_assert(!back.overflow && back.reply.list.n == strlen(ATTRS));
}
END_TEST

/* How much longer the answer to a request is. */
static double weigh(const struct slp_self *who, const struct slp_message *m)
{
	struct slp_asked asked = { .here = 0xffffffff, .own = own, .n_own = 2 };
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	enum slp_error why;
	size_t n;

	asked.data = (struct bytes){ data, slp_encode(m, data, sizeof(data)) };
	n = slp_sa_answer(who, &asked, buf, &why);
	ck_assert_uint_le(n, SLP_MTU);
	ck_assert_uint_le(n, SLP_AMPLIFICATION * asked.data.n);
	return (double)n / (double)asked.data.n;
}

/* Requests of all kinds, each as short as it can be, to nodes with short and with long answers. */
START_TEST(test_amplification)
{
	static const enum slp_function kinds[] = { SLP_SRVRQST, SLP_ATTRRQST, SLP_SRVTYPERQST };
	static const char *const subjects[] = { "service:hsmrepl", "service:service-agent", "x" };
	struct slp_self big = { .node = { .id = 65535 }, .port = 65535 };
	double worst = 0;

	memset(big.node.name, 'n', sizeof(big.node.name) - 1);
	memset(big.node.key_set, 'f', sizeof(big.node.key_set) - 1);
	memset(big.node.pool, 'f', sizeof(big.node.pool) - 1);
	for (unsigned int i = 0; i < 144; i++) {
		struct slp_message m = {
			.function = kinds[i % 3], .language = { "en", 1 + i / 72 },
			.multicast = i / 9 % 2,
			.request = { .subject = slp_bytes(subjects[i / 3 % 3]) },
		};
		double ratio;

		memset(big.scope, 0, sizeof(big.scope));
		memset(big.scope, 's', i / 18 % 2 ? 1 : SLP_DOMAIN_MAX - 1);
		if (i / 36 % 2)
			m.request.scopes = slp_bytes(big.scope);
		if (m.function == SLP_SRVTYPERQST) {
			m.request.any_authority = true;
			m.request.subject.n = 0;
		}
		ratio = weigh(&big, &m);
		worst = ratio > worst ? ratio : worst;
	}
	printf("amplification: no answer is longer than %.2f times its request (bound: %d)\n",
	       worst, SLP_AMPLIFICATION);
	ck_assert(worst > 1 && worst <= SLP_AMPLIFICATION);
}
END_TEST

/* What is no request, or a broken one: a short error to who asked alone, nothing to others. */
START_TEST(test_broken)
{
	uint8_t data[SLP_MTU], buf[SLP_STREAM_MAX];
	struct slp_message m = questions[0].m, back;
	size_t n = slp_encode(&m, data, sizeof(data)), len;
	enum slp_error why;

	data[0] = 3;
	len = ask((struct bytes){ data, n }, false, false, buf, &why);
	ck_assert_int_eq(why, SLP_VER_NOT_SUPPORTED);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, len }, &back), SLP_OK);
	ck_assert_int_eq(back.reply.error, SLP_VER_NOT_SUPPORTED);
	ck_assert_uint_eq(ask((struct bytes){ data, n }, false, true, buf, &why), 0);
	data[0] = 2;
	data[6] = 1;	/* a reserved bit */
	len = ask((struct bytes){ data, n }, false, false, buf, &why);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, len }, &back), SLP_OK);
	ck_assert_int_eq(back.reply.error, SLP_PARSE_ERROR);
	ck_assert_uint_eq(ask((struct bytes){ data, n }, false, true, buf, &why), 0);
	ck_assert_uint_eq(ask((struct bytes){ data, n - 1 }, false, false, buf, &why), 0);
	ck_assert_uint_eq(ask((struct bytes){ data, 0 }, false, false, buf, &why), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slp_sa");
	TCase *t = tcase_create("service agent");

	tcase_add_loop_test(t, test_unicast, 0, QUESTIONS);
	tcase_add_loop_test(t, test_multicast, 0, 2 * QUESTIONS);
	tcase_add_test(t, test_service_agent);
	tcase_add_test(t, test_overflow);
	tcase_add_test(t, test_amplification);
	tcase_add_test(t, test_broken);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
