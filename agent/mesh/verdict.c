// SPDX-License-Identifier: GPL-2.0
#include "verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note(struct probe_result *result, enum probe_verdict verdict, const char *fmt,
		 va_list args)
{
	result->verdict = verdict;
	vsnprintf(result->note, sizeof(result->note), fmt, args);
}

void verdict_ok(struct probe_report *r, enum probe_condition condition, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(&r->result[condition], PROBE_OK, fmt, args);
	va_end(args);
}

void verdict_bad(struct probe_report *r, enum probe_condition condition, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(&r->result[condition], PROBE_NOT_OK, fmt, args);
	va_end(args);
}

void verdict_clock(struct probe_report *r, int64_t skew_ms)
{
	int64_t size = skew_ms < 0 ? -skew_ms : skew_ms;

	if (size <= PROBE_SKEW_MAX_MS)
		verdict_ok(r, PROBE_CLOCK, "within %" PRId64 " ms", size);
	else
		verdict_bad(r, PROBE_CLOCK, "the clock of %s is %" PRId64 " s %s of this node's: "
					    "set both by NTP",
			    r->name, (size + 500) / 1000, skew_ms < 0 ? "behind" : "ahead");
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !*p && !memcmp(p, p + 1, n - 1);
}

static bool in_pool(const struct probe_place *p)
{
	return !is_zero(p->pool, sizeof(p->pool));
}

static bool same_place(const struct probe_place *a, const struct probe_place *b)
{
	bool both = !is_zero(a->chain, sizeof(a->chain)) && !is_zero(b->chain, sizeof(b->chain));

	return a->sp == b->sp && (!both || !memcmp(a->chain, b->chain, sizeof(a->chain)));
}

static void other_history(struct probe_report *r)
{
	verdict_bad(r, PROBE_HISTORY, "this node and %s have histories that went apart: decide "
				      "which one counts, then live-sync --overwrite on the other",
		    r->name);
}

/* One of both has more: what it has must go on from where the other one is. */
static void judge_lag(struct probe_report *r, uint64_t lag, enum probe_known known,
		      const char *behind, const char *ahead)
{
	if (known == PROBE_KNOWN_NO)
		other_history(r);
	else if (known == PROBE_KNOWN_YES)
		verdict_ok(r, PROBE_HISTORY, "%s is %" PRIu64 " transactions behind %s: live-sync "
					     "brings them",
			   behind, lag, ahead);
	else
		verdict_ok(r, PROBE_HISTORY, "%s is %" PRIu64 " transactions behind %s, and where "
					     "it stands is not remembered: live-sync brings all",
			   behind, lag, ahead);
}

static void judge_history(struct probe_report *r, const struct probe_place *own,
			  const struct probe_place *theirs, enum probe_known here,
			  enum probe_known there)
{
	if (own->seq == theirs->seq && same_place(own, theirs))
		verdict_ok(r, PROBE_HISTORY, "the same, seq %" PRIu64, own->seq);
	else if (own->seq == theirs->seq)
		other_history(r);
	else if (own->seq < theirs->seq)
		judge_lag(r, theirs->seq - own->seq, there, "this node", r->name);
	else
		judge_lag(r, own->seq - theirs->seq, here, r->name, "this node");
}

static void judge_epoch(struct probe_report *r, const struct probe_place *own,
			const struct probe_place *theirs)
{
	if (own->epoch == theirs->epoch)
		verdict_ok(r, PROBE_EPOCH, "%" PRIu64, own->epoch);
	else
		verdict_bad(r, PROBE_EPOCH, "%" PRIu64 " here, %" PRIu64 " on %s: the node list "
					    "changed without %s: live-sync %s",
			    own->epoch, theirs->epoch, r->name,
			    own->epoch < theirs->epoch ? "this node" : r->name,
			    own->epoch < theirs->epoch ? "this node from there" :
							 "that node from here");
}

static void judge_blank(struct probe_report *r, const char *who, const struct probe_place *blank)
{
	verdict_ok(r, PROBE_POOL, "%s is in none", who);
	verdict_ok(r, PROBE_EPOCH, "%s is in no pool", who);
	if (blank->seq || blank->sp)
		verdict_bad(r, PROBE_HISTORY, "%s is in no pool but has a history: zeroize it, or "
					      "live-sync --overwrite", who);
	else
		verdict_ok(r, PROBE_HISTORY, "%s is blank", who);
}

void verdict_places(struct probe_report *r, const struct probe_place *own,
		    const struct probe_place *theirs, enum probe_known here,
		    enum probe_known there)
{
	if (!in_pool(own) || !in_pool(theirs)) {
		judge_blank(r, in_pool(own) ? r->name : "this node", in_pool(own) ? theirs : own);
		return;
	}
	if (memcmp(own->pool, theirs->pool, sizeof(own->pool))) {
		verdict_bad(r, PROBE_POOL, "%s belongs to another pool: zeroize one of both "
					   "nodes, or live-sync --overwrite",
			    r->name);
		return;
	}
	verdict_ok(r, PROBE_POOL, "the same");
	judge_epoch(r, own, theirs);
	judge_history(r, own, theirs, here, there);
}
