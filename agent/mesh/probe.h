/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Could this node and the one at an address be in one pool? Every condition is tried over a
 * connection of its own and told one by one, also where a real connection would end at the first.
 */
#ifndef HSM_MESH_PROBE_H
#define HSM_MESH_PROBE_H

#include "mesh.h"

#define PROBE_PATIENCE_MS	9000	/* then it is done, whatever is missing */
#define PROBE_NOTE_MAX		256
#define PROBES_MAX		8	/* under way at a time */
#define PROBE_SKEW_MAX_MS	5000	/* that clocks may differ */

/* In the order in which they are tried. */
enum probe_condition {
	PROBE_REACHABLE,	/* something answers at the address */
	PROBE_CERTIFICATE,	/* TLS: both are of one CA, valid, of different nodes */
	PROBE_PROTOCOL,		/* there is a common version */
	PROBE_MODE,		/* both FIPS, or neither */
	PROBE_KEY_SET,		/* the same */
	PROBE_CLOCK,		/* wall clocks agree */
	PROBE_POOL,		/* the same, or one of both is in none */
	PROBE_EPOCH,		/* likewise */
	PROBE_HISTORY,		/* one is a part of the other */
	PROBE_CONDITIONS
};

enum probe_verdict {
	PROBE_NOT_TESTED,
	PROBE_OK,
	PROBE_NOT_OK,
};

/**
 * struct probe_result - of one condition
 * @verdict: how it came out
 * @note: for people; PROBE_NOT_OK: why, and what to do; else details, or empty
 */
struct probe_result {
	enum probe_verdict verdict;
	char note[PROBE_NOTE_MAX];
};

/**
 * struct probe_report - what came of a probe
 * @node: id from the other side's certificate, 0 if it was not seen
 * @name: its name, or empty
 * @result: per condition
 */
struct probe_report {
	uint16_t node;
	char name[HSMREPL_NAME_MAX];
	struct probe_result result[PROBE_CONDITIONS];
};

/**
 * struct probe_place - where a node stands
 * @pool: zero if it is in none
 * @epoch: epoch in force
 * @seq: TLs applied
 * @sp: Sync-Point
 * @chain: zero while it is not known
 */
struct probe_place {
	uint8_t pool[HSMREPL_POOL_LEN];
	uint64_t epoch;
	uint64_t seq;
	uint64_t sp;
	uint8_t chain[HSMREPL_CHAIN_LEN];
};

/* Is a place in a node's history? */
enum probe_known {
	PROBE_KNOWN_UNSURE,	/* remembered no more, or not settled yet */
	PROBE_KNOWN_YES,
	PROBE_KNOWN_NO,
};

/**
 * struct probe_host - who knows where this node stands
 * @place: fill in @p
 * @knows: is that place in our history?
 * @arg: handed to all of them
 */
struct probe_host {
	void (*place)(void *arg, struct probe_place *p);
	enum probe_known (*knows)(void *arg, const struct probe_place *p);
	void *arg;
};

/* Answer probes, and be able to start some; @host is copied. */
void mesh_host_probes(struct mesh *m, const struct probe_host *host);

/**
 * probe_start() - try a node
 * @m: the mesh
 * @address: "host:port"
 * @done: gets the result, once, within PROBE_PATIENCE_MS, and never from within this call
 * @arg: of the callback
 * @id: handed to @done
 *
 * Returns 0, or -1 if too many are under way, or without memory. mesh_free() forgets them.
 */
int probe_start(struct mesh *m, const char *address,
		void (*done)(void *arg, uint64_t id, const struct probe_report *r), void *arg,
		uint64_t id);

/* "reachable", "key_set" … */
const char *probe_condition_name(enum probe_condition c);

#endif /* HSM_MESH_PROBE_H */
