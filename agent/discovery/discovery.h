/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finds the nodes of our domain on the networks that this machine is on, and tells them of this
 * one, by SLPv2 (Documentation/discovery.md). What it finds are hints.
 */
#ifndef HSM_DISCOVERY_DISCOVERY_H
#define HSM_DISCOVERY_DISCOVERY_H

#include "config.h"
#include "log.h"
#include "../slp/slp_ua.h"

struct event_base;
struct discovery;

/**
 * struct discovery_sink - where discovery reports
 * @changed: found nodes, or our own address, are others than before; it only takes note
 * @arg: handed to it
 */
struct discovery_sink {
	void (*changed)(void *arg);
	void *arg;
};

/**
 * discovery_new() - begin to look and to answer
 * @base: event loop
 * @c: with a domain; copied
 * @print: fingerprint of the key set
 * @log: where lines go
 * @sink: who is told; copied
 *
 * A port that cannot be had is a warning, and tried again: peers can be listed by hand. Returns
 * NULL without memory.
 */
struct discovery *discovery_new(struct event_base *base, const struct config *c,
				const uint8_t print[SLP_PRINT_BYTES], struct log *log,
				const struct discovery_sink *sink);
void discovery_free(struct discovery *d);

/* Link or address changed (rtnetlink): read them again, join the group anew, look around. */
void discovery_moved(struct discovery *d);

/* What is told of our pool: its id; NULL for none. */
void discovery_set_pool(struct discovery *d, const uint8_t pool[HSMREPL_POOL_LEN]);

/*
 * Who was found: the number of entries at @peer, which stay until the event loop goes on. Their
 * times are by clock_ms().
 */
unsigned int discovery_peers(const struct discovery *d, const struct slp_peer **peer);

/* Whether that node could be a peer: same key set, same mode. */
bool discovery_fits(const struct discovery *d, const struct slp_peer *peer);

/* Fingerprint of our key set, in hex. */
const char *discovery_print(const struct discovery *d);

/* "HOST:PORT" that peers are told; empty as long as there is no network. */
void discovery_address(const struct discovery *d, char address[HSMREPL_ADDRESS_MAX]);

#endif /* HSM_DISCOVERY_DISCOVERY_H */
