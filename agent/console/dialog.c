// SPDX-License-Identifier: GPL-2.0
/*
 * Console: from a key to a request that was confirmed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialog.h"
#include "../ctl/plan.h"
#include "../ctl/print.h"

const char *dialog_task_name(enum dialog_task task)
{
	return task == TASK_NODE_DOWN ? "node-down" : "Live-Sync";
}

static void say(struct dialog *dialog, enum dialog_step step, bool failed, const char *text)
{
	dialog->step = step;
	dialog->failed = failed;
	snprintf(dialog->text, sizeof(dialog->text), "%s", text);
}

static void add_choice(struct dialog *dialog, const struct known_node *node)
{
	struct dialog_choice *choice = &dialog->choice[dialog->n++];

	snprintf(choice->name, sizeof(choice->name), "%s", node->name);
	snprintf(choice->state, sizeof(choice->state), "%s", node->state);
	choice->chosen = false;
}

/* Who is declared down is no member that is connected, who serves as donor is one. */
static unsigned int likely(const struct dialog *dialog)
{
	for (unsigned int i = 0; i < dialog->n; i++) {
		bool member = !strcmp(dialog->choice[i].state, "member");

		if (member == (dialog->task == TASK_LIVE_SYNC))
			return i;
	}
	return 0;
}

void dialog_open(struct dialog *dialog, enum dialog_task task, const struct known *known)
{
	*dialog = (struct dialog) {
		.step = DIALOG_CHOOSE,
		.task = task,
		.epoch = known->state.epoch,
	};
	snprintf(dialog->self, sizeof(dialog->self), "%s", known->state.name);
	for (unsigned int i = 0; i < known->n_nodes; i++) {
		if (!known->node[i].self)
			add_choice(dialog, &known->node[i]);
	}
	dialog->at = likely(dialog);
	if (known->device_error || known->agent_error)
		say(dialog, DIALOG_RESULT, true,
		    "The agent of this node does not answer: start hsmrepld.");
	else if (!dialog->n)
		say(dialog, DIALOG_RESULT, true,
		    "No other node is known here: see domain and peer in hsmrepld.conf(5).");
}

static unsigned int next_chosen(const struct dialog *dialog, unsigned int from)
{
	while (from < dialog->n && !dialog->choice[from].chosen)
		from++;
	return from;
}

const char *dialog_wanted(const struct dialog *dialog)
{
	if (dialog->task == TASK_LIVE_SYNC && dialog->strong)
		return dialog->self;	/* it is this node's content that goes */
	return dialog->choice[dialog->asked].name;
}

static void begin_confirm(struct dialog *dialog)
{
	dialog->step = DIALOG_CONFIRM;
	dialog->asked = next_chosen(dialog, 0);
	dialog->typed[0] = '\0';
}

static void plan_live_sync(struct dialog *dialog)
{
	snprintf(dialog->text, sizeof(dialog->text),
		 "%s joins the pool of %s, or comes back to it; what it lacks is sent while the "
		 "pool works on.%s",
		 dialog->self, dialog->choice[next_chosen(dialog, 0)].name,
		 dialog->strong ? " ITS OWN CONTENT IS REPLACED; objects that the pool lacks are "
				  "put aside in a sealed file." : "");
	begin_confirm(dialog);
}

/* Of node-down several may be meant; of Live-Sync one is the donor. */
static void choose(struct dialog *dialog, unsigned int at)
{
	bool before = dialog->choice[at].chosen;

	for (unsigned int i = 0; dialog->task == TASK_LIVE_SYNC && i < dialog->n; i++)
		dialog->choice[i].chosen = false;
	dialog->choice[at].chosen = !before;
}

static enum dialog_wants chosen(struct dialog *dialog)
{
	if (next_chosen(dialog, 0) == dialog->n)
		dialog->choice[dialog->at].chosen = true;
	if (dialog->task == TASK_LIVE_SYNC) {
		plan_live_sync(dialog);
		return DIALOG_NOTHING;
	}
	dialog->step = DIALOG_DRY_RUN;
	dialog->waits = true;
	return DIALOG_REQUEST;
}

static enum dialog_wants key_choose(struct dialog *dialog, int key)
{
	const int strong_key = dialog->task == TASK_NODE_DOWN ? 'f' : 'o';

	if (key == PRESS_ENTER)
		return chosen(dialog);
	if (key == PRESS_ESCAPE || key == 'q')
		dialog->step = DIALOG_CLOSED;
	else if (key == ' ')
		choose(dialog, dialog->at);
	else if (key == strong_key)
		dialog->strong = !dialog->strong;
	else if ((key == PRESS_UP || key == 'k') && dialog->at > 0)
		dialog->at--;
	else if ((key == PRESS_DOWN || key == 'j') && dialog->at + 1 < dialog->n)
		dialog->at++;
	return DIALOG_NOTHING;
}

static enum dialog_wants typed(struct dialog *dialog)
{
	if (strcmp(dialog->typed, dialog_wanted(dialog)) != 0) {
		say(dialog, DIALOG_RESULT, true, "Not confirmed, nothing was changed.");
		return DIALOG_NOTHING;
	}
	dialog->typed[0] = '\0';
	dialog->asked = next_chosen(dialog, dialog->asked + 1);
	if (dialog->asked < dialog->n)
		return DIALOG_NOTHING;
	dialog->step = DIALOG_UNDER_WAY;
	dialog->waits = true;
	return DIALOG_REQUEST;
}

static enum dialog_wants key_confirm(struct dialog *dialog, int key)
{
	size_t len = strlen(dialog->typed);

	if (key == PRESS_ENTER)
		return typed(dialog);
	if (key == PRESS_ESCAPE) {
		dialog->step = DIALOG_CLOSED;
	} else if (key == PRESS_BACKSPACE && len > 0) {
		dialog->typed[len - 1] = '\0';
	} else if (key >= ' ' && key <= '~' && len + 1 < sizeof(dialog->typed)) {
		dialog->typed[len] = key;
		dialog->typed[len + 1] = '\0';
	}
	return DIALOG_NOTHING;
}

enum dialog_wants dialog_key(struct dialog *dialog, int key)
{
	switch (dialog->step) {
	case DIALOG_CHOOSE:
		return key_choose(dialog, key);
	case DIALOG_CONFIRM:
		return key_confirm(dialog, key);
	case DIALOG_DRY_RUN:
		if (key != PRESS_ESCAPE)
			return DIALOG_NOTHING;
		dialog->step = DIALOG_CLOSED;
		dialog->waits = false;
		return DIALOG_FORGET;
	case DIALOG_UNDER_WAY:
		if (key == PRESS_ESCAPE)
			dialog->step = DIALOG_CLOSED;
		return DIALOG_NOTHING;
	case DIALOG_HELP:
	case DIALOG_RESULT:
		dialog->step = DIALOG_CLOSED;
		return DIALOG_NOTHING;
	case DIALOG_CLOSED:
		return DIALOG_NOTHING;
	}
	abort();
}

static struct json_object *node_down_request(const struct dialog *dialog)
{
	struct json_object *request = json_object_new_object();
	struct json_object *names = json_object_new_array();

	for (unsigned int i = 0; i < dialog->n; i++) {
		if (dialog->choice[i].chosen)
			json_object_array_add(names,
					      json_object_new_string(dialog->choice[i].name));
	}
	json_object_object_add(request, "nodes", names);
	json_object_object_add(request, "dry_run",
			       json_object_new_boolean(dialog->step == DIALOG_DRY_RUN));
	json_object_object_add(request, "force", json_object_new_boolean(dialog->strong));
	json_object_object_add(request, "epoch", json_object_new_uint64(dialog->epoch));
	return request;
}

static struct json_object *live_sync_request(const struct dialog *dialog)
{
	const struct dialog_choice *donor = &dialog->choice[next_chosen(dialog, 0)];
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "donor", json_object_new_string(donor->name));
	json_object_object_add(request, "overwrite", json_object_new_boolean(dialog->strong));
	return request;
}

struct json_object *dialog_request(struct dialog *dialog, uint64_t now_ms, unsigned int *verb)
{
	dialog->asked_ms = now_ms;
	if (dialog->task == TASK_LIVE_SYNC) {
		*verb = HSMREPL_VERB_LIVE_SYNC;
		return live_sync_request(dialog);
	}
	*verb = HSMREPL_VERB_NODE_DOWN;
	return node_down_request(dialog);
}

/* What the agent says of a node-down, as hsmreplctl node-down prints it. */
static void take_plan(struct dialog *dialog, struct json_object *answer, bool dry)
{
	FILE *text = fmemopen(dialog->text, sizeof(dialog->text), "w");

	if (!text)
		return;
	plan_print(text, answer, dry);
	fclose(text);
	dialog->text[sizeof(dialog->text) - 1] = '\0';
}

static void take_refusal(struct dialog *dialog, int error, struct json_object *answer)
{
	char text[DIALOG_TEXT_MAX];

	snprintf(text, sizeof(text), "%s (%s): %s",
		 json_text(answer, "error", hsmrepl_error_text(error)), hsmrepl_error_name(error),
		 json_text(answer, "hint", "see hsmreplctl status"));
	say(dialog, DIALOG_RESULT, true, text);
}

void dialog_answer(struct dialog *dialog, int error, struct json_object *answer)
{
	const bool dry = dialog->step == DIALOG_DRY_RUN;

	dialog->waits = false;
	if (error) {
		take_refusal(dialog, error, answer);
	} else if (dialog->task == TASK_LIVE_SYNC) {
		say(dialog, DIALOG_RESULT, false,
		    "Begun: the screen shows how it goes on, and the events how it ends. The agent "
		    "does it, whether this console stays or not.");
	} else {
		say(dialog, DIALOG_RESULT, false, "");
		take_plan(dialog, answer, dry);
		if (dry)
			begin_confirm(dialog);
	}
}
