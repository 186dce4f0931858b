// SPDX-License-Identifier: GPL-2.0
/* Events of a node that wait. As in agent/pump, results of device calls go before all others. */
#include "host.h"

#include <assert.h>
#include <stdlib.h>

void host_drop_inbox(struct host *h)
{
	for (; h->n_inbox; h->n_inbox--) {
		free(h->inbox[h->first_inbox].frame);
		h->first_inbox = (h->first_inbox + 1) % INBOX_MAX;
	}
	h->n_results = 0;
}

static struct incoming *waiting(struct host *h, unsigned int at)
{
	return &h->inbox[(h->first_inbox + at) % INBOX_MAX];
}

static void move_incoming(struct incoming *to, const struct incoming *from)
{
	*to = *from;
	if (to->ev.position)
		to->ev.position = &to->position;
}

struct incoming *host_place(struct host *h, enum event_type type)
{
	assert(h->n_inbox < INBOX_MAX);
	h->n_inbox++;
	if (type != EV_PREPARED && type != EV_RESOLVED && type != EV_REVOKED &&
	    type != EV_SUBMITTED)
		return waiting(h, h->n_inbox - 1);
	h->first_inbox = (h->first_inbox + INBOX_MAX - 1) % INBOX_MAX;
	for (unsigned int i = 0; i < h->n_results; i++)
		move_incoming(waiting(h, i), waiting(h, i + 1));
	return waiting(h, h->n_results++);
}
