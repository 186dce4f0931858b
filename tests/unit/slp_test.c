// SPDX-License-Identifier: GPL-2.0
/* Messages of RFC 2608: layouts byte by byte, field rules, and what becomes of cut or bent ones. */
#include <check.h>
#include <stdlib.h>

#include "../suite.h"
#include "slp_codec.h"

#define BUF 2048

static bool same(struct bytes a, struct bytes b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

static void ck_same_message(const struct slp_message *a, const struct slp_message *b)
{
	ck_assert_int_eq(a->function, b->function);
	ck_assert_int_eq(a->multicast, b->multicast);
	ck_assert_int_eq(a->overflow, b->overflow);
	ck_assert_uint_eq(a->xid, b->xid);
	ck_assert(same(a->language, b->language));
	ck_assert(same(a->request.responders, b->request.responders));
	ck_assert(same(a->request.subject, b->request.subject));
	ck_assert_int_eq(a->request.any_authority, b->request.any_authority);
	ck_assert(same(a->request.scopes, b->request.scopes));
	ck_assert(same(a->request.filter, b->request.filter));
	ck_assert(same(a->request.spi, b->request.spi));
	ck_assert_uint_eq(a->reply.error, b->reply.error);
	ck_assert_uint_eq(a->reply.n_urls, b->reply.n_urls);
	for (unsigned int i = 0; i < a->reply.n_urls; i++) {
		ck_assert_uint_eq(a->reply.url[i].lifetime, b->reply.url[i].lifetime);
		ck_assert(same(a->reply.url[i].url, b->reply.url[i].url));
	}
	ck_assert(same(a->reply.scopes, b->reply.scopes));
	ck_assert(same(a->reply.list, b->reply.list));
}

START_TEST(test_round_trip)
{
	struct slp_message m;
	uint8_t buf[BUF];
	size_t n = slp_encode(&slp_samples[_i], buf, sizeof(buf));

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(slp_decode((struct bytes){ buf, n }, &m), SLP_OK);
	ck_same_message(&m, &slp_samples[_i]);
	ck_assert_uint_eq(slp_length(buf), n);
}
END_TEST

/* As the figures of the RFC have them: section, name, bytes, and what they say. */
#define HEAD(function, length, flags, xid) \
	"\x02" function "\0\0" length flags "\0" "\0\0\0" xid "\0\x02" "en"

static const struct layout {
	const char *section;
	struct bytes bytes;
	enum slp_error error;
	struct slp_message m;
} layouts[] = {
	{ "8.1 SrvRqst", TEXT(HEAD("\x01", "\x34", "\x20", "\x00\x01")
			      "\0\x00" "\0\x0c" "service:http" "\0\x07" "DEFAULT" "\0\x06" "(q<=3)"
			      "\0\x01" "k"), SLP_OK,
	  { .function = SLP_SRVRQST, .multicast = true, .xid = 1, .language = TEXT("en"),
	    .request = { .subject = TEXT("service:http"), .scopes = TEXT("DEFAULT"),
			 .filter = TEXT("(q<=3)"), .spi = TEXT("k") } } },
	{ "8.2 SrvRply", TEXT(HEAD("\x02", "\x25", "\0", "\xff\xff")
			      "\0\0" "\0\x01" "\0" "\0\x3c" "\0\x0b" "http://host" "\0"), SLP_OK,
	  { .function = SLP_SRVRPLY, .xid = 0xffff, .language = TEXT("en"),
	    .reply = { .n_urls = 1, .url = { { 60, TEXT("http://host") } } } } },
	{ "8.2 SrvRply without URL", TEXT(HEAD("\x02", "\x14", "\0", "\0\x07") "\0\0" "\0\0"),
	  SLP_OK, { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "4.3 URL entry with an authentication block (9.2)",
	  TEXT(HEAD("\x02", "\x2f", "\0", "\0\x07")
	       "\0\0" "\0\x01" "\0" "\0\x3c" "\0\x08" "http://h" "\x01"
	       "\0\x02" "\0\x0d" "\0\0\0\x01" "\0\x01" "k" "ab"), SLP_OK,
	  { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en"),
	    .reply = { .n_urls = 1, .url = { { 60, TEXT("http://h") } } } } },
	{ "7 an error code, with the rest empty",
	  TEXT(HEAD("\x07", "\x15", "\0", "\0\x07") "\0\x04" "\0\0" "\0"), SLP_OK,
	  { .function = SLP_ATTRRPLY, .xid = 7, .language = TEXT("en"), .reply = { .error = 4 } } },
	{ "7 an error code alone", TEXT(HEAD("\x02", "\x12", "\0", "\0\x07") "\0\x04"), SLP_OK,
	  { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en"), .reply = { .error = 4 } } },
	{ "8.6 SAAdvert", TEXT(HEAD("\x0b", "\x2a", "\0", "\0\x07")
			       "\0\x08" "service:" "\0\x03" "lab" "\0\x08" "(a=b),kw" "\0"), SLP_OK,
	  { .function = SLP_SAADVERT, .xid = 7, .language = TEXT("en"),
	    .reply = { .n_urls = 1, .url = { { 0, TEXT("service:") } }, .scopes = TEXT("lab"),
		       .list = TEXT("(a=b),kw") } } },
	{ "10.1 SrvTypeRqst, all authorities",
	  TEXT(HEAD("\x09", "\x19", "\x20", "\0\x07") "\0\0" "\xff\xff" "\0\x03" "lab"), SLP_OK,
	  { .function = SLP_SRVTYPERQST, .multicast = true, .xid = 7, .language = TEXT("en"),
	    .request = { .any_authority = true, .scopes = TEXT("lab") } } },
	{ "10.1 SrvTypeRqst, IANA",
	  TEXT(HEAD("\x09", "\x19", "\0", "\0\x07") "\0\0" "\0\0" "\0\x03" "lab"), SLP_OK,
	  { .function = SLP_SRVTYPERQST, .xid = 7, .language = TEXT("en"),
	    .request = { .scopes = TEXT("lab") } } },
	{ "10.2 SrvTypeRply",
	  TEXT(HEAD("\x0a", "\x1d", "\0", "\0\x07") "\0\0" "\0\x09" "ftp,x.one"),
	  SLP_OK, { .function = SLP_SRVTYPERPLY, .xid = 7, .language = TEXT("en"),
		    .reply = { .list = TEXT("ftp,x.one") } } },
	{ "10.3 AttrRqst", TEXT(HEAD("\x06", "\x25", "\0", "\0\x07")
				"\0\0" "\0\x03" "ftp" "\0\x03" "lab" "\0\x05" "x-*,y" "\0\0"),
	  SLP_OK,
	  { .function = SLP_ATTRRQST, .xid = 7, .language = TEXT("en"),
	    .request = { .subject = TEXT("ftp"), .scopes = TEXT("lab"),
			 .filter = TEXT("x-*,y") } } },
	{ "10.4 AttrRply", TEXT(HEAD("\x07", "\x1a", "\0", "\0\x07") "\0\0" "\0\x05" "(a=b)" "\0"),
	  SLP_OK, { .function = SLP_ATTRRPLY, .xid = 7, .language = TEXT("en"),
		    .reply = { .list = TEXT("(a=b)") } } },
	{ "6.1 a cut reply is not read",
	  TEXT(HEAD("\x07", "\x16", "\x80", "\0\x07") "\0\0" "\0\x63" "(a"), SLP_OK,
	  { .function = SLP_ATTRRPLY, .overflow = true, .xid = 7, .language = TEXT("en") } },
	/* rules */
	{ "8 version", TEXT("\x03\x02\0\0\x14\0\0\0\0\0\0\x07\0\x02" "en" "\0\0\0\0"),
	  SLP_VER_NOT_SUPPORTED,
	  { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "8 length is that of the whole message",
	  TEXT(HEAD("\x02", "\x13", "\0", "\0\x07") "\0\0" "\0\0"), SLP_JUNK, { .xid = 0 } },
	{ "8 reserved bits are zero", TEXT(HEAD("\x02", "\x14", "\x10", "\0\x07") "\0\0" "\0\0"),
	  SLP_PARSE_ERROR, { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "8 a language is letters and dashes",
	  TEXT("\x02\x02\0\0\x14\0\0\0\0\0\0\x07\0\x02" "e1" "\0\0\0\0"), SLP_JUNK, { .xid = 0 } },
	{ "8 a language is there", TEXT("\x02\x02\0\0\x12\0\0\0\0\0\0\x07\0\0" "\0\0\0\0"),
	  SLP_JUNK, { .xid = 0 } },
	{ "8 no function 12", TEXT(HEAD("\x0c", "\x14", "\0", "\0\x07") "\0\0" "\0\0"), SLP_JUNK,
	  { .xid = 0 } },
	{ "8.1 a service type is required",
	  TEXT(HEAD("\x01", "\x1d", "\0", "\0\x07") "\0\0" "\0\0" "\0\x03" "lab" "\0\0" "\0\0"),
	  SLP_PARSE_ERROR, { .function = SLP_SRVRQST, .xid = 7, .language = TEXT("en") } },
	{ "8.3 registrations are for directory agents",
	  TEXT(HEAD("\x03", "\x12", "\x40", "\0\x07") "\0\0"), SLP_MSG_NOT_SUPPORTED,
	  { .function = SLP_SRVREG, .xid = 7, .language = TEXT("en") } },
	{ "9.1 an optional extension is passed over",
	  TEXT("\x02\x02\0\0\x1a\0\0\0\0\x14\0\x07\0\x02" "en" "\0\0\0\0" "\0\x02\0\0\0\x01"),
	  SLP_OK, { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "9.1 a mandatory extension is not",
	  TEXT("\x02\x02\0\0\x19\0\0\0\0\x14\0\x07\0\x02" "en" "\0\0\0\0" "\x40\x00\0\0\0"),
	  SLP_OPTION_NOT_UNDERSTOOD,
	  { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "9.1 extensions do not go round in circles",
	  TEXT("\x02\x02\0\0\x19\0\0\0\0\x14\0\x07\0\x02" "en" "\0\0\0\0" "\0\x02\0\0\x14"),
	  SLP_PARSE_ERROR, { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "8 an extension that is named is there",
	  TEXT("\x02\x02\0\0\x14\0\0\0\0\x14\0\x07\0\x02" "en" "\0\0\0\0"),
	  SLP_PARSE_ERROR, { .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("en") } },
	{ "2.1 strings are UTF-8",
	  TEXT(HEAD("\x0a", "\x16", "\0", "\0\x07") "\0\0" "\0\x02" "\xc0\x80"), SLP_PARSE_ERROR,
	  { .function = SLP_SRVTYPERPLY, .xid = 7, .language = TEXT("en") } },
	{ "nothing is left over", TEXT(HEAD("\x0a", "\x15", "\0", "\0\x07") "\0\0" "\0\0" "x"),
	  SLP_PARSE_ERROR, { .function = SLP_SRVTYPERPLY, .xid = 7, .language = TEXT("en") } },
};

#define LAYOUTS ((int)(sizeof(layouts) / sizeof(layouts[0])))

START_TEST(test_layout)
{
	const struct layout *l = &layouts[_i];
	struct slp_message m;
	enum slp_error error = slp_decode(l->bytes, &m);

	ck_assert_msg(error == l->error, "%s: %d", l->section, error);
	if (error == SLP_JUNK)
		return;
	if (error) {
		ck_assert_msg(m.function == l->m.function && m.xid == l->m.xid &&
			      same(m.language, l->m.language), "%s", l->section);
		return;
	}
	ck_same_message(&m, &l->m);
}
END_TEST

/* What we write is what the figures show, where we write it at all. */
START_TEST(test_written)
{
	const struct layout *l = &layouts[_i];
	bool extended = l->bytes.n > 9 && ((const uint8_t *)l->bytes.p)[9];
	bool signature = strstr(l->section, "authentication");
	bool alone = strstr(l->section, "alone");
	uint8_t buf[BUF];
	size_t n;

	if (l->error || l->m.overflow || extended || signature || alone)
		return;
	n = slp_encode(&l->m, buf, sizeof(buf));
	ck_assert_msg(same((struct bytes){ buf, n }, l->bytes), "%s", l->section);
}
END_TEST

START_TEST(test_cut)
{
	struct slp_message m;
	uint8_t buf[BUF];
	size_t n = slp_encode(&slp_samples[_i], buf, sizeof(buf));

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *exact = malloc(cut + 1);	/* the sanitizer sees a read past the cut */

		memcpy(exact, buf, cut);
		ck_assert_int_eq(slp_decode((struct bytes){ exact, cut }, &m), SLP_JUNK);
		if (cut >= SLP_LENGTH_BYTES) {	/* also with a length that fits the cut */
			exact[2] = 0;
			exact[3] = (uint8_t)(cut >> 8);
			exact[4] = (uint8_t)cut;
			/* Behind an error code there need not be anything. */
			if (slp_decode((struct bytes){ exact, cut }, &m) == SLP_OK)
				ck_assert(m.reply.error &&
					  m.reply.error == slp_samples[_i].reply.error);
		}
		free(exact);
	}
	ck_assert_int_eq(slp_decode((struct bytes){ buf, n + 1 }, &m), SLP_JUNK);
}
END_TEST

/* Every byte bent in every way: refused, or what it says now can be written and read again. */
START_TEST(test_bent)
{
	struct slp_message m, again;
	uint8_t buf[BUF], out[BUF];
	size_t n = slp_encode(&slp_samples[_i], buf, sizeof(buf)), len;
	unsigned int taken = 0;

	for (size_t at = 0; at < n; at++) {
		uint8_t whole = buf[at];

		for (unsigned int value = 0; value < 256; value++) {
			buf[at] = (uint8_t)value;
			if (slp_decode((struct bytes){ buf, n }, &m) != SLP_OK || m.overflow)
				continue;
			taken++;
			len = slp_encode(&m, out, sizeof(out));
			ck_assert_int_eq(slp_decode((struct bytes){ out, len }, &again), SLP_OK);
			ck_same_message(&m, &again);
		}
		buf[at] = whole;
	}
	ck_assert_uint_gt(taken, n);
}
END_TEST

/* A reply that has no room is cut between entries and says so; a request is not sent. */
START_TEST(test_overflow)
{
	const struct slp_message *m = &slp_samples[_i];
	uint8_t buf[BUF], *exact;
	size_t whole = slp_encode(m, buf, sizeof(buf)), n, cut = 0;

	for (size_t max = 0; max < whole; max++) {
		struct slp_message back;

		exact = malloc(max + 1);
		n = slp_encode(m, exact, max);
		ck_assert_uint_le(n, max);
		if (n) {
			ck_assert(slp_reply_to(m->function) == 0);
			ck_assert_int_eq(slp_decode((struct bytes){ exact, n }, &back), SLP_OK);
			ck_assert(back.overflow);
			exact[5] &= 0x7f;	/* the entries that are there are whole */
			ck_assert_int_eq(slp_decode((struct bytes){ exact, n }, &back), SLP_OK);
			cut++;
		}
		free(exact);
	}
	if (!slp_reply_to(m->function) && !m->reply.error)
		ck_assert_uint_gt(cut, 0);
}
END_TEST

START_TEST(test_reply_to)
{
	ck_assert_int_eq(slp_reply_to(SLP_SRVRQST), SLP_SRVRPLY);
	ck_assert_int_eq(slp_reply_to(SLP_ATTRRQST), SLP_ATTRRPLY);
	ck_assert_int_eq(slp_reply_to(SLP_SRVTYPERQST), SLP_SRVTYPERPLY);
	ck_assert_int_eq(slp_reply_to(SLP_SRVREG), 0);
	ck_assert_int_eq(slp_reply_to(SLP_SRVRPLY), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slp");
	TCase *t = tcase_create("messages");

	tcase_add_loop_test(t, test_round_trip, 0, SLP_SAMPLES);
	tcase_add_loop_test(t, test_layout, 0, LAYOUTS);
	tcase_add_loop_test(t, test_written, 0, LAYOUTS);
	tcase_add_loop_test(t, test_cut, 0, SLP_SAMPLES);
	tcase_add_loop_test(t, test_bent, 0, SLP_SAMPLES);
	tcase_add_loop_test(t, test_overflow, 0, SLP_SAMPLES);
	tcase_add_test(t, test_reply_to);
	suite_add_tcase(suite, t);
	return suite_run(suite);
}
