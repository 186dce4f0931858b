// SPDX-License-Identifier: GPL-2.0
#include "lookout.h"

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "history.h"
#include "log.h"

#define SUSPECTS_MAX (4 * HSMREPL_NODES_MAX)

/**
 * struct lookout - whom to look for
 * @host: the agent
 * @due_ms: when the next round begins
 * @asking: a node is being asked
 * @n: entries of @suspect; @next is to be asked next
 * @next: see @n
 * @suspect: nodes of earlier lists and of the manual list that are not in the present one
 * @split: @report is of a split brain that the core knows of
 * @report: what was found
 */
struct lookout {
	const struct sync_host *host;
	uint64_t due_ms;
	bool asking;
	unsigned int n;
	unsigned int next;
	struct member suspect[SUSPECTS_MAX];
	bool split;
	struct fork_report report;
};

struct lookout *lookout_new(const struct sync_host *host)
{
	struct lookout *l = calloc(1, sizeof(*l));

	if (l)
		l->host = host;
	return l;
}

void lookout_free(struct lookout *l)
{
	free(l);
}

const struct fork_report *lookout_split(const struct lookout *l)
{
	return l->split ? &l->report : NULL;
}

static void suspect(struct lookout *l, const struct node_list *nl, const struct member *m)
{
	if (nl_has(nl, m->id) || m->id == l->host->config->node_id || l->n == SUSPECTS_MAX)
		return;
	for (unsigned int i = 0; i < l->n; i++)
		if (l->suspect[i].id == m->id)
			return;
	l->suspect[l->n++] = *m;
}

static int add_epoch(void *arg, const struct history_epoch *e)
{
	struct lookout *l = arg;
	struct node_list nl;
	struct node_view view;

	l->host->look(l->host->arg, &view);
	if (!nl_decode((struct bytes){ &e->nl, sizeof(e->nl) }, &nl))
		return 0;
	for (unsigned int i = 0; i < nl.n; i++)
		suspect(l, view.nl, &nl.node[i]);
	return 0;
}

static void tell_split(struct lookout *l, bool split)
{
	struct node_list nl = { .n = 1 };
	struct event ev = { .type = EV_SPLIT, .nl = &nl };

	nl.node[0] = l->report.whom;
	if (split) {
		ev.peer = l->report.whom.id;
		ev.major = l->report.left.major;
	}
	l->split = split;
	l->host->tell(l->host->arg, &ev);
}

static void is_over(struct lookout *l)
{
	log_info(l->host->log, "split brain with %s is over", l->report.whom.name);
	tell_split(l, false);
}

static void on_report(void *arg, uint64_t request, const struct fork_report *r)
{
	struct lookout *l = arg;

	(void)request;
	l->asking = false;
	if (r->kind == FORK_FAILED)
		return;		/* it may be down: what is known of it stays */
	if (r->kind == FORK_SPLIT && !l->split) {
		l->report = *r;
		log_error(l->host->log, "split brain: %s went on without this node after seq %llu: "
			  "this side is %s of the last common node list: hsmreplctl split-brain "
			  "shows both sides", r->whom.name, (unsigned long long)r->seq,
			  r->left.major ? "a majority" : "no majority");
		tell_split(l, true);
	} else if (r->kind != FORK_SPLIT && l->split && l->report.whom.id == r->whom.id) {
		is_over(l);
	}
}

/* Who may have gone on without us? Only a node of a pool asks. */
static void begin_round(struct lookout *l)
{
	const struct config *c = l->host->config;
	struct store *store = l->host->store(l->host->arg);
	struct node_view view;

	l->n = 0;
	l->next = 0;
	l->host->look(l->host->arg, &view);
	if (!store || !nl_has(view.nl, view.id))
		return;
	if (l->split && nl_has(view.nl, l->report.whom.id))
		is_over(l);
	history_epochs(store, add_epoch, l);
	for (unsigned int i = 0; i < c->n_peers; i++)
		suspect(l, view.nl, &c->peer[i]);
}

void lookout_tick(struct lookout *l, uint64_t now_ms)
{
	if (l->asking || !l->host->store(l->host->arg))
		return;
	if (l->next < l->n) {
		l->asking = fork_begin(l->host, &l->suspect[l->next++], on_report, l, 0);
	} else if (now_ms >= l->due_ms) {
		l->due_ms = now_ms + LOOKOUT_MS;
		begin_round(l);
	}
}
