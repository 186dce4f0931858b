/* SPDX-License-Identifier: GPL-2.0 */
/* The verb test: every condition of joining, against one peer. */
#ifndef HSM_SHELL_TEST_H
#define HSM_SHELL_TEST_H

#include <json-c/json.h>

#include "agent.h"

/* Answer probes of other nodes from now on; after boot_start(). */
void test_host(struct agent *a);

/* Carry out a request of HSMREPL_VERB_TEST; it is answered when the probe is done. */
int test_take(struct agent *a, const struct device_request *dr, struct json_object *request);

#endif /* HSM_SHELL_TEST_H */
