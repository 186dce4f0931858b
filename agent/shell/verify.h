/* SPDX-License-Identifier: GPL-2.0 */
/* The administrative verb verify. */
#ifndef HSM_SHELL_VERIFY_H
#define HSM_SHELL_VERIFY_H

#include <json-c/json.h>

#include "agent.h"

/*
 * {"against"}, which may be left out: {"ok","seq","objects","digest","expected","against",
 * "against_seq","classes"}
 */
int verify_take(struct agent *a, const struct device_request *dr, struct json_object *request);

/* {"same","only_here","only_there","different","moving","names":[{"label","class"}]} */
struct json_object *verify_classes(const struct compare_report *r);

#endif /* HSM_SHELL_VERIFY_H */
