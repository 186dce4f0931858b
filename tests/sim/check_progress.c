// SPDX-License-Identifier: GPL-2.0
#include "checks.h"

#include <errno.h>
#include <inttypes.h>

/* @missing: what is not well yet. */
void progress_healed(struct ledger *l, uint64_t since_us, uint64_t now_us, const char *missing)
{
	if (now_us - since_us > PROGRESS_HEAL_US)
		ledger_violated(l, "I8", "%" PRIu64 " ms after the last fault: %s",
				(now_us - since_us) / 1000, missing);
}

/* A call that has not returned, while all nodes are up and connected. */
void progress_call(struct ledger *l, const struct call *c, uint64_t now_us, uint64_t bound_us)
{
	if (now_us - c->began_us > bound_us)
		ledger_violated(l, "I8", "client %u waits for %" PRIu64 " ms at n%u for %s TID %016"
				PRIx64, c->client, (now_us - c->began_us) / 1000, c->node,
				c->kind == CALL_GET ? "a get," : "a submission,", c->tid);
}

/* No fault makes a transaction of callers abort: ECANCELED would be due to contention. */
void progress_told(struct ledger *l, const struct call *c)
{
	if (c->error == ECANCELED)
		ledger_violated(l, "I8", "client %u at n%u is told that TID %016" PRIx64
				" was aborted (ECANCELED)", c->client, c->node, c->tid);
}

/* @done: transactions of each writer over the same time, without a pause. */
void progress_shares(struct ledger *l, const unsigned int *done, unsigned int writers)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < writers; i++)
		sum += done[i];
	for (unsigned int i = 0; i < writers; i++)
		if (done[i] * writers * PROGRESS_SHARE < sum || !done[i])
			ledger_violated(l, "I8", "writer %u of %u got %u of %u transactions",
					i, writers, done[i], sum);
}
