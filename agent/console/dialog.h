/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: what is being done to the pool: choose nodes, see what would come of it, confirm, wait,
 * read the result.
 */
#ifndef HSM_CONSOLE_DIALOG_H
#define HSM_CONSOLE_DIALOG_H

#include "known.h"

#define DIALOG_TEXT_MAX	2048

struct json_object;

/* Keys that are no characters. */
enum press {
	PRESS_NONE,
	PRESS_ENTER = '\n',
	PRESS_ESCAPE = 27,
	PRESS_UP = 256,
	PRESS_DOWN,
	PRESS_BACKSPACE,
	PRESS_RESIZE,
	PRESS_REDRAW,
	PRESS_OTHER,
};

enum dialog_step {
	DIALOG_CLOSED,
	DIALOG_HELP,
	DIALOG_CHOOSE,		/* one node or more, and how */
	DIALOG_DRY_RUN,		/* asked for, no answer yet */
	DIALOG_CONFIRM,		/* names are typed */
	DIALOG_UNDER_WAY,	/* asked for, no answer yet */
	DIALOG_RESULT,
};

enum dialog_task {
	TASK_NODE_DOWN,
	TASK_LIVE_SYNC,
};

/* What is to be done after a key. */
enum dialog_wants {
	DIALOG_NOTHING,
	DIALOG_REQUEST,		/* send dialog_request() */
	DIALOG_FORGET,		/* the answer that comes is not wanted any more */
};

/**
 * struct dialog_choice - a node that may be chosen
 * @name: its name
 * @state: when the dialog was opened
 * @chosen: it is
 */
struct dialog_choice {
	char name[HSMREPL_NAME_MAX];
	char state[KNOWN_WORD_MAX];
	bool chosen;
};

/**
 * struct dialog - it
 * @step: where it stands
 * @task: what it is about
 * @waits: a request is under way; @step may be CLOSED or HELP meanwhile
 * @n: nodes to choose from
 * @choice: they
 * @at: the one under the cursor
 * @strong: node-down by force, or Live-Sync that overwrites
 * @epoch: whose node list was looked at
 * @self: name of this node
 * @asked: choice whose name is typed
 * @typed: so far
 * @asked_ms: when the request that is under way began
 * @failed: the result is a refusal
 * @text: plan before CONFIRM, or result
 */
struct dialog {
	enum dialog_step step;
	enum dialog_task task;
	bool waits;
	unsigned int n;
	struct dialog_choice choice[KNOWN_NODES_MAX];
	unsigned int at;
	bool strong;
	uint64_t epoch;
	char self[HSMREPL_NAME_MAX];
	unsigned int asked;
	char typed[HSMREPL_NAME_MAX];
	uint64_t asked_ms;
	bool failed;
	char text[DIALOG_TEXT_MAX];
};

/** dialog_open() - begin @task, with the nodes that are known now */
void dialog_open(struct dialog *dialog, enum dialog_task task, const struct known *known);

/** dialog_key() - a key while it is open */
enum dialog_wants dialog_key(struct dialog *dialog, int key);

/**
 * dialog_request() - the request that a key brought about
 * @dialog: whose
 * @now_ms: clock, for the time that it takes
 * @verb: set to its enum hsmrepl_verb
 *
 * Return: its JSON, to be freed.
 */
struct json_object *dialog_request(struct dialog *dialog, uint64_t now_ms, unsigned int *verb);

/**
 * dialog_answer() - the request under way has ended
 * @dialog: whose it was
 * @error: 0 or a negative errno
 * @answer: of the agent, or NULL
 */
void dialog_answer(struct dialog *dialog, int error, struct json_object *answer);

/** dialog_wanted() - the name that must be typed */
const char *dialog_wanted(const struct dialog *dialog);

/** dialog_task_name() - "node-down" */
const char *dialog_task_name(enum dialog_task task);

#endif /* HSM_CONSOLE_DIALOG_H */
