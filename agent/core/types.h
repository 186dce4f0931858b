/* SPDX-License-Identifier: GPL-2.0 */
/* What batches, positions and node lists are to the agent; host byte order. */
#ifndef HSM_CORE_TYPES_H
#define HSM_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/hsmrepl.h>

/*
 * Versions of the protocol (protocol.md, "Versions") that this core speaks. From 2 on a node list
 * says what the pool was finalised at.
 */
#define PROTOCOL_MIN	1
#define PROTOCOL_MAX	2

/**
 * struct batch_id - names one batch for ever (protocol.md section 1)
 * @coordinator: node id, 0 for none
 * @number: incarnation of the coordinator << 32 | counter; never used twice
 */
struct batch_id {
	uint16_t coordinator;
	uint64_t number;
};

static inline bool same_batch(struct batch_id a, struct batch_id b)
{
	return a.coordinator == b.coordinator && a.number == b.number;
}

/**
 * struct position - where a node stands in the history
 * @epoch: epoch in force
 * @seq: TLs applied
 * @sp: Sync-Point
 * @digest: keyed digest of the content
 * @chain: hash chain
 */
struct position {
	uint64_t epoch;
	uint64_t seq;
	uint64_t sp;
	uint64_t digest;
	uint8_t chain[HSMREPL_CHAIN_LEN];
};

/**
 * struct member - one entry of a node list, host byte order
 * @id: node id
 * @name: NUL terminated
 * @address: "host:port"
 */
struct member {
	uint16_t id;
	char name[HSMREPL_NAME_MAX];
	char address[HSMREPL_ADDRESS_MAX];
};

/**
 * struct node_list - members of the pool, ascending by id
 * @pool: pool id
 * @epoch: epoch that this list stands for
 * @protocol: version that the pool was finalised at, 0 for never; see list_protocol()
 * @n: entries used; 0 for a node without a pool
 * @node: entries
 */
struct node_list {
	uint8_t pool[HSMREPL_POOL_LEN];
	uint64_t epoch;
	uint16_t protocol;
	unsigned int n;
	struct member node[HSMREPL_NODES_MAX];
};

/* The lowest version that a node must speak to take part in a pool with this list. */
static inline uint16_t list_protocol(const struct node_list *nl)
{
	return nl->protocol ? nl->protocol : PROTOCOL_MIN;
}

/* Whether a place is in a node's history. */
enum lookup_answer {
	LOOKUP_UNKNOWN,		/* not settled yet, or it cannot be read: ask again */
	LOOKUP_HAS,
	LOOKUP_LACKS,		/* another history went over that seq */
	LOOKUP_FORGOTTEN,	/* it lies before what is kept */
};

/**
 * struct down_request - what an administrator says of nodes that crashed
 * @n: nodes
 * @id: their ids
 * @dry: only say what would happen
 * @force: the survivors may be a minority, or the nodes look alive: the administrator vouches
 * @epoch: whose node list the administrator saw when he said so; 0 for whichever is in force
 */
struct down_request {
	unsigned int n;
	uint16_t id[HSMREPL_NODES_MAX];
	bool dry;
	bool force;
	uint64_t epoch;
};

/**
 * struct down_plan - what a node-down does, or would do
 * @n_commit: undecided transactions that commit
 * @commit: their TIDs
 * @n_abort: undecided transactions that abort, or are tried again where their coordinator survives
 * @abort: their TIDs
 * @after: node list that it ends in
 * @survives: how many more nodes may then crash before a node-down needs force
 * @newcomer: name of a node whose joining is undecided, and that must answer; empty for none
 */
struct down_plan {
	unsigned int n_commit;
	uint64_t commit[HSMREPL_BATCH_TLS_MAX];
	unsigned int n_abort;
	uint64_t abort[HSMREPL_BATCH_TLS_MAX];
	struct node_list after;
	unsigned int survives;
	char newcomer[HSMREPL_NAME_MAX];
};

#define DOWN_TL_LEN (sizeof(struct hsmrepl_tl) + sizeof(struct hsmrepl_op) + \
		     sizeof(struct hsmrepl_nl))
#define DOWN_VALUE_LEN (32 + DOWN_TL_LEN)	/* struct down_value on wire and disk */

/* Bytes that belong to somebody else. */
struct bytes {
	const void *p;
	size_t n;
};

#endif /* HSM_CORE_TYPES_H */
