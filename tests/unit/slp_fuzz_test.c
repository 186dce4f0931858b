// SPDX-License-Identifier: GPL-2.0
/*
 * Seeded random bytes on everything that reads what the network says, under the sanitizers: bent
 * samples, samples cut and spliced, noise behind a header. SLP_FUZZ_ROUNDS sets how many.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../suite.h"
#include "slp_attr.h"
#include "slp_codec.h"
#include "slp_sa.h"
#include "slp_ua.h"

#define ROUNDS 60000
#define FROM 0x0a000002u

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % below;
}

/* Characters that mean something, more often than others. */
static uint8_t a_byte(void)
{
	static const char telling[] = "()=,*\\!<>~&|:/.-_ 0aF\xff\x80";

	return draw(2) ? (uint8_t)draw(256) : (uint8_t)telling[draw(sizeof(telling))];
}

static size_t bend(uint8_t *buf, size_t n, size_t max)
{
	for (uint32_t times = 1 + draw(6); times; times--) {
		size_t at = draw((uint32_t)n);

		switch (draw(4)) {
		case 0:
			buf[at] ^= (uint8_t)(1u << draw(8));
			break;
		case 1:
			buf[at] = a_byte();
			break;
		case 2:	/* a byte more */
			if (n == max)
				break;
			memmove(buf + at + 1, buf + at, n - at);
			buf[at] = a_byte();
			n++;
			break;
		default: /* some bytes less */
			if (n < 20)
				break;
			memmove(buf + at, buf + at + 1, n - at - 1);
			n--;
			break;
		}
	}
	return n;
}

static void set_length(uint8_t *buf, size_t n)
{
	if (n < SLP_LENGTH_BYTES)
		return;
	buf[2] = (uint8_t)(n >> 16);
	buf[3] = (uint8_t)(n >> 8);
	buf[4] = (uint8_t)n;
}

static size_t make(uint8_t *buf, size_t max)
{
	size_t n = slp_encode(&slp_samples[draw(SLP_SAMPLES)], buf, max);

	switch (draw(8)) {
	case 0:		/* noise behind a header */
		n = 16 + draw(200);
		for (size_t i = 16; i < n; i++)
			buf[i] = draw(4) ? a_byte() : 0;
		break;
	case 1:		/* the end of another one */
		n = slp_encode(&slp_samples[draw(SLP_SAMPLES)], buf + n / 2, max - n / 2) + n / 2;
		break;
	default:
		n = bend(buf, n, max);
	}
	if (draw(8))
		set_length(buf, n);
	return n;
}

static const struct slp_self self = {
	.scope = "lab", .node = { .id = 1, .name = "n1", .key_set = "0123456789abcdef" },
	.port = 4327,
};

/* Whatever is asked, an answer is a reply that we could read ourselves. */
static unsigned int ask(struct bytes data)
{
	struct slp_asked asked = { .data = data, .stream = draw(2), .multicast = draw(4) == 0,
				   .here = FROM - 1 };
	static uint8_t buf[SLP_STREAM_MAX];
	enum slp_error why;
	size_t n = slp_sa_answer(&self, &asked, buf, &why);
	struct slp_message m;

	if (!n)
		return 0;
	ck_assert_int_eq(slp_decode((struct bytes){ buf, n }, &m), SLP_OK);
	ck_assert(!slp_reply_to(m.function));
	ck_assert(asked.stream || (n <= SLP_MTU && n <= SLP_AMPLIFICATION * data.n));
	return 1;
}

/* Whatever is heard, what is remembered is a node's. */
static void hear(struct slp_ua *ua, struct bytes data)
{
	struct slp_send out;
	struct slp_peer peer;

	if (!draw(50))
		slp_ua_init(ua, &self, seed, 0);
	while (slp_ua_step(ua, draw(30000), &out))
		ck_assert(out.n && out.n <= SLP_MTU);
	slp_ua_hear(ua, draw(30000), FROM, data, &peer);
	slp_ua_again(ua, FROM, data, &out);
	for (unsigned int i = 0; i < ua->n_peers; i++) {
		ck_assert_uint_ne(ua->peer[i].node.id, 0);
		ck_assert_uint_gt(strlen(ua->peer[i].node.name), 0);
		ck_assert_ptr_nonnull(memchr(ua->peer[i].node.address, ':', HSMREPL_ADDRESS_MAX));
	}
}

/* Give a reply the xid that is waited for, so that it gets past that check. */
static void fit_xid(const struct slp_ua *ua, uint8_t *buf, size_t n)
{
	uint16_t xid = ua->round.xid;

	if (n < 12)
		return;
	for (unsigned int i = 0; i < SLP_ASKS_MAX && buf[1] == SLP_ATTRRPLY; i++)
		if (ua->ask[i].to)
			xid = ua->ask[i].xid;
	buf[10] = (uint8_t)(xid >> 8);
	buf[11] = (uint8_t)xid;
}

static unsigned int rounds(void)
{
	const char *text = getenv("SLP_FUZZ_ROUNDS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : ROUNDS;
}

START_TEST(test_messages)
{
	static struct slp_ua ua;
	unsigned int answered = 0, read = 0;

	slp_ua_init(&ua, &self, 1, 0);
	for (unsigned int i = 0; i < rounds(); i++) {
		uint8_t buf[SLP_MTU], *exact;
		size_t n = make(buf, sizeof(buf));
		struct slp_message m;

		exact = malloc(n + 1);	/* the sanitizer sees a read past the end */
		memcpy(exact, buf, n);
		read += slp_decode((struct bytes){ exact, n }, &m) == SLP_OK;
		answered += ask((struct bytes){ exact, n });
		fit_xid(&ua, exact, n);
		hear(&ua, (struct bytes){ exact, n });
		free(exact);
	}
	printf("fuzz: %u messages, %u of them well formed, %u answered\n", rounds(), read,
	       answered);
	ck_assert(read > rounds() / 100 && read < rounds() && answered > rounds() / 100);
}
END_TEST

/* Lists and predicates alone, so that most of the noise gets to them. */
START_TEST(test_strings)
{
	static const char *const sample[] = {
		"(&(node-id>=1)(!(|(mode=no*)(x<=\\2a)))(keyword=*))",
		"(a=1,2,\\FF\\00),kw,(b= x )",
		"service:hsmrepl://10.0.0.1:4327", "node-*,mode,*x*y", "lab,x\\2cy, a  b ",
		"(node-id=2),(node-name=n2),(mode=fips),(key-set=0123456789abcdef),(pool=none)",
	};
	const struct bytes list = slp_bytes("(node-id=1),(mode=normal),keyword,(x=\\2a)");
	unsigned int held = 0, bad = 0;

	for (unsigned int i = 0; i < rounds(); i++) {
		const char *text = sample[draw(6)];
		uint8_t buf[256], *exact;
		size_t n = strlen(text), used;
		char address[HSMREPL_ADDRESS_MAX], out[256];
		struct slp_node node;
		struct bytes b, rest;
		struct slp_attr a;
		uint32_t addr;
		int ret;

		memcpy(buf, text, n);
		n = bend(buf, n, sizeof(buf));
		exact = malloc(n + 1);
		memcpy(exact, buf, n);
		rest = b = (struct bytes){ exact, n };
		ret = slp_filter(b, list);
		held += ret == 1;
		bad += ret == -1;
		while (slp_attr_next(&rest, &a) > 0)
			ck_assert_uint_le(a.whole.n, n);
		slp_has_scope(b, slp_bytes("lab"));
		slp_undotted(b, &addr);
		ck_assert_uint_le(slp_list_cut(b, draw(64)), n);
		if (slp_attr_select(list, b, out, &used))
			ck_assert_uint_le(used, list.n);
		if (slp_read_url(b, address))
			ck_assert_uint_lt(strlen(address), n);
		slp_read_attrs(b, &node);
		free(exact);
	}
	ck_assert(held && bad);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slp_fuzz");
	TCase *t = tcase_create("fuzz");

	tcase_set_timeout(t, 0);
	tcase_add_test(t, test_messages);
	tcase_add_test(t, test_strings);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
