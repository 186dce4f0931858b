/* SPDX-License-Identifier: GPL-2.0 */
/* What the checkers are told of one node's actions. */
#ifndef SIM_TELL_H
#define SIM_TELL_H

#include "host.h"

void tell_said(struct host *h, struct bytes head, bool whole);
/* The batch in the device's slot is about to be resolved. */
void tell_resolution(struct host *h, struct batch_id batch, enum hsmrepl_resolution how);
void tell_append(struct host *h, const struct action *a);
/* A record of the disk became durable; a disk_durable_fn. */
void tell_durable(void *arg, const struct record *r);
void tell_state(struct host *h, enum hsmrepl_node_state state);

#endif /* SIM_TELL_H */
