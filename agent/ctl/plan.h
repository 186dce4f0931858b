/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: what becomes of the pool by a node-down.
 */
#ifndef HSM_CTL_PLAN_H
#define HSM_CTL_PLAN_H

#include <stdbool.h>
#include <stdio.h>

struct json_object;

/** plan_print() - the agent's answer to NODE_DOWN in words; @dry: as what would be */
void plan_print(FILE *to, struct json_object *answer, bool dry);

#endif /* HSM_CTL_PLAN_H */
