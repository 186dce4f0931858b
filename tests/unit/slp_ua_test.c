// SPDX-License-Identifier: GPL-2.0
/* How a node looks for others: rounds, repetitions, what is remembered how long; the gate. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "slp_gate.h"
#include "slp_sa.h"
#include "slp_ua.h"

#define HOST(n) (0x0a000000u + (n))
#define NODES 64
#define KEY "(key-set=0123456789abcdef)"

static const struct slp_self me = {
	.scope = "lab", .node = { .id = 1, .name = "n1" }, .port = 4327,
};

static struct slp_ua ua;
static struct slp_peer last;

static struct slp_self node(unsigned int n)
{
	struct slp_self s = { .scope = "lab", .node = { .id = (uint16_t)n }, .port = 4327 };

	snprintf(s.node.name, sizeof(s.node.name), "n%u", n);
	strcpy(s.node.key_set, "0123456789abcdef");
	return s;
}

static void setup(void)
{
	slp_ua_init(&ua, &me, 42, 1000);
}

/* The message that is due, which must be one. */
static struct slp_send sent(uint64_t now_ms)
{
	struct slp_send out;

	ck_assert(slp_ua_step(&ua, now_ms, &out));
	ck_assert_uint_le(out.n, SLP_MTU);
	return out;
}

static void nothing_sent(uint64_t now_ms)
{
	struct slp_send out;

	ck_assert(!slp_ua_step(&ua, now_ms, &out));
}

static struct slp_message decoded(const struct slp_send *s)
{
	struct slp_message m;

	ck_assert_int_eq(slp_decode((struct bytes){ s->data, s->n }, &m), SLP_OK);
	return m;
}

/* What @who says to @request is heard. */
static enum slp_heard answers(const struct slp_self *who, uint32_t host, uint64_t now_ms,
			      const struct slp_send *request)
{
	struct slp_asked asked = { .data = { request->data, request->n }, .here = host,
				   .own = &host, .n_own = 1 };
	uint8_t buf[SLP_STREAM_MAX];
	enum slp_error why;
	size_t n = slp_sa_answer(who, &asked, buf, &why);

	ck_assert(n);
	return slp_ua_hear(&ua, now_ms, host, (struct bytes){ buf, n }, &last);
}

/* Both exchanges with node @n, at @host. */
static enum slp_heard meets(const struct slp_self *who, uint32_t host, uint64_t now_ms,
			    const struct slp_send *search)
{
	struct slp_send ask;

	ck_assert_int_eq(answers(who, host, now_ms, search), SLP_HEARD_NOTHING);
	if (!slp_ua_step(&ua, now_ms, &ask))
		return SLP_HEARD_NOTHING;
	ck_assert_uint_eq(ask.to, host);
	return answers(who, host, now_ms, &ask);
}

static uint64_t next_round(void)
{
	while (ua.round.wait_ms)
		nothing_sent(ua.round.end_ms);
	return ua.round.next_ms;
}

/* Nobody answers: 2, 4, 8 seconds, CONFIG_MC_MAX in all, always the same request. */
START_TEST(test_back_off)
{
	struct slp_send first;
	struct slp_message m;

	nothing_sent(999);
	ck_assert_uint_eq(slp_ua_due(&ua), 1000);
	first = sent(1000);
	m = decoded(&first);
	ck_assert_uint_eq(first.to, 0);
	ck_assert(m.multicast && m.function == SLP_SRVRQST && m.xid);
	ck_assert_mem_eq(m.request.subject.p, "service:hsmrepl", 15);
	ck_assert_mem_eq(m.request.scopes.p, "lab", 3);
	ck_assert_uint_eq(m.request.responders.n, 0);
	for (uint64_t at = 1000, wait = 2000; wait <= 8000; wait *= 2) {
		struct slp_send again;

		at += wait;
		nothing_sent(at - 1);
		ck_assert_uint_eq(slp_ua_due(&ua), at);
		again = sent(at);
		ck_assert(again.n == first.n && !memcmp(again.data, first.data, first.n));
	}
	ck_assert_uint_eq(slp_ua_due(&ua), 1000 + SLP_CONFIG_MC_MAX);
	nothing_sent(1000 + SLP_CONFIG_MC_MAX);
	ck_assert_uint_ge(slp_ua_due(&ua), 16000 + SLP_PAUSE_MS * 3 / 4);
	ck_assert_uint_lt(slp_ua_due(&ua), 16000 + SLP_PAUSE_MS * 5 / 4);
	first = sent(slp_ua_due(&ua));
	ck_assert_uint_ne(decoded(&first).xid, m.xid);
}
END_TEST

/* Answers prolong the list; the round is over once it brings no new ones. */
START_TEST(test_convergence)
{
	const char padded[HSMREPL_ADDRESS_MAX] = "10.0.0.2:4327";
	struct slp_self two = node(2), three = node(3);
	struct slp_send s = sent(1000);
	struct slp_message m;

	ck_assert_int_eq(meets(&two, HOST(2), 1010, &s), SLP_HEARD_NEW);
	ck_assert_str_eq(last.node.name, "n2");
	ck_assert_mem_eq(last.node.address, padded, sizeof(padded));
	s = sent(3000);
	m = decoded(&s);
	ck_assert_mem_eq(m.request.responders.p, "10.0.0.2", m.request.responders.n);
	ck_assert_int_eq(meets(&three, HOST(3), 3010, &s), SLP_HEARD_NEW);
	s = sent(7000);
	m = decoded(&s);
	ck_assert_mem_eq(m.request.responders.p, "10.0.0.2,10.0.0.3", m.request.responders.n);
	nothing_sent(15000);
	ck_assert_uint_eq(ua.round.wait_ms, 0);
	ck_assert_uint_eq(ua.n_peers, 2);
}
END_TEST

/* The attributes are asked for again, with back-off, until CONFIG_RETRY_MAX. */
START_TEST(test_ask_again)
{
	struct slp_self two = node(2);
	struct slp_send s = sent(1000), ask;
	unsigned int asked = 0;
	struct slp_message m;

	ck_assert_int_eq(answers(&two, HOST(2), 1000, &s), SLP_HEARD_NOTHING);
	for (uint64_t now = 1000; now <= 1000 + SLP_CONFIG_RETRY_MAX; now += 100)
		while (slp_ua_step(&ua, now, &ask)) {
			m = decoded(&ask);
			if (m.function == SLP_ATTRRQST)
				asked++;
			ck_assert(m.function != SLP_ATTRRQST || ask.to == HOST(2));
		}
	ck_assert_uint_eq(asked, 4);	/* at once, and after 2, 6 and 14 seconds */
	ck_assert_uint_eq(ua.n_peers, 0);
}
END_TEST

/* What does not belong to a request of ours is nothing: other xid, other sender, too late. */
START_TEST(test_strangers)
{
	struct slp_self two = node(2), three = node(3);
	struct slp_send s = sent(1000), forged = s, ask;

	forged.data[11] ^= 1;
	ck_assert_int_eq(answers(&two, HOST(2), 1000, &forged), SLP_HEARD_NOTHING);
	nothing_sent(1000);
	ck_assert_int_eq(answers(&two, HOST(2), 1000, &s), SLP_HEARD_NOTHING);
	ask = sent(1000);
	two.node.address[0] = '\0';
	ck_assert_int_eq(slp_ua_hear(&ua, 1000, HOST(2), (struct bytes){ ask.data, ask.n }, &last),
			 SLP_HEARD_NOTHING);
	strcpy(three.node.address, "10.0.0.2:4327");
	ck_assert_int_eq(answers(&three, HOST(3), 1000, &ask), SLP_HEARD_NOTHING);
	ck_assert_uint_eq(ua.n_peers, 0);
	ck_assert_int_eq(answers(&two, HOST(2), 1000, &ask), SLP_HEARD_NEW);
	ck_assert_int_eq(answers(&two, HOST(2), 1000, &ask), SLP_HEARD_NOTHING);
	next_round();
	ck_assert_int_eq(answers(&three, HOST(3), 20000, &s), SLP_HEARD_NOTHING);
	nothing_sent(20000);
}
END_TEST

/* Forgotten a lifetime after the last word; another word prolongs it. */
START_TEST(test_age)
{
	struct slp_self two = node(2);
	struct slp_send s = sent(1000);
	struct slp_peer gone;
	uint64_t now;

	ck_assert_int_eq(meets(&two, HOST(2), 1000, &s), SLP_HEARD_NEW);
	now = next_round();
	s = sent(now);
	ck_assert_int_eq(meets(&two, HOST(2), now, &s), SLP_HEARD_NOTHING);
	ck_assert(!slp_ua_expire(&ua, now + 1000 * SLP_LIFETIME_S - 1, &gone));
	ck_assert(slp_ua_expire(&ua, now + 1000 * SLP_LIFETIME_S, &gone));
	ck_assert_uint_eq(gone.node.id, 2);
	ck_assert(!slp_ua_expire(&ua, now + 1000 * SLP_LIFETIME_S, &gone));
	ck_assert_uint_eq(ua.n_peers, 0);
}
END_TEST

START_TEST(test_change)
{
	struct slp_self two = node(2);
	struct slp_send s = sent(1000);
	uint64_t now;

	ck_assert_int_eq(meets(&two, HOST(2), 1000, &s), SLP_HEARD_NEW);
	strcpy(two.node.pool, "00112233445566778899aabbccddeeff");
	now = next_round();
	s = sent(now);
	ck_assert_int_eq(meets(&two, HOST(2), now, &s), SLP_HEARD_CHANGED);
	ck_assert_str_eq(ua.peer[0].node.pool, two.node.pool);
}
END_TEST

/* An id in use stays with its node; a node that moved is believed after a while. */
START_TEST(test_clash)
{
	struct slp_self two = node(2), mine = node(1), other = node(2);
	struct slp_send s = sent(1000);

	strcpy(other.node.name, "impostor");
	ck_assert_int_eq(meets(&two, HOST(2), 1000, &s), SLP_HEARD_NEW);
	ck_assert_int_eq(meets(&mine, HOST(9), 1000, &s), SLP_HEARD_CLASH);
	ck_assert_int_eq(meets(&other, HOST(8), 1000, &s), SLP_HEARD_CLASH);
	ck_assert_str_eq(last.node.name, "impostor");
	ck_assert_int_eq(meets(&two, HOST(7), 1000, &s), SLP_HEARD_NOTHING);
	ck_assert_uint_eq(ua.n_peers, 1);
	ck_assert_str_eq(ua.peer[0].node.name, "n2");
	ck_assert_uint_eq(ua.peer[0].responder, HOST(2));
	next_round();
	s = sent(1000 + SLP_MOVE_MS);
	ck_assert_int_eq(meets(&two, HOST(7), 1000 + SLP_MOVE_MS, &s), SLP_HEARD_CHANGED);
	ck_assert_str_eq(ua.peer[0].node.address, "10.0.0.7:4327");
}
END_TEST

/* More nodes than are remembered, and than a request can name: no harm, and it still fits. */
START_TEST(test_crowd)
{
	unsigned int full = 0;
	uint64_t now = 1000;

	for (unsigned int round = 0; round < 4; round++) {
		struct slp_send s = sent(now);

		for (unsigned int n = 2; n < 2 + NODES + 8; n++) {
			struct slp_self who = node(n);

			full += meets(&who, HOST(0xff00u + n), now, &s) == SLP_HEARD_FULL;
		}
		ck_assert_uint_eq(ua.round.n_responders, SLP_RESPONDERS_MAX);
		s = sent(now + SLP_CONFIG_RETRY);
		ck_assert_uint_gt(decoded(&s).request.responders.n, 0);
		now = next_round();
	}
	ck_assert_uint_eq(ua.n_peers, SLP_PEERS_MAX);
	ck_assert_uint_gt(full, 0);
}
END_TEST

/* A reply that was cut: the request of the same xid, for TCP; the whole answer then counts. */
START_TEST(test_cut_reply)
{
	struct slp_self two = node(2);
	struct slp_message m = { .function = SLP_ATTRRPLY, .overflow = true };
	struct slp_send s = sent(1000), ask, again;
	uint8_t buf[SLP_MTU];
	struct bytes cut;

	ck_assert_int_eq(answers(&two, HOST(2), 1000, &s), SLP_HEARD_NOTHING);
	ask = sent(1000);
	m.xid = decoded(&ask).xid;
	m.language = slp_bytes("en");
	cut = (struct bytes){ buf, slp_encode(&m, buf, sizeof(buf)) };
	ck_assert_int_eq(slp_ua_hear(&ua, 1001, HOST(3), cut, &last), SLP_HEARD_NOTHING);
	ck_assert(!slp_ua_again(&ua, HOST(3), cut, &again));
	ck_assert_int_eq(slp_ua_hear(&ua, 1001, HOST(2), cut, &last), SLP_HEARD_CUT);
	ck_assert(slp_ua_again(&ua, HOST(2), cut, &again));
	ck_assert(again.n == ask.n && !memcmp(again.data, ask.data, ask.n));
	ck_assert_int_eq(answers(&two, HOST(2), 1002, &again), SLP_HEARD_NEW);
	m.function = SLP_SRVRPLY;
	m.xid = decoded(&s).xid;
	cut.n = slp_encode(&m, buf, sizeof(buf));
	ck_assert_int_eq(slp_ua_hear(&ua, 1003, HOST(4), cut, &last), SLP_HEARD_CUT);
	ck_assert(slp_ua_again(&ua, HOST(4), cut, &again));
	ck_assert(!decoded(&again).multicast && again.to == HOST(4));
	ck_assert_uint_eq(decoded(&again).xid, m.xid);
}
END_TEST

START_TEST(test_hurry)
{
	uint64_t begun = 1000;

	sent(begun);
	slp_ua_hurry(&ua, 1100);	/* a round is under way: it goes on */
	nothing_sent(1100 + SLP_HURRY_MS);
	slp_ua_restart(&ua, 1200);
	ck_assert_uint_eq(slp_ua_due(&ua), begun + SLP_GAP_MS);
	sent(begun + SLP_GAP_MS);
	next_round();
	slp_ua_hurry(&ua, 30000);
	ck_assert_uint_le(slp_ua_due(&ua), 30000 + SLP_HURRY_MS);
	ck_assert_uint_gt(slp_ua_due(&ua), 30000);
}
END_TEST

/* URLs and attributes that are no node's. */
START_TEST(test_reading)
{
	static const char *const urls[] = {
		"service:hsmrepl://", "service:hsmrepl://host", "service:hsmrepl://:4327",
		"service:hsmrepl://host:0", "service:hsmrepl://host:65536",
		"service:hsmrepl://a b:1",
		"service:hsmrepl://host:1/x", "service:printer://host:1", "http://host:1",
		"service:hsmrepl://[::1:1", "service:hsmrepl://[]:1", "service:hsmrepl://a:b:1",
		"service:hsmrepl://"
		"a-name-that-is-much-too-long-for-an-address-of-a-node-in-here.org:4327",
	};
	static const char *const attrs[] = {
		"", "(node-id=2),(node-name=n2),(mode=normal)," KEY,
		"(node-id=0),(node-name=n2),(mode=normal)," KEY ",(pool=none)",
		"(node-id=65536),(node-name=n2),(mode=normal)," KEY ",(pool=none)",
		"(node-id=2,3),(node-name=n2),(mode=normal)," KEY ",(pool=none)",
		"(node-id=2),(node-name=n\\2c2),(mode=normal)," KEY ",(pool=none)",
		"(node-id=2),(node-name=n2),(mode=odd)," KEY ",(pool=none)",
		"(node-id=2),(node-name=n2),(mode=fips),(key-set=0123456789abcde),(pool=none)",
		"(node-id=2),(node-name=n2),(mode=fips),(key-set=0123456789abcdeX),(pool=none)",
		"(node-id=2),(node-name=n2),(mode=fips)," KEY ",(pool=12)",
		"(node-id=2),(node-name),(mode=fips)," KEY ",(pool=none)",
		"(node-id=2),(node-name=n2),(mode=fips)," KEY ",(pool=none),(",
	};
	char address[HSMREPL_ADDRESS_MAX];
	struct slp_node n;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		ck_assert_msg(!slp_read_url(slp_bytes(urls[i]), address), "%s", urls[i]);
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		ck_assert_msg(!slp_read_attrs(slp_bytes(attrs[i]), &n), "%s", attrs[i]);
	ck_assert(slp_read_url(slp_bytes("SERVICE:HsmRepl://[fe80::1]:65535"), address));
	ck_assert_str_eq(address, "[fe80::1]:65535");
	ck_assert(slp_read_attrs(slp_bytes("(Mode=FIPS),(x=y),(node-id=2),(node-name=n_2),kw,"
					   KEY ",(pool=NONE)"), &n));
	ck_assert(n.id == 2 && n.mode == HSMREPL_MODE_FIPS && !n.pool[0]);
	ck_assert_str_eq(n.name, "n_2");
}
END_TEST

static unsigned int passed(struct slp_gate *g, uint32_t source, unsigned int times, uint64_t now_ms)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < times; i++)
		n += slp_gate_pass(g, source, now_ms);
	return n;
}

START_TEST(test_gate)
{
	struct slp_gate g;
	unsigned int all = 0;

	slp_gate_init(&g, 5000);
	ck_assert_uint_eq(passed(&g, 1, 100, 5000), SLP_SOURCE_BURST);
	ck_assert_uint_eq(passed(&g, 2, 1, 5000), 1);	/* one that floods harms itself */
	ck_assert_uint_eq(passed(&g, 1, 100, 6000), SLP_SOURCE_RATE);
	ck_assert_uint_eq(passed(&g, 1, 100, 6000000), SLP_SOURCE_BURST);
	slp_gate_init(&g, 5000);
	for (uint32_t source = 1; source <= 1000; source++)
		all += passed(&g, source, 1, 5000);
	ck_assert_uint_eq(all, SLP_TOTAL_BURST);	/* many sources are not more than all */
	all = 0;
	for (uint32_t source = 1; source <= 1000; source++)
		all += passed(&g, source, 1, 6000);
	ck_assert_uint_eq(all, SLP_TOTAL_RATE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slp_ua");
	TCase *t = tcase_create("user agent");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_back_off);
	tcase_add_test(t, test_convergence);
	tcase_add_test(t, test_ask_again);
	tcase_add_test(t, test_strangers);
	tcase_add_test(t, test_age);
	tcase_add_test(t, test_change);
	tcase_add_test(t, test_clash);
	tcase_add_test(t, test_crowd);
	tcase_add_test(t, test_cut_reply);
	tcase_add_test(t, test_hurry);
	tcase_add_test(t, test_reading);
	tcase_add_test(t, test_gate);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
