/* SPDX-License-Identifier: GPL-2.0 */
/* What the core reads from the TLs of a batch: headers and node lists, never payloads. */
#ifndef HSM_CORE_BATCH_H
#define HSM_CORE_BATCH_H

#include "step.h"

/**
 * struct batch - facts of one batch
 * @coordinator: node id that cut it
 * @n: TLs
 * @tids: their ids
 * @before: epoch, seq and SP that it stands on (chain and digest are not used)
 * @after: epoch, seq and SP once it is applied
 * @n_voters: the CNLS
 * @voters: node ids, ascending
 * @forms: it is a FORM: first node list of a pool
 * @adds: it is a NODE_ADD
 * @removes: it is a NODE_REMOVE
 * @downs: it is a NODE_DOWN: chosen before anybody wrote it
 * @finalises: it is a FINALISE
 * @has_nl: it changes the node list
 * @nl: the list after it, when @has_nl
 */
struct batch {
	uint16_t coordinator;
	unsigned int n;
	uint64_t tids[HSMREPL_BATCH_TLS_MAX];
	struct position before;
	struct position after;
	unsigned int n_voters;
	uint16_t voters[HSMREPL_NODES_MAX];
	bool forms;
	bool adds;
	bool removes;
	bool downs;
	bool finalises;
	bool has_nl;
	struct node_list nl;
};

/**
 * batch_read() - read the facts
 * @tls: TLs, one after the other, no alignment needed
 * @n_tls: how many
 * @b: filled in
 *
 * Returns false unless the TLs are whole, consecutive on one SP chain, of one coordinator, epoch
 * and CNLS; a TL that changes the node list must be alone in its batch.
 */
bool batch_read(struct bytes tls, unsigned int n_tls, struct batch *b);

/**
 * batch_run() - how many of the first TLs may make one batch
 * @tls: TLs of a history, one after the other
 * @n_tls: how many
 * @len: bytes of those
 *
 * A run has one coordinator, epoch and CNLS, and keeps to the limits of a batch; a TL that changes
 * the node list is a run of its own. Returns 0 if the first one is malformed.
 */
unsigned int batch_run(struct bytes tls, unsigned int n_tls, size_t *len);

/**
 * value_epoch() - the epoch that a value of node-down leads to
 * @value: DOWN_VALUE_LEN bytes
 *
 * A value outlives the epochs before that one: who accepted it in e stays bound by it in e+1 if
 * it leads to e+2. Returns 0 if it is malformed.
 */
uint64_t value_epoch(const uint8_t *value);

/* The member that the batch adds to @nl, or NULL. */
const struct member *batch_newcomer(const struct batch *b, const struct node_list *nl);

bool batch_has_voter(const struct batch *b, uint16_t id);

/* Can a node that speaks up to @protocol live with the list that it brings? */
bool batch_spoken(const struct batch *b, uint16_t protocol);

/* A fresh node list in wire format from a host one, and back; false if it is not valid. */
bool nl_decode(struct bytes payload, struct node_list *nl);
void nl_encode(const struct node_list *nl, struct hsmrepl_nl *out);

bool nl_has(const struct node_list *nl, uint16_t id);

#endif /* HSM_CORE_BATCH_H */
