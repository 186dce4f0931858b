/* SPDX-License-Identifier: GPL-2.0 */
/* What kind of world a seed makes: swarm testing draws each knob anew, many of them off. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "rng.h"

#define SIM_NODES_MAX	5
#define SIM_LABELS_MAX	8
#define SIM_CLIENTS_MAX	24

enum fault {
	FAULT_AGENT,		/* agent dies, module stays */
	FAULT_KERNEL,		/* kernel dies: what is in the device is lost */
	FAULT_POWER,		/* all nodes at once */
	FAULT_DISK,		/* log cannot be written: the node halts */
	FAULT_SLOW_DISK,	/* flushes take long for a while */
	FAULT_LOSS,		/* a connection breaks */
	FAULT_STALL,		/* one way of one connection stands still */
	FAULT_SPLIT,		/* nodes fall into two parts */
	FAULT_ONE_WAY,		/* what one part sends does not reach the other */
	FAULT_DELAY,		/* messages take long for a while */
	FAULT_CLOCK,		/* a clock jumps ahead */
	FAULT_MEMORY,		/* allocations of a device fail for a while */
	FAULT_DEAD,		/* machine stays off for long */
	FAULTS
};

/* Who declares nodes down. */
enum operator_kind {
	OPERATOR_NONE,
	OPERATOR_RIGHT,		/* only machines that are off; what a majority survives */
	OPERATOR_FORCES,	/* only machines that are off and stay so; a minority may survive */
	OPERATOR_WRONG,		/* any node; what a majority survives */
	OPERATOR_SPLITS,	/* any node, and forces minorities: he lies */
	OPERATORS
};

/* What became of that. */
enum deed {
	DEED_DRY,	/* asked what would happen */
	DEED_DOWN,	/* asked in earnest, of these: */
	DEED_MINORITY,	/* forced: the survivors are no majority */
	DEED_LIVING,	/* a node is declared down that lives */
	DEED_CROSSED,	/* two nodes declare each other down */
	DEED_CRASH,	/* a node crashes while it, or a change of the list, is under way */
	DEED_PLANNED,	/* a dry run answered with a plan */
	DEED_DONE,	/* the epoch ended as asked */
	DEED_COMPARED,	/* and nothing intervened since the plan was made */
	DEED_ALIVE,	/* refused: connected, and no force */
	DEED_NO_QUORUM,	/* refused: no majority, and no force */
	DEED_OUTBID,	/* another one was ahead */
	DEED_TIMEOUT,	/* a survivor did not answer */
	DEED_REFUSED,	/* for another reason */
	DEED_PROMISE,	/* start of a node that has promised */
	DEED_ACCEPT,	/* start of a node that has accepted */
	DEED_REMOVED,	/* a node hears that it was removed */
	DEED_UPGRADE,	/* a node starts that speaks more than before */
	DEED_GOES_BACK,	/* one that speaks less */
	DEED_FINALISE,	/* a node is asked to finalise the pool */
	DEED_FINALISED,	/* done */
	DEED_FINALISE_DRY, /* it can be */
	DEED_FINALISE_OLD, /* refused: a member speaks too little */
	DEED_FINALISE_AGAIN, /* refused: it was done before */
	DEED_FINALISE_NOT, /* refused for another reason, or aborted */
	DEED_JOIN,	/* a node is ordered to join */
	DEED_SNAPSHOT,	/* it starts on a snapshot */
	DEED_FED,	/* a donor begins to feed it */
	DEED_ADMIT,	/* and asks for its admission */
	DEED_ADMITTED,	/* which is answered well */
	DEED_ADMIT_NOT,	/* refused, or aborted */
	DEED_JOINED,	/* it finds itself in the list */
	DEED_DOWN_JOINING, /* a node-down, while its node knows of a newcomer */
	DEED_BEYOND,	/* a value is accepted that commits a change of the list */
	DEED_LEAVE,	/* a node is asked to leave the pool in order */
	DEED_LEFT,	/* done */
	DEED_LEAVE_NOT,	/* refused, or aborted */
	DEEDS
};

/**
 * struct options - one world
 * @nodes: 2 to SIM_NODES_MAX
 * @clients: 1 to SIM_CLIENTS_MAX
 * @labels: 1 to SIM_LABELS_MAX
 * @weight: how often each fault comes, 0 for never
 * @fault_every_us: between two faults, on average; 0 for no faults
 * @form_faults: faults come while the pool is formed
 * @calm_us: how long the safety phase takes, at least
 * @delay_low_us: of messages
 * @delay_high_us: of messages
 * @spike_per_mille: messages that take up to @spike_us
 * @spike_us: see there
 * @flush_low_us: of a disk
 * @flush_high_us: of a disk
 * @run_us: events wait up to so long in a host's inbox, together
 * @read_us: the device is read after up to so long
 * @piece_per_mille: reads of a claimed batch that end before its last TL
 * @think_us: pause of a client between two calls, up to so long
 * @roam: clients go to any node; else each stays at its own
 * @gets_per_mille: calls that read
 * @multi_per_mille: transactions of several operations
 * @condition_per_mille: updates and deletes with a version
 * @timeout_per_mille: calls that give up waiting
 * @burst: clients begin together
 * @fail_per_mille: while FAULT_MEMORY lasts: calls of the device in which an allocation fails
 * @grace_ms: of the device
 * @operator: enum operator_kind
 * @operator_every_us: between two of his looks at the pool, on average
 * @older: nodes that speak less at first; bit n is node n. 0: all speak the same, always
 * @finalise_every_us: between two requests to finalise the pool, on average; 0 for none
 * @move_every_us: between two orders to a node to leave or to join, on average; 0 for none, ever
 * @founders: nodes that form the pool; bit n is node n
 */
struct options {
	unsigned int nodes;
	unsigned int clients;
	unsigned int labels;
	unsigned int weight[FAULTS];
	uint64_t fault_every_us;
	bool form_faults;
	uint64_t calm_us;
	uint64_t delay_low_us;
	uint64_t delay_high_us;
	unsigned int spike_per_mille;
	uint64_t spike_us;
	uint64_t flush_low_us;
	uint64_t flush_high_us;
	uint64_t run_us;
	uint64_t read_us;
	unsigned int piece_per_mille;
	uint64_t think_us;
	bool roam;
	unsigned int gets_per_mille;
	unsigned int multi_per_mille;
	unsigned int condition_per_mille;
	unsigned int timeout_per_mille;
	bool burst;
	unsigned int fail_per_mille;
	unsigned int grace_ms;
	enum operator_kind operator;
	uint64_t operator_every_us;
	uint32_t older;
	uint64_t finalise_every_us;
	uint64_t move_every_us;
	uint32_t founders;
};

void options_draw(struct options *o, struct rng *r);
/* Whether nodes leave and join: drawn by chance of its own, after the rest. */
void options_draw_moves(struct options *o, struct rng *r);
const char *fault_name(enum fault f);
const char *deed_name(enum deed d);

#endif /* SIM_OPTIONS_H */
