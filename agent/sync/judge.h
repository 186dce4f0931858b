/* SPDX-License-Identifier: GPL-2.0 */
/* May this newcomer join, and what must be sent to it? Pure: facts in, verdict out. */
#ifndef HSM_SYNC_JUDGE_H
#define HSM_SYNC_JUDGE_H

#include "message.h"
#include "view.h"

/**
 * struct judge_facts - what the donor knows
 * @state: of the donor
 * @self: donor's node id
 * @nl: its node list
 * @seq: where it stands
 * @link: how the newcomer's peer connection stands
 * @id: newcomer's node id, from its certificate
 * @name: newcomer's name, from its certificate
 * @busy: name of another newcomer that is served, or NULL
 * @answer: enum history_answer about the newcomer's place, if it is of this pool
 * @at_answer: the same about the place that a cut import stands at
 * @window: TLs after this seq are whole
 * @join: its JOIN
 */
struct judge_facts {
	enum hsmrepl_node_state state;
	uint16_t self;
	const struct node_list *nl;
	uint64_t seq;
	enum link_state link;
	uint16_t id;
	const char *name;
	const char *busy;
	int answer;
	int at_answer;
	uint64_t window;
	const struct sync_message *join;
};

/**
 * struct verdict - what comes of a JOIN
 * @kind: 0: refused
 * @later: refused for now only
 * @resume: FULL or DELTA: the import that was cut is gone on with
 * @why: refused: what and why, ": ", what to do
 */
struct verdict {
	enum sync_kind kind;
	bool later;
	bool resume;
	char why[SYNC_TEXT_MAX + 1];
};

void judge(const struct judge_facts *f, struct verdict *v);

#endif /* HSM_SYNC_JUDGE_H */
