// SPDX-License-Identifier: GPL-2.0
/*
 * Console: the agent's answers, taken apart.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "known.h"
#include "../ctl/print.h"

#define CODES	10000

unsigned int check_code(uint64_t sync_point)
{
	unsigned char input[sizeof(sync_point)], hash[EVP_MAX_MD_SIZE];

	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = sync_point >> (8 * i);
	if (!EVP_Digest(input, sizeof(input), hash, NULL, EVP_sha256(), NULL))
		return 0;
	return ((uint32_t)hash[3] << 24 | hash[2] << 16 | hash[1] << 8 | hash[0]) % CODES;
}

/* A string member into @room bytes at @to; empty if there is none. */
static void copy_text(struct json_object *object, const char *name, char *to, size_t room)
{
	snprintf(to, room, "%s", json_text(object, name, ""));
}

#define COPY_TEXT(object, name, to)	copy_text(object, name, to, sizeof(to))

/* The member of that name, NULL if it is absent or null. */
static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	return value;
}

static size_t array_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static void take_live(struct known_live *live, struct json_object *o)
{
	COPY_TEXT(o, "role", live->role);
	COPY_TEXT(o, "phase", live->phase);
	COPY_TEXT(o, "with", live->with);
	COPY_TEXT(o, "trouble", live->trouble);
	live->percent = json_number(o, "percent");
	live->bytes = json_number(o, "bytes");
	live->rate = json_number(o, "rate");
	live->left_s = json_number(o, "left_s");
}

void known_status(struct known *known, struct json_object *answer)
{
	COPY_TEXT(answer, "turn", known->turn);
	COPY_TEXT(answer, "version", known->version);
	known->uptime_ms = json_number(answer, "uptime_ms");
	take_live(&known->live, member(answer, "live_sync"));
}

static void take_node(struct known_node *node, struct json_object *o)
{
	node->id = json_number(o, "id");
	COPY_TEXT(o, "name", node->name);
	COPY_TEXT(o, "address", node->address);
	COPY_TEXT(o, "state", node->state);
	COPY_TEXT(o, "certificate_expiry", node->expiry);
	node->heard = member(o, "seq");
	node->linked = member(o, "rtt_ms");
	node->seq = json_number(o, "seq");
	node->sync_point = strtoull(json_text(o, "sync_point", "0"), NULL, 16);
	node->lag = json_number(o, "lag");
	node->rtt_ms = json_object_get_double(member(o, "rtt_ms"));
	node->ack_ms = json_number(o, "last_ack_ms");
}

void known_nodes(struct known *known, struct json_object *answer)
{
	struct json_object *list = member(answer, "nodes");
	const char *slowest = json_text(answer, "slowest", "");
	size_t n = array_length(list);

	known->n_nodes = n < KNOWN_NODES_MAX ? n : KNOWN_NODES_MAX;
	for (size_t i = 0; i < known->n_nodes; i++) {
		struct known_node *node = &known->node[i];

		take_node(node, json_object_array_get_idx(list, i));
		node->self = node->id == known->state.node_id;
		node->slowest = !strcmp(node->name, slowest);
	}
}

/* Behind what stands in @text already, with a comma. */
static void append(char text[KNOWN_TEXT_MAX], const char *name, const char *value)
{
	size_t len = strlen(text);

	snprintf(text + len, KNOWN_TEXT_MAX - len, "%s%s%s%s", len ? ", " : "", name,
		 value ? " " : "", value ? value : "");
}

static void mark_waited(struct known *known, const char *name)
{
	for (unsigned int i = 0; i < known->n_nodes; i++) {
		if (!strcmp(known->node[i].name, name))
			known->node[i].waited = true;
	}
}

void known_pending(struct known *known, struct json_object *answer)
{
	struct known_pending *pending = &known->pending;
	struct json_object *tids = member(answer, "tids"), *votes = member(answer, "votes");
	struct json_object *waiting = member(answer, "waiting_for");
	const char *first = NULL;

	pending->tids = array_length(tids);
	if (pending->tids)
		first = json_object_get_string(json_object_array_get_idx(tids, 0));
	snprintf(pending->first, sizeof(pending->first), "%s", first ? first : "");
	COPY_TEXT(answer, "coordinator", pending->coordinator);
	COPY_TEXT(answer, "reason", pending->reason);
	pending->age_ms = json_number(answer, "age_ms");
	pending->queued = json_number(answer, "queued");
	for (size_t i = 0; i < array_length(waiting); i++) {
		const char *name =
			json_object_get_string(json_object_array_get_idx(waiting, i));

		if (!name)
			continue;
		append(pending->waiting, name, NULL);
		mark_waited(known, name);
	}
	if (!json_object_is_type(votes, json_type_object))
		return;
	json_object_object_foreach(votes, voter, vote)
		append(pending->votes, voter, vote ? json_object_get_string(vote) : "-");
}

static double metric(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtod(at + strlen(name), NULL) : 0;
}

void known_metrics(struct known *known, struct json_object *answer)
{
	const char *text = json_text(answer, "text", "");

	known->commit_s = metric(text, "\nhsmrepl_commit_phase_seconds_sum{phase=\"commit\"} ");
	known->commits =
		metric(text, "\nhsmrepl_commit_phase_seconds_count{phase=\"commit\"} ");
}

const char *known_name(const struct known *known, unsigned int id, char room[KNOWN_WORD_MAX])
{
	for (unsigned int i = 0; i < known->n_nodes; i++) {
		if (known->node[i].id == id)
			return known->node[i].name;
	}
	snprintf(room, KNOWN_WORD_MAX, "node %u", id);
	return room;
}

bool known_syncs(const struct known *known)
{
	const char *phase = known->live.phase;

	return phase[0] && strcmp(phase, "done") != 0 && strcmp(phase, "failed") != 0;
}
