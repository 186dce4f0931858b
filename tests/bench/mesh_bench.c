// SPDX-License-Identifier: GPL-2.0
/*
 * Round trip of one frame between two meshes in two processes over loopback, and beside it, in the
 * same run, that of a bare blocking TLS connection: what the mesh adds. Run it from the top of the
 * tree.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "mesh.h"
#include "tls.h"

#define ROUNDS 20000
#define WARM_UP 2000
#define SIZES 2
#define FRAME_MAX 1200

static const size_t sizes[SIZES] = { 64, FRAME_MAX };

/**
 * struct bench - one of the two processes
 * @mesh: its node; node 2 measures, node 1 sends back
 * @base: event loop
 * @id: node id
 * @size: entry of @sizes under way
 * @round: round trips done with it
 * @sent_ns: when the last frame left
 * @ns: of each round trip after the warm-up
 */
struct bench {
	struct mesh *mesh;
	struct event_base *base;
	uint16_t id;
	unsigned int size;
	unsigned int round;
	uint64_t sent_ns;
	uint64_t ns[ROUNDS];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "mesh_bench: %s: %s\n", what, why);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print(const char *what, size_t size, uint64_t ns[ROUNDS])
{
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	printf("%-18s %5zu B  p50 %6.1f us  p99 %6.1f us\n", what, size,
	       (double)ns[ROUNDS / 2] / 1000, (double)ns[ROUNDS / 100 * 99] / 1000);
	fflush(stdout);
}

/* Counts one round trip; true when the size is done. */
static bool count(struct bench *b, const char *what)
{
	if (b->round >= WARM_UP)
		b->ns[b->round - WARM_UP] = now_ns() - b->sent_ns;
	if (++b->round < WARM_UP + ROUNDS)
		return false;
	print(what, sizes[b->size], b->ns);
	b->round = 0;
	b->size++;
	return true;
}

static void serve(struct bench *b)
{
	size_t size = sizes[b->size];
	uint8_t frame[FRAME_MAX] = { (uint8_t)size, (uint8_t)(size >> 8), 0, 0, 16 };

	b->sent_ns = now_ns();
	mesh_send(b->mesh, 1, (struct bytes){ frame, 64 }, (struct bytes){ frame + 64, size - 64 });
}

static void on_up(void *arg, uint16_t peer)
{
	struct bench *b = arg;

	(void)peer;
	if (b->id == 2)
		serve(b);
}

static void on_down(void *arg, uint16_t peer, const char *why)
{
	struct bench *b = arg;

	(void)peer;
	if (b->id == 2)
		die("connection lost", why);
}

static void on_frame(void *arg, uint16_t peer, const void *frame, size_t len)
{
	struct bench *b = arg;

	if (b->id == 1)
		mesh_send(b->mesh, peer, (struct bytes){ frame, len }, (struct bytes){ 0 });
	else if (count(b, "mesh") && b->size == SIZES)
		event_base_loopbreak(b->base);
	else
		serve(b);
}

static void configure(struct config *c, const char *dir, uint16_t id)
{
	memset(c, 0, sizeof(*c));
	c->node_id = id;
	snprintf(c->node_name, sizeof(c->node_name), "n%u", id);
	snprintf(c->listen, sizeof(c->listen), "127.77.0.%u:4327", id);
	snprintf(c->ca, sizeof(c->ca), "%s/ca.pem", dir);
	snprintf(c->certificate, sizeof(c->certificate), "%s/n%u.pem", dir, id);
	snprintf(c->private_key, sizeof(c->private_key), "%s/n%u.key", dir, id);
}

static void run_mesh(const char *dir, uint16_t id)
{
	const struct member list[2] = {
		{ .id = 1, .name = "n1", .address = "127.77.0.1:4327" },
		{ .id = 2, .name = "n2", .address = "127.77.0.2:4327" },
	};
	static struct bench b;
	const struct mesh_sink sink = {
		.up = on_up, .down = on_down, .frame = on_frame, .arg = &b,
	};
	uint8_t secret[MESH_SECRET_LEN] = { 1 };
	char error[CONFIG_ERROR_MAX];
	struct config c;
	struct log *log = log_new(STDERR_FILENO, LOG_LEVEL_ERROR);

	configure(&c, dir, id);
	b.id = id;
	b.base = event_base_new();
	b.mesh = mesh_new(b.base, &c, secret, log, &sink, error);
	if (!b.mesh)
		die("mesh", error);
	mesh_set_peers(b.mesh, list, 2);
	event_base_dispatch(b.base);
	mesh_free(b.mesh);
	event_base_free(b.base);
	log_free(log);
}

static void pass(SSL *ssl, uint8_t *frame, size_t size, bool out)
{
	for (size_t at = 0; at < size;) {
		int n = out ? SSL_write(ssl, frame + at, (int)(size - at)) :
			      SSL_read(ssl, frame + at, (int)(size - at));

		if (n <= 0)
			die("bare TLS", "connection lost");
		at += (size_t)n;
	}
}

/* The two ends of a bare connection. */
static void run_bare(const char *dir, uint16_t id, int fd)
{
	char error[CONFIG_ERROR_MAX];
	uint8_t frame[FRAME_MAX] = { 0 };
	static struct bench b;
	struct tls_identity who;
	struct config c;
	int one = 1;
	SSL *ssl;

	configure(&c, dir, id);
	ssl = SSL_new(tls_context(&c, TLS_PROFILE_AES_GCM, &who, error));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	SSL_set_fd(ssl, fd);
	if ((id == 2 ? SSL_connect(ssl) : SSL_accept(ssl)) != 1)
		die("bare TLS", "no handshake");
	for (unsigned int round = 0; b.size < SIZES; round++) {
		b.sent_ns = now_ns();
		pass(ssl, frame, sizes[b.size], id == 2);
		pass(ssl, frame, sizes[b.size], id == 1);
		if (id == 2)
			count(&b, "bare TLS, blocking");
		else
			b.size = (round + 1) / (WARM_UP + ROUNDS);
	}
	SSL_free(ssl);
	close(fd);
}

/* A process that ends with this one. */
static pid_t child(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork", "no process");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void both_bare(const char *dir)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		die("bare TLS", "no port");
	if (!child()) {
		run_bare(dir, 1, accept(listener, NULL, NULL));
		_exit(0);
	}
	if (connect(fd, (struct sockaddr *)&addr, len))
		die("bare TLS", "no connection");
	run_bare(dir, 2, fd);
	close(listener);
	wait(NULL);
}

static void command(const char *fmt, const char *dir)
{
	char line[256];

	snprintf(line, sizeof(line), fmt, dir, dir, dir);
	if (system(line))
		die(line, "failed");
}

int main(void)
{
	char dir[] = "/tmp/hsmrepl-mesh-bench-XXXXXX";
	pid_t server;

	if (!mkdtemp(dir))
		die(dir, "cannot be made");
	signal(SIGPIPE, SIG_IGN);
	command("scripts/pki %s init && scripts/pki %s node 1 n1 && scripts/pki %s node 2 n2", dir);
	both_bare(dir);
	server = child();
	if (!server) {
		run_mesh(dir, 1);
		_exit(0);
	}
	run_mesh(dir, 2);
	kill(server, SIGTERM);
	wait(NULL);
	command("rm -r %s", dir);
	return 0;
}
