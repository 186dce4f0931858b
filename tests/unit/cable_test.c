// SPDX-License-Identifier: GPL-2.0
/* The cables of scripts/pool: what comes out of one, when, and in which order. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <event2/event.h>

#include "clock.h"
#include "../link/link.h"
#include "../suite.h"

#define PATIENCE_US	(20 * 1000000ull)
#define PAUSE_US	100
#define LONG_US		30000u
#define FULL_TURNS	300u
#define PIECE		65536u
#define PERIOD		251u
#define SOCKETS_MAX	(64u << 20)	/* more than the kernel keeps of one connection */

/**
 * struct bed - a link, and a connection through it
 * @base: event loop
 * @link: the link
 * @listener: where the link leads to
 * @near: the connection's end before the link
 * @far: and behind it
 */
struct bed {
	struct event_base *base;
	struct link *link;
	int listener, near, far;
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A port that was free a moment ago. */
static int listening(struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(*addr);

	*addr = loopback(0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)addr, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

static void turn(struct bed *b)
{
	event_base_loop(b->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	usleep(PAUSE_US);
}

static void open_bed(struct bed *b)
{
	struct sockaddr_in at, target, source = loopback(0);
	int spare = listening(&at);

	b->base = event_base_new();
	b->listener = listening(&target);
	close(spare);
	b->link = link_open(b->base, "n1-n2", &at, &target, &source);
	ck_assert_ptr_nonnull(b->link);
	b->near = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(b->near, (struct sockaddr *)&at, sizeof(at)), 0);
	fcntl(b->near, F_SETFL, O_NONBLOCK);
	while ((b->far = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK)) < 0)
		turn(b);
}

static void close_bed(struct bed *b)
{
	link_close(b->link);
	close(b->listener);
	close(b->near);
	close(b->far);
	event_base_free(b->base);
}

/* What one end gets next, or 0 for the end of the connection; at which time. */
static ssize_t get(struct bed *b, int fd, void *bytes, size_t len, uint64_t *when)
{
	uint64_t give_up = clock_us() + PATIENCE_US;
	ssize_t got;

	while ((got = read(fd, bytes, len)) < 0) {
		if (clock_us() > give_up)
			ck_abort_msg("nothing comes");
		turn(b);
	}
	*when = clock_us();
	return got;
}

static void get_byte(struct bed *b, int fd, char byte, uint64_t *when)
{
	char got;

	ck_assert_int_eq(get(b, fd, &got, 1, when), 1);
	ck_assert_int_eq(got, byte);
}

static void put_byte(int fd, char byte)
{
	ck_assert_int_eq(write(fd, &byte, 1), 1);
}

/* Nothing comes for that long. */
static void nothing(struct bed *b, int fd, uint64_t us)
{
	uint64_t end = clock_us() + us;
	char byte;

	while (clock_us() < end) {
		turn(b);
		if (read(fd, &byte, 1) >= 0)
			ck_abort_msg("something comes");
	}
}

START_TEST(test_takes_as_long_both_ways)
{
	static const unsigned int delays_us[] = { 0, 500, LONG_US };
	uint64_t began, there, back;
	struct bed b;

	open_bed(&b);
	for (size_t i = 0; i < 3; i++) {
		link_delay(b.link, delays_us[i]);
		began = clock_us();
		put_byte(b.near, 'a');
		get_byte(&b, b.far, 'a', &there);
		ck_assert_uint_ge(there - began, delays_us[i]);
		put_byte(b.far, 'b');
		get_byte(&b, b.near, 'b', &back);
		ck_assert_uint_ge(back - there, delays_us[i]);
		ck_assert_uint_lt(back - began, 2 * delays_us[i] + PATIENCE_US / 2);
	}
	close_bed(&b);
}
END_TEST

/* A second byte sets out while the first is under way, and is not held up by it. */
START_TEST(test_many_are_under_way_at_once)
{
	uint64_t began, first = 0, second;
	struct bed b;

	open_bed(&b);
	link_delay(b.link, LONG_US);
	began = clock_us();
	for (char byte = 'a'; byte <= 'z'; byte++) {
		put_byte(b.near, byte);
		while (clock_us() < began + (uint64_t)(byte - 'a' + 1) * 1000)
			turn(&b);
	}
	for (char byte = 'a'; byte <= 'z'; byte++)
		get_byte(&b, b.far, byte, byte == 'a' ? &first : &second);
	ck_assert_uint_ge(second - began, LONG_US + 25000);
	ck_assert_uint_lt(second - began, 26 * LONG_US);
	close_bed(&b);
}
END_TEST

START_TEST(test_order_is_kept_when_the_delay_goes)
{
	uint64_t began, when;
	struct bed b;

	open_bed(&b);
	link_delay(b.link, LONG_US);
	began = clock_us();
	put_byte(b.near, 'a');
	nothing(&b, b.far, LONG_US / 3);
	link_delay(b.link, 0);
	put_byte(b.near, 'b');
	get_byte(&b, b.far, 'a', &when);
	ck_assert_uint_ge(when - began, LONG_US);
	get_byte(&b, b.far, 'b', &when);
	close_bed(&b);
}
END_TEST

/*
 * Of an endless stream, as much as one end takes without the other one reading: many turns in a
 * row take nothing more. @stream: PIECE of it from any place on; it comes again after PERIOD.
 */
static size_t fill(struct bed *b, int fd, const unsigned char *stream)
{
	unsigned int refused = 0;
	size_t sent = 0;
	ssize_t n;

	while (refused < FULL_TURNS && sent <= LINK_TRANSIT_MAX + SOCKETS_MAX) {
		n = write(fd, stream + sent % PERIOD, PIECE);
		refused = n > 0 ? 0 : refused + 1;
		if (n > 0)
			sent += (size_t)n;
		turn(b);
	}
	return sent;
}

START_TEST(test_takes_only_so_much)
{
	const unsigned int far_away_us = 3000000;	/* it is full before anything is there */
	unsigned char stream[PERIOD + PIECE], bytes[PIECE];
	uint64_t when, began = clock_us();
	size_t sent, got = 0;
	struct bed b;

	for (size_t i = 0; i < sizeof(stream); i++)
		stream[i] = (unsigned char)(i % PERIOD);
	open_bed(&b);
	link_delay(b.link, far_away_us);
	sent = fill(&b, b.near, stream);
	ck_assert_uint_gt(sent, LINK_TRANSIT_MAX);
	ck_assert_uint_lt(sent, LINK_TRANSIT_MAX + SOCKETS_MAX);
	link_delay(b.link, 0);
	while (got < sent) {
		ssize_t n = get(&b, b.far, bytes, sizeof(bytes), &when);

		ck_assert_int_gt(n, 0);
		ck_assert_mem_eq(bytes, stream + got % PERIOD, (size_t)n);
		got += (size_t)n;
	}
	ck_assert_uint_ge(when - began, far_away_us);
	close_bed(&b);
}
END_TEST

START_TEST(test_passes_nothing_while_cut)
{
	struct bed b;
	uint64_t when;

	open_bed(&b);
	link_delay(b.link, LONG_US / 2);
	put_byte(b.near, 'a');
	nothing(&b, b.far, LONG_US / 4);
	link_cut(b.link, true);
	put_byte(b.near, 'b');
	nothing(&b, b.far, 2 * LONG_US);
	link_cut(b.link, false);
	get_byte(&b, b.far, 'a', &when);
	get_byte(&b, b.far, 'b', &when);
	close_bed(&b);
}
END_TEST

START_TEST(test_the_end_comes_last)
{
	static const unsigned int delays_us[] = { 0, LONG_US };
	uint64_t began, when;
	struct bed b;
	char byte;

	for (size_t i = 0; i < 2; i++) {
		open_bed(&b);
		link_delay(b.link, delays_us[i]);
		put_byte(b.near, 'a');
		began = clock_us();
		shutdown(b.near, SHUT_WR);
		get_byte(&b, b.far, 'a', &when);
		ck_assert_int_eq(get(&b, b.far, &byte, 1, &when), 0);
		ck_assert_uint_ge(when - began, delays_us[i]);
		close_bed(&b);
	}
}
END_TEST

/* An end that came to a cut link is not passed on before it is healed. */
START_TEST(test_the_end_waits_while_cut)
{
	struct bed b;
	uint64_t when;
	char byte;

	open_bed(&b);
	link_delay(b.link, LONG_US / 2);
	shutdown(b.near, SHUT_WR);
	nothing(&b, b.far, LONG_US / 4);
	link_cut(b.link, true);
	nothing(&b, b.far, 2 * LONG_US);
	link_cut(b.link, false);
	ck_assert_int_eq(get(&b, b.far, &byte, 1, &when), 0);
	close_bed(&b);
}
END_TEST

START_TEST(test_reads_delays)
{
	static const char *const bad[] = { "", "-1", "1x", "nan", "1e9", "10000.001", " 1" };
	unsigned int us = 1;

	ck_assert_int_eq(link_parse_delay("0", &us), 0);
	ck_assert_uint_eq(us, 0);
	ck_assert_int_eq(link_parse_delay("0.5", &us), 0);
	ck_assert_uint_eq(us, 500);
	ck_assert_int_eq(link_parse_delay("25", &us), 0);
	ck_assert_uint_eq(us, 25000);
	ck_assert_int_eq(link_parse_delay("10000", &us), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_lt(link_parse_delay(bad[i], &us), 0);
	ck_assert_uint_eq(us, 10000000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cable");
	TCase *t = tcase_create("cable");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_takes_as_long_both_ways);
	tcase_add_test(t, test_many_are_under_way_at_once);
	tcase_add_test(t, test_order_is_kept_when_the_delay_goes);
	tcase_add_test(t, test_takes_only_so_much);
	tcase_add_test(t, test_passes_nothing_while_cut);
	tcase_add_test(t, test_the_end_comes_last);
	tcase_add_test(t, test_the_end_waits_while_cut);
	tcase_add_test(t, test_reads_delays);
	suite_add_tcase(s, t);
	return suite_run(s);
}
