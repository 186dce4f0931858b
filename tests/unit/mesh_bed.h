/* SPDX-License-Identifier: GPL-2.0 */
/* Several meshes in one event loop on loopback, each with a record of what it logged and told. */
#ifndef TESTS_UNIT_MESH_BED_H
#define TESTS_UNIT_MESH_BED_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>

#include <event2/event.h>

#include "mesh_node.h"
#include "pki.h"

#define BED_TEXT_MAX (256 * 1024)
#define BED_DEADLINE_S 20

struct bed {
	struct event_base *base;
	struct event *tick;
	struct pki pki;
	struct member list[BED_NODES];
	struct bed_node node[BED_NODES + 1];
	uint8_t secret[MESH_SECRET_LEN];
};

/* Lets bed_wait() look at the clock. */
static inline void bed_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static inline void bed_init(struct bed *b)
{
	struct timeval tick = { .tv_usec = 20000 };

	memset(b, 0, sizeof(*b));
	signal(SIGPIPE, SIG_IGN);
	b->base = event_base_new();
	b->tick = event_new(b->base, -1, EV_PERSIST, bed_tick, NULL);
	event_add(b->tick, &tick);
	memset(b->secret, 0x5a, sizeof(b->secret));
	pki_init(&b->pki);
	for (unsigned int id = 1; id <= BED_NODES; id++) {
		struct member *m = &b->list[id - 1];
		struct bed_node *n = &b->node[id];

		m->id = (uint16_t)id;
		snprintf(m->name, sizeof(m->name), "n%u", id);
		/* an address of this process alone */
		snprintf(m->address, sizeof(m->address), "127.%d.%d.%u:4327",
			 1 + getpid() / 250 % 250, 1 + getpid() % 250, id);
		n->bed = b;
		n->config.node_id = m->id;
		strcpy(n->config.node_name, m->name);
		strcpy(n->config.listen, m->address);
		snprintf(n->config.ca, CONFIG_PATH_MAX, "%s", b->pki.ca);
		snprintf(n->config.certificate, CONFIG_PATH_MAX, "%s/n%u.pem", b->pki.dir, id);
		snprintf(n->config.private_key, CONFIG_PATH_MAX, "%s/n%u.key", b->pki.dir, id);
		n->log_fd = memfd_create("log", MFD_CLOEXEC);
		n->log = log_new(n->log_fd, LOG_LEVEL_DEBUG);
		pki_node(&b->pki, id);
	}
}

/* Starts node @id, with all nodes up to @n listed. */
static inline struct bed_node *bed_start(struct bed *b, unsigned int id, unsigned int n)
{
	const struct mesh_sink sink = { bed_up, bed_down, bed_frame, bed_removed, &b->node[id] };
	struct bed_node *node = &b->node[id];
	char error[CONFIG_ERROR_MAX] = "";

	node->up = 0;
	node->mesh = mesh_new(b->base, &node->config, b->secret, node->log, &sink, error);
	ck_assert_msg(node->mesh, "%s", error);
	mesh_set_peers(node->mesh, b->list, n);
	return node;
}

static inline void bed_stop(struct bed_node *n)
{
	mesh_free(n->mesh);
	n->mesh = NULL;
	n->up = 0;
}

static inline void bed_free(struct bed *b)
{
	for (struct bed_node *n = b->node + 1; n <= b->node + BED_NODES; n++) {
		bed_stop(n);
		log_free(n->log);
		close(n->log_fd);
	}
	event_free(b->tick);
	event_base_free(b->base);
	pki_free(&b->pki);
}

/* Is @text in the log? */
static inline bool bed_logged(const struct bed_node *n, const char *text)
{
	static char log[BED_TEXT_MAX];

	log[pread(n->log_fd, log, sizeof(log) - 1, 0)] = '\0';
	return strstr(log, text);
}

/* Runs the event loop until @condition holds; shows all logs and fails if it does not in time. */
#define bed_wait(b, condition)							\
	do {									\
		time_t give_up = time(NULL) + BED_DEADLINE_S;			\
										\
		while (!(condition)) {						\
			if (time(NULL) > give_up)				\
				bed_give_up(b, #condition);			\
			event_base_loop((b)->base, EVLOOP_ONCE);		\
		}								\
	} while (0)

static inline void bed_give_up(struct bed *b, const char *what)
{
	for (unsigned int id = 1; id <= BED_NODES; id++) {
		bed_logged(&b->node[id], "");
		fprintf(stderr, "--- log of n%u\n", id);
		lseek(b->node[id].log_fd, 0, SEEK_SET);
		for (char c; read(b->node[id].log_fd, &c, 1) == 1;)
			fputc(c, stderr);
	}
	ck_abort_msg("not in time: %s", what);
}

#endif /* TESTS_UNIT_MESH_BED_H */
