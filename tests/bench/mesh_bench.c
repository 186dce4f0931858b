// SPDX-License-Identifier: GPL-2.0
/*
 * Round trip of one frame between two meshes in two processes over loopback, and beside it, in the
 * same run, that of a bare blocking TLS connection: what the mesh adds. Run it from the top of the
 * tree.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "mesh.h"
#include "pingpong.h"

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

static void print(const char *what, size_t size, uint64_t ns[ROUNDS])
{
	bench_sort(ns, ROUNDS);
	printf("%-18s %5zu B  p50 %6.1f us  p99 %6.1f us\n", what, size,
	       (double)ns[BENCH_P50(ROUNDS)] / 1000, (double)ns[BENCH_P99(ROUNDS)] / 1000);
	fflush(stdout);
}

/* Counts one round trip; true when the size is done. */
static bool count(struct bench *b)
{
	if (b->round >= WARM_UP)
		b->ns[b->round - WARM_UP] = bench_now_ns() - b->sent_ns;
	if (++b->round < WARM_UP + ROUNDS)
		return false;
	print("mesh", sizes[b->size], b->ns);
	b->round = 0;
	b->size++;
	return true;
}

static void serve(struct bench *b)
{
	size_t size = sizes[b->size];
	uint8_t frame[FRAME_MAX] = { (uint8_t)size, (uint8_t)(size >> 8), 0, 0, 16 };

	b->sent_ns = bench_now_ns();
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
		bench_die("connection lost", why);
}

static void on_frame(void *arg, uint16_t peer, const void *frame, size_t len)
{
	struct bench *b = arg;

	if (b->id == 1)
		mesh_send(b->mesh, peer, (struct bytes){ frame, len }, (struct bytes){ 0 });
	else if (count(b) && b->size == SIZES)
		event_base_loopbreak(b->base);
	else
		serve(b);
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

	bench_configure(&c, dir, id);
	b.id = id;
	b.base = event_base_new();
	b.mesh = mesh_new(b.base, &c, secret, log, &sink, error);
	if (!b.mesh)
		bench_die("mesh", error);
	mesh_set_peers(b.mesh, list, 2);
	event_base_dispatch(b.base);
	mesh_free(b.mesh);
	event_base_free(b.base);
	log_free(log);
}

/* A process that ends with this one. */
static pid_t child(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		bench_die("fork", "no process");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void bare(const char *dir)
{
	static uint64_t ns[ROUNDS];
	struct pingpong p = {
		.pki = dir, .rounds = ROUNDS, .warm_up = WARM_UP, .flush = -1, .ns = ns,
	};

	for (unsigned int i = 0; i < SIZES; i++) {
		p.out = p.back = sizes[i];
		pingpong_run(&p);
		print("bare TLS, blocking", sizes[i], ns);
	}
}

static void remove_all(const char *dir)
{
	char line[256];

	snprintf(line, sizeof(line), "rm -r %s", dir);
	if (system(line))
		bench_die(line, "failed");
}

int main(void)
{
	char dir[] = "/tmp/hsmrepl-mesh-bench-XXXXXX";
	pid_t server;

	if (!mkdtemp(dir))
		bench_die(dir, "cannot be made");
	signal(SIGPIPE, SIG_IGN);
	bench_pki(dir);
	bare(dir);
	server = child();
	if (!server) {
		run_mesh(dir, 1);
		_exit(0);
	}
	run_mesh(dir, 2);
	kill(server, SIGTERM);
	wait(NULL);
	remove_all(dir);
	return 0;
}
