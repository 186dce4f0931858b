/* SPDX-License-Identifier: GPL-2.0 */
/* The node and those around it at one moment: what panels and metrics draw on. */
#ifndef HSM_SHELL_SCENE_H
#define HSM_SHELL_SCENE_H

#include "agent.h"
#include "roster.h"

/**
 * struct scene - everything at one moment
 * @a: whose
 * @view: the protocol's; it points into the node, so the scene ends with the next step
 * @roster: members of the pool, or who could be
 * @now_ms: by clock_ms()
 */
struct scene {
	const struct agent *a;
	struct node_view view;
	struct roster roster;
	uint64_t now_ms;
};

void scene_look(const struct agent *a, struct scene *s);

/* What is known of that node; NULL for this one, and for one that was never heard of. */
const struct peer_view *scene_peer(const struct scene *s, uint16_t id);

/* Is it connected as a member? This node always is. */
bool scene_linked(const struct scene *s, uint16_t id);

/*
 * Whether the batch in the slot cannot be decided without that node, as far as this one knows. With
 * a free slot: whether none can be cut.
 */
bool scene_waits_for(const struct scene *s, uint16_t id);

/* Milliseconds since @since_ms, 0 if that is to come. */
uint64_t scene_age(const struct scene *s, uint64_t since_ms);

/*
 * How long the batch in the slot has been undecided; with a free slot, how long those that the
 * device has @queued have waited, by @phases. Milliseconds, 0 if nothing is pending.
 */
uint64_t scene_pending_ms(const struct scene *s, const struct phases *phases, uint64_t queued);

#endif /* HSM_SHELL_SCENE_H */
