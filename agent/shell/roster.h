/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes that this one knows of: the node list in force, the manual list of the configuration, and
 * those found in the domain.
 */
#ifndef HSM_SHELL_ROSTER_H
#define HSM_SHELL_ROSTER_H

#include "config.h"
#include "../core/step.h"

#define ROSTER_MAX (HSMREPL_NODES_MAX + 1)

/**
 * struct roster - nodes, this one included, ascending by id
 * @n: entries used
 * @node: entries; one more than a full manual list, for this node
 */
struct roster {
	unsigned int n;
	struct member node[ROSTER_MAX];
};

/**
 * struct found - what discovery found
 * @n: nodes of our key set and mode, no more than fit into a pool
 * @node: as they said, in no order
 * @taken: it is in a pool already
 * @address: of this node, as it is told on the first network; empty if there is none, or no domain
 */
struct found {
	unsigned int n;
	struct member node[HSMREPL_NODES_MAX];
	bool taken[HSMREPL_NODES_MAX];
	char address[HSMREPL_ADDRESS_MAX];
};

/**
 * roster_make() - whom this node has to do with
 * @r: filled in
 * @c: its own entry, and the manual list
 * @found: what discovery found
 * @nl: node list in force; if it has members, then they are the roster, but at the address that
 * the manual list gives for the same id. Without a pool this node, the manual list and, as far as
 * there is room and neither their id nor their name is taken, the found nodes are.
 */
void roster_make(struct roster *r, const struct config *c, const struct found *found,
		 const struct node_list *nl);

/* Whether that node is only known by discovery, and is in a pool already: not to form one with. */
bool roster_is_taken(const struct config *c, const struct found *found, uint16_t id);

/* Entry with that id or name, or NULL. */
const struct member *roster_find(const struct roster *r, uint16_t id);
const struct member *roster_named(const struct roster *r, const char *name);

/*
 * Name of a node; its number in words if the roster does not have it. Returns @buf or the entry's
 * name.
 */
const char *roster_name(const struct roster *r, uint16_t id, char buf[HSMREPL_NAME_MAX]);

#endif /* HSM_SHELL_ROSTER_H */
