/* SPDX-License-Identifier: GPL-2.0 */
/* Live-Sync as the shell sees it: a newcomer, a donor, and answers to other nodes' questions. */
#ifndef HSM_SYNC_SYNC_H
#define HSM_SYNC_SYNC_H

#include "compare.h"
#include "donor.h"
#include "lookout.h"
#include "newcomer.h"

struct sync;

/* @host is copied. From now on service connections are answered. Returns NULL without memory. */
struct sync *sync_new(const struct sync_host *host);
void sync_free(struct sync *s);

/* The node has booted: what an earlier run began goes on. */
void sync_start(struct sync *s);

/* The store will be closed: nobody is served. */
void sync_stop(struct sync *s);

/* Every NODE_TICK_MS, outside of the pump. */
void sync_tick(struct sync *s, uint64_t now_ms);

/* What the log is told, and the core's answers to requests with SYNC_REQUEST: from the pump. */
void sync_append(struct sync *s, const struct action *act, const struct position *after);
void sync_answer(struct sync *s, const struct action *act);

/* compare_begin(), one at a time; false with @error set. */
bool sync_compare(struct sync *s, const struct member *whom, bool one_history, compare_fn done,
		  void *arg, uint64_t request, char error[SYNC_ERROR_MAX]);

struct donor *sync_donor(struct sync *s);
struct newcomer *sync_newcomer(struct sync *s);
struct lookout *sync_lookout(struct sync *s);
const struct sync_host *sync_host(const struct sync *s);

#endif /* HSM_SYNC_SYNC_H */
