/* SPDX-License-Identifier: GPL-2.0 */
/* Answers to other nodes' questions about this node and its history. */
#ifndef HSM_SYNC_ANSWER_H
#define HSM_SYNC_ANSWER_H

#include "host.h"
#include "message.h"

#define ANSWER_ROWS_MAX 4096	/* of one ROWS */

/**
 * struct answer_peer - how a member stands to who is asked, in HERE
 * @id: of the member
 * @link: enum link_state
 * @seq: as last heard
 * @sp: as last heard
 */
struct answer_peer {
	uint64_t id;
	uint64_t link;
	uint64_t seq;
	uint64_t sp;
};

struct service;

/* Whether it was a question that is answered here; then it was. */
bool answer(const struct sync_host *host, struct service *s, const struct sync_message *m);

/* Entry @i of the data of a HERE; false behind the last one. */
bool answer_peer(const struct sync_message *here, unsigned int i, struct answer_peer *peer);

/* What HERE says of this node itself; its data is empty. */
void answer_self(const struct sync_host *host, struct sync_message *here);

#endif /* HSM_SYNC_ANSWER_H */
