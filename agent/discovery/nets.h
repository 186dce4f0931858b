/* SPDX-License-Identifier: GPL-2.0 */
/* The IPv4 networks that this machine is on, as far as multicast goes. */
#ifndef HSM_DISCOVERY_NETS_H
#define HSM_DISCOVERY_NETS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define NETS_MAX 32

/**
 * struct net - one address of one interface
 * @ifindex: of the interface
 * @name: of the interface
 * @addr: ours there
 * @mask: of the network
 */
struct net {
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	uint32_t addr;
	uint32_t mask;
};

/**
 * struct nets - all of them, those of one interface behind each other
 * @n: entries used; further ones are left out
 * @net: entries
 */
struct nets {
	unsigned int n;
	struct net net[NETS_MAX];
};

/**
 * nets_read() - what there is now: interfaces that are up, with carrier, multicast and address
 * @nets: filled in
 * @only: name of the only interface to look at; empty: all
 * Returns 0 or a negative errno; @nets is empty then.
 */
int nets_read(struct nets *nets, const char *only);

/*
 * The network of that interface (0: any) that @source is a host of, ourselves included; NULL if
 * @source is not on the link.
 */
const struct net *nets_from(const struct nets *nets, unsigned int ifindex, uint32_t source);

/* The entry of one of our own addresses, or NULL. */
const struct net *nets_own(const struct nets *nets, uint32_t addr);

/* Whether this entry is the first one of its interface. */
bool nets_is_first(const struct nets *nets, unsigned int at);

/* Whether that interface is among them, with that first address. */
bool nets_have(const struct nets *nets, const struct net *first);

#endif /* HSM_DISCOVERY_NETS_H */
