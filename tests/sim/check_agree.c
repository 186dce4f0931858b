// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "rng.h"

/* Several histories: what is the same in two of them has the same seq and Sync-Point. */
static struct place *place_in_split(struct ledger *l, uint64_t seq, uint64_t sp)
{
	uint64_t i = rng_mix(seq ^ rng_mix(sp));
	struct place *p;

	for (;; i++) {
		p = &l->place[i % LEDGER_PLACES];
		if (p->seq == seq && p->sp == sp)
			return p;
		if (!p->seq)
			break;
	}
	l->last_seq++;
	assert(l->last_seq < LEDGER_SEQ_MAX);
	*p = (struct place){ .seq = seq, .sp = sp };
	return p;
}

/* The first node that comes to a seq says what is there. */
static struct place *place_of(struct ledger *l, uint64_t seq, uint64_t sp)
{
	if (l->split)
		return place_in_split(l, seq, sp);
	assert(seq < LEDGER_SEQ_MAX);
	while (l->last_seq < seq)
		memset(&l->place[++l->last_seq], 0, sizeof(struct place));
	return &l->place[seq];
}

void agree_applied(struct ledger *l, uint16_t node, uint64_t tid, uint64_t seq, uint64_t sp)
{
	struct place *p = place_of(l, seq, sp);

	if (!p->tid) {
		p->tid = tid;
		p->sp = sp;
	}
	if (p->tid != tid || p->sp != sp)
		ledger_violated(l, "I2", "n%u has TID %016" PRIx64 " and Sync-Point %016" PRIx64
				" at seq %" PRIu64 ", another node had TID %016" PRIx64
				" and Sync-Point %016" PRIx64,
				node, tid, sp, seq, p->tid, p->sp);
}

void agree_position(struct ledger *l, uint16_t node, const struct position *pos)
{
	struct place *p = place_of(l, pos->seq, pos->sp);

	if (p->tid && p->sp != pos->sp)
		ledger_violated(l, "I2", "n%u stands at seq %" PRIu64 " with Sync-Point %016" PRIx64
				", others with %016" PRIx64, node, pos->seq, pos->sp, p->sp);
	if (!p->whole) {
		p->whole = true;
		p->epoch = pos->epoch;
		p->digest = pos->digest;
		memcpy(p->chain, pos->chain, sizeof(p->chain));
	}
	if (p->epoch != pos->epoch)
		ledger_violated(l, "I2", "n%u stands at seq %" PRIu64 " in epoch %" PRIu64
				", others in %" PRIu64, node, pos->seq, pos->epoch, p->epoch);
	if (p->digest != pos->digest)
		ledger_violated(l, "I2", "n%u stands at seq %" PRIu64 " with digest %016" PRIx64
				", others with %016" PRIx64,
				node, pos->seq, pos->digest, p->digest);
	if (memcmp(p->chain, pos->chain, sizeof(p->chain)))
		ledger_violated(l, "I2", "n%u stands at seq %" PRIu64 " with another hash chain",
				node, pos->seq);
}
