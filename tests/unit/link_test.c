// SPDX-License-Identifier: GPL-2.0
/* A link that has ended hears of the connect, or of the handshake, before it reports its end. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <arpa/inet.h>

#include "../suite.h"
#include "link_private.h"
#include "pki.h"

#define TURNS_MAX 100000

/**
 * struct side - one end and what it was told
 * @link: NULL once it is gone
 * @secured: calls of it
 * @lost: calls of it
 */
struct side {
	struct link *link;
	int secured, lost;
};

static void on_secured(void *arg)
{
	((struct side *)arg)->secured++;
}

static void on_frame(void *arg, const void *frame, size_t len)
{
	(void)arg, (void)frame, (void)len;
}

static void on_drained(void *arg)
{
	(void)arg;
}

static void on_lost(void *arg, enum tls_failure failure, const char *why)
{
	(void)failure, (void)why;
	((struct side *)arg)->lost++;
}

static void on_gone(void *arg)
{
	((struct side *)arg)->link = NULL;
}

static const struct link_ops ops = { on_secured, on_frame, on_drained, on_lost, on_gone };

static int listening(struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(*addr);

	*addr = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	ck_assert_int_eq(bind(fd, (struct sockaddr *)addr, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

static bool ready(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, 0) == 1;
}

/* Ends it now, although what it waited for is there already. */
static void ends_once(struct event_base *base, struct side *s)
{
	link_end(s->link, TLS_LOST, "ended");
	for (int i = 0; s->link && i < TURNS_MAX; i++)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_ptr_null(s->link);
	ck_assert_int_eq(s->lost, 1);
	ck_assert_int_eq(s->secured, 0);
}

START_TEST(test_connects_after_its_end)
{
	struct event_base *base = event_base_new();
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct side near = { 0 };
	struct sockaddr_in addr;
	int fd = listening(&addr);

	near.link = link_dial(base, ctx, (struct sockaddr *)&addr, sizeof(addr), &ops, &near);
	ck_assert_ptr_nonnull(near.link);
	while (!ready(near.link->fd, POLLOUT))
		;
	ends_once(base, &near);
	close(fd);
	SSL_CTX_free(ctx);
	event_base_free(base);
}
END_TEST

static SSL_CTX *server_context(const struct pki *pki)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char path[PKI_PATH_MAX];

	snprintf(path, sizeof(path), "%s/n1.pem", pki->dir);
	ck_assert_int_eq(SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM), 1);
	snprintf(path, sizeof(path), "%s/n1.key", pki->dir);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM), 1);
	return ctx;
}

START_TEST(test_is_secured_after_its_end)
{
	struct event_base *base = event_base_new();
	SSL_CTX *client = SSL_CTX_new(TLS_client_method()), *server;
	struct side near = { 0 }, far = { 0 };
	struct sockaddr_in addr;
	int fd = listening(&addr), accepted;
	struct pki pki;

	pki_init(&pki);
	pki_node(&pki, 1);
	server = server_context(&pki);
	near.link = link_dial(base, client, (struct sockaddr *)&addr, sizeof(addr), &ops, &near);
	accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	far.link = link_accept(base, server, accepted, (struct sockaddr *)&addr, &ops, &far);
	ck_assert(near.link && far.link);
	for (int i = 0; near.link->phase != PHASE_HANDSHAKE || !ready(near.link->fd, POLLIN); i++) {
		ck_assert_int_lt(i, TURNS_MAX);
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
	ends_once(base, &near);
	link_free(far.link);
	close(fd);
	SSL_CTX_free(client);
	SSL_CTX_free(server);
	pki_free(&pki);
	event_base_free(base);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("link");
	TCase *t = tcase_create("its end");

	tcase_add_test(t, test_connects_after_its_end);
	tcase_add_test(t, test_is_secured_after_its_end);
	suite_add_tcase(s, t);
	return suite_run(s);
}
