/* SPDX-License-Identifier: GPL-2.0 */
/* One mesh of the bed, and the record of what it told. */
#ifndef TESTS_UNIT_MESH_NODE_H
#define TESTS_UNIT_MESH_NODE_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>

#include "log.h"
#include "mesh.h"

#define BED_NODES 4

struct bed;

/**
 * struct bed_node - node n@id of the bed
 * @up: peers that are up, a bit each; @ups and @downs: how often, by id
 * @frames: frames received; @last_len and @sum: bytes of the last one, and a sum over them
 * @removed: who said that the node is removed, a bit each
 * @echo: send every frame back
 * @why: of the last down
 */
struct bed_node {
	struct bed *bed;
	struct config config;
	struct mesh *mesh;
	struct log *log;
	int log_fd;
	unsigned int up;
	unsigned int ups[BED_NODES + 1];
	unsigned int downs[BED_NODES + 1];
	unsigned long frames;
	size_t last_len;
	uint64_t sum;
	unsigned int removed;
	bool echo;
	char why[512];
};

static inline uint64_t bed_sum(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + p[i];
	return sum;
}

static inline void bed_up(void *arg, uint16_t peer)
{
	struct bed_node *n = arg;

	ck_assert(!(n->up & 1U << peer));
	n->up |= 1U << peer;
	n->ups[peer]++;
}

static inline void bed_down(void *arg, uint16_t peer, const char *why)
{
	struct bed_node *n = arg;

	ck_assert(n->up & 1U << peer);
	n->up &= ~(1U << peer);
	n->downs[peer]++;
	snprintf(n->why, sizeof(n->why), "%s", why);
}

static inline void bed_frame(void *arg, uint16_t peer, const void *frame, size_t len)
{
	struct bed_node *n = arg;

	ck_assert(n->up & 1U << peer);
	n->frames++;
	n->last_len = len;
	n->sum = bed_sum(frame, len);
	if (n->echo)
		mesh_send(n->mesh, peer, (struct bytes){ frame, len }, (struct bytes){ 0 });
}

static inline void bed_removed(void *arg, uint16_t peer)
{
	struct bed_node *n = arg;

	n->removed |= 1U << peer;
}

#endif /* TESTS_UNIT_MESH_NODE_H */
