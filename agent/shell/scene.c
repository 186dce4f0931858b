// SPDX-License-Identifier: GPL-2.0
#include "scene.h"

#include "clock.h"

void scene_look(const struct agent *a, struct scene *s)
{
	s->a = a;
	s->now_ms = clock_ms();
	pump_look(a->pump, &s->view);
	roster_make(&s->roster, &a->config, &a->found, s->view.nl);
}

const struct peer_view *scene_peer(const struct scene *s, uint16_t id)
{
	for (unsigned int i = 0; i < s->view.n_peers; i++)
		if (s->view.peer[i].id == id)
			return &s->view.peer[i];
	return NULL;
}

bool scene_linked(const struct scene *s, uint16_t id)
{
	const struct peer_view *p = scene_peer(s, id);

	return id == s->view.id || (p && p->link == LINK_MEMBER);
}

bool scene_waits_for(const struct scene *s, uint16_t id)
{
	const struct peer_view *p = scene_peer(s, id);

	switch (s->view.slot) {
	case SLOT_FREE:
		return !scene_linked(s, id);
	case SLOT_VOTING:
		return id == s->view.id ? s->view.own_vote != VOTE_YES : !p || p->vote != VOTE_YES;
	case SLOT_ABORTING:
		return !scene_linked(s, id);
	case SLOT_REVOKING:
	case SLOT_TAKING:
	case SLOT_DROPPING:
		return id == s->view.id;
	case SLOT_HELD:
		return !scene_linked(s, id) || id == s->view.slot_id.coordinator;
	case SLOT_STATES:
		break;
	}
	return false;
}

uint64_t scene_age(const struct scene *s, uint64_t since_ms)
{
	return s->now_ms > since_ms ? s->now_ms - since_ms : 0;
}

uint64_t scene_pending_ms(const struct scene *s, const struct phases *phases, uint64_t queued)
{
	if (s->view.slot != SLOT_FREE)
		return scene_age(s, s->view.slot_since_ms);
	if (!queued)
		return 0;
	return phases_waiting_ns(phases, s->now_ms * CLOCK_NS_PER_MS) / CLOCK_NS_PER_MS;
}
