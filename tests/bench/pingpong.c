// SPDX-License-Identifier: GPL-2.0
#include "pingpong.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tls.h"

#define BLOCK 4096

uint64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

_Noreturn void bench_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void bench_sort(uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(ns[0]), by_value);
}

void bench_configure(struct config *c, const char *pki, uint16_t id)
{
	memset(c, 0, sizeof(*c));
	c->node_id = id;
	snprintf(c->node_name, sizeof(c->node_name), "n%u", id);
	snprintf(c->listen, sizeof(c->listen), "127.77.0.%u:4327", id);
	snprintf(c->ca, sizeof(c->ca), "%s/ca.pem", pki);
	snprintf(c->certificate, sizeof(c->certificate), "%s/n%u.pem", pki, id);
	snprintf(c->private_key, sizeof(c->private_key), "%s/n%u.key", pki, id);
}

void bench_pki(const char *dir)
{
	char line[1024];
	int n = snprintf(line, sizeof(line),
			 "scripts/pki '%s' init && scripts/pki '%s' node 1 n1 && "
			 "scripts/pki '%s' node 2 n2",
			 dir, dir, dir);

	if (n < 0 || (size_t)n >= sizeof(line) || system(line))
		bench_die(dir, "no certificates could be made: run it from the top of the tree");
}

size_t bench_append(int fd, size_t at, size_t bytes)
{
	static const char block[BLOCK] = { 1 };

	if (pwrite(fd, block, sizeof(block), (off_t)at) != BLOCK || fdatasync(fd) < 0)
		bench_die("flush", strerror(errno));
	at += BLOCK;
	return at + BLOCK <= bytes ? at : 0;
}

static void pass(SSL *ssl, uint8_t *message, size_t size, bool out)
{
	for (size_t at = 0; at < size;) {
		int n = out ? SSL_write(ssl, message + at, (int)(size - at)) :
			      SSL_read(ssl, message + at, (int)(size - at));

		if (n <= 0)
			bench_die("bare TLS", "connection lost");
		at += (size_t)n;
	}
}

static SSL *secure(const char *pki, int fd, uint16_t id)
{
	char error[CONFIG_ERROR_MAX];
	struct tls_identity who;
	struct config c;
	int one = 1;
	SSL_CTX *ctx;
	SSL *ssl;

	bench_configure(&c, pki, id);
	ctx = tls_context(&c, &who, error);
	if (!ctx)
		bench_die("bare TLS", error);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	SSL_set_fd(ssl, fd);
	if ((id == 2 ? SSL_connect(ssl) : SSL_accept(ssl)) != 1)
		bench_die("bare TLS", "no handshake");
	return ssl;
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The end that answers; its processor time goes to @report when it is done. */
static void answer(const struct pingpong *p, SSL *ssl, int report)
{
	static uint8_t message[PINGPONG_MAX];
	uint64_t cpu = 0;
	size_t at = 0;

	for (unsigned int i = 0; i < p->warm_up + p->rounds; i++) {
		if (i == p->warm_up)
			cpu = cpu_ns();
		pass(ssl, message, p->out, false);
		if (p->flush >= 0)
			at = bench_append(p->flush, at, p->flush_bytes);
		pass(ssl, message, p->back, true);
	}
	cpu = cpu_ns() - cpu;
	if (write(report, &cpu, sizeof(cpu)) != sizeof(cpu))
		bench_die("bare TLS", "no report");
}

static void ask(struct pingpong *p, SSL *ssl)
{
	static uint8_t message[PINGPONG_MAX];
	uint64_t cpu = 0, start;

	for (unsigned int i = 0; i < p->warm_up + p->rounds; i++) {
		if (i == p->warm_up)
			cpu = cpu_ns();
		start = bench_now_ns();
		pass(ssl, message, p->out, true);
		pass(ssl, message, p->back, false);
		if (i >= p->warm_up)
			p->ns[i - p->warm_up] = bench_now_ns() - start;
	}
	p->cpu_ns = cpu_ns() - cpu;
}

/* Two connected sockets, by way of loopback. */
static void connect_pair(int fd[2])
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) ||
	    connect(fd[0], (struct sockaddr *)&addr, len))
		bench_die("bare TLS", "no connection");
	fd[1] = accept(listener, NULL, NULL);
	close(listener);
}

void pingpong_run(struct pingpong *p)
{
	uint64_t far_ns = 0;
	int fd[2], report[2];
	pid_t pid;
	SSL *ssl;

	connect_pair(fd);
	if (pipe(report))
		bench_die("bare TLS", "no pipe");
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		bench_die("bare TLS", "no process");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[0]);
		answer(p, secure(p->pki, fd[1], 1), report[1]);
		_exit(0);
	}
	close(fd[1]);
	close(report[1]);
	ssl = secure(p->pki, fd[0], 2);
	ask(p, ssl);
	SSL_free(ssl);
	close(fd[0]);
	if (read(report[0], &far_ns, sizeof(far_ns)) != sizeof(far_ns))
		bench_die("bare TLS", "the far end is gone");
	close(report[0]);
	p->cpu_ns += far_ns;
	waitpid(pid, NULL, 0);
}
