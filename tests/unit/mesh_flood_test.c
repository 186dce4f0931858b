// SPDX-License-Identifier: GPL-2.0
/* Junk, half handshakes and floods on the port: links stay up, and nodes still get in. */
#include <errno.h>
#include <sys/resource.h>

#include "../suite.h"
#include "raw.h"

#define FLOOD 1000
#define JUNK_ROUNDS 300
#define JUNK_MAX 2000

static struct bed bed;
static int sock[FLOOD];
static unsigned int n_socks;

static void setup(void)
{
	struct rlimit files = { 4 * FLOOD, 4 * FLOOD };

	setrlimit(RLIMIT_NOFILE, &files);
	n_socks = 0;
	bed_init(&bed);
	bed_start(&bed, 1, 3);
	bed_start(&bed, 2, 3);
	bed.node[1].echo = true;
	bed_wait(&bed, bed.node[1].up == 1 << 2 && bed.node[2].up == 1 << 1);
}

/* The link between n1 and n2 is the one from the beginning, and n3 still gets in. */
static void teardown(void)
{
	bed_start(&bed, 3, 3);
	bed_wait(&bed, bed.node[3].up == (1 << 1 | 1 << 2));
	ck_assert_uint_eq(bed.node[1].downs[2] + bed.node[2].downs[1], 0);
	ck_assert_uint_eq(bed.node[1].ups[2] + bed.node[2].ups[1], 2);
	while (n_socks)
		close(sock[--n_socks]);
	bed_free(&bed);
}

/* One frame there and back. */
static void ping(void)
{
	static const uint8_t frame[16] = { 16, 0, 0, 0, 16, 0, 0, 0, 1 };
	unsigned long before = bed.node[2].frames;

	mesh_send(bed.node[2].mesh, 1, (struct bytes){ frame, sizeof(frame) }, (struct bytes){ 0 });
	bed_wait(&bed, bed.node[2].frames == before + 1);
}

static unsigned int lines(const struct bed_node *n)
{
	static char log[BED_TEXT_MAX];
	ssize_t len = pread(n->log_fd, log, sizeof(log), 0);
	unsigned int count = 0;

	for (ssize_t i = 0; i < len; i++)
		count += log[i] == '\n';
	return count;
}

/* A TLS record header of a ClientHello, and junk that grows. */
static size_t junk(uint8_t *buf, unsigned int round)
{
	static const uint8_t hello[] = { 0x16, 3, 1, 0x7f, 0xff, 1, 0, 0x7f, 0xfb, 3, 3 };
	size_t n = 1 + (size_t)random() % JUNK_MAX;

	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)random();
	if (round % 3 == 0 && n >= sizeof(hello))
		memcpy(buf, hello, sizeof(hello));
	if (round % 3 == 1 && n >= sizeof(hello))
		memcpy(buf, hello, 1 + (size_t)random() % sizeof(hello));
	return n;
}

START_TEST(junk_on_the_port)
{
	uint8_t buf[JUNK_MAX + 1];

	for (unsigned int i = 0; i < JUNK_ROUNDS; i++) {
		int fd = raw_connect(&bed, 1);
		size_t n = junk(buf, i);

		ck_assert_int_eq(send(fd, buf, n, MSG_NOSIGNAL), (ssize_t)n);
		ping();
		if (i % 2 || n_socks == FLOOD)
			close(fd);
		else
			sock[n_socks++] = fd;
	}
	/* each kind of junk once, not each junk */
	ck_assert_uint_lt(lines(&bed.node[1]), 20);
}
END_TEST

START_TEST(a_thousand_connections_that_say_nothing)
{
	while (n_socks < FLOOD)
		sock[n_socks++] = raw_connect(&bed, 1);
	for (unsigned int i = 0; i < 50; i++)
		ping();
	ck_assert_uint_lt(lines(&bed.node[1]), 20);
	/* n3 gets in although they are still there, and more come */
}
END_TEST

/* Begins a handshake, byte by byte, and never ends it. */
START_TEST(half_handshakes_and_slow_ones)
{
	time_t end = time(NULL) + 7;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	uint8_t hello[4096];
	int n, open = 0;

	SSL_set_connect_state(ssl);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_do_handshake(ssl);
	n = BIO_read(SSL_get_wbio(ssl), hello, sizeof(hello));
	ck_assert_int_gt(n, 100);
	for (n_socks = 0; n_socks < 20; n_socks++) {
		sock[n_socks] = raw_connect(&bed, 1);
		/* whole, half, or one byte */
		send(sock[n_socks], hello,
		     n_socks % 3 == 0 ? (size_t)n : n_socks % 3 == 1 ? 100 : 1, MSG_NOSIGNAL);
	}
	for (int at = 1; time(NULL) < end; at++) {
		for (unsigned int i = 2; i < n_socks; i += 3)
			send(sock[i], hello + at % n, 1, MSG_NOSIGNAL);
		ping();
		event_base_loop(bed.base, EVLOOP_ONCE);
	}
	/* all were closed when their time was over */
	for (unsigned int i = 0; i < n_socks; i++)
		while ((n = (int)recv(sock[i], hello, sizeof(hello), MSG_DONTWAIT)) > 0)
			;
	for (unsigned int i = 0; i < n_socks; i++)
		open += recv(sock[i], hello, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
	ck_assert_int_eq(open, 0);
	ck_assert(bed_logged(&bed.node[1], "not authenticated within 5 s"));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}
END_TEST

/* Takes nothing and sends what it can: as much as the kernel holds, no more. */
START_TEST(a_talker_that_never_authenticates)
{
	static uint8_t buf[65536] = { 0x17, 3, 3 };
	int fd = raw_connect(&bed, 1);
	unsigned long sent = 0;
	time_t end = time(NULL) + 3;

	sock[n_socks++] = fd;
	while (time(NULL) < end) {
		ssize_t n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			sent += (unsigned long)n;
		ping();
	}
	ck_assert_uint_gt(sent, 0);
	ck_assert(send(fd, buf, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mesh_flood");
	TCase *t = tcase_create("mesh_flood");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, junk_on_the_port);
	tcase_add_test(t, a_thousand_connections_that_say_nothing);
	tcase_add_test(t, half_handshakes_and_slow_ones);
	tcase_add_test(t, a_talker_that_never_authenticates);
	suite_add_tcase(s, t);
	return suite_run(s);
}
