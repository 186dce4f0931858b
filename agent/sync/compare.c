// SPDX-License-Identifier: GPL-2.0
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "inspect.h"

#define PREFIXES_MAX 4096	/* buckets that are still to be asked for; more are left out */

struct prefix {
	uint8_t byte[DIGEST_HASH_LEN];
	size_t len;
};

/**
 * struct compare - a comparison under way
 * @host: the agent
 * @done: whom to tell
 * @arg: of @done
 * @request: of @done
 * @census: of this node
 * @ready: it is complete
 * @ask: the other node, NULL for none
 * @opened: it can be asked
 * @one_history: see compare_begin()
 * @n_prefix: entries of @prefix, a stack; the last one is being asked for
 * @prefix: see @n_prefix
 * @report: so far
 */
struct compare {
	const struct sync_host *host;
	compare_fn done;
	void *arg;
	uint64_t request;
	struct census *census;
	bool ready;
	struct ask *ask;
	bool opened;
	bool one_history;
	size_t n_prefix;
	struct prefix prefix[PREFIXES_MAX];
	struct compare_report report;
};

static void finish(struct compare *c, const char *why)
{
	snprintf(c->report.why, sizeof(c->report.why), "%s", why ? why : "");
	ask_end(c->ask);
	census_free(c->census);
	c->done(c->arg, c->request, &c->report);
	free(c);
}

void compare_stop(struct compare *c, const char *why)
{
	finish(c, why);
}

static void ask_next(struct compare *c)
{
	const struct prefix *p = &c->prefix[c->n_prefix - 1];
	const struct sync_message m = { .type = SYNC_DIGESTS, .count = p->len,
					.data = { p->byte, p->len } };

	ask_send(c->ask, &m);
}

/* Both are ready: begin with all there is. */
static void start(struct compare *c)
{
	if (!c->ready || !c->opened)
		return;
	c->n_prefix = 1;
	c->prefix[0].len = 0;
	ask_next(c);
}

static void name(struct compare *c, enum compare_class class, const char *label)
{
	struct compare_report *r = &c->report;

	r->n[class]++;
	if (r->names == COMPARE_NAMES_MAX)
		return;
	r->name[r->names].class = class;
	snprintf(r->name[r->names++].label, sizeof(r->name[0].label), "%s", label);
}

/* Written, or perhaps deleted, after the moment at which the other one was looked at. */
static bool is_moving(const struct compare *c, const struct digest_entry *here,
		      const struct digest_entry *there)
{
	uint64_t a = c->report.place.seq, b = c->report.there.seq;

	if (!c->one_history || a == b)
		return false;
	return (here && (here->seq > b || (!there && a < b))) ||
	       (there && (there->seq > a || (!here && b < a)));
}

static void judge(struct compare *c, const struct digest_entry *here,
		  const struct inspect_entry *there)
{
	char label[HSMREPL_LABEL_MAX + 1] = "";

	if (here && there && here->digest == there->entry.digest)
		return;
	if (is_moving(c, here, there ? &there->entry : NULL)) {
		c->report.moving++;
		return;
	}
	if (here)
		census_label(c->census, here, label);
	name(c, !there ? COMPARE_HERE : !here ? COMPARE_THERE : COMPARE_DIFFERS,
	     here ? label : there->label);
}

/* Both lists ascend by hash. */
static bool take_entries(struct compare *c, const struct sync_message *m)
{
	const struct prefix *p = &c->prefix[c->n_prefix];
	const struct digest_entry *here;
	struct bytes left = m->data;
	struct inspect_entry there;
	size_t n;

	here = census_range(c->census, p->byte, p->len, &n);
	for (uint64_t i = 0; i < m->count; i++) {
		int order = 1;

		if (!inspect_read_entry(&left, &there))
			return false;
		while (n && (order = memcmp(here->hash, there.entry.hash, DIGEST_HASH_LEN)) < 0) {
			judge(c, here++, NULL);
			n--;
		}
		judge(c, n && order == 0 ? here : NULL, &there);
		if (n && order == 0) {
			here++;
			n--;
		}
	}
	for (; n; n--)
		judge(c, here++, NULL);
	return true;
}

static bool take_buckets(struct compare *c, const struct sync_message *m)
{
	const struct prefix parent = c->prefix[c->n_prefix];
	struct census_bucket own[CENSUS_BUCKETS], theirs;
	struct bytes left = m->data;

	if (m->count != CENSUS_BUCKETS || parent.len >= DIGEST_HASH_LEN - 1)
		return false;
	census_buckets(c->census, parent.byte, parent.len, own);
	for (unsigned int i = 0; i < CENSUS_BUCKETS; i++) {
		struct prefix *p = &c->prefix[c->n_prefix];

		if (!inspect_read_bucket(&left, &theirs))
			return false;
		if ((own[i].n == theirs.n && own[i].sum == theirs.sum) ||
		    c->n_prefix == PREFIXES_MAX)
			continue;
		*p = parent;
		p->byte[p->len++] = (uint8_t)i;
		c->n_prefix++;
	}
	return true;
}

static void on_opened(void *arg, struct ask *a)
{
	struct compare *c = arg;

	(void)a;
	c->opened = true;
	start(c);
}

static void on_message(void *arg, struct ask *a, const struct sync_message *m)
{
	struct compare *c = arg;
	bool ok;

	(void)a;
	if (!c->n_prefix || (m->type != SYNC_BUCKETS && m->type != SYNC_ENTRIES))
		return;
	c->report.compared = true;
	c->report.there = m->place;
	c->n_prefix--;
	ok = m->type == SYNC_ENTRIES ? take_entries(c, m) : take_buckets(c, m);
	if (!ok)
		finish(c, "it sent a malformed message" SYNC_SAME_VERSION);
	else if (c->n_prefix)
		ask_next(c);
	else
		finish(c, NULL);
}

static void on_failed(void *arg, struct ask *a, const char *why)
{
	struct compare *c = arg;

	(void)a;
	c->ask = NULL;
	finish(c, why);
}

static const struct ask_ops ops = {
	.opened = on_opened, .message = on_message, .failed = on_failed,
};

static void on_census(void *arg, struct census *census, const char *why)
{
	struct compare *c = arg;

	if (why) {
		c->census = NULL;
		finish(c, why);
		return;
	}
	c->ready = true;
	c->report.place = *census_place(census);
	c->report.digest = census_sum(census);
	c->report.objects = census_count(census);
	if (c->ask)
		start(c);
	else
		finish(c, NULL);
}

struct compare *compare_begin(const struct sync_host *host, const struct member *whom,
			      bool one_history, compare_fn done, void *arg, uint64_t request,
			      char error[SYNC_ERROR_MAX])
{
	struct compare *c = calloc(1, sizeof(*c));

	snprintf(error, SYNC_ERROR_MAX, "no memory");
	if (!c)
		return NULL;
	c->host = host;
	c->done = done;
	c->arg = arg;
	c->request = request;
	c->one_history = one_history;
	c->census = census_begin(host, on_census, c, error);
	if (c->census && whom)
		c->ask = ask_begin(host, whom, &ops, c);
	if (c->census && (c->ask || !whom))
		return c;
	census_free(c->census);
	free(c);
	return NULL;
}
