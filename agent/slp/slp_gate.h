/* SPDX-License-Identifier: GPL-2.0 */
/* How many requests are answered: so many of one source, so many of all together. */
#ifndef HSM_SLP_GATE_H
#define HSM_SLP_GATE_H

#include <stdbool.h>
#include <stdint.h>

#define SLP_GATE_SOURCES 64	/* that are told apart */
#define SLP_SOURCE_RATE 5	/* answers a second to one source */
#define SLP_SOURCE_BURST 10
#define SLP_TOTAL_RATE 50	/* answers a second to all */
#define SLP_TOTAL_BURST 100

/**
 * struct slp_bucket - what may still be answered
 * @milli: thousandths of an answer
 * @since_ms: as of then
 */
struct slp_bucket {
	uint64_t milli;
	uint64_t since_ms;
};

/**
 * struct slp_gate - a bucket for all, and one for each source that asked lately
 * @total: for all sources together
 * @source: address, 0 for a free entry
 * @entry: one for each source
 */
struct slp_gate {
	struct slp_bucket total;
	struct {
		uint32_t source;
		struct slp_bucket bucket;
	} entry[SLP_GATE_SOURCES];
};

void slp_gate_init(struct slp_gate *g, uint64_t now_ms);

/* Whether a request of @source may be answered now; if so, it is counted. */
bool slp_gate_pass(struct slp_gate *g, uint32_t source, uint64_t now_ms);

#endif /* HSM_SLP_GATE_H */
