// SPDX-License-Identifier: GPL-2.0
/*
 * Console: events in words.
 */
#include <inttypes.h>
#include <string.h>

#include "news.h"

static void say_state(struct diary *diary, time_t at, unsigned int state, uint64_t epoch)
{
	diary_add(diary, at, DIARY_NEWS, "this node is %s, epoch %" PRIu64,
		    hsmrepl_state_name(state), epoch);
}

void news_notice(struct diary *diary, time_t at, const struct known *known,
		 const struct hsmrepl_notice *notice)
{
	char room[KNOWN_WORD_MAX];
	const char *node = known_name(known, notice->node, room);

	switch (notice->event) {
	case HSMREPL_EVENT_STATE:
		say_state(diary, at, notice->state, notice->epoch);
		break;
	case HSMREPL_EVENT_COMMIT:
		diary_commits(diary, at, notice->count, notice->seq, notice->sync_point);
		break;
	case HSMREPL_EVENT_NODE_UP:
		diary_add(diary, at, DIARY_NEWS, "%s is up", node);
		break;
	case HSMREPL_EVENT_NODE_DOWN:
		diary_add(diary, at, DIARY_NEWS, "%s is not connected", node);
		break;
	case HSMREPL_EVENT_SYNC:
		diary_add(diary, at, DIARY_PROGRESS, "Live-Sync with %s: %u%%", node,
			    notice->percent);
		break;
	case HSMREPL_EVENT_SPLIT_BRAIN:
		diary_add(diary, at, DIARY_NEWS,
			    "SPLIT BRAIN with %s: see hsmreplctl split-brain", node);
		break;
	default:
		diary_add(diary, at, DIARY_NEWS, "%s", hsmrepl_event_name(notice->event));
	}
}

static void say_reach(struct diary *diary, time_t at, const char *who, int was, int error)
{
	if (was == error)
		return;
	if (error)
		diary_add(diary, at, DIARY_NEWS, "the %s does not answer: %s", who,
			    hsmrepl_error_text(error));
	else
		diary_add(diary, at, DIARY_NEWS, "the %s answers again", who);
}

void news_reach(struct diary *diary, time_t at, const struct known *was,
		const struct known *known)
{
	const struct known_live *live = &known->live;

	say_reach(diary, at, "device", was->device_error, known->device_error);
	if (!known->device_error)
		say_reach(diary, at, "agent", was->agent_error, known->agent_error);
	if (known_syncs(was) && live->phase[0] && !known_syncs(known))
		diary_add(diary, at, DIARY_NEWS, "Live-Sync with %s: %s%s%s", live->with,
			    live->phase, live->trouble[0] ? ": " : "", live->trouble);
}

static const struct known_node *node_by_id(const struct known *known, unsigned int id)
{
	for (unsigned int i = 0; i < known->n_nodes; i++) {
		if (known->node[i].id == id)
			return &known->node[i];
	}
	return NULL;
}

static void say_nodes(struct diary *diary, time_t at, const struct known *was,
		      const struct known *known)
{
	for (unsigned int i = 0; i < known->n_nodes; i++) {
		const struct known_node *node = &known->node[i];
		const struct known_node *then = node_by_id(was, node->id);

		if (!node->self && then && strcmp(then->state, node->state) != 0)
			diary_add(diary, at, DIARY_NEWS, "%s was %s, is %s", node->name,
				    then->state, node->state);
	}
}

void news_changes(struct diary *diary, time_t at, const struct known *was,
		  const struct known *known)
{
	const struct hsmrepl_state *then = &was->state, *now = &known->state;

	if (was->device_error || known->device_error || !was->at_ms)
		return;
	if (then->state != now->state || then->epoch != now->epoch)
		say_state(diary, at, now->state, now->epoch);
	if (now->seq > then->seq)
		diary_commits(diary, at, now->seq - then->seq, now->seq, now->sync_point);
	say_nodes(diary, at, was, known);
}
