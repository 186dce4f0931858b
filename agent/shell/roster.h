/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes that this one knows of: the node list in force, and the manual list of the configuration.
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
 * roster_make() - whom this node has to do with
 * @c: its own entry, and the manual list
 * @nl: node list in force; if it has members, then they are the roster, but at the address that
 * the manual list gives for the same id. Without a pool the manual list and this node are.
 */
void roster_make(struct roster *r, const struct config *c, const struct node_list *nl);

/* Entry with that id or name, or NULL. */
const struct member *roster_find(const struct roster *r, uint16_t id);
const struct member *roster_named(const struct roster *r, const char *name);

/*
 * Name of a node; its number in words if the roster does not have it. Returns @buf or the entry's
 * name.
 */
const char *roster_name(const struct roster *r, uint16_t id, char buf[HSMREPL_NAME_MAX]);

#endif /* HSM_SHELL_ROSTER_H */
