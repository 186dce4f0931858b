/* SPDX-License-Identifier: GPL-2.0 */
/* A question to another node, over a service connection of its own. */
#ifndef HSM_SYNC_ASK_H
#define HSM_SYNC_ASK_H

#include "host.h"
#include "message.h"

#define ASK_SILENCE_MS 10000	/* without a word it has failed */

struct ask;

/**
 * struct ask_ops - what the asker is told
 * @opened: it can be asked
 * @message: a message came
 * @failed: last call, the ask is void after it; @why is for people
 *
 * Within all but the last one ask_end() may be called.
 */
struct ask_ops {
	void (*opened)(void *arg, struct ask *a);
	void (*message)(void *arg, struct ask *a, const struct sync_message *m);
	void (*failed)(void *arg, struct ask *a, const char *why);
};

/* Returns NULL without memory. @ops outlives it. */
struct ask *ask_begin(const struct sync_host *host, const struct member *whom,
		      const struct ask_ops *ops, void *arg);

void ask_send(struct ask *a, const struct sync_message *m);

/* All is said: no call follows. NULL is allowed. */
void ask_end(struct ask *a);

#endif /* HSM_SYNC_ASK_H */
