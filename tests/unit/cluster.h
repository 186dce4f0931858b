/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A few protocol cores on a perfect network, for stories told step by step: messages are
 * delivered in order, disks flush at once unless told not to, devices take everything.
 */
#ifndef TESTS_CLUSTER_H
#define TESTS_CLUSTER_H

#include <check.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "step.h"
#include "view.h"
#include "wire.h"

#define CLUSTER_MAX 5
#define CLUSTER_QUEUE 4096
#define CLUSTER_FRAME 8192

struct letter {
	uint16_t from, to;
	size_t len;
	uint8_t bytes[CLUSTER_FRAME];
};

/* What a node keeps across a crash of its agent and kernel. */
struct durable {
	struct node_list nl;
	struct position pos;
	struct batch_id slot_id, last;
	uint8_t slot[CLUSTER_FRAME];
	size_t slot_len;
	struct batch_id refused[CLUSTER_MAX + 1];
	uint64_t promised, accepted;
	bool has_value;
	uint8_t value[DOWN_VALUE_LEN];
	uint32_t incarnation;
};

struct seat {
	struct node *n;
	bool up;
	bool disk_held;		/* flushes do not complete */
	uint64_t granted;
	struct durable d;
	int answer_error;
	bool answered;
	struct down_plan plan;
	char why[256];
	bool aborted, requeued;
	uint16_t protocol;	/* highest version that it speaks */
	enum hsmrepl_tl_kind change;	/* a change of the node list waits in the queue, 0: none */
	struct node_list change_nl;
	uint16_t candidate;	/* that the mesh was told of */
	uint16_t looked_for;	/* peer of the last ACT_LOOKUP */
	struct position place;	/* its place */
	bool slot_refused;	/* its device refuses the undecided batch at its next start */
	bool rolled_back;	/* its next start finds that its store forgot */
	bool soon;		/* it wants a tick */
	int device_error;	/* with which the next PREPARE fails */
	enum hsmrepl_event event;	/* last one reported */
};

struct cluster {
	unsigned int n;
	uint64_t now;
	uint64_t random;
	struct seat seat[CLUSTER_MAX + 1];	/* by node id */
	bool linked[CLUSTER_MAX + 1][CLUSTER_MAX + 1];
	unsigned int head, tail;
	struct letter *queue;
	struct letter last;	/* batch that a coordinator cut last */
	bool (*lose)(const struct letter *l);	/* NULL: lose nothing */
};

void cluster_init(struct cluster *c, unsigned int n);
void cluster_free(struct cluster *c);
void cluster_step(struct cluster *c, uint16_t id, struct event ev);
/* All that is under way is delivered. */
void cluster_deliver(struct cluster *c);
/* And what a node has put off for a little. */
void cluster_run(struct cluster *c);
void cluster_link(struct cluster *c, uint16_t a, uint16_t b, bool up);
void cluster_crash(struct cluster *c, uint16_t id);
void cluster_start(struct cluster *c, uint16_t id);
void cluster_pass(struct cluster *c, unsigned int ms);
bool cluster_write(struct cluster *c, uint16_t id, uint64_t tid);
bool cluster_change(struct cluster *c, uint16_t id, uint64_t tid);
uint16_t cluster_learner(struct cluster *c);
void cluster_feed(struct cluster *c, uint16_t id);
void cluster_admit(struct cluster *c, uint16_t at, uint16_t who);
void cluster_down(struct cluster *c, uint16_t at, uint16_t dead, bool dry, bool force);
/* A message that @from never sent. */
void cluster_hear(struct cluster *c, uint16_t from, uint16_t to, struct message m);
/* The newest letter under way, MSG_END if there is none. */
unsigned int cluster_last_said(const struct cluster *c);
struct node_view cluster_look(struct cluster *c, uint16_t id);
/* Assert: all nodes that are up are members of a list of @members, at rest at that place. */
void cluster_at(struct cluster *c, uint64_t seq, uint64_t sp, unsigned int members);

#endif /* TESTS_CLUSTER_H */
