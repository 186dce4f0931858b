// SPDX-License-Identifier: GPL-2.0
#include "intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "item.h"

enum stage {
	STAGE_TAKING,	/* items come */
	STAGE_FINISHING,
	STAGE_ASIDE,
	STAGE_SWITCHING,
};

/**
 * struct intake - an import under way
 * @import: the store's part
 * @stage: what comes next
 * @aside: old objects are put aside
 * @path: of the file that they are in
 * @n_aside: objects in it
 * @room: for the item at work
 */
struct intake {
	struct import *import;
	enum stage stage;
	bool aside;
	char path[STORE_ERROR_MAX];
	uint64_t n_aside;
	struct item_room room;
};

_Static_assert(SYNC_ERROR_MAX >= STORE_ERROR_MAX, "an error of the store fits");

bool intake_found(const struct sync_host *host, struct import_state *state)
{
	const struct config *c = host->config;
	char error[STORE_ERROR_MAX];

	if (import_state(c->state_dir, host->secret, c->node_id, state, error) == 0)
		return state->exists;
	log_warning(host->log, "live-sync: what was received before is not gone on with: %s",
		    error);
	return false;
}

static void read_start(const struct sync_message *plan, const struct member *donor, bool resume,
		       struct import_start *start)
{
	start->kind = resume ? IMPORT_RESUME : plan->kind == SYNC_KIND_DELTA ? IMPORT_DELTA :
		      IMPORT_FULL;
	memcpy(start->pool, plan->nl.pool, sizeof(start->pool));
	start->donor = donor->id;
	memcpy(start->address, donor->address, sizeof(start->address));
	start->place = plan->place;
	nl_encode(&plan->nl, &start->nl);
	start->total = (struct snapshot_total){ plan->tls, plan->bytes, plan->rows };
}

struct intake *intake_open(const struct sync_host *host, const struct sync_message *plan,
			   const struct member *donor, bool resume, bool aside,
			   char error[SYNC_ERROR_MAX])
{
	const struct config *c = host->config;
	struct intake *in = calloc(1, sizeof(*in));
	struct import_state state;
	struct import_start start = { 0 };

	if (!in) {
		snprintf(error, SYNC_ERROR_MAX, "no memory for a Live-Sync: free some");
		return NULL;
	}
	if (plan) {
		read_start(plan, donor, resume, &start);
	} else if (import_state(c->state_dir, host->secret, c->node_id, &state, error) == 0) {
		start = state.start;
		start.kind = IMPORT_RESUME;
		in->stage = STAGE_FINISHING;
	}
	in->aside = aside;
	in->import = import_begin(c->state_dir, host->secret, c->node_id, host->log, &start, error);
	if (in->import)
		return in;
	free(in);
	return NULL;
}

void intake_close(struct intake *in)
{
	if (!in)
		return;
	if (in->import)
		import_close(in->import);
	free(in);
}

static int trouble(struct intake *in, int ret, char error[SYNC_ERROR_MAX])
{
	snprintf(error, SYNC_ERROR_MAX, "%s%s", import_trouble(in->import),
		 ret == -ENOSPC ? ": make room, then live-sync again" : "");
	return -1;
}

int intake_items(struct intake *in, const struct sync_message *m, char error[SYNC_ERROR_MAX])
{
	struct bytes left = m->data;
	struct snapshot_item item;

	for (uint64_t i = 0; i < m->count; i++) {
		int ret;

		if (!item_decode(&left, &in->room, &item)) {
			snprintf(error, SYNC_ERROR_MAX,
				 "the donor sent a malformed item" SYNC_SAME_VERSION);
			return -1;
		}
		ret = import_item(in->import, &item);
		if (ret)
			return trouble(in, ret, error);
	}
	return 0;
}

int intake_step(struct intake *in, char error[SYNC_ERROR_MAX])
{
	int ret = 0;

	switch (in->stage) {
	case STAGE_TAKING:
		in->stage = STAGE_FINISHING;
		return 1;
	case STAGE_FINISHING:
		ret = import_finish(in->import);
		if (ret == 0)
			in->stage = in->aside ? STAGE_ASIDE : STAGE_SWITCHING;
		break;
	case STAGE_ASIDE:
		ret = import_quarantine(in->import, in->path, &in->n_aside);
		if (ret == 0)
			in->stage = STAGE_SWITCHING;
		break;
	case STAGE_SWITCHING:
		ret = import_end(in->import);
		if (ret)
			break;
		import_close(in->import);
		in->import = NULL;
		return 0;
	}
	return ret < 0 ? trouble(in, ret, error) : 1;
}

void intake_count(const struct intake *in, uint64_t *tls, uint64_t *bytes)
{
	struct import_state state;

	import_progress(in->import, &state);
	*tls = state.tls;
	*bytes = state.bytes;
}

const char *intake_quarantine(const struct intake *in, uint64_t *n)
{
	*n = in->n_aside;
	return in->path;
}
