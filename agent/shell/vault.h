/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The administrative verbs BACKUP and RESTORE. The file itself travels in the requests and answers,
 * a piece in each, sealed: whoever asks writes or reads it under his own rights, and no key leaves
 * the agent. One of each at a time; one that nobody asks for any more is given up.
 */
#ifndef HSM_SHELL_VAULT_H
#define HSM_SHELL_VAULT_H

#include <json-c/json.h>

#include "agent.h"

/* Makes @a->vault, and clears away what a restore that was cut off left. 0, or -1 with @error. */
int vault_open(struct agent *a, char error[AGENT_ERROR_MAX]);
void vault_close(struct agent *a);

/* The store will be closed: no backup goes on. */
void vault_stop(struct agent *a);

/* Every NODE_TICK_MS, outside of the pump. */
void vault_tick(struct agent *a);

/* A restore onto this node is under way. */
bool vault_restores(const struct agent *a);

/*
 * {}: {"session"}; {"session","piece"}: {"data","end","percent"}, and with the last one {"node",
 * "pool","time","epoch","seq","sync_point","digest","objects","transactions"}
 */
int vault_backup(struct agent *a, const struct device_request *dr, struct json_object *request);

/*
 * {"dry_run"}: {"session"}; {"session","piece","data"}: {"percent"}; {"session","piece"}, again and
 * again: {"done","percent"}, and when it is done what the file says of itself (as for BACKUP, with
 * "mode" and "obstacle"), and "restored": where this node stands, null for a rehearsal
 */
int vault_restore(struct agent *a, const struct device_request *dr, struct json_object *request);

#endif /* HSM_SHELL_VAULT_H */
