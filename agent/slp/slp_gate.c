// SPDX-License-Identifier: GPL-2.0
#include "slp_gate.h"

#include <string.h>

#define MILLI 1000

static void fill(struct slp_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ms)
{
	uint64_t passed = now_ms > b->since_ms ? now_ms - b->since_ms : 0;
	uint64_t full = burst * MILLI;

	/* The rate is of a second, the bucket in thousandths: so many a millisecond. */
	b->milli = passed > full / rate ? full : b->milli + passed * rate;
	if (b->milli > full)
		b->milli = full;
	b->since_ms = now_ms;
}

void slp_gate_init(struct slp_gate *g, uint64_t now_ms)
{
	memset(g, 0, sizeof(*g));
	g->total = (struct slp_bucket){ SLP_TOTAL_BURST * MILLI, now_ms };
}

/* The bucket of a source; a stranger gets a free one, or that of who was not heard for longest. */
static struct slp_bucket *bucket_of(struct slp_gate *g, uint32_t source, uint64_t now_ms)
{
	unsigned int oldest = 0;

	for (unsigned int i = 0; i < SLP_GATE_SOURCES; i++) {
		if (g->entry[i].source == source)
			return &g->entry[i].bucket;
		if (g->entry[i].bucket.since_ms < g->entry[oldest].bucket.since_ms)
			oldest = i;
	}
	g->entry[oldest].source = source;
	g->entry[oldest].bucket = (struct slp_bucket){ SLP_SOURCE_BURST * MILLI, now_ms };
	return &g->entry[oldest].bucket;
}

bool slp_gate_pass(struct slp_gate *g, uint32_t source, uint64_t now_ms)
{
	struct slp_bucket *own = bucket_of(g, source, now_ms);

	fill(own, SLP_SOURCE_RATE, SLP_SOURCE_BURST, now_ms);
	fill(&g->total, SLP_TOTAL_RATE, SLP_TOTAL_BURST, now_ms);
	if (own->milli < MILLI || g->total.milli < MILLI)
		return false;
	own->milli -= MILLI;
	g->total.milli -= MILLI;
	return true;
}
