/* SPDX-License-Identifier: GPL-2.0 */
/* What a store is opened with. */
#ifndef HSM_STORE_OPTIONS_H
#define HSM_STORE_OPTIONS_H

#include "table.h"

/**
 * struct store_options - sizes that tests make small
 * @segment_bytes: of a new segment; holds two of the longest records that are appended
 * @unsettled_max: see STORE_UNSETTLED_MAX
 * @settle_ms: see STORE_SETTLE_MS
 * @window: that of the history; all zero for its own
 * @body_bytes: of a file of bodies; 0 for BODIES_FILE_BYTES
 * @counter: path of the counter outside the store (counter.h), NULL or empty for none
 */
struct store_options {
	size_t segment_bytes;
	size_t unsettled_max;
	unsigned int settle_ms;
	struct window window;
	uint64_t body_bytes;
	const char *counter;
};

/* What store_open() takes, but for the counter. */
extern const struct store_options store_defaults;

#endif /* HSM_STORE_OPTIONS_H */
