/* SPDX-License-Identifier: GPL-2.0 */
/* Changes of the node list, and who is about to join (protocol.md section 4). */
#ifndef HSM_CORE_LIST_H
#define HSM_CORE_LIST_H

#include "step.h"
#include "wire.h"

struct node;
struct peer;

/**
 * struct change - a change of the node list that this node was asked for
 * @request: to be answered, 0 for none
 * @kind: FORM, NODE_ADD, NODE_REMOVE or FINALISE
 * @nl: the list after it
 * @submitted: the device was told
 * @since_ms: when it was asked for
 */
struct change {
	uint64_t request;
	enum hsmrepl_tl_kind kind;
	struct node_list nl;
	bool submitted;
	uint64_t since_ms;
};

/**
 * struct candidate - a node that is about to join
 * @nl: it alone; n == 0 for none
 * @wire: the same as it travels
 * @since_ms: when it was last heard of
 * @told: node id that the mesh was last told of, 0 for none
 */
struct candidate {
	struct node_list nl;
	struct hsmrepl_nl wire;
	uint64_t since_ms;
	uint16_t told;
};

void list_form(struct node *n, const struct event *ev, struct actions *out);
void list_admit(struct node *n, const struct event *ev, struct actions *out);
void list_leave(struct node *n, const struct event *ev, struct actions *out);
void list_finalise(struct node *n, const struct event *ev, struct actions *out);
void list_submitted(struct node *n, const struct event *ev, struct actions *out);
void list_changed(struct node *n, bool ours, struct actions *out);
void list_answer(struct node *n, int error, const char *why, struct actions *out);
void list_candidate(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void list_settle(struct node *n, struct actions *out);
uint16_t list_meets(const struct node *n);
/* The newcomer of the undecided NODE_ADD in our slot, or NULL. */
const struct member *list_newcomer(const struct node *n);

#endif /* HSM_CORE_LIST_H */
