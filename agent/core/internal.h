/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the core offer each other:
 *
 *   node.c   one step: event -> handler -> settle; state reports, forming a pool
 *   link.c   peers: hello, heartbeat, who counts as a member
 *   coord.c  coordinator: claim, votes, commit, revoke, abort
 *   voter.c  voter: prepare, yes, commit notice, abort, inquiry
 *   list.c   changes of the node list: form, admit, leave, finalise; who is about to join
 *   learn.c  a learner is told settled history
 *   turn.c   who may cut the next batch
 *   slot.c   the slot's table of allowed moves; applying what is committed
 *   down.c, survey.c  node-down
 *   out.c    composing actions
 */
#ifndef HSM_CORE_INTERNAL_H
#define HSM_CORE_INTERNAL_H

#include "node.h"

/* node.c */
bool node_blank(const struct node *n);
bool node_learner(const struct node *n);
bool node_sound(const struct node *n);
bool node_steady(const struct node *n);
void node_report(struct node *n, struct actions *out, enum hsmrepl_event event, uint16_t peer);

/* out.c */
struct action *out_add(struct actions *out, enum action_type type);
void out_send(struct node *n, struct actions *out, const struct peer *to, struct message *m);
struct action *out_append(struct actions *out, enum record_type record, struct batch_id batch,
			  struct bytes tls, unsigned int n_tls);
void out_resolve(struct actions *out, struct batch_id batch, enum hsmrepl_resolution r, int error);
void out_answer(struct actions *out, uint64_t request, int error, const char *why);
void out_drop(struct actions *out, uint16_t peer, const char *why);
const char *out_say(char *buf, size_t size, const char *const parts[]);
const char *name_of(const struct node *n, uint16_t id);

/* link.c */
struct peer *peer_find(struct node *n, uint16_t id);
struct peer *peer_add(struct node *n, uint16_t id);
bool link_all_members(const struct node *n);
unsigned int link_members_up(const struct node *n);
void link_forget(struct node *n);
void link_up(struct node *n, uint16_t id, uint16_t protocol, struct actions *out);
void link_down(struct node *n, uint16_t id, struct actions *out);
void link_hello(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void link_proven(struct node *n, struct peer *p, struct actions *out);
void link_tick(struct node *n, struct actions *out);
void link_greet(struct node *n, struct peer *p, struct actions *out);
void link_greet_all(struct node *n, struct actions *out);
void link_lookup(struct node *n, const struct event *ev, struct actions *out);

/* slot.c */
void slot_move(struct slot *s, enum slot_state to);
void slot_fill(struct node *n, enum slot_state to, struct batch_id id, const struct batch *b);
void slot_commit(struct node *n, struct actions *out);

/* coord.c */
/* Before an event is taken: what the voters have not been told of a commit is told now. */
void coord_pay(struct node *n, const struct event *ev, struct actions *out);
void coord_grant(struct node *n, struct actions *out);
void coord_claimed(struct node *n, const struct event *ev, struct actions *out);
void coord_vote(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void coord_aborted(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void coord_own_durable(struct node *n, struct actions *out);
void coord_revoked_durable(struct node *n, struct actions *out);
void coord_tick(struct node *n, struct actions *out);
void coord_give_up(struct node *n, struct actions *out);
void coord_lost(struct node *n, struct actions *out);
void coord_greeted(struct node *n, struct peer *p, const struct message *m, struct actions *out);

/* voter.c */
void voter_prepare(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void voter_prepared(struct node *n, const struct event *ev, struct actions *out);
void voter_yes_durable(struct node *n, struct actions *out);
void voter_give_up(struct node *n, struct actions *out);
void voter_refused_durable(struct node *n, struct batch_id id, struct actions *out);
void voter_commit(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void voter_abort(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void voter_inquire(struct node *n, struct peer *p, const struct message *m, struct actions *out);

/* learn.c */
void learn_event(struct node *n, const struct event *ev, struct actions *out);
void learn_message(struct node *n, struct peer *p, const struct message *m, struct actions *out);
void learn_prepared(struct node *n, int error, struct actions *out);

/* turn.c */
void turn_reset(struct node *n);
void turn_adopt(struct node *n, const struct turn *t);
void turn_lost(struct node *n, uint16_t id, struct actions *out);
void turn_want(struct node *n, uint16_t id);
struct turn turn_pass(struct node *n);
void turn_tick(struct node *n);
void turn_settle(struct node *n, struct actions *out);

#endif /* HSM_CORE_INTERNAL_H */
